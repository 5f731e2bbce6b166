/*
 * A call, its repetitions and its hedge.
 *
 * What never left goes to the next replica that is connected, for nothing. What left and failed may be made again when
 * the method's contract says that twice is the same as once, or a key says which call it is; what the server has
 * refused unseen, any method. Failed means that the connection broke, that the answer was UNAVAILABLE, or that this
 * replica had no room and there are others; all other codes are answers. At most three tries, inside the
 * deadline, after a pause that doubles and varies, at another replica if there is one, and only while the budget has a
 * token: each failure takes one, each success gives a tenth, as gRPC throttles its retries (proposal A6). So when a
 * service is down, retries end after ten, and do not add to what it must bear on its return.
 *
 * A hedge is a second copy of a call that reads, sent to another replica when the first has taken longer than 95 of 100
 * such calls (Dean and Barroso, "The Tail at Scale", CACM 56(2), 2013). The first answer counts, the other is
 * forgotten.
 */
#include "rpc_client_internal.h"

#include "clock.h"
#include "fiber.h"

#include <sodium.h>

enum {
    TRIES = 3,
    FIRST_PAUSE_MS = 20,
    CONNECT_PATIENCE_MS = 1000, /* how long a call waits for a replica to be there */
    ENVELOPE_BYTES = 64,        /* of a message that are not the call's */
};
#define GIVEN_BY_SUCCESS 0.1

/* ---- one call on its way ---- */

static void begin(rpc_client *c, rpc_pending *call)
{
    call->state = RPC_PENDING_IDLE;
    call->request.call_id = rpc_call_ids_take(&c->ids, call);
    call->request.timeout_ms = UINT32_MAX; /* the largest it can be when encoded */
    call->size_bytes = envelope_request_size(&call->request);
}

static bool is_on_its_way(const rpc_pending *call)
{
    return call->state == RPC_PENDING_QUEUED || call->state == RPC_PENDING_SENT;
}

static void finish(rpc_client *c, rpc_pending *call, bool late)
{
    if (is_on_its_way(call))
        rpc_replica_withdraw(call->replica, call, late);
    rpc_call_ids_release(&c->ids, call->request.call_id);
}

/* Waits until some replica is connected, at most until patience_ns. */
static status wait_for_replica(rpc_client *c, rpc_pending *call, uint64_t patience_ns)
{
    uint64_t deadline = fiber_deadline_ns();
    fiber_set_deadline_ns(patience_ns < deadline ? patience_ns : deadline);
    rpc_pending_append(&c->unplaced, call);
    status s = STATUS_OK;
    while (s == STATUS_OK && !rpc_replicas_ready(c->replicas))
        s = fiber_park();
    rpc_pending_remove(&c->unplaced, call);
    fiber_set_deadline_ns(deadline);
    return s;
}

static status place(rpc_client *c, rpc_pending *call, const rpc_replica *not_to, uint64_t patience_ns)
{
    rpc_replica *r;
    while (!(r = rpc_replicas_choose(c->replicas, not_to))) {
        status s = wait_for_replica(c, call, patience_ns);
        if (s == STATUS_CANCELLED)
            return rpc_client_fail(call->reply, s, "The call was cancelled.");
        if (s != STATUS_OK)
            return rpc_client_fail(call->reply, STATUS_UNAVAILABLE, "The service cannot be reached.");
    }
    if (rpc_replica_enqueue(r, call))
        return STATUS_OK;
    metrics_add(c->traffic.refused, 1);
    return rpc_client_fail(call->reply, STATUS_RESOURCE_EXHAUSTED, "Too many calls are waiting for the service.");
}

/* ---- hedging ---- */

static bool may_hedge(const rpc_client *c, const client_method *m)
{
    return m->latency && m->latency->p95_ns && c->hedges.tokens >= 1 && rpc_replicas_count(c->replicas) > 1;
}

/* Waits for the call until it counts as slow. true: it does, and nothing else has happened. */
static bool is_slow(const client_method *m, const rpc_pending *call)
{
    uint64_t deadline = fiber_deadline_ns(), slow = clock_monotonic_ns() + m->latency->p95_ns;
    if (slow >= deadline)
        return false;
    fiber_set_deadline_ns(slow);
    status s = STATUS_OK;
    while (s == STATUS_OK && is_on_its_way(call))
        s = fiber_park();
    fiber_set_deadline_ns(deadline);
    return s == STATUS_DEADLINE_EXCEEDED && call->state == RPC_PENDING_SENT;
}

/* Starts a copy of the call at another replica; false when there is none, or no budget. */
static bool hedge(rpc_client *c, const rpc_pending *call, rpc_pending *copy, rpc_reply *reply)
{
    rpc_replica *r = rpc_replicas_choose(c->replicas, call->replica);
    if (!r || r == call->replica || !rpc_budget_take(&c->hedges))
        return false;
    *copy = *call;
    copy->reply = reply;
    begin(c, copy);
    if (rpc_replica_enqueue(r, copy)) {
        metrics_add(c->hedged, 1);
        return true;
    }
    finish(c, copy, false);
    return false;
}

static bool is_answered(const rpc_pending *call)
{
    return call->state == RPC_PENDING_ANSWERED && call->reply->code != CODE_UNAVAILABLE;
}

/* Waits until one is answered or neither can be any more. */
static status wait_for_either(const rpc_pending *call, const rpc_pending *copy)
{
    status s = STATUS_OK;
    while (s == STATUS_OK && !is_answered(call) && !is_answered(copy) && (is_on_its_way(call) || is_on_its_way(copy)))
        s = fiber_park();
    return is_answered(call) || is_answered(copy) ? STATUS_OK : s;
}

