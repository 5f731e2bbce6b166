#include "rpc_watchdog.h"

#include "log.h"
#include "rpc_tls_internal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <uv.h>

enum {
    PERIOD_MS = 5000,
    PATIENCE_MS = 2000, /* of one probe */
    FAILURES_MAX = 3,   /* in a row, then it is restarted */
    GREETING_BYTES = 8,
};

/* "I am REQ": how each side of nng's TCP transport begins. */
static const uint8_t greeting[GREETING_BYTES] = {0, 'S', 'P', 0, 0, 0x30, 0, 0};

typedef enum probe_stage { PROBE_DIALS, PROBE_GREETS, PROBE_LISTENS, PROBE_DONE } probe_stage;

struct rpc_watchdog {
    rpc_socket *socket;
    rpc_tls *tls;
    char *listen_address; /* where it listens */
    char *dial_address;   /* how it is reached from here */
    uv_timer_t *timer;
    uv_async_t *done;
    unsigned failures;
    unsigned accepted; /* connections of the listener when the probe began */
    bool probing;
    metrics_series *restarts;

    /* One probe: nng's threads change these until done is sent. */
    probe_stage stage;
    int error;
    nng_aio *aio;
    nng_stream_dialer *dialer;
    nng_stream *stream;
    uint8_t bytes[GREETING_BYTES];
    size_t at;
};

/* ---- one probe, on nng's threads ---- */

static void transfer(rpc_watchdog *w)
{
    const nng_iov rest = {.iov_buf = w->bytes + w->at, .iov_len = GREETING_BYTES - w->at};
    nng_aio_set_iov(w->aio, 1, &rest);
    if (w->stage == PROBE_GREETS)
        nng_stream_send(w->stream, w->aio);
    else
        nng_stream_recv(w->stream, w->aio);
}

/* To the next stage; nng's callback comes once for each. */
static void on_progress(void *arg)
{
    rpc_watchdog *w = arg;
    w->error = nng_aio_result(w->aio);
    if (!w->error && w->stage == PROBE_DIALS) {
        w->stream = nng_aio_get_output(w->aio, 0);
        w->stage = PROBE_GREETS;
        memcpy(w->bytes, greeting, sizeof greeting);
    } else if (!w->error && (w->at += nng_aio_count(w->aio)) == GREETING_BYTES) {
        w->at = 0;
        w->stage = w->stage == PROBE_GREETS ? PROBE_LISTENS : PROBE_DONE;
    }
    if (!w->error && w->stage != PROBE_DONE)
        transfer(w);
    else
        uv_async_send(w->done);
}

/* ---- around it, on the loop ---- */

static void end_probe(rpc_watchdog *w)
{
    if (w->aio)
        nng_aio_stop(w->aio); /* from here on nng's threads leave it alone */
    /* The stream holds on to its dialer and takes it along on nng's reaping thread, in an order that ThreadSanitizer
     * sees when the dialer is given up first. */
    if (w->dialer)
        nng_stream_dialer_free(w->dialer);
    if (w->stream)
        nng_stream_free(w->stream);
    nng_aio_free(w->aio);
    w->probing = false;
    w->aio = NULL;
    w->stream = NULL;
    w->dialer = NULL;
}

static int prepare_probe(rpc_watchdog *w)
{
    int error = nng_aio_alloc(&w->aio, on_progress, w);
    if (error || (error = nng_stream_dialer_alloc(&w->dialer, w->dial_address)) || !w->tls)
        return error;
    nng_tls_config *config = rpc_tls_probe_config(w->tls);
    error = nng_stream_dialer_set_ptr(w->dialer, NNG_OPT_TLS_CONFIG, config);
    nng_tls_config_free(config);
    return error;
}

static void begin_probe(rpc_watchdog *w)
{
    w->accepted = rpc_socket_accepted(w->socket);
    w->at = 0;
    if (prepare_probe(w)) { /* no memory: that is not the listener's fault */
        end_probe(w);
        return;
    }
    nng_aio_set_timeout(w->aio, PATIENCE_MS);
    w->stage = PROBE_DIALS;
    w->probing = true;
    nng_stream_dialer_dial(w->dialer, w->aio);
}

