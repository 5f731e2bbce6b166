/* What the files of the client know of each other. */
#pragma once

#include "rpc_budget.h"
#include "rpc_call_ids.h"
#include "rpc_client.h"
#include "rpc_idempotent.h"
#include "rpc_latency.h"
#include "rpc_replicas.h"
#include "rpc_table.h"

/* A method that was called, with its counters. */
typedef struct client_method {
    rpc_method_series series;
    rpc_repeatability repeatability;
    rpc_latency *latency; /* of a method that may be hedged; NULL = none is */
    char *service;
    struct client_method *next;
    char name[]; /* "/sical.plan.v1.PlanService/GetGoal" */
} client_method;

struct rpc_client {
    rpc_client_options options;
    char *service;
    rpc_replicas *replicas;
    rpc_call_ids ids;
    rpc_pending_list unplaced; /* calls that wait for a connection */
    rpc_table methods;
    client_method *method_list;
    rpc_repeatabilities *repeatabilities;
    rpc_traffic traffic;
    rpc_budget retries, hedges;
    metrics_series *retried, *hedged;
};

/* Fills the reply with a failure of our own and returns its status. */
status rpc_client_fail(rpc_reply *reply, status s, const char *message);

/* rpc_attempt.c: makes the call, again if it may be, until there is an answer or no hope. What rpc_call_bytes says of
 * its result. call: without id and size. */
status rpc_attempt(rpc_client *c, client_method *m, rpc_pending *call);
