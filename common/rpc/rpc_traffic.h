/* What both sides count: messages and the calls in them (their ratio is how well calls coalesce), calls in flight, and
 * what was dropped. Internal to this room. */
#pragma once

#include "metrics.h"
#include "status.h"

#include <stdbool.h>

typedef struct rpc_traffic {
    metrics_series *messages_sent;
    metrics_series *messages_received;
    metrics_series *calls_sent;
    metrics_series *calls_received;
    metrics_series *in_flight;
    metrics_series *malformed; /* messages that could not be read, or not to their end */
    metrics_series *late;      /* client: answers that nobody waits for any more */
    metrics_series *expired;   /* server: calls whose time was over before their turn came */
    metrics_series *refused;   /* calls that were one too many */
    metrics_series *unread;    /* server: answers to a peer that does not read them */
} rpc_traffic;

/* side: "client" or "server"; service: the client's peer, "" for a server. registry may be NULL. */
void rpc_traffic_init(rpc_traffic *t, metrics_registry *registry, const char *side, const char *service);

/* The counters of one method on one side; series of codes are made on first use. */
typedef struct rpc_method_series {
    metrics_family *handled;
    metrics_series *seconds;
    metrics_series *codes[CODE_COUNT];
    const char *service; /* "sical.plan.v1.PlanService" */
    const char *method;  /* "GetGoal" */
} rpc_method_series;

/* service and method must outlive the series. */
void rpc_method_series_init(rpc_method_series *m, metrics_registry *registry, const char *side, const char *service,
                            const char *method);
void rpc_method_series_count(rpc_method_series *m, int code, uint64_t duration_ns);

/* Counts a call that was refused before it had begun: it has no duration. */
void rpc_method_series_refuse(rpc_method_series *m, int code);
