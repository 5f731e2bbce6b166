/*
 * Looks after a listener. Every few seconds it connects to it as a peer would, over TLS too, and waits for the greeting
 * that nng sends to each connection it has accepted: a plain connect would prove only that the kernel still queues
 * them.
 *
 * A listener of nng 1.5.2 may die without a word: its loop of accepting ends for good when a greeting fails with
 * "closed" (listener_accept_cb in core/listener.c), and its descriptor may be taken away behind its back. Only when
 * several probes in a row fail, and nobody else has come in meanwhile, it is given up: to restart it costs its
 * connections the calls in flight. Internal to this room.
 */
#pragma once

#include "loop.h"
#include "metrics.h"
#include "rpc_socket.h"

typedef struct rpc_watchdog rpc_watchdog;

typedef struct rpc_watchdog_options {
    rpc_socket *socket;  /* that listens */
    const char *address; /* with its port; copied */
    rpc_tls *tls;        /* for tls+tcp:// */
    uint32_t period_ms;  /* 0 = 5,000 */
    metrics_registry *metrics;
} rpc_watchdog_options;

rpc_watchdog *rpc_watchdog_create(loop *l, const rpc_watchdog_options *options);

/* Before the socket is closed. NULL is allowed. */
void rpc_watchdog_destroy(rpc_watchdog *w);
