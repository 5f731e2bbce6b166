/* What the files of the server know of each other. */
#pragma once

#include "fiber.h"
#include "rpc_answers.h"
#include "rpc_envelope.h"
#include "rpc_idempotent.h"
#include "rpc_server.h"
#include "rpc_table.h"
#include "rpc_traffic.h"
#include "rpc_watchdog.h"

enum { RPC_CHECKS_LIMIT = 16 };

/* A method as it is looked up: by its full name. */
typedef struct served_method {
    char *full_name; /* "/sical.plan.v1.PlanService/GetGoal" */
    const rpc_method *method;
    const rpc_service *service;
    const ProtobufCMethodDescriptor *descriptor;
    void *state;
    bool built_in; /* Health and Reflection: answered on the loop itself, also when the server is full */
    rpc_method_series series;
    rpc_repeatability repeatability;
} served_method;

/* A service with its methods. */
typedef struct served_service {
    const rpc_service *service;
    served_method *methods;
    size_t method_count;
    struct served_service *next; /* by name */
} served_service;

typedef struct rpc_check {
    const char *name;
    bool (*healthy)(void *arg);
    void *arg;
} rpc_check;

struct rpc_server {
    rpc_server_options options;
    loop *loop;
    char *address;
    rpc_socket *socket;
    rpc_watchdog *watchdog; /* NULL before it listens */
    rpc_answers *answers;
    rpc_table methods;
    rpc_repeatabilities *repeatabilities;
    served_service *services;
    rpc_check checks[RPC_CHECKS_LIMIT];
    size_t check_count;
    unsigned calls_in_flight;
    struct served_call *unbegun; /* of those, the ones whose fiber has not run yet */
    bool serving;
    bool ending;   /* being destroyed: whatever comes is refused */
    arena scratch; /* of calls that are answered on the loop itself */
    rpc_traffic traffic;
};

/* A received message, kept until the last of its calls has been unpacked. */
typedef struct received_message {
    nng_msg *message;
    unsigned references;
} received_message;

void received_message_release(received_message *m);

/* rpc_handling.c: starts a fiber for the call. */
void rpc_handle(rpc_server *s, const served_method *method, received_message *message, rpc_route *route,
                const envelope_request *request);
/* Answers a call of a built-in method at once, without one. */
void rpc_handle_built_in(rpc_server *s, const served_method *method, received_message *message, rpc_route *route,
                         const envelope_request *request);
/* Refuses the calls that have not begun: their fibers end at once. */
void rpc_handle_refuse_unbegun(rpc_server *s);
void rpc_refuse_at_the_end(rpc_route *route, uint64_t call_id);
/* Answers a call that was not begun: for what it says, or for want of room or time (RESOURCE_EXHAUSTED, UNAVAILABLE),
 * and then another replica may do it. */
void rpc_refuse(rpc_route *route, uint64_t call_id, enum code code, const char *message);

/* rpc_builtin.c: Health and Reflection; their state is the server. */
extern const rpc_service rpc_health_service;
extern const rpc_service rpc_reflection_service;
