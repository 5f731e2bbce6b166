/* Access tokens made by hand, good and bad, without the code that makes or checks them in the suite. */
#pragma once

/* header and claims are JSON; key: base64 of the HMAC-SHA256 key, NULL = an empty signature. malloc'ed. */
char *forge_token(const char *header, const char *claims, const char *key);
