#include "rpc_socket.h"

#include "log.h"
#include "rpc_tls_internal.h"

#include <errno.h>
#include <malloc.h>
#include <nng/protocol/reqrep0/rep.h>
#include <nng/protocol/reqrep0/req.h>
#include <nng/transport/tcp/tcp.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <uv.h>

enum {
    MESSAGES_PER_TURN = 256, /* read at once, so that other work of the loop gets its turn */
    RECONNECT_FIRST_MS = 50,
    RECONNECT_LONGEST_MS = 500,
    CLOSE_PATIENCE_MS = 1000,
    CLOSE_LOOK_MS = 1,   /* how often the loop looks whether a client's socket is closed */
    QUEUED_RECEIVE = 64, /* messages that nng reads ahead of us */
    QUEUED_SEND = 128,   /* answers on their way from the socket to its pipes */
};

struct rpc_socket {
    rpc_socket_owner owner;
    rpc_socket_side side;
    nng_socket nng;
    nng_listener listener;
    rpc_tls_dialing *dialing; /* of a client, when it is over TLS */
    uv_poll_t readable;
    uv_poll_t writable;
    uv_async_t changed;
    uv_timer_t closing; /* of a client */
    pthread_t closer;
    uint64_t patience_ends_ms; /* by the loop's clock */
    bool waiting_to_write;
    atomic_bool closed;
    unsigned open_handles;
    atomic_uint connected; /* these two are written by nng's threads */
    atomic_uint lost;
};

static void check(int error, const char *what)
{
    if (!error)
        return;
    log_error("nng refused", log_text("operation", what), log_text("reason", nng_strerror(error)));
    log_flush();
    abort();
}

/* ---- what arrives ---- */

void rpc_socket_drain(rpc_socket *s)
{
    nng_msg *message;
    for (int i = 0; i < MESSAGES_PER_TURN && !s->closed; i++) {
        if (nng_recvmsg(s->nng, &message, NNG_FLAG_NONBLOCK))
            return;
        s->owner.on_message(s->owner.arg, message);
    }
}

static void on_readable(uv_poll_t *poll, int error, int events)
{
    (void)error;
    (void)events;
    rpc_socket_drain(poll->data);
}

static void on_writable(uv_poll_t *poll, int error, int events)
{
    (void)error;
    (void)events;
    rpc_socket *s = poll->data;
    uv_poll_stop(poll);
    s->waiting_to_write = false;
    s->owner.on_writable(s->owner.arg);
}

static void on_changed(uv_async_t *async)
{
    rpc_socket *s = async->data;
    if (!s->closed)
        s->owner.on_connections(s->owner.arg);
}

/* On a thread of nng. Only counts, so that the order in which events of several pipes arrive does not matter. */
static void on_pipe_event(nng_pipe pipe, nng_pipe_ev event, void *arg)
{
    (void)pipe;
    rpc_socket *s = arg;
    if (event == NNG_PIPE_EV_ADD_PRE) {
        atomic_fetch_add(&s->connected, 1);
    } else {
        atomic_fetch_sub(&s->connected, 1);
        atomic_fetch_add(&s->lost, 1);
    }
    if (!atomic_load(&s->closed))
        uv_async_send(&s->changed);
}

unsigned rpc_socket_connections(const rpc_socket *s)
{
    return atomic_load(&s->connected);
}

unsigned rpc_socket_losses(const rpc_socket *s)
{
    return atomic_load(&s->lost);
}

unsigned rpc_socket_accepted(const rpc_socket *s)
{
    return rpc_socket_connections(s) + rpc_socket_losses(s);
}

/* ---- life ---- */

