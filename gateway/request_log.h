/* Three metrics for each request, and a line in the log; of what is shed only some lines a second, or they would cost
 * more than the refusals: the first one of the next second says how many there were without. Never query values, bodies
 * or headers but the user agent. */
#pragma once

#include "http_server.h"
#include "metrics.h"
#include "route.h"

typedef struct request_log {
    metrics_family *requests, *durations;
    metrics_registry *registry;
    const http_server *http; /* for active_connections; set once it is there */
    uint64_t refused_shown;
    uint64_t shed_second; /* the second in which the last shed request came */
    unsigned shed_lines;  /* of them, in that second */
    uint64_t shed_untold; /* shed requests without a line, since the last such line */
} request_log;

void request_log_init(request_log *l, metrics_registry *registry);

/* How a request ended. */
typedef struct request_end {
    bound_route *route; /* NULL: none was found */
    const char *request_id;
    int http_status;
    size_t response_bytes;
    uint64_t duration_ns;
    bool shed; /* refused for what others ask as well */
} request_end;

void request_log_add(request_log *l, const http_request *r, const request_end *end);

/* Frees what a route keeps. */
void request_log_forget(bound_route *route);
