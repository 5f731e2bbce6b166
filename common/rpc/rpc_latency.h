/* The recent latencies of a method, for the moment from which a call counts as slow. Pure. Internal to this room. */
#pragma once

#include <stdint.h>

enum { RPC_LATENCY_SAMPLES = 256 };

typedef struct rpc_latency {
    uint32_t samples_us[RPC_LATENCY_SAMPLES]; /* the last ones, in a ring */
    unsigned count;                           /* of all that ever came */
    uint64_t p95_ns;                          /* of the ring, renewed with every 32nd sample; 0 before the first time */
} rpc_latency;

void rpc_latency_add(rpc_latency *l, uint64_t latency_ns);
