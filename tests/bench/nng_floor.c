#include "nng_floor.h"

#include "clock.h"
#include "latency.h"

#include <nng/nng.h>
#include <nng/protocol/reqrep0/rep.h>
#include <nng/protocol/reqrep0/req.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { SERVER_CONTEXTS = 256 };

static void require(int error, const char *what)
{
    if (!error)
        return;
    fprintf(stderr, "nng_floor: %s: %s\n", what, nng_strerror(error));
    exit(EXIT_FAILURE);
}

/* One context on either side: it sends and receives by turns. */
typedef struct floor_context {
    nng_ctx context;
    nng_aio *aio;
    bool sending;
    /* the client's */
    uint64_t end_ns, start_ns;
    size_t size_bytes;
    atomic_uint *running;
    latency latency;
} floor_context;

static void open_context(floor_context *c, nng_socket socket, void (*on_done)(void *arg))
{
    require(nng_ctx_open(&c->context, socket), "context");
    require(nng_aio_alloc(&c->aio, on_done, c), "aio");
}

/* ---- the server ---- */

static void on_served(void *arg)
{
    floor_context *c = arg;
    if (nng_aio_result(c->aio) == 0 && !c->sending) {
        c->sending = true; /* the message that came is the aio's and goes back */
        nng_ctx_send(c->context, c->aio);
        return;
    }
    c->sending = false;
    nng_ctx_recv(c->context, c->aio);
}

int nng_floor_serve(void)
{
    nng_socket socket;
    nng_listener listener;
    int port;
    require(nng_rep0_open(&socket), "socket");
    require(nng_listen(socket, "tcp://127.0.0.1:0", &listener, 0), "listen");
    require(nng_listener_get_int(listener, NNG_OPT_TCP_BOUND_PORT, &port), "port");
    for (int i = 0; i < SERVER_CONTEXTS; i++) {
        floor_context *c = calloc(1, sizeof *c);
        if (!c)
            return EXIT_FAILURE;
        open_context(c, socket, on_served);
        nng_ctx_recv(c->context, c->aio);
    }
    printf("%d\n", port);
    fflush(stdout);
    for (;;)
        pause();
}

/* ---- the client ---- */

static void ask(floor_context *c)
{
    nng_msg *message;
    require(nng_msg_alloc(&message, c->size_bytes), "message");
    c->sending = true;
    c->start_ns = clock_monotonic_ns();
    nng_aio_set_msg(c->aio, message);
    nng_ctx_send(c->context, c->aio);
}

static void on_asked(void *arg)
{
    floor_context *c = arg;
    require(nng_aio_result(c->aio), "call");
    if (c->sending) {
        c->sending = false;
        nng_ctx_recv(c->context, c->aio);
        return;
    }
    uint64_t now = clock_monotonic_ns();
    nng_msg_free(nng_aio_get_msg(c->aio));
    latency_add(&c->latency, now - c->start_ns);
    if (now < c->end_ns)
        ask(c);
    else
        atomic_fetch_sub(c->running, 1);
}

static nng_floor sum_up(const floor_context *contexts, unsigned count, double seconds)
{
    latency *all = calloc(1, sizeof *all);
    if (!all)
        abort();
    for (unsigned i = 0; i < count; i++)
        for (unsigned k = 0; k < LATENCY_BUCKETS; k++)
            all->counts[k] += contexts[i].latency.counts[k];
    for (unsigned i = 0; i < count; i++) {
        all->total += contexts[i].latency.total;
        all->max_ns = contexts[i].latency.max_ns > all->max_ns ? contexts[i].latency.max_ns : all->max_ns;
    }
    nng_floor f = {
        .calls_per_second = (double)all->total / seconds,
        .p50_us = (double)latency_quantile_ns(all, 0.5) / 1e3,
        .p99_us = (double)latency_quantile_ns(all, 0.99) / 1e3,
    };
    free(all);
    return f;
}

nng_floor nng_floor_measure(int port, unsigned in_flight, size_t size_bytes, double seconds)
{
    nng_socket socket;
    char address[64];
    atomic_uint running = in_flight;
    floor_context *contexts = calloc(in_flight, sizeof *contexts);
    if (!contexts)
        abort();
    snprintf(address, sizeof address, "tcp://127.0.0.1:%d", port);
    require(nng_req0_open(&socket), "socket");
    require(nng_dial(socket, address, NULL, 0), "dial");
    uint64_t start = clock_monotonic_ns();
    for (unsigned i = 0; i < in_flight; i++) {
        contexts[i].end_ns = start + (uint64_t)(seconds * 1e9);
        contexts[i].size_bytes = size_bytes;
        contexts[i].running = &running;
        open_context(&contexts[i], socket, on_asked);
        ask(&contexts[i]);
    }
    while (atomic_load(&running))
        usleep(1000);
    nng_floor f = sum_up(contexts, in_flight, (double)(clock_monotonic_ns() - start) / 1e9);
    for (unsigned i = 0; i < in_flight; i++)
        nng_aio_free(contexts[i].aio);
    nng_close(socket);
    free(contexts);
    return f;
}
