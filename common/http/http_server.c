/*
 * libmicrohttpd on the loop.
 *
 * The daemon has no thread. Its epoll descriptor is polled by the loop, and MHD_run does all that is possible without
 * waiting: it accepts, reads, calls our handler, sends. A request whose body is complete is suspended and its fiber
 * started; the fiber's answer resumes it, and one MHD_run at the turn's end (the hook) queues the answers of all fibers
 * of that turn. MHD_run must also follow when libmicrohttpd keeps work in its own lists (it reads edge-triggered, so
 * the descriptor stays silent about that; MHD_get_timeout tells), and after a connection has closed: at the limit of
 * connections it begins to accept again only then.
 *
 * Its own timeouts are not used: they know idleness only, and a byte now and then would keep a request alive for ever.
 * http_deadline.c gives every wait for the client an end.
 */
#include "http_internal.h"

#include "log.h"

#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* ---- turning the daemon ---- */

static void run(http_server *s)
{
    s->run_again = false;
    http_arrival_look(s);
    MHD_run(s->daemon);
}

static void on_readable(uv_poll_t *poll, int error, int events)
{
    (void)error;
    (void)events;
    http_arrival_readable(poll->data);
    run(poll->data);
}

static void on_turn_end(void *arg)
{
    http_server *s = arg;
    if (s->run_again)
        run(s);
    MHD_UNSIGNED_LONG_LONG timeout;
    if (s->run_again || (MHD_get_timeout(s->daemon, &timeout) == MHD_YES && timeout == 0)) {
        s->run_again = true;
        loop_again(s->loop);
    }
    http_arrival_turn_ends(s);
}

/* ---- connections ---- */

static bool is_trusted(const http_server *s, const http_address *peer)
{
    return s->options.trusted_proxies && http_networks_contain(s->options.trusted_proxies, peer);
}

/* Before libmicrohttpd spends anything on a connection. */
static enum MHD_Result may_connect(void *cls, const struct sockaddr *address, socklen_t size)
{
    (void)size;
    http_server *s = cls;
    http_address peer = http_address_of_socket(address);
    if (!s->crowd || !http_crowd_is_full(s->crowd, &peer) || is_trusted(s, &peer))
        return MHD_YES;
    s->crowded_out++;
    return MHD_NO;
}

static void note_peer(http_connection *c, const struct sockaddr *address)
{
    http_server *s = c->server;
    c->peer = http_address_of_socket(address);
    http_address_format(&c->peer, c->address);
    c->trusted = is_trusted(s, &c->peer);
    if (s->crowd && !c->trusted)
        http_crowd_enter(s->crowd, &c->peer);
}

static void connection_begins(http_server *s, struct MHD_Connection *mhd, void **context)
{
    http_connection *c = calloc(1, sizeof *c);
    if (!c)
        abort();
    c->server = s;
    c->descriptor = MHD_get_connection_info(mhd, MHD_CONNECTION_INFO_CONNECTION_FD)->connect_fd;
    note_peer(c, MHD_get_connection_info(mhd, MHD_CONNECTION_INFO_CLIENT_ADDRESS)->client_addr);
    s->connections++;
    http_wait_for_client(c, &s->reading);
    *context = c;
}

static void on_connection(void *cls, struct MHD_Connection *mhd, void **context,
                          enum MHD_ConnectionNotificationCode code)
{
    http_server *s = cls;
    if (code == MHD_CONNECTION_NOTIFY_STARTED) {
        connection_begins(s, mhd, context);
        return;
    }
    http_connection *c = *context;
    http_wait_for_client(c, NULL);
    if (s->crowd && !c->trusted)
        http_crowd_leave(s->crowd, &c->peer);
    free(c);
    s->connections--;
    s->run_again = true;
}

unsigned http_server_connections(const http_server *s)
{
    return s->connections;
}

unsigned http_server_requests_in_flight(const http_server *s)
{
    return s->in_flight;
}

uint64_t http_server_crowded_out(const http_server *s)
{
    return s->crowded_out;
}

uint16_t http_server_port(const http_server *s)
{
    return s->port;
}

/* ---- life ---- */

static void apply_defaults(http_server_options *o)
{
    if (!o->connections_limit)
        o->connections_limit = 4096;
    if (!o->idle_timeout_ms)
        o->idle_timeout_ms = 75000;
    if (!o->read_timeout_ms)
        o->read_timeout_ms = 10000;
    if (!o->write_timeout_ms)
        o->write_timeout_ms = 30000;
    if (!o->body_rate)
        o->body_rate = (size_t)16 * 1024;
    if (!o->request_timeout_ms)
        o->request_timeout_ms = 10000;
    if (!o->pool_bytes)
        o->pool_bytes = (size_t)16 * 1024;
}

