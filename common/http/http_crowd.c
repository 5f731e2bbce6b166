/* Open addressing with linear probing; a leaving entry is followed up by its neighbours, so nothing is left behind. */
#include "http_crowd.h"

#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

enum { IPV6_PREFIX_BYTES = 8 };

typedef struct place {
    http_address address;
    unsigned count; /* 0: empty */
} place;

struct http_crowd {
    unsigned limit;
    size_t mask;
    uint64_t seed; /* nobody outside can choose addresses that collide */
    place places[];
};

http_crowd *http_crowd_create(unsigned capacity, unsigned limit)
{
    size_t size = 16;
    while (size < 2 * (size_t)capacity)
        size *= 2;
    http_crowd *c = calloc(1, sizeof *c + size * sizeof c->places[0]);
    if (!c || getrandom(&c->seed, sizeof c->seed, 0) != sizeof c->seed)
        abort();
    c->limit = limit;
    c->mask = size - 1;
    return c;
}

void http_crowd_destroy(http_crowd *c)
{
    free(c);
}

/* An IPv4-mapped address begins with zeros and is kept whole. */
static http_address key_of(const http_address *address)
{
    static const uint8_t zeros[IPV6_PREFIX_BYTES];
    http_address key = *address;
    if (memcmp(key.bytes, zeros, sizeof zeros) != 0)
        memset(key.bytes + IPV6_PREFIX_BYTES, 0, HTTP_ADDRESS_BYTES - IPV6_PREFIX_BYTES);
    return key;
}

/* The finaliser of MurmurHash3, twice. */
static uint64_t mix(uint64_t x)
{
    x = (x ^ x >> 33) * 0xff51afd7ed558ccdULL;
    x = (x ^ x >> 33) * 0xc4ceb9fe1a85ec53ULL;
    return x ^ x >> 33;
}

static size_t home_of(const http_crowd *c, const http_address *key)
{
    uint64_t halves[2];
    memcpy(halves, key->bytes, sizeof halves);
    return (size_t)mix(mix(halves[0] ^ c->seed) ^ halves[1]) & c->mask;
}

/* Where the key is, or would be put. */
static size_t find(const http_crowd *c, const http_address *key)
{
    size_t i = home_of(c, key);
    while (c->places[i].count && !http_address_equal(&c->places[i].address, key))
        i = (i + 1) & c->mask;
    return i;
}

bool http_crowd_is_full(const http_crowd *c, const http_address *address)
{
    http_address key = key_of(address);
    return c->places[find(c, &key)].count >= c->limit;
}

void http_crowd_enter(http_crowd *c, const http_address *address)
{
    http_address key = key_of(address);
    place *p = &c->places[find(c, &key)];
    p->address = key;
    p->count++;
}

/* Moves back whatever a probe would no longer reach past the hole. */
static void close_hole(http_crowd *c, size_t hole)
{
    for (size_t i = (hole + 1) & c->mask; c->places[i].count; i = (i + 1) & c->mask) {
        size_t home = home_of(c, &c->places[i].address);
        if (((i - home) & c->mask) < ((i - hole) & c->mask))
            continue;
        c->places[hole] = c->places[i];
        c->places[i].count = 0;
        hole = i;
    }
}

void http_crowd_leave(http_crowd *c, const http_address *address)
{
    http_address key = key_of(address);
    size_t i = find(c, &key);
    if (c->places[i].count && --c->places[i].count == 0)
        close_hole(c, i);
}
