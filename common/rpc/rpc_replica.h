/*
 * One replica of a service: its socket, the calls that wait to leave and the calls that wait for an answer. Internal to
 * this room.
 *
 * Calls are queued as they were made and encoded when they leave, at the end of the turn: so a call that is given up in
 * the queue never leaves, and timeout_ms tells what is left at that moment.
 */
#pragma once

#include "fiber.h"
#include "rpc_call_ids.h"
#include "rpc_client.h"
#include "rpc_envelope.h"
#include "rpc_traffic.h"

typedef struct rpc_replica rpc_replica;

typedef enum rpc_pending_state {
    RPC_PENDING_IDLE,     /* with no replica: not sent yet, or its replica went before it had left */
    RPC_PENDING_QUEUED,   /* waits to leave */
    RPC_PENDING_SENT,     /* waits for its answer */
    RPC_PENDING_ANSWERED, /* the reply is filled */
    RPC_PENDING_LOST,     /* the connection broke after it had left: its fate is unknown */
} rpc_pending_state;

/* A call on its way; lives on the stack of the fiber that waits for it. */
typedef struct rpc_pending {
    rpc_pending_state state;
    fiber *waiter;
    arena *arena; /* of the waiter: the reply is copied there */
    rpc_reply *reply;
    envelope_request request; /* spans into the waiter's memory */
    uint64_t deadline_ns;
    uint64_t sent_ns;  /* when it left */
    size_t size_bytes; /* of the request in a batch */
    rpc_replica *replica;
    struct rpc_pending *next;
    struct rpc_pending **link;
} rpc_pending;

typedef struct rpc_pending_list {
    rpc_pending *first;
    rpc_pending **last;
} rpc_pending_list;

void rpc_pending_list_init(rpc_pending_list *list);
void rpc_pending_append(rpc_pending_list *list, rpc_pending *call);
void rpc_pending_remove(rpc_pending_list *list, rpc_pending *call);

typedef struct rpc_replica_options {
    const char *service; /* for the log */
    const char *address;
    const rpc_call_ids *ids;
    rpc_traffic *traffic;
    unsigned calls_limit;
    size_t queue_limit_bytes;
    size_t message_limit_bytes;
    struct rpc_tls *tls;               /* for an address tls+tcp:// */
    const char *server_name;           /* what its certificate must hold; NULL = the address's host */
    void (*on_connections)(void *arg); /* came or went */
    void *arg;
    bool (*may_eject)(void *arg, const rpc_replica *r); /* asked when it has failed too often; NULL = never */
    void *may_eject_arg;
} rpc_replica_options;

/* The address is copied, the other texts are borrowed. NULL when it is malformed, after a line in the log. */
rpc_replica *rpc_replica_create(loop *l, const rpc_replica_options *options);

/* No call may be queued or in flight. */
void rpc_replica_destroy(rpc_replica *r);

bool rpc_replica_connected(const rpc_replica *r);
const char *rpc_replica_address(const rpc_replica *r);

/* What waits to leave goes elsewhere; what has left is still waited for. */
void rpc_replica_retire(rpc_replica *r);

/* A place for whoever keeps a list of replicas. */
rpc_replica **rpc_replica_next(rpc_replica *r);

/* The server has said that it is about to end: it still answers, but others are to be preferred. */
bool rpc_replica_is_leaving(const rpc_replica *r);

/* It has failed too often of late. */
bool rpc_replica_is_ejected(const rpc_replica *r, uint64_t now_ns);

/* It owes an answer for a second, and nothing else came from it meanwhile. */
bool rpc_replica_is_silent(const rpc_replica *r, uint64_t now_ns);

/* How long its answers took of late; 0 = not known. */
uint64_t rpc_replica_latency_ns(const rpc_replica *r, uint64_t now_ns);

/* Calls queued and in flight. */
unsigned rpc_replica_load(const rpc_replica *r);

/* false when its bounds are reached. The call's waiter is woken when its state is none of QUEUED and SENT any more. */
bool rpc_replica_enqueue(rpc_replica *r, rpc_pending *call);

/* The waiter has given up; the call is IDLE afterwards. late: because the answer did not come in time. */
void rpc_replica_withdraw(rpc_replica *r, rpc_pending *call, bool late);
