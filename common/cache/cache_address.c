#include "cache_internal.h"

#include <stdlib.h>
#include <string.h>

enum { DEFAULT_PORT = 6379, DATABASES = 1 << 16 };

static int hex_value(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    c |= 0x20;
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* A copy of size bytes with %XX decoded; NULL when that is broken or makes a NUL. */
static char *decode(const char *s, size_t size)
{
    char *copy = malloc(size + 1);
    if (!copy)
        abort();
    char *out = copy;
    for (const char *end = s + size; s < end; s++) {
        if (*s != '%') {
            *out++ = *s;
            continue;
        }
        int high = end - s > 2 ? hex_value(s[1]) : -1;
        int low = high < 0 ? -1 : hex_value(s[2]);
        if (low < 0 || (high | low) == 0) {
            free(copy);
            return NULL;
        }
        *out++ = (char)(high << 4 | low);
        s += 2;
    }
    *out = '\0';
    return copy;
}

/* Digits up to end, 0 to limit - 1; -1 when it is none. */
static int parse_number(const char *s, const char *end, int limit)
{
    int value = 0;
    if (s == end)
        return -1;
    for (; s < end; s++) {
        if (*s < '0' || *s > '9')
            return -1;
        value = value * 10 + (*s - '0');
        if (value >= limit)
            return -1;
    }
    return value;
}

/* "[user]:password@", at s; returns what follows, NULL when it is malformed. */
static const char *parse_credentials(cache_address *a, const char *s, const char *at)
{
    const char *colon = memchr(s, ':', (size_t)(at - s));
    if (!colon)
        return NULL;
    a->user = decode(s, (size_t)(colon - s));
    a->password = decode(colon + 1, (size_t)(at - colon - 1));
    return a->user && a->password ? at + 1 : NULL;
}

/* "host[:port]" up to end; the host may be an IPv6 address in brackets. */
static bool parse_host(cache_address *a, const char *s, const char *end)
{
    const char *host_end;
    if (*s == '[') {
        s++;
        host_end = memchr(s, ']', (size_t)(end - s));
    } else {
        host_end = memchr(s, ':', (size_t)(end - s));
        host_end = host_end ? host_end : end;
    }
    if (!host_end || host_end == s)
        return false;
    a->host = decode(s, (size_t)(host_end - s));
    const char *rest = host_end + (*host_end == ']');
    a->port = rest == end ? DEFAULT_PORT : *rest == ':' ? parse_number(rest + 1, end, 65536) : -1;
    return a->host && a->port > 0;
}

static bool parse(cache_address *a, const char *url)
{
    static const char tcp[] = "redis://", local[] = "unix://";
    if (strncmp(url, local, sizeof local - 1) == 0) {
        const char *path = url + sizeof local - 1;
        a->path = decode(path, strlen(path));
        return a->path && *a->path == '/';
    }
    if (strncmp(url, tcp, sizeof tcp - 1) != 0)
        return false;
    const char *s = url + sizeof tcp - 1;
    const char *at = strrchr(s, '@');
    if (at && !(s = parse_credentials(a, s, at)))
        return false;
    const char *slash = strchr(s, '/');
    const char *end = slash ? slash : s + strlen(s);
    if (slash && slash[1])
        a->database = parse_number(slash + 1, slash + strlen(slash), DATABASES);
    return a->database >= 0 && parse_host(a, s, end);
}

bool cache_address_init(cache_address *a, const char *url)
{
    *a = (cache_address){0};
    if (parse(a, url))
        return true;
    cache_address_finish(a);
    return false;
}

void cache_address_finish(cache_address *a)
{
    free(a->host);
    free(a->path);
    free(a->user);
    free(a->password);
    *a = (cache_address){0};
}
