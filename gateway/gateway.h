/*
 * The gateway: HTTP and JSON outside, RPC and protobuf inside. What comes in runs through request_job.c: route, caller,
 * input, call, answer.
 */
#pragma once

#include "http_policy.h"
#include "http_server.h"
#include "metrics.h"
#include "ops_http.h"
#include "peer_guard.h"
#include "request_limit.h"
#include "route.h"
#include "rpc_client.h"
#include "status.h"

typedef struct gateway gateway;

typedef struct gateway_options {
    const char *host;
    uint16_t port;                     /* 0 picks a free one */
    const char *addresses[PEER_COUNT]; /* of the services' replicas */
    rpc_client_options peers;          /* what the clients of all services have in common */
    const char *token_keys, *token_issuer, *token_audience;
    uint32_t request_timeout_ms; /* of a route that states none */
    uint32_t read_timeout_ms;    /* for a head, and for a body */
    uint32_t idle_timeout_ms;
    unsigned connections_limit;
    http_policy http; /* the gateway's from gateway_create on, also when that fails */
    request_limit_options limits;
    peer_guard_options guards;
    struct cache *cache; /* borrowed */
    ops_state *ops;      /* borrowed: the checks of the services are added, /health and the like answered from it */
} gateway_options;

/* Listens at once. NULL after a line in the log: a wrong route, a bad key or address, a port that is taken. */
gateway *gateway_create(loop *l, const gateway_options *options);

/* Serves on; answers carry Connection: close. */
void gateway_leave(gateway *g);

/* Takes no new connection, answers carry Connection: close, background fibers end. */
void gateway_drain(gateway *g);

/* Requests and background fibers. */
unsigned gateway_in_flight(const gateway *g);

/* On no fiber, or on one that is not the gateway's. NULL is allowed. */
void gateway_destroy(gateway *g);
