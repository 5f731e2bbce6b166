/*
 * Redis for fibers. Redis holds only what may vanish at any moment, so its absence is no error: a get is a miss, a set
 * is forgotten, a count is unknown. Commands of one turn leave together (hiredis buffers them). Each command waits at
 * most its own short timeout (default 100 ms) and never past the fiber's deadline; while the connection is down
 * commands return at once, and it is made again in the background with growing pauses.
 */
#pragma once

#include "loop.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct cache cache;
struct metrics_registry;

typedef struct cache_options {
    const char *url;     /* "redis://[:password@]host:port[/db]" or "unix:///path"; "" = no Redis: everything misses */
    const char *prefix;  /* put before every key: "sical:" */
    uint32_t timeout_ms; /* of one command; 0 = 100 */
    unsigned commands_limit; /* in flight; 0 = 1024; beyond: as if down */
    struct metrics_registry *metrics;
} cache_options;

cache *cache_create(loop *l, const cache_options *options);
void cache_destroy(cache *c);
bool cache_ready(const cache *c);

/* True on a hit: *value (in the running fiber's arena, NUL added) and *size. cache_type labels cache_hits_total and
 * cache_misses_total. */
bool cache_get(cache *c, const char *cache_type, const char *key, const char **value, size_t *size);

/* Stores for ttl_ms (> 0); waits for nothing. Values above 1 MiB are not stored. */
void cache_set(cache *c, const char *key, const void *value, size_t size, uint32_t ttl_ms);

void cache_delete(cache *c, const char *key);

/* Adds 1 to a counter that starts to live ttl_ms at its first increment, and returns its value; -1 when Redis is away.
 */
int64_t cache_increment(cache *c, const char *key, uint32_t ttl_ms);
