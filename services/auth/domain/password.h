/* Which passwords are accepted. Pure: the caller brings the text to its normal form (NFKC) first. */
#pragma once

enum { PASSWORD_CHARACTERS_MIN = 15, PASSWORD_CHARACTERS_MAX = 128 };

/* normalised: UTF-8 in NFKC; its length is counted in code points, and there are no rules of composition. email_key: as
 * email_parse made it, "" when there is none; a password that is the address in any case is refused. Returns NULL when
 * it is good, else a constant sentence. */
const char *password_check(const char *normalised, const char *email_key);
