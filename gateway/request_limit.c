#include "request_limit.h"

#include "cache.h"
#include "clock.h"
#include "log.h"
#include "rate_table.h"

#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { KNOWN_KEYS = 32768, SUBJECT_BYTES = 64, POLICY_BYTES = 48, REDIS_PAUSE_MS = 1000, NS_PER_US = 1000 };

#define RATE_KEY(CLASS, FALLBACK, HELP)                                                                                \
    {                                                                                                                  \
        .name = "RATE_" CLASS, .type = CONFIG_TEXT, .fallback = FALLBACK, .low = 1, .high = 32, .help = HELP           \
    }

static const config_key keys[] = {
    RATE_KEY("LOGIN", "5/min", "Log-ins of one address: a number per s, min, h or day, or off"),
    RATE_KEY("REGISTER", "3/min", "Registrations of one address"),
    RATE_KEY("GENERATE", "10/min", "Plans, previews and imports of graphs of one user"),
    RATE_KEY("QUERY", "100/min", "All other requests of one user; renewals of tokens of one address"),
    {.name = "RATE_REDIS_TIMEOUT",
     .type = CONFIG_DURATION_MS,
     .fallback = "5ms",
     .low = 1,
     .high = 1000,
     .help = "How long a request waits for Redis to count it before the gateway counts alone"},
};
const config_table request_limit_config = {.title = "Rate limits", .keys = keys, .count = sizeof keys / sizeof keys[0]};

/* rate_take (limits/rate.h) on the clock of Redis, in microseconds: the same level. The key is gone when all that was
 * taken has been given back. */
static const char script[] =
    "local t = redis.call('TIME') "
    "local now = t[1] * 1000000 + t[2] "
    "local interval, burst = tonumber(ARGV[1]), tonumber(ARGV[2]) "
    "local ahead = (tonumber(redis.call('GET', KEYS[1])) or 0) - now "
    "if ahead < 0 then ahead = 0 elseif ahead > burst then ahead = burst end "
    "local after = ahead + interval "
    "if after > burst then return burst - after end "
    "redis.call('SET', KEYS[1], string.format('%.0f', now + after), 'PX', math.ceil(after / 1000)) "
    "return after";
static const char script_sha1[] = "cce7b8d2a56ca390795416dc9aa38655ca17b019";

typedef enum source { SOURCE_REDIS, SOURCE_LOCAL, SOURCE_COUNT } source;

typedef struct limit_class {
    rate rate;
    cache_script *script;
    char policy[POLICY_BYTES];
    metrics_series *refused[SOURCE_COUNT];
} limit_class;

struct request_limits {
    cache *redis; /* borrowed */
    uint32_t redis_timeout_ms;
    uint64_t redis_pause_ns; /* Redis was late: not asked before this instant; 0 = it answers */
    rate_table *known;
    unsigned char hash_key[crypto_shorthash_KEYBYTES];
    limit_class classes[LIMIT_COUNT];
    metrics_series *taken[SOURCE_COUNT];
};

/* ---- life ---- */

bool request_limit_options_read(request_limit_options *o, const config *c)
{
    static const char *const key_of[LIMIT_COUNT] = {[LIMIT_LOGIN] = "RATE_LOGIN",
                                                    [LIMIT_REGISTER] = "RATE_REGISTER",
                                                    [LIMIT_GENERATE] = "RATE_GENERATE",
                                                    [LIMIT_QUERY] = "RATE_QUERY"};
    bool good = true;
    *o = (request_limit_options){.redis_timeout_ms = (uint32_t)config_int(c, "RATE_REDIS_TIMEOUT")};
    for (int i = LIMIT_UNSTATED + 1; i < LIMIT_COUNT; i++) {
        if (rate_parse(config_text(c, key_of[i]), &o->rates[i]))
            continue;
        log_error("the configuration has a value that cannot be used", log_text("key", key_of[i]),
                  log_text("reason", "a rate is 1 to 10000 per s, min, h or day, as in 5/min, or off"));
        good = false;
    }
    return good;
}

static void init_class(request_limits *l, route_limit limit, const rate *r, metrics_family *refused)
{
    limit_class *c = &l->classes[limit];
    c->rate = *r;
    c->refused[SOURCE_REDIS] = METRICS_WITH(refused, route_limit_name(limit), "redis");
    c->refused[SOURCE_LOCAL] = METRICS_WITH(refused, route_limit_name(limit), "local");
    if (!r->count)
        return;
    char interval[24], burst[24];
    snprintf(interval, sizeof interval, "%lld", (long long)rate_interval_us(r));
    snprintf(burst, sizeof burst, "%lld", (long long)rate_burst_us(r));
    c->script = cache_script_create(l->redis, script, script_sha1, (const char *const[]){interval, burst}, 2);
    snprintf(c->policy, sizeof c->policy, "\"%s\";q=%u;w=%u", route_limit_name(limit), r->count, r->window_s);
}

