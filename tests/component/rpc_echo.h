/*
 * A small service for the tests of RPC, sical.test.v1.EchoService. Its descriptor is made here; its methods take a
 * GetTopicRequest and answer with a Topic, both of the plan's contract.
 *
 *   Echo     answers key and graph_id of the request as key and summary
 *   Twice    answers key a second time as title
 *   Sleep    echoes after graph_id milliseconds
 *   Hold     echoes when echo_release is called
 *   Burn     keeps the loop busy for graph_id milliseconds, then echoes
 *   Outcome  returns the status in graph_id; with two faults
 *   Caller   for users: answers what the metadata says
 *   Peer     for services
 */
#pragma once

#include "rpc_client.h"
#include "rpc_server.h"

#include "plan.pb-c.h"

extern const ProtobufCServiceDescriptor echo_descriptor;
extern const rpc_service echo_service;

typedef struct echo_state {
    unsigned executions;  /* of all methods */
    const char *journal;  /* when set, each execution appends its key to this file */
    unsigned lag_ms;      /* how long Echo takes */
    unsigned unavailable; /* so many executions of Echo, Twice and Caller are answered UNAVAILABLE */
    struct echo_held *held;
    unsigned held_count;
} echo_state;

/* A FileDescriptorSet that calls Echo and Sleep free of side effects, Twice idempotent, and says nothing of the others.
 * Valid as long as the arena. */
const uint8_t *echo_descriptors(arena *a, size_t *size);

/* Lets all held calls answer, in this turn. */
void echo_release(echo_state *state);

/* Server and client of one test, on one loop, over a free port of the loopback. */
typedef struct echo_pair {
    loop *loop;
    struct metrics_registry *metrics;
    rpc_server *server;
    rpc_client *client;
    echo_state state;
    char address[64];
} echo_pair;

/* Options may be NULL; address, service and metrics are filled in. */
void echo_pair_start(echo_pair *pair, const rpc_server_options *server, const rpc_client_options *client);
void echo_pair_stop(echo_pair *pair); /* also looks for leaks */

/* nng 1.5.2 loses the message that it is about to write when the connection closes in that moment. Tests in which
 * connections are lost say so once, outside of functions. */
#define ECHO_CONNECTIONS_ARE_LOST                                                                                      \
    const char *__lsan_default_suppressions(void);                                                                     \
    const char *__lsan_default_suppressions(void)                                                                      \
    {                                                                                                                  \
        return "leak:libnng";                                                                                          \
    }

/* nng 1.5.2 may never be done with a connection that broke in mid-message (rpc_socket.c says why), and then whoever
 * closes a socket in this process waits for ever: Criterion too, which tells its runner over nng how a test went. So
 * tests that break connections end their process themselves, once all is asserted, with a code that Criterion expects:
 * Test(..., .exit_code = ECHO_ALL_IS_ASSERTED). */
enum { ECHO_ALL_IS_ASSERTED = 77 };
void echo_end_process(void) __attribute__((noreturn));

/* Runs fn(arg) on a fiber until every fiber has ended. */
void echo_run(loop *l, void (*fn)(void *arg), void *arg);

/* Calls a method with key and graph_id; *answer NULL unless STATUS_OK. */
status echo_call(rpc_client *c, const char *method, const char *key, const char *graph_id, const rpc_metadata *metadata,
                 Sical__Plan__V1__Topic **answer, rpc_reply *reply);

/* The value of the first series of the rendered metrics that begins with prefix; 0 when there is none. */
double echo_metric(struct metrics_registry *metrics, const char *prefix);
