#include "rpc_answers.h"

#include "log.h"
#include "rpc_envelope.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <uv.h>

enum {
    BATCH_BYTES = 256 * 1024,
    HEADER_BYTES = 64, /* nng's time-to-live allows 36 */
    WINDOW = 32,       /* messages of one peer that are with nng */
    RETRY_MS = 1,
    DESTROY_PATIENCE_MS = 1000,
};

typedef struct outgoing {
    nng_msg *message;
    struct outgoing *next;
} outgoing;

/* A connection, from its first message until nng has forgotten it. */
typedef struct peer {
    rpc_answers *answers;
    nng_pipe pipe;
    bool gone;
    bool is_ours; /* it takes messages that it did not ask for */
    rpc_route *routes;
    unsigned calls; /* at work */
    outgoing *first;
    outgoing **last;
    size_t queued_bytes;
    bool overflowing; /* answers are being dropped */
    uint64_t handed;  /* messages given to nng */
    uint64_t written; /* of those, messages that nng had written when last asked */
    struct peer *next;
} peer;

struct rpc_route {
    peer *peer;
    unsigned references;
    nng_msg *open; /* takes the answers of this turn */
    unsigned open_answers;
    size_t header_size;
    uint8_t header[HEADER_BYTES];
    rpc_route *next;
};

struct rpc_answers {
    loop *loop;
    rpc_socket *socket;
    rpc_traffic *traffic;
    size_t queue_limit_bytes;
    loop_hook flush_hook;
    uv_timer_t *retry;
    bool dirty;   /* something may leave */
    bool blocked; /* nng takes nothing until on_writable */
    bool leaving;
    peer *peers; /* the one heard of last comes first */
};

static void *allocate(size_t size)
{
    void *p = calloc(1, size);
    if (!p)
        abort();
    return p;
}

/* ---- peers and routes ---- */

static peer *find_peer(rpc_answers *a, uint32_t pipe)
{
    for (peer **link = &a->peers; *link; link = &(*link)->next) {
        peer *p = *link;
        if (p->pipe.id != pipe)
            continue;
        *link = p->next;
        p->next = a->peers;
        return a->peers = p;
    }
    peer *p = allocate(sizeof *p);
    *p = (peer){.answers = a, .pipe = {.id = pipe}, .last = &p->first, .next = a->peers};
    return a->peers = p;
}

static bool is_of_ours(const uint8_t *header, size_t size)
{
    static const uint8_t id[] = {0x80, 0, 0, 1}; /* ENVELOPE_REQUEST_ID in the byte order of the net */
    return size == 2 * sizeof id && memcmp(header + sizeof id, id, sizeof id) == 0;
}

rpc_route *rpc_answers_route(rpc_answers *a, nng_msg *message)
{
    size_t size = nng_msg_header_len(message);
    const void *header = nng_msg_header(message);
    if (size < 2 * sizeof(uint32_t) || size > HEADER_BYTES)
        return NULL;
    peer *p = find_peer(a, (uint32_t)nng_msg_get_pipe(message).id);
    p->is_ours |= is_of_ours(header, size);
    for (rpc_route *route = p->routes; route; route = route->next)
        if (route->header_size == size && memcmp(route->header, header, size) == 0)
            return rpc_route_hold(route);
    rpc_route *route = allocate(sizeof *route);
    *route = (rpc_route){.peer = p, .references = 1, .header_size = size, .next = p->routes};
    memcpy(route->header, header, size);
    return p->routes = route;
}

rpc_route *rpc_route_hold(rpc_route *route)
{
    route->references++;
    return route;
}

void rpc_route_release(rpc_route *route)
{
    if (--route->references == 0 && route->open)
        route->peer->answers->dirty = true; /* the flush sends it and frees the route */
    if (route->references || route->open)
        return;
    rpc_route **link = &route->peer->routes;
    while (*link != route)
        link = &(*link)->next;
    *link = route->next;
    free(route);
}