request_limits *request_limits_create(const request_limit_options *o, cache *redis, metrics_registry *metrics)
{
    request_limits *l = calloc(1, sizeof *l);
    if (!l || sodium_init() < 0)
        abort();
    l->redis = redis;
    l->redis_timeout_ms = o->redis_timeout_ms;
    l->known = rate_table_create(KNOWN_KEYS);
    randombytes_buf(l->hash_key, sizeof l->hash_key);
    metrics_family *refused = metrics_register(metrics, METRICS_COUNTER, "rate_limited_total", "class,source",
                                               "Requests refused for their rate, and who had counted them.");
    metrics_family *taken = metrics_register(metrics, METRICS_COUNTER, "rate_limit_taken_total", "source",
                                             "Requests that kept to their rate, and who counted them: redis, or local "
                                             "while Redis is away or late.");
    l->taken[SOURCE_REDIS] = METRICS_WITH(taken, "redis");
    l->taken[SOURCE_LOCAL] = METRICS_WITH(taken, "local");
    for (int i = LIMIT_UNSTATED + 1; i < LIMIT_COUNT; i++)
        init_class(l, (route_limit)i, &o->rates[i], refused);
    return l;
}

void request_limits_destroy(request_limits *l)
{
    if (!l)
        return;
    for (int i = 0; i < LIMIT_COUNT; i++)
        cache_script_destroy(l->classes[i].script);
    rate_table_destroy(l->known);
    free(l);
}

const char *request_limit_policy(const request_limits *l, route_limit limit)
{
    return l->classes[limit].rate.count ? l->classes[limit].policy : NULL;
}

/* ---- taking ---- */

static int64_t now_us(void)
{
    return (int64_t)(clock_monotonic_ns() / NS_PER_US);
}

static uint64_t hash_of(const request_limits *l, const char *key)
{
    uint64_t hash;
    unsigned char bytes[crypto_shorthash_BYTES];
    crypto_shorthash(bytes, (const unsigned char *)key, strlen(key), l->hash_key);
    memcpy(&hash, bytes, sizeof hash);
    return hash;
}

/* "rate:query:0190a000-..." */
void request_limit_find(const request_limits *l, route_limit limit, const char *subject, request_count *out)
{
    char *end = stpcpy(stpcpy(out->name, "rate:"), route_limit_name(limit));
    *end++ = ':';
    size_t size = strnlen(subject, SUBJECT_BYTES);
    memcpy(end, subject, size);
    end[size] = '\0';
    out->limit = limit;
    out->hash = hash_of(l, out->name);
}

/* While Redis is late one request in REDIS_PAUSE_MS tries it; the others do not wait. */
static bool ask_redis(request_limits *l, const limit_class *c, const char *key, int64_t *level)
{
    uint64_t now = clock_monotonic_ns();
    if (!cache_ready(l->redis) || now < l->redis_pause_ns)
        return false;
    bool trying = l->redis_pause_ns != 0;
    if (trying)
        l->redis_pause_ns = now + REDIS_PAUSE_MS * CLOCK_NS_PER_MS;
    status s = cache_run_script(l->redis, c->script, key, l->redis_timeout_ms, level);
    if (s == STATUS_OK && trying)
        l->redis_pause_ns = 0;
    if (s == STATUS_DEADLINE_EXCEEDED)
        l->redis_pause_ns = clock_monotonic_ns() + REDIS_PAUSE_MS * CLOCK_NS_PER_MS;
    return s == STATUS_OK;
}

/* What Redis says is remembered, but never to the key's advantage: a Redis that was begun anew knows less than we.
 * Returns the stricter level of the two. */
static int64_t remember(const request_limits *l, const limit_class *c, uint64_t hash, int64_t level)
{
    int64_t now = now_us();
    int64_t *known = rate_table_find(l->known, hash);
    int64_t told = rate_arrival_of(&c->rate, level, now);
    if (level >= 0) {
        int64_t ours = rate_take(&c->rate, known, now);
        level = ours < 0 || ours > level ? ours : level;
    }
    if (told > *known)
        *known = told;
    return level;
}

/* The instant known here, which is never later than that in Redis, tells that there is no room. */
bool request_limit_is_over(request_limits *l, const request_count *count, rate_verdict *verdict)
{
    const limit_class *c = &l->classes[count->limit];
    int64_t arrival = *rate_table_find(l->known, count->hash);
    int64_t level = rate_take(&c->rate, &arrival, now_us());
    if (level >= 0)
        return false;
    metrics_add(c->refused[SOURCE_LOCAL], 1);
    *verdict = rate_verdict_of(&c->rate, level);
    return true;
}

rate_verdict request_limit_take(request_limits *l, const request_count *count)
{
    const limit_class *c = &l->classes[count->limit];
    int64_t level;
    source from = SOURCE_LOCAL;
    if (ask_redis(l, c, count->name, &level)) {
        from = SOURCE_REDIS;
        level = remember(l, c, count->hash, level);
    } else {
        level = rate_take(&c->rate, rate_table_find(l->known, count->hash), now_us());
    }
    metrics_add(level < 0 ? c->refused[from] : l->taken[from], 1);
    return rate_verdict_of(&c->rate, level);
}
