#include "cache_fixture.h"

#include "log.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

test_redis *redis;
cache *the_cache;
metrics_registry *metrics;

void start_redis(void)
{
    redis = test_redis_start(NULL);
}

void stop_redis(void)
{
    test_redis_stop(redis);
}

void open_cache(const char *url, uint32_t timeout_ms, unsigned commands_limit)
{
    metrics = metrics_create();
    the_cache = cache_create(loop_current(), &(cache_options){.url = url,
                                                              .prefix = "test:",
                                                              .timeout_ms = timeout_ms,
                                                              .commands_limit = commands_limit,
                                                              .metrics = metrics});
}

void close_cache(void)
{
    cache_destroy(the_cache);
    metrics_destroy(metrics);
}

void run_on_fiber(void (*body)(void *arg), void *arg)
{
    log_init("cache-test", LOG_ERROR, open("/dev/null", O_WRONLY | O_CLOEXEC));
    test_on_fiber(body, arg);
}

static bool is_ready_as(void *ready)
{
    return cache_ready(the_cache) == *(bool *)ready;
}

bool becomes(bool ready)
{
    return test_until(is_ready_as, &ready);
}

bool holds(const char *key, const void *expected, size_t size)
{
    const char *value = NULL;
    size_t got = 0;
    return cache_get(the_cache, "thing", key, &value, &got) && got == size && memcmp(value, expected, size) == 0 &&
           value[size] == '\0';
}

bool misses(const char *key)
{
    const char *value;
    size_t size;
    return !cache_get(the_cache, "thing", key, &value, &size);
}
