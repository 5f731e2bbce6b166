/*
 * Redis for fibers. Redis holds only what may vanish at any moment, so its absence is no error: a get is a miss, a set
 * is forgotten, a count is unknown. Commands of one turn leave together (hiredis buffers them). Each command waits at
 * most its own short timeout (default 100 ms) and never past the fiber's deadline; while the connection is down
 * commands return at once, and it is made again in the background with growing pauses.
 */
#pragma once

#include "loop.h"
#include "status.h"

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

/*
 * A Lua script over one key whose answer is one integer, made ready once: running it copies a few dozen bytes. It goes
 * out as EVALSHA, and as EVAL when Redis does not know it (yet).
 */
typedef struct cache_script cache_script;

/* lua and arguments (ARGV[1] ...) are copied; sha1: of lua, 40 digits in lower-case hex. A wrong one costs a second
 * command each time. */
cache_script *cache_script_create(const cache *c, const char *lua, const char *sha1, const char *const *arguments,
                                  size_t argument_count);
void cache_script_destroy(cache_script *s); /* NULL is allowed */

enum { CACHE_SCRIPT_KEY_BYTES = 128 };

/* Runs it on key (at most CACHE_SCRIPT_KEY_BYTES). STATUS_OK: *answer is there. STATUS_UNAVAILABLE: Redis is away or
 * answered with an error or something else. STATUS_DEADLINE_EXCEEDED: no answer within timeout_ms or the fiber's
 * deadline; the script may still run. */
status cache_run_script(cache *c, const cache_script *s, const char *key, uint32_t timeout_ms, int64_t *answer);
