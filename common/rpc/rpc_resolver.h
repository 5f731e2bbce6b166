/*
 * The addresses of a DNS name, asked for again and again: how clients of a headless Service learn of its replicas.
 * Internal to this room; the only file with c-ares.
 *
 * Each question asks for IPv4 and IPv6 addresses. The next one follows when the answer's shortest time to live is over,
 * at the earliest after interval_ms, at the latest after 30 s. A look-up that fails (no answer, no such name,
 * no address) changes nothing: it is logged when that begins and ends, and asked again after interval_ms. /etc/hosts
 * and /etc/resolv.conf count as usual, and are read again after a failure.
 */
#pragma once

#include "loop.h"

#include <stdbool.h>
#include <stddef.h>

typedef struct rpc_resolver rpc_resolver;
struct metrics_registry;

enum { RPC_ADDRESSES_LIMIT = 64, RPC_HOST_SIZE = 64 };

/* Hosts as they stand in a URL: "10.0.0.1", "[fd00::1]"; sorted, each once. */
typedef struct rpc_addresses {
    char hosts[RPC_ADDRESSES_LIMIT][RPC_HOST_SIZE];
    size_t count;
} rpc_addresses;

typedef struct rpc_resolver_options {
    const char *name;     /* "plan.sical.svc.cluster.local" */
    const char *servers;  /* "127.0.0.1:5353[,...]" instead of the system's; NULL or "" = the system's */
    uint32_t interval_ms; /* 0 = 2,000 */
    struct metrics_registry *metrics;
    /* After each answer, on the loop, outside of fibers. At least one address; those past the limit are left out. */
    void (*on_addresses)(void *arg, const rpc_addresses *addresses);
    void *arg;
} rpc_resolver_options;

/* Asks at once. Options are copied. NULL after a line in the log when servers is no list of addresses. */
rpc_resolver *rpc_resolver_create(loop *l, const rpc_resolver_options *options);

/* Whether an answer is waited for. */
bool rpc_resolver_is_asking(const rpc_resolver *r);

/* on_addresses is not called any more. NULL is allowed. */
void rpc_resolver_destroy(rpc_resolver *r);
