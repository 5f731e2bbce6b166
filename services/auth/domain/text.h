/* Counting in valid UTF-8. Pure. */
#pragma once

#include <stddef.h>

/* Code points: every byte that does not continue one begins one. */
static inline size_t text_count_characters(const char *utf8)
{
    size_t count = 0;
    for (; *utf8; utf8++)
        count += ((unsigned char)*utf8 & 0xC0) != 0x80;
    return count;
}