static status wait_with_hedge(rpc_client *c, const client_method *m, rpc_pending *call)
{
    rpc_pending copy;
    rpc_reply reply = {.message = ""};
    if (!is_slow(m, call) || !hedge(c, call, &copy, &reply))
        return STATUS_OK;
    status s = wait_for_either(call, &copy);
    if (!is_answered(call) && is_answered(&copy)) {
        if (is_on_its_way(call))
            rpc_replica_withdraw(call->replica, call, false);
        *call->reply = reply;
        call->state = RPC_PENDING_ANSWERED;
    }
    finish(c, &copy, s == STATUS_DEADLINE_EXCEEDED);
    return s;
}

/* ---- one try ---- */

/* A read whose fate is unknown has none. */
static status give_up(const client_method *m, const rpc_pending *call, status s)
{
    if (s == STATUS_CANCELLED)
        return rpc_client_fail(call->reply, s, "The call was cancelled.");
    if (call->state != RPC_PENDING_SENT)
        return rpc_client_fail(call->reply, s, "The service could not take the call in time.");
    return rpc_client_fail(call->reply, s,
                           m->repeatability == RPC_READ_ONLY
                               ? "The service did not answer in time."
                               : "The service did not answer in time; whether the call was carried out is unknown.");
}

/* Waits for what becomes of a call that was given to a replica. */
static status wait_for_end(rpc_client *c, const client_method *m, rpc_pending *call)
{
    status s = may_hedge(c, m) ? wait_with_hedge(c, m, call) : STATUS_OK;
    while (s == STATUS_OK && is_on_its_way(call))
        s = fiber_park();
    if (call->state == RPC_PENDING_ANSWERED)
        return STATUS_OK;
    if (s != STATUS_OK)
        return give_up(m, call, s);
    if (call->state == RPC_PENDING_LOST)
        return rpc_client_fail(
            call->reply, STATUS_UNAVAILABLE,
            m->repeatability == RPC_READ_ONLY
                ? "The connection to the service broke."
                : "The connection to the service broke; whether the call was carried out is unknown.");
    return STATUS_OK;
}

static bool is_fatal(int code)
{
    return code == CODE_INTERNAL || code == CODE_UNAVAILABLE || code == CODE_DEADLINE_EXCEEDED ||
           code == CODE_CANCELLED || code == CODE_RESOURCE_EXHAUSTED;
}

/* *asked becomes the replica that it left for. */
static status try_once(rpc_client *c, const client_method *m, rpc_pending *call, const rpc_replica **asked)
{
    uint64_t patience = clock_monotonic_ns() + CONNECT_PATIENCE_MS * CLOCK_NS_PER_MS;
    status s;
    begin(c, call);
    do {
        s = place(c, call, *asked, patience);
        if (s != STATUS_OK)
            break;
        *asked = call->replica;
        s = wait_for_end(c, m, call);
    } while (s == STATUS_OK && call->state == RPC_PENDING_IDLE);
    finish(c, call, s == STATUS_DEADLINE_EXCEEDED);
    if (s != STATUS_OK)
        return s;
    int code = call->reply->code;
    return is_fatal(code) ? -code : code;
}

/* ---- all tries ---- */

static bool was_refused(const rpc_pending *call)
{
    return call->state == RPC_PENDING_ANSWERED && call->reply->refused;
}

/* A service that is full is not asked again; another replica of it may have room. */
static bool left_and_failed(const rpc_client *c, const rpc_pending *call, status s)
{
    if (s == STATUS_RESOURCE_EXHAUSTED)
        return was_refused(call) && rpc_replicas_count(c->replicas) > 1;
    return s == STATUS_UNAVAILABLE && (call->state == RPC_PENDING_LOST || call->state == RPC_PENDING_ANSWERED);
}

static bool pause_before(unsigned retry)
{
    uint32_t longest = FIRST_PAUSE_MS << retry;
    uint32_t pause_ms = longest / 2 + randombytes_uniform(longest / 2 + 1);
    return fiber_left_ms() > pause_ms && fiber_sleep(pause_ms) == STATUS_OK;
}

status rpc_attempt(rpc_client *c, client_method *m, rpc_pending *call)
{
    bool repeatable = m->repeatability != RPC_ONCE || call->request.idempotency_key.size;
    unsigned replicas = rpc_replicas_count(c->replicas);
    if (call->request.payload.size + ENVELOPE_BYTES > c->options.message_limit_bytes)
        return rpc_client_fail(call->reply, STATUS_RESOURCE_EXHAUSTED, "The request is too large.");
    if (c->ids.used >= c->options.calls_limit * (replicas ? replicas : 1)) {
        metrics_add(c->traffic.refused, 1);
        return rpc_client_fail(call->reply, STATUS_RESOURCE_EXHAUSTED, "Too many calls are waiting for the service.");
    }
    const rpc_replica *asked = NULL;
    bool unknown = false; /* an earlier try may have been carried out */
    status s = STATUS_OK;
    for (unsigned retry = 0; retry < TRIES; retry++) {
        s = try_once(c, m, call, &asked);
        if (!left_and_failed(c, call, s))
            break;
        bool refused = was_refused(call);
        unknown |= m->repeatability != RPC_READ_ONLY && !refused;
        bool affordable = rpc_budget_take(&c->retries);
        if ((!repeatable && !refused) || !affordable || retry + 1 == TRIES || !pause_before(retry))
            return s;
        metrics_add(c->retried, 1);
    }
    if (s >= 0)
        rpc_budget_give(&c->retries, GIVEN_BY_SUCCESS);
    else if (unknown && call->state != RPC_PENDING_ANSWERED)
        rpc_client_fail(call->reply, s,
                        "The service did not answer again; whether the call was carried out is unknown.");
    return s;
}