/* Whoever answers lives, even by refusing; and when this program has no descriptor left, it proves nothing. */
static bool proves_death(const rpc_watchdog *w)
{
    bool nobody_there = w->error && (w->stage == PROBE_DIALS || w->error == NNG_ETIMEDOUT);
    bool ours = w->error == NNG_ENOFILES || w->error == NNG_ENOMEM;
    return nobody_there && !ours && rpc_socket_accepted(w->socket) == w->accepted;
}

static void restart(rpc_watchdog *w)
{
    int error = rpc_socket_listen_again(w->socket, w->listen_address, w->tls);
    if (error) {
        log_error("the listener does not take connections and cannot be restarted",
                  log_text("address", w->listen_address), log_text("reason", nng_strerror(error)));
        return; /* failures stay: the next probe that fails tries again */
    }
    log_warn("the listener did not take connections: it was restarted", log_text("address", w->listen_address));
    metrics_add(w->restarts, 1);
    w->failures = 0;
}

static void on_done(uv_async_t *async)
{
    rpc_watchdog *w = async->data;
    if (!w->probing)
        return;
    nng_aio_wait(w->aio); /* the callback has returned: what it wrote can be read */
    w->failures = proves_death(w) ? w->failures + 1 : 0;
    end_probe(w);
    if (w->failures >= FAILURES_MAX)
        restart(w);
}

static void on_timer(uv_timer_t *timer)
{
    rpc_watchdog *w = timer->data;
    if (!w->probing)
        begin_probe(w);
}

/* ---- life ---- */

/* Every address of this machine is reached by its loopback. */
static char *dial_address_of(const char *address)
{
    nng_url *url;
    char *dial = NULL;
    if (nng_url_parse(&url, address))
        return NULL;
    const char *host = url->u_hostname;
    if (!*host || strcmp(host, "*") == 0 || strcmp(host, "0.0.0.0") == 0)
        host = "127.0.0.1";
    else if (strcmp(host, "::") == 0)
        host = "::1";
    bool v6 = strchr(host, ':');
    if (asprintf(&dial, "%s://%s%s%s:%s", url->u_scheme, v6 ? "[" : "", host, v6 ? "]" : "", url->u_port) < 0)
        abort();
    nng_url_free(url);
    return dial;
}

static void *allocate(size_t size)
{
    void *p = calloc(1, size);
    if (!p)
        abort();
    return p;
}

rpc_watchdog *rpc_watchdog_create(loop *l, const rpc_watchdog_options *options)
{
    rpc_watchdog *w = allocate(sizeof *w);
    w->socket = options->socket;
    w->tls = options->tls;
    w->listen_address = strdup(options->address);
    w->dial_address = dial_address_of(options->address);
    if (!w->listen_address || !w->dial_address)
        abort(); /* it is listened on, so it is well formed */
    metrics_family *restarts = metrics_register(options->metrics, METRICS_COUNTER, "rpc_listener_restarts_total", "",
                                                "Times that the RPC listener took no connections and was restarted.");
    w->restarts = metrics_with(restarts, NULL);
    w->timer = allocate(sizeof *w->timer);
    w->done = allocate(sizeof *w->done);
    w->timer->data = w->done->data = w;
    uint32_t period_ms = options->period_ms ? options->period_ms : PERIOD_MS;
    uv_timer_init(loop_uv(l), w->timer);
    uv_timer_start(w->timer, on_timer, period_ms, period_ms);
    uv_async_init(loop_uv(l), w->done, on_done);
    return w;
}

static void on_handle_closed(uv_handle_t *handle)
{
    free(handle);
}

void rpc_watchdog_destroy(rpc_watchdog *w)
{
    if (!w)
        return;
    end_probe(w);
    uv_close((uv_handle_t *)w->timer, on_handle_closed);
    uv_close((uv_handle_t *)w->done, on_handle_closed);
    free(w->listen_address);
    free(w->dial_address);
    free(w);
}
