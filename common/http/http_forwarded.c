#include "http_forwarded.h"

#include <string.h>
#include <strings.h>

#define TOKEN_CHARACTERS "!#$%&'*+-.^_`|~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
enum { VALUE_SIZE = 256 };

/* The walk, turned round so that it reads from left to right: what it would give if the hops so far were all. */
typedef struct walk {
    const http_networks *trusted;
    bool found; /* false: whoever stands to the right of what was read */
    http_origin origin;
} walk;

static void take_hop(walk *w, const http_address *address, bool secure)
{
    if (!address) {
        w->found = false;
        return;
    }
    if (!w->found || !http_networks_contain(w->trusted, address))
        w->origin = (http_origin){.address = *address, .secure = secure};
    w->found = true;
}

static bool end_walk(const walk *w, http_origin *origin)
{
    if (w->found)
        *origin = w->origin;
    return w->found;
}

static size_t blanks(const char *p)
{
    return strspn(p, " \t");
}

/* ---- addresses with ports ---- */

static bool is_port(const char *p, size_t size)
{
    return size >= 1 && size <= 5 && strspn(p, "0123456789") >= size;
}

/* address[:port] or [address][:port]; *bracketed tells which of both. */
static bool read_node(const char *p, size_t size, http_address *address, bool *bracketed)
{
    *bracketed = size && *p == '[';
    const char *end = memchr(p, *bracketed ? ']' : ':', size);
    size_t skipped = *bracketed ? 1 : 0;
    if (*bracketed && !end)
        return false;
    size_t inner = end ? (size_t)(end - p) - skipped : size;
    const char *rest = p + inner + 2 * skipped;
    size_t left = size - inner - 2 * skipped;
    if (left && (*rest != ':' || !is_port(rest + 1, left - 1)))
        return false;
    return http_address_parse(p + skipped, inner, address) && (memchr(p, ':', inner + skipped) != NULL) == *bracketed;
}

/* ---- Forwarded ---- */

typedef struct element {
    bool has_for, has_proto;
    bool has_address, secure;
    http_address address;
} element;

/* token or quoted-string, unquoted into out, cut to its size (no value of ours is longer). NULL when it is neither. */
static const char *read_value(const char *p, char out[VALUE_SIZE])
{
    size_t size = 0;
    if (*p != '"') {
        size = strspn(p, TOKEN_CHARACTERS);
        size_t kept = size < VALUE_SIZE ? size : VALUE_SIZE - 1;
        memcpy(out, p, kept);
        out[kept] = '\0';
        return size ? p + size : NULL;
    }
    for (p++; *p && *p != '"'; p++) {
        if (*p == '\\' && !*++p)
            return NULL;
        if (size < VALUE_SIZE - 1)
            out[size++] = *p;
    }
    out[size] = '\0';
    return *p == '"' ? p + 1 : NULL;
}

static bool take_for(element *e, const char *value)
{
    bool bracketed;
    if (e->has_for)
        return false;
    e->has_for = true;
    e->has_address = read_node(value, strlen(value), &e->address, &bracketed);
    return true;
}

static bool take_proto(element *e, const char *value)
{
    if (e->has_proto)
        return false;
    e->has_proto = true;
    e->secure = !strcasecmp(value, "https");
    return true;
}

/* token "=" value */
static const char *read_pair(const char *p, element *e)
{
    char value[VALUE_SIZE];
    const char *name = p;
    size_t size = strspn(name, TOKEN_CHARACTERS);
    if (!size || name[size] != '=')
        return NULL;
    p = read_value(name + size + 1, value);
    if (p && size == 3 && !strncasecmp(name, "for", 3))
        return take_for(e, value) ? p : NULL;
    if (p && size == 5 && !strncasecmp(name, "proto", 5))
        return take_proto(e, value) ? p : NULL;
    return p;
}

/* [pair] *(";" [pair]), blanks allowed around; *given tells whether there was a pair at all. */
static const char *read_element(const char *p, element *e, bool *given)
{
    *given = false;
    for (p += blanks(p); *p && *p != ','; p += blanks(p)) {
        if (*p == ';') {
            p++;
            continue;
        }
        p = read_pair(p, e);
        if (!p)
            return NULL;
        *given = true;
        p += blanks(p);
        if (*p && *p != ';' && *p != ',')
            return NULL;
    }
    return p;
}

bool http_forwarded_read(const char *value, const http_networks *trusted, http_origin *origin)
{
    walk w = {.trusted = trusted};
    for (const char *p = value;; p++) {
        element e = {0};
        bool given;
        p = read_element(p, &e, &given);
        if (!p)
            return false;
        if (given)
            take_hop(&w, e.has_address ? &e.address : NULL, e.secure);
        if (!*p)
            return end_walk(&w, origin);
    }
}

/* ---- X-Forwarded-For ---- */

/* Here an IPv6 address may stand without brackets. */
static bool read_bare_node(const char *p, size_t size, http_address *address)
{
    bool bracketed;
    return http_address_parse(p, size, address) || read_node(p, size, address, &bracketed);
}

bool http_x_forwarded_for_read(const char *value, const http_networks *trusted, http_origin *origin)
{
    walk w = {.trusted = trusted};
    for (const char *p = value;; p++) {
        p += blanks(p);
        size_t size = strcspn(p, ",");
        const char *end = p + size;
        while (size && blanks(p + size - 1))
            size--;
        http_address address;
        if (size)
            take_hop(&w, read_bare_node(p, size, &address) ? &address : NULL, false);
        p = end;
        if (!*p)
            return end_walk(&w, origin);
    }
}
