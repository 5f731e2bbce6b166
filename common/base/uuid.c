#include "uuid.h"

#include "clock.h"

#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

/* Random bytes are taken from the kernel many at a time: one system call a UUID would cost more than the rest. */
static void take_random(uint8_t *out, size_t size)
{
    static uint8_t pool[512];
    static size_t left;
    if (left < size) {
        if (getrandom(pool, sizeof pool, 0) != (ssize_t)sizeof pool) {
            fputs("sical: the kernel gives no random bytes\n", stderr);
            abort();
        }
        left = sizeof pool;
    }
    left -= size;
    memcpy(out, pool + left, size);
}

uuid uuid_make(void)
{
    uuid u;
    take_random(u.bytes + 6, 10);
    uint64_t milliseconds = (uint64_t)(clock_wall_us() / 1000);
    for (int i = 0; i < 6; i++)
        u.bytes[i] = (uint8_t)(milliseconds >> (40 - 8 * i));
    u.bytes[6] = (u.bytes[6] & 0x0f) | 0x70; /* version 7 */
    u.bytes[8] = (u.bytes[8] & 0x3f) | 0x80; /* variant of RFC 9562 */
    return u;
}

static int hex_value(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    c |= 0x20;
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static bool is_dash_before(int byte)
{
    return byte == 4 || byte == 6 || byte == 8 || byte == 10;
}

bool uuid_parse(const char *s, uuid *out)
{
    uuid u;
    if (!s)
        return false;
    for (int i = 0; i < 16; i++) {
        if (is_dash_before(i) && *s++ != '-')
            return false;
        int high = hex_value(s[0]);
        int low = high < 0 ? -1 : hex_value(s[1]);
        if (low < 0)
            return false;
        u.bytes[i] = (uint8_t)(high << 4 | low);
        s += 2;
    }
    if (*s)
        return false;
    *out = u;
    return true;
}

char *uuid_format(const uuid *u, char out[UUID_TEXT_SIZE])
{
    static const char digits[] = "0123456789abcdef";
    char *p = out;
    for (int i = 0; i < 16; i++) {
        if (is_dash_before(i))
            *p++ = '-';
        *p++ = digits[u->bytes[i] >> 4];
        *p++ = digits[u->bytes[i] & 15];
    }
    *p = '\0';
    return out;
}