unsigned rpc_route_calls(const rpc_route *route)
{
    return route->peer->calls;
}

void rpc_route_begin_call(rpc_route *route)
{
    route->peer->calls++;
}

void rpc_route_end_call(rpc_route *route)
{
    route->peer->calls--;
}

/* ---- what waits to leave ---- */

static void drop_queue(peer *p)
{
    while (p->first) {
        outgoing *o = p->first;
        p->first = o->next;
        nng_msg_free(o->message);
        free(o);
        metrics_add(p->answers->traffic->unread, 1);
    }
    p->last = &p->first;
    p->queued_bytes = 0;
}

static void enqueue(peer *p, nng_msg *message)
{
    outgoing *o = allocate(sizeof *o);
    o->message = message;
    *p->last = o;
    p->last = &o->next;
    p->queued_bytes += nng_msg_len(message);
}

static void close_message(rpc_route *route)
{
    peer *p = route->peer;
    if (p->answers->leaving)
        envelope_write_leaving(rpc_message_extend(route->open, ENVELOPE_LEAVING_BYTES), true);
    metrics_add(p->answers->traffic->calls_sent, route->open_answers);
    enqueue(p, route->open);
    route->open = NULL;
    route->open_answers = 0;
}

uint8_t *rpc_route_append(rpc_route *route, size_t size)
{
    if (route->open && nng_msg_len(route->open) + size > BATCH_BYTES)
        close_message(route);
    if (!route->open) {
        route->open = rpc_message_new();
        nng_msg_header_append(route->open, route->header, route->header_size);
    }
    route->open_answers++;
    route->peer->answers->dirty = true;
    return rpc_message_extend(route->open, size);
}

/* Closes the messages of this turn and frees the routes that have served. */
static void close_messages(peer *p)
{
    for (rpc_route *route = p->routes, *next; route; route = next) {
        next = route->next;
        if (!route->open)
            continue;
        close_message(route);
        if (route->references == 0) {
            route->references = 1;
            rpc_route_release(route);
        }
    }
}

static void tell_of_leaving(peer *p)
{
    nng_msg *message = rpc_message_new();
    nng_msg_header_append_u32(message, p->pipe.id);
    nng_msg_header_append_u32(message, ENVELOPE_REQUEST_ID);
    envelope_write_leaving(rpc_message_extend(message, ENVELOPE_LEAVING_BYTES), p->answers->leaving);
    enqueue(p, message);
}

void rpc_answers_set_leaving(rpc_answers *a, bool leaving)
{
    if (a->leaving == leaving)
        return;
    a->leaving = leaving;
    for (peer *p = a->peers; p; p = p->next)
        if (p->is_ours && !p->gone)
            tell_of_leaving(p);
    a->dirty = true;
    loop_again(a->loop);
}

/* ---- what nng has done with it ---- */

/* Reads from nng's statistics how many messages each connection has written. Where it keeps none, all count as written.
 */
static void read_written(rpc_answers *a)
{
    for (peer *p = a->peers; p; p = p->next)
        p->gone = p->gone || nng_pipe_socket(p->pipe).id == 0;
    nng_stat *root = NULL;
    if (nng_stats_get(&root))
        root = NULL;
    for (peer *p = a->peers; p; p = p->next) {
        uint64_t written = p->handed;
        for (nng_stat *s = root ? nng_stat_child(root) : NULL; s; s = nng_stat_next(s)) {
            nng_stat *id = strcmp(nng_stat_name(s), "pipe") ? NULL : nng_stat_find(s, "id");
            nng_stat *count = id && nng_stat_value(id) == p->pipe.id ? nng_stat_find(s, "tx_msgs") : NULL;
            if (count)
                written = nng_stat_value(count);
        }
        p->written = written;
    }
    if (root)
        nng_stats_free(root);
}

