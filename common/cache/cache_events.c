/*
 * hiredis on the loop. Its own adapter for libuv does nothing when a poll ends with an error, and then a refused
 * connection is never noticed; and it asks for a writable socket after every command, where here the commands of a
 * turn leave together from a hook.
 */
#include "cache_internal.h"

#include <stdlib.h>
#include <sys/socket.h>

typedef struct events {
    uv_poll_t poll;
    cache *cache;
    redisAsyncContext *context; /* NULL once hiredis has let go */
    int wanted;
} events;

/* Bytes of an answer while no command is in flight; hiredis ends the program when it reads one. */
static bool unexpected_bytes(const events *e)
{
    char byte;
    return e->cache->state == CACHE_UP && e->cache->commands == 0 &&
           recv(e->context->c.fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT) > 0;
}

static void on_poll(uv_poll_t *poll, int error, int ready)
{
    events *e = poll->data;
    if (error) /* the read or write that follows finds out which, and gives the connection up */
        ready = UV_READABLE | UV_WRITABLE;
    if (e->context && (ready & UV_READABLE) && unexpected_bytes(e))
        cache_drop(e->cache, "an answer to no question");
    if (e->context && (ready & UV_READABLE))
        redisAsyncHandleRead(e->context);
    if (e->context && (ready & UV_WRITABLE))
        redisAsyncHandleWrite(e->context);
}

static void want(events *e, int wanted)
{
    if (e->wanted == wanted)
        return;
    e->wanted = wanted;
    if (wanted)
        uv_poll_start(&e->poll, wanted, on_poll);
    else
        uv_poll_stop(&e->poll);
}

static void add_read(void *data)
{
    events *e = data;
    want(e, e->wanted | UV_READABLE);
}

static void delete_read(void *data)
{
    events *e = data;
    want(e, e->wanted & ~UV_READABLE);
}

static void add_write(void *data)
{
    events *e = data;
    if (e->context->c.flags & REDIS_CONNECTED)
        e->cache->unsent = true;
    else
        want(e, e->wanted | UV_WRITABLE);
}

static void delete_write(void *data)
{
    events *e = data;
    want(e, e->wanted & ~UV_WRITABLE);
}

static void on_closed(uv_handle_t *handle)
{
    free(handle->data);
}

/* hiredis closes the descriptor after this; uv_close has taken it out of epoll by then. */
static void clean_up(void *data)
{
    events *e = data;
    e->context = NULL;
    uv_close((uv_handle_t *)&e->poll, on_closed);
}

static void flush(void *arg)
{
    cache *c = arg;
    if (!c->unsent)
        return;
    c->unsent = false;
    if (!c->context)
        return;
    events *e = c->context->ev.data;
    redisAsyncHandleWrite(c->context);
    if (e->context && c->unsent) /* the socket took only a part */
        want(e, e->wanted | UV_WRITABLE);
    c->unsent = false;
}

bool cache_events_attach(cache *c)
{
    events *e = calloc(1, sizeof *e);
    if (!e)
        abort();
    if (uv_poll_init(loop_uv(c->loop), &e->poll, c->context->c.fd)) {
        free(e);
        return false;
    }
    e->poll.data = e;
    e->cache = c;
    e->context = c->context;
    c->context->ev.data = e;
    c->context->ev.addRead = add_read;
    c->context->ev.delRead = delete_read;
    c->context->ev.addWrite = add_write;
    c->context->ev.delWrite = delete_write;
    c->context->ev.cleanup = clean_up;
    if (!c->hook.link)
        loop_add_hook(c->loop, &c->hook, flush, c);
    return true;
}
