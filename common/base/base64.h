/* What stands before decoding base64 with libsodium, whose 1.0.18 takes any byte above 127 for one of the alphabet. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

/* Whether text has only characters of base64: of the ordinary alphabet, of the URL's, and "=". */
bool base64_is_text(const char *text, size_t length);
