#include "cache_internal.h"

#include "fiber.h"
#include "log.h"

#include <stdlib.h>
#include <string.h>

enum {
    DEFAULT_TIMEOUT_MS = 100,
    DEFAULT_COMMANDS_LIMIT = 1024,
    VALUE_LIMIT_BYTES = 1 << 20,
    IN_FLIGHT_LIMIT_BYTES = 16 << 20,
};

cache *cache_create(loop *l, const cache_options *options)
{
    cache *c = calloc(1, sizeof *c);
    if (!c || !(c->prefix = strdup(options->prefix ? options->prefix : "")))
        abort();
    c->loop = l;
    c->timeout_ms = options->timeout_ms ? options->timeout_ms : DEFAULT_TIMEOUT_MS;
    c->commands_limit = options->commands_limit ? options->commands_limit : DEFAULT_COMMANDS_LIMIT;
    c->hits = metrics_register(options->metrics, METRICS_COUNTER, "cache_hits_total", "cache_type",
                               "Values that were found in Redis.");
    c->misses = metrics_register(options->metrics, METRICS_COUNTER, "cache_misses_total", "cache_type",
                                 "Values that were not, or could not be asked for.");
    uv_timer_init(loop_uv(l), &c->timer);
    c->timer.data = c;
    if (!options->url || !*options->url)
        return c;
    if (cache_address_init(&c->address, options->url))
        cache_connect(c);
    else
        log_error("the URL of redis is malformed: there is no cache");
    return c;
}

void cache_destroy(cache *c)
{
    if (c)
        cache_close(c);
}

bool cache_ready(const cache *c)
{
    return c->state == CACHE_UP;
}

/* ---- commands ---- */

static bool may_send(const cache *c, size_t bytes)
{
    return c->state == CACHE_UP && c->commands < c->commands_limit && c->command_bytes + bytes <= IN_FLIGHT_LIMIT_BYTES;
}

void cache_on_answer(redisAsyncContext *context, void *answer, void *privdata)
{
    cache *c = context->data;
    const redisReply *reply = answer;
    cache_command *m = privdata;
    c->commands--;
    c->command_bytes -= m->bytes;
    c->replies += reply != NULL;
    if (!m->waiter) {
        free(m);
        cache_expect_no_more(c);
        return;
    }
    m->done = true;
    m->type = reply ? reply->type : 0;
    if (m->type == REDIS_REPLY_STRING) {
        m->text = memcpy(arena_zalloc(m->arena, 1, reply->len + 1), reply->str, reply->len);
        m->size = reply->len;
    } else if (m->type == REDIS_REPLY_INTEGER) {
        m->integer = reply->integer;
    } else if (m->type == REDIS_REPLY_ERROR) {
        m->unknown_script = strncmp(reply->str, "NOSCRIPT", strlen("NOSCRIPT")) == 0;
    }
    fiber_wake(m->waiter);
    cache_expect_no_more(c);
}

cache_command *cache_begin(cache *c, size_t bytes)
{
    if (!may_send(c, bytes))
        return NULL;
    cache_command *m = calloc(1, sizeof *m);
    if (!m)
        abort();
    m->bytes = bytes;
    return m;
}

bool cache_sent(cache *c, cache_command *m, int result)
{
    if (result != REDIS_OK) {
        free(m);
        return false;
    }
    c->commands++;
    c->command_bytes += m->bytes;
    cache_watch(c);
    return true;
}

/* When it was the loop that was late, the answer may be here already. */
static void look_once_more(cache *c)
{
    if (c->state == CACHE_UP)
        redisAsyncHandleRead(c->context);
}

bool cache_answered(cache *c, cache_command *m, uint32_t timeout_ms)
{
    m->waiter = fiber_self();
    m->arena = fiber_arena();
    uint64_t deadline = fiber_limit_ms(timeout_ms);
    status waited = STATUS_OK;
    while (!m->done && waited == STATUS_OK)
        waited = fiber_park();
    fiber_set_deadline_ns(deadline);
    if (!m->done && waited == STATUS_DEADLINE_EXCEEDED)
        look_once_more(c);
    m->waiter = NULL;
    return m->done;
}

/* The parts of a command around key and value that are not worth counting. */
static size_t size_of(const cache *c, const char *key, size_t value_size)
{
    const size_t words = 64;
    return words + strlen(c->prefix) + strlen(key) + value_size;
}

bool cache_get(cache *c, const char *cache_type, const char *key, const char **value, size_t *size)
{
    metrics_family *hits = c->hits, *misses = c->misses; /* the cache may be destroyed while we wait */
    bool hit = false;
    cache_command *m = cache_begin(c, size_of(c, key, 0));
    if (m && cache_sent(c, m, redisAsyncCommand(c->context, cache_on_answer, m, "GET %s%s", c->prefix, key)) &&
        cache_answered(c, m, c->timeout_ms)) {
        hit = m->type == REDIS_REPLY_STRING;
        *value = m->text;
        *size = m->size;
        free(m);
    }
    metrics_add(METRICS_WITH(hit ? hits : misses, cache_type), 1);
    return hit;
}

void cache_set(cache *c, const char *key, const void *value, size_t size, uint32_t ttl_ms)
{
    if (size > VALUE_LIMIT_BYTES)
        return;
    cache_command *m = cache_begin(c, size_of(c, key, size));
    if (m)
        cache_sent(c, m,
                   redisAsyncCommand(c->context, cache_on_answer, m, "SET %s%s %b PX %u", c->prefix, key, value, size,
                                     ttl_ms));
}

void cache_delete(cache *c, const char *key)
{
    cache_command *m = cache_begin(c, size_of(c, key, 0));
    if (m)
        cache_sent(c, m, redisAsyncCommand(c->context, cache_on_answer, m, "DEL %s%s", c->prefix, key));
}

int64_t cache_increment(cache *c, const char *key, uint32_t ttl_ms)
{
    /* One script, so that no counter can be left without an end. */
    static const char script[] =
        "local n = redis.call('INCR', KEYS[1]) if n == 1 then redis.call('PEXPIRE', KEYS[1], ARGV[1]) end return n";
    int64_t count = -1;
    cache_command *m = cache_begin(c, size_of(c, key, sizeof script));
    if (m &&
        cache_sent(c, m,
                   redisAsyncCommand(c->context, cache_on_answer, m, "EVAL %s 1 %s%s %u", script, c->prefix, key,
                                     ttl_ms)) &&
        cache_answered(c, m, c->timeout_ms)) {
        count = m->type == REDIS_REPLY_INTEGER ? m->integer : -1;
        free(m);
    }
    return count;
}
