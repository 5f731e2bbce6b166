/* The name that is shown to a learner. Pure. */
#pragma once

enum { PERSON_NAME_CHARACTERS_MAX = 100 };

/* s: valid UTF-8; may be empty. At most 100 code points, none of them a control character. Returns NULL when it is
 * good, else a constant sentence. */
const char *person_name_check(const char *s);