/* Gives nng what it can take of one peer's messages. false: they wait for the connection to write. */
static bool send_messages(peer *p, bool *asked)
{
    rpc_answers *a = p->answers;
    while (p->first && !a->blocked && !p->gone) {
        if (p->handed - p->written >= WINDOW) {
            if (*asked)
                return false;
            *asked = true;
            read_written(a);
            continue;
        }
        outgoing *o = p->first;
        size_t size = nng_msg_len(o->message);
        if (!rpc_socket_send(a->socket, o->message)) {
            a->blocked = true;
            return true;
        }
        metrics_add(a->traffic->messages_sent, 1);
        p->handed++;
        p->queued_bytes -= size;
        p->first = o->next;
        if (!p->first)
            p->last = &p->first;
        free(o);
    }
    return true;
}

/* What a peer does not read is dropped past a limit, as nng itself would. (Closing its connection would be clearer, but
 * nng 1.5.2 may hang when that happens in the middle of a message.) */
static void bound_queue(peer *p)
{
    bool overflows = !p->gone && p->queued_bytes > p->answers->queue_limit_bytes;
    if (overflows && !p->overflowing)
        log_warn("a peer does not read its answers: they are dropped", log_int("bytes", p->queued_bytes));
    if (overflows || p->gone)
        drop_queue(p);
    p->overflowing = overflows || (p->overflowing && p->first);
}

static void on_retry(uv_timer_t *timer)
{
    rpc_answers *a = timer->data;
    a->dirty = true;
    loop_again(a->loop);
}

static void flush(void *arg)
{
    rpc_answers *a = arg;
    if (!a->dirty || a->blocked)
        return;
    a->dirty = false;
    bool asked = false, waiting = false;
    for (peer *p = a->peers; p; p = p->next) {
        close_messages(p);
        waiting |= !send_messages(p, &asked);
        bound_queue(p);
    }
    if (waiting)
        uv_timer_start(a->retry, on_retry, RETRY_MS, 0);
}

void rpc_answers_on_writable(rpc_answers *a)
{
    a->blocked = false;
    a->dirty = true;
    loop_again(a->loop);
}

/* Forgets the peers that nng has forgotten. One that it is just forgetting is found at the next event. */
void rpc_answers_on_connections(rpc_answers *a)
{
    for (peer **link = &a->peers; *link;) {
        peer *p = *link;
        if (nng_pipe_socket(p->pipe).id == 0) {
            p->gone = true;
            drop_queue(p);
        }
        if (!p->gone || p->routes) {
            link = &p->next;
            continue;
        }
        *link = p->next;
        free(p);
    }
}

/* ---- life ---- */

rpc_answers *rpc_answers_create(loop *l, rpc_socket *socket, rpc_traffic *traffic, size_t queue_limit_bytes)
{
    rpc_answers *a = allocate(sizeof *a);
    *a = (rpc_answers){.loop = l, .socket = socket, .traffic = traffic, .queue_limit_bytes = queue_limit_bytes};
    a->retry = allocate(sizeof *a->retry);
    a->retry->data = a;
    uv_timer_init(loop_uv(l), a->retry);
    loop_add_hook(l, &a->flush_hook, flush, a);
    return a;
}

/* True when nng has written all that it was given, as far as it can tell. */
static bool all_written(rpc_answers *a)
{
    a->blocked = false;
    a->dirty = true;
    flush(a);
    read_written(a);
    for (peer *p = a->peers; p; p = p->next)
        if (!p->gone && (p->first || p->handed > p->written))
            return false;
    return true;
}

static void on_retry_closed(uv_handle_t *handle)
{
    free(handle);
}

void rpc_answers_destroy(rpc_answers *a)
{
    for (int ms = 0; ms < DESTROY_PATIENCE_MS && !all_written(a); ms++)
        nanosleep(&(struct timespec){.tv_nsec = 1000000}, NULL);
    while (a->peers) {
        peer *p = a->peers;
        a->peers = p->next;
        drop_queue(p);
        free(p);
    }
    loop_remove_hook(a->loop, &a->flush_hook);
    uv_close((uv_handle_t *)a->retry, on_retry_closed);
    free(a);
}
