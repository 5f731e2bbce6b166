#include "traceparent.h"

#include <string.h>

static bool is_zero(const char *s, size_t size)
{
    return strspn(s, "0") >= size;
}

bool traceparent_read(const char *header, char out[TRACEPARENT_SIZE])
{
    static const char form[] = "hh-hhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhh-hhhhhhhhhhhhhhhh-hh";
    enum { SIZE = sizeof form - 1, TRACE = 3, TRACE_SIZE = 32, PARENT = 36, PARENT_SIZE = 16 };
    if (!header || strlen(header) < SIZE)
        return false;
    for (size_t i = 0; i < SIZE; i++)
        if (form[i] == '-' ? header[i] != '-' : !memchr("0123456789abcdef", header[i], 16))
            return false;
    bool is_00 = is_zero(header, 2);
    if (!strncmp(header, "ff", 2) || (header[SIZE] && (is_00 || header[SIZE] != '-')))
        return false;
    if (is_zero(header + TRACE, TRACE_SIZE) || is_zero(header + PARENT, PARENT_SIZE))
        return false;
    memcpy(out, header, SIZE);
    out[SIZE] = '\0';
    memcpy(out, "00", 2);
    return true;
}