static void open_nng(rpc_socket *s, size_t message_limit_bytes)
{
    /* Each of nng's threads would otherwise get a malloc arena of its own, and messages that move between threads leave
     * their memory behind in all of them. */
    mallopt(M_ARENA_MAX, 2);
    bool client = s->side == RPC_SOCKET_CLIENT;
    check(client ? nng_req0_open_raw(&s->nng) : nng_rep0_open_raw(&s->nng), "open");
    /* A client's message leaves only when the pipe takes it now, so that "never left" is exact. */
    check(nng_socket_set_int(s->nng, NNG_OPT_SENDBUF, client ? 0 : QUEUED_SEND), "send buffer");
    check(nng_socket_set_int(s->nng, NNG_OPT_RECVBUF, QUEUED_RECEIVE), "receive buffer");
    check(nng_socket_set_size(s->nng, NNG_OPT_RECVMAXSZ, message_limit_bytes), "message limit");
    check(nng_socket_set_ms(s->nng, NNG_OPT_RECONNMINT, RECONNECT_FIRST_MS), "reconnect time");
    check(nng_socket_set_ms(s->nng, NNG_OPT_RECONNMAXT, RECONNECT_LONGEST_MS), "reconnect time");
    check(nng_pipe_notify(s->nng, NNG_PIPE_EV_ADD_PRE, on_pipe_event, s), "notify");
    check(nng_pipe_notify(s->nng, NNG_PIPE_EV_REM_POST, on_pipe_event, s), "notify");
}

static void poll_descriptor(rpc_socket *s, uv_loop_t *uv, uv_poll_t *poll, const char *option)
{
    int descriptor;
    check(nng_socket_get_int(s->nng, option, &descriptor), option);
    uv_poll_init(uv, poll, descriptor);
    poll->data = s;
    s->open_handles++;
}

rpc_socket *rpc_socket_open(loop *l, rpc_socket_side side, size_t message_limit_bytes, const rpc_socket_owner *owner)
{
    rpc_socket *s = calloc(1, sizeof *s);
    if (!s)
        abort();
    s->owner = *owner;
    s->side = side;
    uv_loop_t *uv = loop_uv(l);
    uv_async_init(uv, &s->changed, on_changed);
    s->changed.data = s;
    s->open_handles++;
    open_nng(s, message_limit_bytes);
    poll_descriptor(s, uv, &s->readable, NNG_OPT_RECVFD);
    poll_descriptor(s, uv, &s->writable, NNG_OPT_SENDFD);
    uv_poll_start(&s->readable, UV_READABLE, on_readable);
    return s;
}

/* ---- the end ----
 *
 * nng 1.5.2 may close for ever: when a connection is closed in the moment between two parts of a message, the transfer
 * of the next part is refused without a word, and whoever waits for its end waits in vain. So it is closed on a thread
 * of its own, and abandoned when that takes too long: then nothing that nng's threads may still look at is freed.
 *
 * A server waits for it, because its address must be free afterwards. A client's loop goes on meanwhile: it may have
 * other replicas. */

static void *close_nng(void *arg)
{
    rpc_socket *s = arg;
    nng_close(s->nng);
    return NULL;
}

static void abandon(rpc_socket *s)
{
    pthread_detach(s->closer);
    s->open_handles++; /* never to be freed */
    log_warn("nng does not close its socket; it is abandoned");
}

static void on_handle_closed(uv_handle_t *handle)
{
    rpc_socket *s = handle->data;
    if (--s->open_handles == 0)
        free(s);
}

static void wait_until_closed(rpc_socket *s)
{
    struct timespec end;
    clock_gettime(CLOCK_REALTIME, &end);
    end.tv_sec += CLOSE_PATIENCE_MS / 1000;
    if (pthread_timedjoin_np(s->closer, NULL, &end))
        abandon(s);
    uv_close((uv_handle_t *)&s->changed, on_handle_closed);
}

static void look_whether_closed(uv_timer_t *timer)
{
    rpc_socket *s = timer->data;
    bool closed = pthread_tryjoin_np(s->closer, NULL) == 0;
    if (!closed && uv_now(timer->loop) < s->patience_ends_ms)
        return;
    if (!closed)
        abandon(s);
    uv_close((uv_handle_t *)&s->closing, on_handle_closed);
    uv_close((uv_handle_t *)&s->changed, on_handle_closed);
}

static void begin_to_look(rpc_socket *s)
{
    uv_loop_t *uv = s->changed.loop;
    uv_timer_init(uv, &s->closing);
    s->closing.data = s;
    s->open_handles++;
    uv_update_time(uv);
    s->patience_ends_ms = uv_now(uv) + CLOSE_PATIENCE_MS;
    uv_timer_start(&s->closing, look_whether_closed, CLOSE_LOOK_MS, CLOSE_LOOK_MS);
}

