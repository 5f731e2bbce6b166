/* One line in the log and three metrics for each request. Never query values, bodies or headers but the user agent. */
#pragma once

#include "http_server.h"
#include "metrics.h"
#include "route.h"

typedef struct request_log {
    metrics_family *requests, *durations;
    metrics_registry *registry;
    const http_server *http; /* for active_connections; set once it is there */
    uint64_t refused_shown;
} request_log;

void request_log_init(request_log *l, metrics_registry *registry);

/* route NULL: none was found. */
void request_log_add(request_log *l, const http_request *r, bound_route *route, const char *request_id, int http_status,
                     size_t response_bytes, uint64_t duration_ns);

/* Frees what a route keeps. */
void request_log_forget(bound_route *route);
