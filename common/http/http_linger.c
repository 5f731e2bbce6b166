/*
 * A client that is refused in the middle of its body is still sending. Were the socket closed at once, its unread bytes
 * would make the kernel send a reset, which can throw away our answer before the client has read it. So a second
 * descriptor of the socket is kept, and what comes is read and forgotten until the client closes or the time is over.
 */
#include "http_internal.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

enum { LINGER_MS = 2000, LINGERING_MAX = 128, READ_BYTES = 16 * 1024, READS_PER_TURN = 16 };

struct http_lingering {
    http_server *server;
    int descriptor;
    uv_poll_t poll;
    uv_timer_t timer;
    unsigned open_handles;
    struct http_lingering *next, *previous;
};

static void on_closed(uv_handle_t *handle)
{
    struct http_lingering *l = handle->data;
    if (--l->open_handles == 0)
        free(l);
}

static void end(struct http_lingering *l)
{
    http_server *s = l->server;
    if (l->previous)
        l->previous->next = l->next;
    else
        s->lingering = l->next;
    if (l->next)
        l->next->previous = l->previous;
    s->lingering_count--;
    uv_close((uv_handle_t *)&l->poll, on_closed);
    uv_close((uv_handle_t *)&l->timer, on_closed);
    close(l->descriptor);
}

static void on_readable(uv_poll_t *poll, int error, int events)
{
    (void)events;
    struct http_lingering *l = poll->data;
    char forgotten[READ_BYTES];
    ssize_t size = error ? -1 : 1;
    for (int i = 0; i < READS_PER_TURN && size > 0; i++)
        size = read(l->descriptor, forgotten, sizeof forgotten);
    if (size == 0 || (size < 0 && errno != EAGAIN && errno != EINTR))
        end(l);
}

static void on_time(uv_timer_t *timer)
{
    end(timer->data);
}

void http_linger(http_connection *c)
{
    http_server *s = c->server;
    int descriptor = s->lingering_count < LINGERING_MAX ? dup(c->descriptor) : -1;
    if (descriptor < 0)
        return;
    struct http_lingering *l = calloc(1, sizeof *l);
    if (!l)
        abort();
    *l = (struct http_lingering){.server = s, .descriptor = descriptor, .open_handles = 2, .next = s->lingering};
    if (s->lingering)
        s->lingering->previous = l;
    s->lingering = l;
    s->lingering_count++;
    uv_poll_init(loop_uv(s->loop), &l->poll, descriptor);
    uv_timer_init(loop_uv(s->loop), &l->timer);
    l->poll.data = l->timer.data = l;
    uv_poll_start(&l->poll, UV_READABLE, on_readable);
    uv_timer_start(&l->timer, on_time, LINGER_MS, 0);
}

void http_end_lingering(http_server *s)
{
    while (s->lingering)
        end(s->lingering);
}
