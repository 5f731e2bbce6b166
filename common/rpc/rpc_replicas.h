/*
 * The replicas of a service that a client knows, and the choice among them. Internal to this room.
 *
 * They come from a list, or from a DNS name that is asked for again and again. One that the name does not give any more
 * is retired: it takes no new call, what waits for it goes elsewhere, and it is closed when its last answer has come.
 *
 * The choice is the less loaded of two random ones (Mitzenmacher, "The Power of Two Choices in Randomized Load
 * Balancing", 1996): the one with clearly fewer calls in flight, where those of a replica that was clearly slower
 * of late weigh more. Left alone as long as others are there: replicas that are about to end, that are ejected
 * (rpc_standing.h), and that owe an answer for a second without a sign of life.
 */
#pragma once

#include "rpc_replica.h"
#include "rpc_resolver.h"

enum { RPC_REPLICAS_LIMIT = RPC_ADDRESSES_LIMIT };

typedef struct rpc_replicas rpc_replicas;

typedef struct rpc_replicas_options {
    /* "tcp://h:p[,tls+tcp://h:p...]", or one "dns+tcp://name:p" or "dns+tls+tcp://name:p" */
    const char *addresses;
    const char *dns_servers; /* see rpc_resolver_options */
    uint32_t dns_interval_ms;
    rpc_replica_options replica; /* but address and server_name */
    struct metrics_registry *metrics;
} rpc_replicas_options;

/* Options and their texts are copied. NULL after a line in the log when an address is malformed, or there is none or
 * more than RPC_REPLICAS_LIMIT. */
rpc_replicas *rpc_replicas_create(loop *l, const rpc_replicas_options *options);

/* No call may be queued or in flight. NULL is allowed. */
void rpc_replicas_destroy(rpc_replicas *s);

/* Those that take calls, connected or not. */
unsigned rpc_replicas_count(const rpc_replicas *s);

/* Whether at least one is connected. */
bool rpc_replicas_ready(const rpc_replicas *s);

/* Where a call is to go; NULL when none is connected. not_to: not there, if another will do; may be NULL, and gone. */
rpc_replica *rpc_replicas_choose(rpc_replicas *s, const rpc_replica *not_to);
