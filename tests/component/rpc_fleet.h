/* Several replicas of the echo service on one loop, one address of the loopback and one port each, and a client that
 * finds them by a DNS server of the test's own. */
#pragma once

#include "dns_stub.h"
#include "rpc_echo.h"

enum { FLEET = 3 };

typedef struct fleet {
    loop *loop;
    struct metrics_registry *metrics;
    test_dns *dns;
    unsigned port;
    unsigned calls_limit;       /* of each server; to be set before the start; 0 = the usual */
    rpc_server *servers[FLEET]; /* on 127.0.0.2, 127.0.0.3, 127.0.0.4 */
    echo_state states[FLEET];
    rpc_client *client;
    arena memory;
} fleet;

extern fleet fleet_of_test;

/* Starts the servers, a DNS server that knows addresses, and the client. options: hedge_percent and the like. */
void fleet_start(const char *addresses, unsigned ttl_s, const rpc_client_options *options);
void fleet_stop(void);

/* Runs fn on a fiber until every fiber has ended. */
void fleet_run(void (*fn)(void *arg), void *arg);

/* Callers that call Echo (or another method) again and again until they are told to end. */
typedef struct fleet_load {
    const char *method;
    unsigned callers;
    unsigned calls, failures;
    bool over;
    struct fiber_group *group;
} fleet_load;

void fleet_load_begin(fleet_load *load);
void fleet_load_end(fleet_load *load);

/* Waits until so many more calls have ended. */
void fleet_load_more(const fleet_load *load, unsigned calls);

/* The client's replicas in this state: "connected". */
unsigned fleet_replicas(const char *state);