static struct MHD_Daemon *start_daemon(http_server *s, int listener)
{
    return MHD_start_daemon(MHD_USE_EPOLL | MHD_ALLOW_SUSPEND_RESUME | MHD_USE_ITC, 0, may_connect, s, http_on_request,
                            s, MHD_OPTION_LISTEN_SOCKET, listener, MHD_OPTION_CONNECTION_LIMIT,
                            s->options.connections_limit, MHD_OPTION_CONNECTION_MEMORY_LIMIT, s->options.pool_bytes,
                            MHD_OPTION_CONNECTION_TIMEOUT, 0u, MHD_OPTION_URI_LOG_CALLBACK, http_on_target, s,
                            MHD_OPTION_NOTIFY_COMPLETED, http_on_completed, s, MHD_OPTION_NOTIFY_CONNECTION,
                            on_connection, s, MHD_OPTION_END);
}

static void join_loop(http_server *s)
{
    uv_loop_t *uv = loop_uv(s->loop);
    uv_poll_init(uv, &s->poll, MHD_get_daemon_info(s->daemon, MHD_DAEMON_INFO_EPOLL_FD)->epoll_fd);
    uv_timer_init(uv, &s->timer);
    uv_check_init(uv, &s->check);
    s->poll.data = s->timer.data = s->check.data = s;
    s->open_handles = 3;
    uv_poll_start(&s->poll, UV_READABLE, on_readable);
    http_arrival_init(&s->arrivals);
    uv_check_start(&s->check, http_arrival_on_check);
    loop_add_hook(s->loop, &s->hook, on_turn_end, s);
}

static void set_timeouts(http_server *s)
{
    enum { PACE_MS = 1000 };
    const http_server_options *o = &s->options;
    s->reading.timeout_ms = o->read_timeout_ms;
    s->paced.timeout_ms = o->read_timeout_ms < PACE_MS ? o->read_timeout_ms : PACE_MS;
    s->sending.timeout_ms = o->write_timeout_ms;
    s->idle.timeout_ms = o->idle_timeout_ms;
}

static void free_server(http_server *s)
{
    http_crowd_destroy(s->crowd);
    free(s);
}

http_server *http_server_create(loop *l, const http_server_options *options)
{
    http_server *s = calloc(1, sizeof *s);
    if (!s)
        abort();
    s->loop = l;
    s->options = *options;
    apply_defaults(&s->options);
    set_timeouts(s);
    if (s->options.address_limit)
        s->crowd = http_crowd_create(s->options.connections_limit, s->options.address_limit);
    int listener = http_listen(options->host, options->port, &s->port);
    if (listener < 0) {
        free_server(s);
        return NULL;
    }
    s->daemon = start_daemon(s, listener);
    if (!s->daemon) {
        log_error("cannot start the HTTP server", log_text("host", options->host), log_int("port", s->port));
        close(listener);
        free_server(s);
        return NULL;
    }
    join_loop(s);
    return s;
}

void http_server_leave(http_server *s)
{
    s->leaving = true;
}

void http_server_drain(http_server *s)
{
    if (s->draining)
        return;
    s->draining = true;
    http_server_leave(s);
    int listener = MHD_quiesce_daemon(s->daemon);
    if (listener >= 0)
        close(listener);
    for (http_connection *c = s->idle.first; c; c = c->next)
        if (!c->begun)
            shutdown(c->descriptor, SHUT_RD); /* between two requests: nobody waits for an answer */
}

static void on_closed(uv_handle_t *handle)
{
    http_server *s = handle->data;
    if (--s->open_handles == 0)
        free_server(s);
}

/* Cancels the fibers that are at work and lets them end: their stacks hold what belongs to the requests. */
static void end_workers(http_server *s)
{
    while (s->working) {
        for (http_request *r = s->working; r; r = r->next)
            fiber_cancel(r->worker);
        if (fiber_self())
            fiber_yield();
        else
            uv_run(loop_uv(s->loop), UV_RUN_ONCE);
    }
}

void http_server_destroy(http_server *s)
{
    if (!s)
        return;
    http_server_drain(s);
    end_workers(s);
    MHD_run(s->daemon); /* a connection that is still suspended when the daemon stops is an abort */
    loop_remove_hook(s->loop, &s->hook);
    uv_close((uv_handle_t *)&s->poll, on_closed); /* before its descriptor is closed and given to somebody else */
    MHD_stop_daemon(s->daemon);
    http_end_lingering(s);
    http_free_pool(s);
    uv_close((uv_handle_t *)&s->timer, on_closed);
    uv_close((uv_handle_t *)&s->check, on_closed);
}