void rpc_socket_close(rpc_socket *s)
{
    if (!s)
        return;
    rpc_tls_dialing_destroy(s->dialing);
    /* The descriptors are nng's: libuv must let go of them before nng closes them. */
    uv_close((uv_handle_t *)&s->readable, on_handle_closed);
    uv_close((uv_handle_t *)&s->writable, on_handle_closed);
    atomic_store(&s->closed, true);
    if (pthread_create(&s->closer, NULL, close_nng, s))
        abort();
    if (s->side == RPC_SOCKET_SERVER)
        wait_until_closed(s);
    else
        begin_to_look(s);
}

/* ---- addresses ---- */

bool rpc_socket_has_tls(const char *address)
{
    return strncmp(address, "tls+", 4) == 0;
}

static int lacks_tls(const char *address)
{
    log_error("an address wants TLS, but RPC_TLS_CA, RPC_TLS_CERT and RPC_TLS_KEY are not set",
              log_text("address", address));
    return NNG_ENOTSUP;
}

int rpc_socket_dial(rpc_socket *s, const char *address, rpc_tls *tls, const char *server_name)
{
    nng_dialer dialer;
    if (rpc_socket_has_tls(address))
        return tls ? rpc_tls_dial(tls, s->nng, address, server_name, &s->connected, &s->dialing) : lacks_tls(address);
    int error = nng_dialer_create(&dialer, s->nng, address);
    if (error)
        return error;
    nng_dialer_set_bool(dialer, NNG_OPT_TCP_KEEPALIVE, true);
    return nng_dialer_start(dialer, NNG_FLAG_NONBLOCK);
}

static int listen_with_tls(rpc_socket *s, const char *address, rpc_tls *tls)
{
    if (!tls)
        return lacks_tls(address);
    nng_tls_config *config = rpc_tls_server_config(tls);
    int error = nng_listener_set_ptr(s->listener, NNG_OPT_TLS_CONFIG, config);
    nng_tls_config_free(config); /* the listener holds it */
    return error;
}

int rpc_socket_listen(rpc_socket *s, const char *address, rpc_tls *tls)
{
    int error = nng_listener_create(&s->listener, s->nng, address);
    if (error)
        return error;
    nng_listener_set_bool(s->listener, NNG_OPT_TCP_KEEPALIVE, true);
    error = rpc_socket_has_tls(address) ? listen_with_tls(s, address, tls) : 0;
    if (!error)
        error = nng_listener_start(s->listener, 0);
    if (error) {
        nng_listener_close(s->listener);
        s->listener.id = 0;
    }
    return error;
}

int rpc_socket_listen_again(rpc_socket *s, const char *address, rpc_tls *tls)
{
    if (s->listener.id)
        nng_listener_close(s->listener);
    s->listener.id = 0;
    return rpc_socket_listen(s, address, tls);
}

int rpc_socket_port(const rpc_socket *s)
{
    int port;
    if (s->listener.id == 0 || nng_listener_get_int(s->listener, NNG_OPT_TCP_BOUND_PORT, &port))
        return 0;
    return port;
}

/* ---- what leaves ---- */

bool rpc_socket_send(rpc_socket *s, nng_msg *message)
{
    if (nng_sendmsg(s->nng, message, NNG_FLAG_NONBLOCK) == 0)
        return true;
    if (!s->waiting_to_write) {
        s->waiting_to_write = true;
        uv_poll_start(&s->writable, UV_READABLE, on_writable);
    }
    return false;
}

nng_msg *rpc_message_new(void)
{
    nng_msg *message;
    check(nng_msg_alloc(&message, 0), "allocation");
    return message;
}

uint8_t *rpc_message_extend(nng_msg *message, size_t size)
{
    size_t old = nng_msg_len(message);
    size_t capacity = nng_msg_capacity(message);
    if (old + size > capacity) {
        size_t wanted = capacity < 512 ? 512 : capacity * 2;
        check(nng_msg_reserve(message, wanted > old + size ? wanted : old + size), "allocation");
    }
    check(nng_msg_realloc(message, old + size), "allocation");
    return (uint8_t *)nng_msg_body(message) + old;
}
