/* The connection: made in the background, watched while commands are in flight, made again after each loss. */
#include "cache_internal.h"

#include "clock.h"
#include "log.h"

#include <arpa/inet.h>
#include <netdb.h>
#include <stdlib.h>
#include <string.h>

enum { FIRST_PAUSE_MS = 50, LONGEST_PAUSE_MS = 5000, CONNECT_TIMEOUT_MS = 1000 };

static void on_timer(uv_timer_t *timer);

static void start_timer(cache *c, uint64_t timeout_ms)
{
    uv_timer_start(&c->timer, on_timer, timeout_ms, 0);
}

void cache_drop(cache *c, const char *why)
{
    redisAsyncContext *context = c->context;
    if (c->state == CACHE_UP || c->attempts == 1) /* once an outage is enough */
        log_warn("redis is away", log_text("reason", why));
    c->state = CACHE_PAUSING;
    c->context = NULL;
    if (context)
        redisAsyncFree(context);
    uint64_t pause = FIRST_PAUSE_MS;
    for (unsigned i = 1; i < c->attempts && pause < LONGEST_PAUSE_MS; i++)
        pause *= 2;
    pause = pause < LONGEST_PAUSE_MS ? pause : LONGEST_PAUSE_MS;
    start_timer(c, pause + clock_monotonic_ns() % pause / 2); /* jitter: all replicas lost it at the same moment */
}

/* ---- greeting ---- */

/* A step of the greeting: the command's first word and the one right answer. */
typedef struct step {
    const char *name, *answer;
} step;

static const step auth = {"AUTH refused", "OK"}, select_database = {"SELECT refused", "OK"},
                  ping = {"PING refused", "PONG"};

static void on_greeted(redisAsyncContext *context, void *answer, void *privdata)
{
    cache *c = context->data;
    const redisReply *reply = answer;
    const step *taken = privdata;
    c->commands--;
    if (c->context != context)
        return;
    if (!reply || reply->type != REDIS_REPLY_STATUS || strcmp(reply->str, taken->answer) != 0) {
        cache_drop(c, taken->name);
        return;
    }
    if (taken != &ping)
        return;
    c->state = CACHE_UP;
    c->attempts = 0;
    c->replies = c->replies_before = 0;
    uv_timer_stop(&c->timer);
    log_info("redis connected");
    cache_expect_no_more(c);
}

static void greet(cache *c)
{
    const cache_address *a = &c->address;
    if (a->password && *a->user)
        redisAsyncCommand(c->context, on_greeted, (void *)&auth, "AUTH %s %s", a->user, a->password);
    else if (a->password)
        redisAsyncCommand(c->context, on_greeted, (void *)&auth, "AUTH %s", a->password);
    if (a->database)
        redisAsyncCommand(c->context, on_greeted, (void *)&select_database, "SELECT %d", a->database);
    redisAsyncCommand(c->context, on_greeted, (void *)&ping, "PING");
    c->commands += 1 + (a->password != NULL) + (a->database != 0);
}

/* ---- connecting ---- */

static void on_connected(const redisAsyncContext *context, int result)
{
    cache *c = context->data;
    if (c->context != context)
        return;
    if (result == REDIS_OK) {
        greet(c);
        return;
    }
    c->context = NULL; /* hiredis frees it */
    cache_drop(c, context->c.errstr);
}

static void on_disconnected(const redisAsyncContext *context, int result)
{
    (void)result;
    cache *c = context->data;
    if (c->context != context)
        return;
    c->context = NULL;
    cache_drop(c, *context->c.errstr ? context->c.errstr : "closed");
}

static void dial(cache *c, const char *ip)
{
    c->state = CACHE_CONNECTING;
    c->context = ip ? redisAsyncConnect(ip, c->address.port) : redisAsyncConnectUnix(c->address.path);
    if (!c->context)
        abort();
    c->context->data = c;
    if (c->context->err || !cache_events_attach(c)) {
        cache_drop(c, c->context->c.errstr);
        return;
    }
    redisAsyncSetConnectCallback(c->context, on_connected);
    redisAsyncSetDisconnectCallback(c->context, on_disconnected);
    start_timer(c, CONNECT_TIMEOUT_MS);
}

