/*
 * Calls to a service over nng, for fibers: rpc_call_bytes and rpc_call_message look blocking.
 *
 * The service's replicas come from a list or from DNS, each has a raw REQ socket of its own, and a call goes to the
 * less loaded of two (rpc_replicas.h). All calls of one turn to one replica leave as one nng message (closed at 256
 * KiB). Nothing is sent twice unless twice is the same as once (rpc_attempt.c). The fiber's deadline goes along as
 * timeout_ms and is kept on our own clock. Answers are matched by a call id that carries a generation, so a late one
 * can never meet another call. Bounded: calls in flight and bytes queued per replica; past them RESOURCE_EXHAUSTED at
 * once.
 */
#pragma once

#include "loop.h"
#include "rpc_message.h"

#include <stdbool.h>

typedef struct rpc_client rpc_client;
struct metrics_registry;
struct rpc_tls;

typedef struct rpc_client_options {
    const char *service; /* for logs and metrics: "plan" */
    /* "tcp://127.0.0.1:7102[,tls+tcp://...]": a list of replicas; or "dns+tcp://NAME:7102", "dns+tls+tcp://NAME:7102":
     * all addresses that DNS has for the name */
    const char *addresses;
    const char *dns_servers;    /* "127.0.0.1:5353[,...]" instead of the system's; NULL or "" = those */
    uint32_t dns_interval_ms;   /* between two look-ups at least; 0 = 2,000 */
    unsigned calls_limit;       /* in flight per replica; 0 = 4096 */
    size_t queue_limit_bytes;   /* waiting per replica; 0 = 32 MiB */
    size_t message_limit_bytes; /* of one message either way; 0 = 16 MiB */
    uint32_t timeout_ms;        /* of a call without a nearer deadline; 0 = 5,000 */
    unsigned hedge_percent;     /* of calls that read: how many may be sent twice; 0 = none */
    const uint8_t *descriptors; /* a FileDescriptorSet that says which methods are idempotent; NULL = the suite's */
    size_t descriptors_size;
    struct rpc_tls *tls; /* for addresses tls+tcp://; borrowed; NULL = none of those */
    struct metrics_registry *metrics;
} rpc_client_options;

/* NULL when an address is malformed or there is none (or more than 64), after a line in the log. Dials in the
 * background, again and again. Options and their strings are copied. */
rpc_client *rpc_client_create(loop *l, const rpc_client_options *options);

/* Closes the connections. No call may be in flight: that ends the program. NULL is allowed. */
void rpc_client_destroy(rpc_client *c);

/* True while at least one replica is connected. */
bool rpc_client_ready(const rpc_client *c);

/* What came back; all in the running fiber's arena. */
typedef struct rpc_reply {
    int code;            /* enum code; CODE_OK with payload */
    const char *message; /* for the one who asked; "" when OK */
    const rpc_fault *faults;
    size_t fault_count;
    const uint8_t *payload;
    size_t payload_size;
    bool refused; /* the peer has answered that nothing of the call was done */
} rpc_reply;

/* Calls a method by its full name with packed bytes. Returns 0 when code is OK; the code itself (> 0) when the peer
 * answered with a code that the caller must handle; a fatal status (< 0) when it answered INTERNAL, UNAVAILABLE,
 * DEADLINE_EXCEEDED, CANCELLED or RESOURCE_EXHAUSTED, or when no answer came: UNAVAILABLE (no replica was connected
 * within a second or the deadline, so the call never left; or the connection broke after it had left, and the message
 * says so when its fate is unknown), DEADLINE_EXCEEDED, CANCELLED, RESOURCE_EXHAUSTED (our bounds: it never left).
 * *reply is filled in every case, with a code and a message. metadata may be NULL; its texts and the method hold at
 * most 1,024 bytes each, else the server answers INVALID_ARGUMENT. Only on a fiber. */
status rpc_call_bytes(rpc_client *c, const char *method, const rpc_metadata *metadata, const uint8_t *payload,
                      size_t size, rpc_reply *reply);

/* The same with messages; method is one of the service's, else STATUS_INTERNAL. service: from the generated code;
 * method: "GetGoal". *answer is in the running fiber's arena. An answer that does not unpack is STATUS_INTERNAL. */
status rpc_call_message(rpc_client *c, const ProtobufCServiceDescriptor *service, const char *method,
                        const rpc_metadata *metadata, const ProtobufCMessage *request, ProtobufCMessage **answer,
                        rpc_reply *reply);
