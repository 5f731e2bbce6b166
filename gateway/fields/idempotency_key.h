/* Idempotency-Key (https://datatracker.ietf.org/doc/draft-ietf-httpapi-idempotency-key-header/): a string of
 * structured fields (RFC 9651, 3.3.3), or the bare key as most clients send it. Pure. */
#pragma once

#include <stdbool.h>

#define IDEMPOTENCY_KEY_HEADER "Idempotency-Key"
enum { IDEMPOTENCY_KEY_SIZE = 256 }; /* with its NUL */

/* The key, without quotes and escapes: "k-1" and k-1 are the same. false: it is empty, longer than 255 characters, has
 * others than printable ASCII, or breaks the grammar of strings. A bare key has no spaces and begins with no quote. */
bool idempotency_key_read(const char *header, char key[IDEMPOTENCY_KEY_SIZE]);
