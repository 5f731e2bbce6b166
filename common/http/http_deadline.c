/*
 * An end for every wait for a client: a whole head, a whole body, the next request, an answer taken. Connections of one
 * kind of wait all have the same time, so a queue in order of arrival is in order of deadlines. A client that is too
 * slow is ended by shutdown() of its descriptor, which libmicrohttpd then finds closed. A body may take longer than the
 * rest as long as it keeps its rate: past the common deadline it is looked at once a second.
 */
#include "http_internal.h"

#include <sys/socket.h>

static void leave(http_connection *c)
{
    http_wait_queue *q = c->queue;
    if (!q)
        return;
    if (c->previous)
        c->previous->next = c->next;
    else
        q->first = c->next;
    if (c->next)
        c->next->previous = c->previous;
    else
        q->last = c->previous;
    c->queue = NULL;
    c->next = c->previous = NULL;
}

/* The timer follows the nearest deadline; one that has moved away in the meantime costs a wake-up, not a restart. */
static void arm(http_server *s, uint64_t deadline_ms)
{
    uv_loop_t *uv = loop_uv(s->loop);
    uint64_t now = uv_now(uv);
    uint64_t left = deadline_ms > now ? deadline_ms - now : 0;
    if (!uv_is_active((uv_handle_t *)&s->timer) || uv_timer_get_due_in(&s->timer) > left)
        uv_timer_start(&s->timer, http_on_deadline, left, 0);
}

void http_wait_for_client(http_connection *c, http_wait_queue *queue)
{
    http_server *s = c->server;
    leave(c);
    if (!queue)
        return;
    c->queue = queue;
    c->deadline_ms = uv_now(loop_uv(s->loop)) + queue->timeout_ms;
    c->previous = queue->last;
    if (queue->last)
        queue->last->next = c;
    else
        queue->first = c;
    queue->last = c;
    if (queue->first == c)
        arm(s, c->deadline_ms);
}

/* What a client does not take would stay in the kernel's buffers long after the connection's end: it is thrown away. */
static void forget_answer(const http_connection *c)
{
    struct linger reset = {.l_onoff = 1, .l_linger = 0};
    setsockopt(c->descriptor, SOL_SOCKET, SO_LINGER, &reset, sizeof reset);
}

static void end_connection(http_connection *c)
{
    static const char too_slow[] = "HTTP/1.1 408 Request Timeout\r\nConnection: close\r\nContent-Length: 0\r\n\r\n";
    if (c->queue == &c->server->sending)
        forget_answer(c);
    else if (c->begun)
        send(c->descriptor, too_slow, sizeof too_slow - 1, MSG_DONTWAIT | MSG_NOSIGNAL);
    shutdown(c->descriptor, SHUT_RDWR);
    leave(c);
}

/* What came of a body buys time: a second for each body_rate bytes. So a large body on a slow line arrives, and one of
 * a byte now and then does not. */
static bool is_paid_for(const http_connection *c, uint64_t now)
{
    const http_server_options *o = &c->server->options;
    return c->in_body && now < c->body_started_ms + o->read_timeout_ms + c->body_bytes * 1000 / o->body_rate;
}

static void expire(http_server *s, http_wait_queue *q, uint64_t now)
{
    while (q->first && q->first->deadline_ms <= now) {
        if (is_paid_for(q->first, now))
            http_wait_for_client(q->first, &s->paced);
        else
            end_connection(q->first);
    }
    if (q->first)
        arm(s, q->first->deadline_ms);
}

void http_on_deadline(uv_timer_t *timer)
{
    http_server *s = timer->data;
    uint64_t now = uv_now(timer->loop);
    expire(s, &s->reading, now);
    expire(s, &s->paced, now);
    expire(s, &s->sending, now);
    expire(s, &s->idle, now);
}
