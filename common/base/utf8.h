/* What is text. */
#pragma once

#include <stddef.h>

/* Bytes of the UTF-8 sequence (RFC 3629) that begins at text; 0 when none does: overlong, a surrogate, above U+10FFFF,
 * cut short. text ends in NUL, which is a sequence of one byte. */
size_t utf8_sequence(const char *text);
