/* What the tests of the cache share: a Redis, a cache on the test's loop. */
#pragma once

#include "cache.h"
#include "metrics.h"
#include "on_fiber.h"
#include "redis.h"

enum { PATIENT_MS = 20000, HASTY_MS = 60 };

extern test_redis *redis;
extern cache *the_cache;
extern metrics_registry *metrics;

void start_redis(void);
void stop_redis(void);

/* Makes the_cache and metrics; commands_limit 0 = the default. */
void open_cache(const char *url, uint32_t timeout_ms, unsigned commands_limit);
void close_cache(void);

/* Runs body(arg) on a fiber of a loop of its own, without a log. */
void run_on_fiber(void (*body)(void *arg), void *arg);

/* Waits until the cache is ready, or is not; false when that takes too long. */
bool becomes(bool ready);

/* Whether a get hits with exactly these bytes; whether it misses. */
bool holds(const char *key, const void *expected, size_t size);
bool misses(const char *key);
