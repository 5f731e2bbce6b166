/* What the files of the service know of each other. */
#pragma once

#include "fiber.h"
#include "idempotency_sweeper.h"
#include "rpc_tls.h"
#include "service.h"

#include <uv.h>

/* The tables of a program: the common ones it uses, then its own. */
enum { SERVICE_TABLES = 16, SERVICE_KEYS = 8 };

typedef struct service_tables {
    config_table tables[SERVICE_TABLES];
    size_t count;
    config_key rpc_keys[SERVICE_KEYS], ops_keys[SERVICE_KEYS]; /* their defaults differ from program to program */
} service_tables;

struct service {
    const service_definition *definition;
    service_tables tables;
    config *config;
    loop *loop;
    loop_hook log_hook;
    metrics_registry *metrics;
    db *db;
    cache *cache;
    rpc_tls *tls; /* NULL when it is not asked for, or cannot be had */
    rpc_server *rpc;
    idempotency idempotency; /* where the definition keeps answers */
    idempotency_sweeper *sweeper;
    ops_http *ops_http;
    ops_state ops;
    uv_signal_t terminate, interrupt;
    fiber *starting;  /* NULL once start() has ended */
    bool initialised; /* init succeeded: state is there */
    bool stopping;
    int exit_code;
    void *state;
};

/* Fills *t, which the configuration borrows. */
void service_tables_fill(service_tables *t, const service_definition *definition);

/* Prepares the process before anything is opened: descriptors, signals, limits, memory. */
void service_process_prepare(void);

/* Ends the process when it is still there after timeout_ms, whatever it hangs in. */
void service_process_end_within(uint64_t timeout_ms);

/* Gives back the pages of code and tables that only the start needed. */
void service_footprint_trim(void);

/* Loop, metrics, RPC server, database, cache, signals, the log's hook. */
void service_rooms_make(service *s, uv_signal_cb on_signal);

/* Destroys them, when no fiber of the program is left. */
void service_rooms_destroy(service *s);