static void free_when_closed(cache *c)
{
    if (c->resolving || !c->timer_closed)
        return;
    cache_address_finish(&c->address);
    free(c->prefix);
    free(c);
}

/* Each attempt takes the name's next address, so that one that refuses does not hide the others. */
static void dial_next(cache *c, const struct addrinfo *addresses)
{
    char ip[INET6_ADDRSTRLEN];
    const struct addrinfo *chosen = addresses;
    for (unsigned i = 1; i < c->attempts; i++)
        chosen = chosen->ai_next ? chosen->ai_next : addresses;
    getnameinfo(chosen->ai_addr, chosen->ai_addrlen, ip, sizeof ip, NULL, 0, NI_NUMERICHOST);
    dial(c, ip);
}

static void on_resolved(uv_getaddrinfo_t *request, int error, struct addrinfo *addresses)
{
    cache *c = request->data;
    c->resolving = false;
    if (c->state == CACHE_CLOSED)
        free_when_closed(c);
    else if (error)
        cache_drop(c, uv_strerror(error));
    else
        dial_next(c, addresses);
    uv_freeaddrinfo(addresses);
}

static bool is_ip(const char *host)
{
    unsigned char bytes[sizeof(struct in6_addr)];
    return inet_pton(AF_INET, host, bytes) == 1 || inet_pton(AF_INET6, host, bytes) == 1;
}

void cache_connect(cache *c)
{
    c->attempts++;
    if (c->address.path) {
        dial(c, NULL);
    } else if (is_ip(c->address.host)) {
        dial(c, c->address.host);
    } else { /* hiredis would block the loop for it */
        c->state = CACHE_RESOLVING;
        c->resolving = true;
        c->resolver.data = c;
        const struct addrinfo hints = {.ai_socktype = SOCK_STREAM};
        int error = uv_getaddrinfo(loop_uv(c->loop), &c->resolver, on_resolved, c->address.host, NULL, &hints);
        if (error)
            on_resolved(&c->resolver, error, NULL);
    }
}

/* ---- watching ---- */

void cache_expect_no_more(cache *c)
{
    if (c->commands == 0 && c->context && c->context->c.reader->pos < c->context->c.reader->len)
        cache_drop(c, "an answer to no question");
}

void cache_watch(cache *c)
{
    if (uv_is_active((uv_handle_t *)&c->timer))
        return;
    c->replies_before = c->replies;
    start_timer(c, c->timeout_ms);
}

/* Commands have been in flight for the time that one may take. When nothing at all came back, Redis hangs: it is given
 * up, so that nobody waits for it any more until it greets again. */
static void look_for_answers(cache *c)
{
    const redisAsyncContext *context = c->context;
    if (c->commands)
        redisAsyncHandleRead(c->context); /* answers may be here already, when it was the loop that was late */
    if (c->context != context || c->commands == 0)
        return;
    if (c->replies == c->replies_before)
        cache_drop(c, "no answer in time");
    else
        cache_watch(c);
}

static void on_timer(uv_timer_t *timer)
{
    cache *c = timer->data;
    switch (c->state) {
    case CACHE_PAUSING:
        cache_connect(c);
        break;
    case CACHE_CONNECTING:
        cache_drop(c, "no connection in time");
        break;
    case CACHE_UP:
        look_for_answers(c);
        break;
    case CACHE_NONE:
    case CACHE_RESOLVING:
    case CACHE_CLOSED:
        break;
    }
}

static void on_timer_closed(uv_handle_t *handle)
{
    cache *c = handle->data;
    c->timer_closed = true;
    free_when_closed(c);
}

void cache_close(cache *c)
{
    redisAsyncContext *context = c->context;
    c->state = CACHE_CLOSED;
    c->context = NULL;
    if (context)
        redisAsyncFree(context);
    loop_remove_hook(c->loop, &c->hook);
    if (c->resolving)
        uv_cancel((uv_req_t *)&c->resolver);
    uv_close((uv_handle_t *)&c->timer, on_timer_closed);
}
