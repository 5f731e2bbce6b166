/*
 * The operations port of a service: GET /health, /ready, /metrics on an HTTP server of its own.
 *   /health
 * {"status":"healthy"|"unhealthy","timestamp":...,"services":{"database":"healthy",...},"version":...,"uptime":seconds};
 * 503 when a check fails /ready    200 {"ready":true} once started and until draining, 503 else /metrics  Prometheus
 * text
 */
#pragma once

#include "http_server.h"
#include "metrics.h"

typedef struct ops_http ops_http;

typedef struct ops_check {
    const char *name;
    bool (*healthy)(void *arg); /* answers from what is known, without waiting */
    void *arg;
    bool required; /* false: shown, but its failure does not make the whole unhealthy (redis) */
} ops_check;

typedef struct ops_state {
    const char *version;
    metrics_registry *metrics;
    ops_check checks[16];
    size_t check_count;
    bool ready;
    bool ready_through_failures; /* once ready, /ready follows no check: for who can serve a part when a peer fails */
    uint64_t started_ns;
} ops_state;

/* Answers the three paths; true when request was one of them. The gateway calls this from its own handler. state is
 * borrowed. */
bool ops_http_handle(ops_state *state, http_request *request);

/* A server that knows nothing else. NULL when the address is taken, after a line in the log. */
ops_http *ops_http_create(loop *l, const char *host, uint16_t port, ops_state *state);
uint16_t ops_http_port(const ops_http *o);
void ops_http_destroy(ops_http *o);
