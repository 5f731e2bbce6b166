/*
 * Serves protobuf services over nng. Each call runs on a fiber of its own with the caller's deadline; answers of one
 * turn to one peer leave as one message.
 *
 * A service is a generated descriptor, a table of its methods and ONE switch from domain outcomes to wire codes. A
 * method of the descriptor that the table misses, or the other way round, fails the start by name. Health and
 * Reflection are built in.
 */
#pragma once

#include "loop.h"
#include "rpc_message.h"
#include "uuid.h"

#include <stdbool.h>

typedef struct rpc_server rpc_server;
struct metrics_registry;
struct rpc_tls;

/* One call, valid until its handler returns. */
typedef struct rpc_call {
    arena *arena;          /* freed when the call is over: replies are built here */
    void *service;         /* as given to rpc_server_add */
    rpc_metadata metadata; /* strings never NULL */
    uuid user;             /* metadata.user_id parsed; all zero when there is none */
} rpc_call;

/* Adds a fault of one field, to be answered with an outcome whose code is INVALID_ARGUMENT. field and text are
 * formatted into the arena. At most 100 are kept. */
void rpc_add_fault(rpc_call *call, const char *field, const char *format, ...) __attribute__((format(printf, 3, 4)));
size_t rpc_fault_count(const rpc_call *call);

/* Replaces the message that the service's switch would give to this call's outcome. */
void rpc_explain(rpc_call *call, const char *format, ...) __attribute__((format(printf, 2, 3)));

typedef enum rpc_access {
    RPC_PUBLIC, /* no caller needed: register, log-in */
    RPC_USER,   /* metadata must hold a user id, else UNAUTHENTICATED */
    RPC_PEER,   /* for services: refused with PERMISSION_DENIED when a user id is there */
} rpc_access;

/* *reply in call->arena. 0; < 0 fatal, answered as it is; > 0 an outcome for the service's switch. */
typedef status (*rpc_handler)(rpc_call *call, const ProtobufCMessage *request, ProtobufCMessage **reply);

typedef struct rpc_method {
    const char *name; /* "GetGoal" */
    rpc_access access;
    rpc_handler handle;
} rpc_method;

/* Gives a handler with the generated types the signature of the table:
 *   RPC_HANDLER(get_goal, Sical__Plan__V1__GetGoalRequest, Sical__Plan__V1__Goal)  defines get_goal_rpc, which calls
 * get_goal(call, request, &reply). Its lines stand before the method table; handlers in other files than the table are
 * declared in the service's rpc_internal.h. */
#define RPC_HANDLER(FUNCTION, REQUEST, REPLY)                                                                          \
    static status FUNCTION##_rpc(rpc_call *call, const ProtobufCMessage *request, ProtobufCMessage **reply)            \
    {                                                                                                                  \
        REPLY *typed = NULL;                                                                                           \
        status s = FUNCTION(call, (const REQUEST *)request, &typed);                                                   \
        *reply = (ProtobufCMessage *)typed;                                                                            \
        return s;                                                                                                      \
    }

/* A call of a method that changes something, made by a user with an idempotency key: an interceptor may run the
 * handler, or answer without it. */
typedef struct rpc_keyed_call {
    rpc_call *call;
    const char *method; /* "/sical.plan.v1.PlanService/CreateGoal" */
    const uint8_t *request;
    size_t request_size;
    size_t answer_limit; /* no larger answer can be sent */
    /* What is answered with STATUS_OK: the handler's reply, or, when set, these bytes of an earlier one. */
    const ProtobufCMessage *reply;
    const uint8_t *answer;
    size_t answer_size;
    /* What is answered with an outcome (> 0) instead of what the service's switch says of it. */
    enum code code;
    const char *message;
} rpc_keyed_call;

/* Runs the handler: its status; with STATUS_OK k->reply is set. */
status rpc_keyed_call_run(rpc_keyed_call *k);

/* The status is answered as a handler's. */
typedef status (*rpc_interceptor)(void *arg, rpc_keyed_call *k);

typedef struct rpc_service {
    const ProtobufCServiceDescriptor *descriptor;
    const rpc_method *methods;
    size_t method_count;
    /* The one switch: an outcome's code, and its sentence in *message. */
    enum code (*outcome)(status outcome, const char **message);
} rpc_service;

typedef struct rpc_server_options {
    const char *address;        /* "tcp://127.0.0.1:7102", "tls+tcp://..."; port 0 picks a free one */
    struct rpc_tls *tls;        /* for an address tls+tcp://; borrowed */
    unsigned calls_limit;       /* fibers at once; 0 = 1024; beyond: RESOURCE_EXHAUSTED; one peer: 8/9 of it */
    size_t message_limit_bytes; /* 0 = 16 MiB */
    uint32_t timeout_ms;        /* of calls that state none, and the longest allowed; 0 = 30,000 */
    uint32_t watchdog_ms;       /* how often the listener is looked after; 0 = 5,000 */
    bool (*fate_unknown)(void); /* whether what the running handler wrote may have been carried out although it failed;
                                   the answer then says so. NULL: never */
    rpc_interceptor keyed;      /* stands around handlers of keyed calls; NULL: keys are ignored */
    void *keyed_arg;
    const char *version;        /* shown by Health */
    const uint8_t *descriptors; /* a FileDescriptorSet, for Reflection; says which methods change nothing */
    size_t descriptors_size;
    struct metrics_registry *metrics; /* rpc_server_handled_total{service,method,code}, rpc_server_handling_seconds */
} rpc_server_options;

rpc_server *rpc_server_create(loop *l, const rpc_server_options *options);

/* Services are added before listening. false after a line in the log when table and descriptor do not agree. Both are
 * borrowed. */
bool rpc_server_add(rpc_server *s, const rpc_service *service, void *state);

/* A check that Health reports under its name: "database". */
void rpc_server_add_check(rpc_server *s, const char *name, bool (*healthy)(void *arg), void *arg);

/* From here on the listener is watched: one that takes no connections any more is restarted.
 * STATUS_OK; STATUS_UNAVAILABLE when the address is taken or malformed, after a line in the log that names it. */
status rpc_server_listen(rpc_server *s);

/* The port that was bound; 0 before. */
int rpc_server_port(const rpc_server *s);

/* Draining: Health says NOT_SERVING and every answer tells its client to send the next calls to other replicas; calls
 * are still taken. */
void rpc_server_set_serving(rpc_server *s, bool serving);
unsigned rpc_server_calls_in_flight(const rpc_server *s);

/* Writes the last answers (at most a second), then closes the listener and its connections. No handler may be running;
 * calls that came in and have not begun are refused with UNAVAILABLE, so that their callers know that nothing was done.
 * Not on a fiber of one of its own calls. NULL is allowed. */
void rpc_server_destroy(rpc_server *s);

/* The running call's request id, for log_set_request_id_source; NULL outside of calls. */
const char *rpc_current_request_id(void);
