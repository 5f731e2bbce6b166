/*
 * What every program of the suite is: configuration, log, loop, metrics, database, cache, RPC server, operations port,
 * and an orderly end. A program's main.c names its own tables and callbacks and calls service_main.
 *
 * Start: configuration (all faults at once, exit 2) -> log -> loop -> metrics -> db, cache -> init -> listen -> ready
 * when every required check passes. SIGTERM or SIGINT: not ready at once, go on for DRAIN_DELAY (endpoints lag), take
 * no new work, finish what is in flight (at most DRAIN_TIMEOUT), stop, deinit, exit 0. A second signal ends at once.
 */
#pragma once

#include "cache.h"
#include "config.h"
#include "db.h"
#include "loop.h"
#include "metrics.h"
#include "ops_http.h"
#include "rpc_client.h"
#include "rpc_server.h"

#include <stdio.h>

typedef struct service service;

/* An option of one program's command line that prints something: "--routes-markdown". */
typedef struct service_option {
    const char *name;
    void (*print)(FILE *out);
} service_option;

typedef struct service_definition {
    const char *name;           /* "sical-plan" */
    const char *summary;        /* one sentence for --help */
    const config_table *tables; /* its own keys, after the common ones */
    size_t table_count;
    bool uses_database;  /* DATABASE_URL and its keys are read, service_db is there, "database" is a required check */
    bool keeps_answers;  /* of calls with an idempotency key; its schema has idempotency_keys. With database and RPC */
    bool uses_cache;     /* REDIS_URL ..., "redis" is a check that is not required */
    bool uses_rpc;       /* RPC_LISTEN ..., service_rpc is there */
    bool calls_services; /* RPC_DNS_... and RPC_HEDGE, service_rpc_client_options may be asked for */
    bool uses_ops_port;  /* OPS_HOST, OPS_PORT; the gateway serves these paths itself */
    const char *rpc_listen;        /* the default of RPC_LISTEN: "tcp://127.0.0.1:7102" */
    const char *ops_port;          /* the default of OPS_PORT: "7202" */
    const service_option *options; /* ended by one without a name; NULL = none but the common ones */

    /* Runs on a fiber before listening: makes the program's state and adds its RPC services. Anything but STATUS_OK
     * ends the program with exit 1; what it had made it frees itself, drain and deinit are then not called. */
    status (*init)(service *s, void **state);
    /* SIGTERM, before the drain delay, on a fiber: serve on, but tell clients to go elsewhere. May be NULL. */
    void (*leave)(void *state);
    /* SIGTERM, after the drain delay, on a fiber: take no new work, end background fibers. May be NULL. */
    void (*drain)(void *state);
    /* Work still in flight besides RPC calls, background fibers included. May be NULL. What is left at DRAIN_TIMEOUT is
     * cancelled (fiber_cancel). */
    unsigned (*in_flight)(void *state);
    /* Frees the state, when no fiber of the program is left. Runs on the loop's thread, on no fiber. May be NULL. */
    void (*deinit)(void *state);
} service_definition;

/* Runs the program: also answers --help, --version, --config-markdown, --check-config. Returns its exit code. */
int service_main(int argc, char **argv, const service_definition *definition);

loop *service_loop(service *s);
const config *service_config(service *s);
metrics_registry *service_metrics(service *s);
db *service_db(service *s);
cache *service_cache(service *s);
rpc_server *service_rpc(service *s);
ops_state *service_ops(service *s); /* to add checks, or to serve from the gateway's own port */

/* What all clients of a program have in common, from the configuration; the caller adds the service and its addresses.
 */
rpc_client_options service_rpc_client_options(service *s);

/* The version that the build stamped in: "0.1.0". */
const char *service_version(void);
