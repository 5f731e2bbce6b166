#include "http_address.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

enum { MAPPED_BYTES = 12, MAPPED_BITS = 96 };

static const uint8_t mapped[MAPPED_BYTES] = {[10] = 0xff, [11] = 0xff};

static http_address of_ipv4(const void *bytes)
{
    http_address a;
    memcpy(a.bytes, mapped, MAPPED_BYTES);
    memcpy(a.bytes + MAPPED_BYTES, bytes, 4);
    return a;
}

static bool is_ipv4(const http_address *a)
{
    return !memcmp(a->bytes, mapped, MAPPED_BYTES);
}

bool http_address_parse(const char *text, size_t size, http_address *out)
{
    char copy[HTTP_ADDRESS_TEXT_SIZE];
    if (size >= sizeof copy || memchr(text, '\0', size))
        return false;
    memcpy(copy, text, size);
    copy[size] = '\0';
    struct in_addr v4;
    if (inet_pton(AF_INET, copy, &v4) == 1) {
        *out = of_ipv4(&v4);
        return true;
    }
    return inet_pton(AF_INET6, copy, out->bytes) == 1;
}

http_address http_address_of_socket(const struct sockaddr *address)
{
    http_address a = {{0}};
    if (address->sa_family == AF_INET)
        return of_ipv4(&((const struct sockaddr_in *)address)->sin_addr);
    if (address->sa_family == AF_INET6)
        memcpy(a.bytes, &((const struct sockaddr_in6 *)address)->sin6_addr, sizeof a.bytes);
    return a;
}

void http_address_format(const http_address *address, char out[HTTP_ADDRESS_TEXT_SIZE])
{
    if (is_ipv4(address))
        inet_ntop(AF_INET, address->bytes + MAPPED_BYTES, out, HTTP_ADDRESS_TEXT_SIZE);
    else
        inet_ntop(AF_INET6, address->bytes, out, HTTP_ADDRESS_TEXT_SIZE);
}

bool http_address_equal(const http_address *a, const http_address *b)
{
    return !memcmp(a->bytes, b->bytes, sizeof a->bytes);
}

/* ---- networks ---- */

static bool is_inside(const http_network *n, const http_address *a)
{
    unsigned whole = n->prefix_bits / 8, rest = n->prefix_bits % 8;
    if (memcmp(n->address.bytes, a->bytes, whole) != 0)
        return false;
    return !rest || (n->address.bytes[whole] ^ a->bytes[whole]) >> (8 - rest) == 0;
}

static bool has_bits_beyond(const http_network *n)
{
    for (unsigned bit = n->prefix_bits; bit < 8 * HTTP_ADDRESS_BYTES; bit++)
        if (n->address.bytes[bit / 8] & (0x80U >> bit % 8))
            return true;
    return false;
}

/* Decimal, of 1..3 digits; -1 when it is none. */
static int prefix_of(const char *text, size_t size)
{
    int bits = 0;
    if (size == 0 || size > 3)
        return -1;
    for (size_t i = 0; i < size; i++) {
        if (text[i] < '0' || text[i] > '9')
            return -1;
        bits = bits * 10 + (text[i] - '0');
    }
    return bits;
}

static const char *parse_network(const char *text, size_t size, http_network *out)
{
    const char *slash = memchr(text, '/', size);
    size_t address_size = slash ? (size_t)(slash - text) : size;
    if (!http_address_parse(text, address_size, &out->address))
        return "an address is none";
    int width = memchr(text, ':', address_size) ? 128 : 32;
    int bits = slash ? prefix_of(slash + 1, size - address_size - 1) : width;
    if (bits < 0 || bits > width)
        return "a prefix is not between 0 and the address's length";
    out->prefix_bits = (unsigned)bits + (width == 32 ? MAPPED_BITS : 0);
    return has_bits_beyond(out) ? "an address has bits beyond its prefix" : NULL;
}

static http_network *add(http_networks *n)
{
    n->list = realloc(n->list, (n->count + 1) * sizeof *n->list);
    if (!n->list)
        abort();
    return &n->list[n->count++];
}

bool http_networks_parse(const char *text, http_networks *out, const char **why)
{
    *out = (http_networks){0};
    *why = NULL;
    for (const char *p = text + strspn(text, " "); *p && !*why; p += strspn(p, " ,")) {
        size_t size = strcspn(p, ", ");
        *why = size ? parse_network(p, size, add(out)) : "the list begins with a comma";
        p += size;
    }
    return !*why;
}

void http_networks_finish(http_networks *n)
{
    free(n->list);
    *n = (http_networks){0};
}

bool http_networks_contain(const http_networks *n, const http_address *address)
{
    for (size_t i = 0; i < n->count; i++)
        if (is_inside(&n->list[i], address))
            return true;
    return false;
}
