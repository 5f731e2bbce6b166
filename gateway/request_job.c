/* The way of a request through the gateway: route, bounds, caller; then, on its fiber, rate, input, call, answer. */
#include "caller.h"
#include "clock.h"
#include "documents.h"
#include "fiber.h"
#include "idempotency_key.h"
#include "limited.h"
#include "negotiation.h"
#include "request_input.h"
#include "traceparent.h"

#include <string.h>

/* ---- making ---- */

static bool is_sane_id(const char *id, size_t size)
{
    static const char allowed[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-";
    return size > 0 && size < REQUEST_ID_SIZE && strspn(id, allowed) == size;
}

static void choose_id(request_job *job)
{
    const char *given = http_header(job->request, "X-Request-Id");
    size_t size = given ? strlen(given) : 0;
    if (is_sane_id(given, size)) {
        memcpy(job->id, given, size + 1);
    } else {
        uuid id = uuid_make();
        uuid_format(&id, job->id);
    }
}

request_job *request_job_of(gateway *g, http_request *r)
{
    request_job *job = http_context(r);
    if (job)
        return job;
    job = ARENA_NEW(http_arena(r), request_job);
    job->gateway = g;
    job->request = r;
    choose_id(job);
    job->match = router_find(g->router, http_arena(r), http_method(r), http_path(r));
    http_set_context(r, job);
    return job;
}

/* ---- the call ---- */

/* "" without one. false after refusing one that is malformed. */
static bool read_key(request_job *job, char key[IDEMPOTENCY_KEY_SIZE])
{
    const char *header = job->match.route->takes_key ? http_header(job->request, IDEMPOTENCY_KEY_HEADER) : NULL;
    *key = '\0';
    if (!header || idempotency_key_read(header, key))
        return true;
    rpc_fault fault = {IDEMPOTENCY_KEY_HEADER, "must be 1 to 255 characters of printable ASCII, in quotes or not"};
    problem p = problem_of_code(CODE_INVALID_ARGUMENT, "The idempotency key is malformed.", &fault, 1);
    answer_problem(job, &p);
    return false;
}

static rpc_metadata metadata_of(request_job *job, const char *key, char traceparent[TRACEPARENT_SIZE])
{
    return (rpc_metadata){
        .request_id = job->id,
        .traceparent = traceparent_read(http_header(job->request, "traceparent"), traceparent) ? traceparent : NULL,
        .user_id = job->caller.user_id,
        .role = job->caller.role,
        .session_id = job->caller.session_id,
        .idempotency_key = key,
    };
}

/* Faults come in the words of the service's input message. */
static void answer_failure(request_job *job, const rpc_reply *reply)
{
    arena *a = fiber_arena();
    rpc_fault *faults = ARENA_ARRAY(a, rpc_fault, reply->fault_count);
    for (size_t i = 0; i < reply->fault_count; i++)
        faults[i] = (rpc_fault){request_input_client_field(a, job->match.route, reply->faults[i].field),
                                reply->faults[i].message};
    problem p = problem_of_code(reply->code, reply->message, faults, reply->fault_count);
    answer_problem(job, &p);
}

static const char *version_of(const bound_route *route, const ProtobufCMessage *message)
{
    return route->version ? *(const char *const *)((const char *)message + route->version->offset) : NULL;
}

static void answer_reply(request_job *job, const rpc_reply *reply)
{
    const bound_route *route = job->match.route;
    int http_status = route->spec->success ? route->spec->success : 200;
    if (http_status == 204) {
        answer_empty(job, http_status);
        return;
    }
    size_t size;
    ProtobufCMessage *message =
        rpc_message_unpack(fiber_arena(), route->output, reply->payload, reply->payload_size, NULL);
    const char *json = message ? transcode_write(http_arena(job->request), message,
                                                 &(transcode_options){.list = route->spec->list}, &size)
                               : NULL;
    if (json && route->spec->method == METHOD_GET) {
        answer_read(job, json, size, version_of(route, message));
        return;
    }
    if (json) {
        answer_json(job, http_status, json, size, version_of(route, message));
        return;
    }
    problem p = problem_of_code(CODE_INTERNAL, NULL, NULL, 0);
    answer_problem(job, &p);
}

static bool computes(const bound_route *route)
{
    return route->spec->limit != LIMIT_QUERY;
}

/* A bound of a service or of its client is no fault of the one who asks: it gets 503, not 429. */
static status make_call(request_job *job, const rpc_metadata *metadata, const uint8_t *packed, size_t size,
                        rpc_reply *reply)
{
    const bound_route *route = job->match.route;
    peer_guard *guard = &job->gateway->guards[route->spec->peer];
    peer_guard_call_begins(guard, clock_monotonic_ns());
    status s = rpc_call_bytes(job->gateway->peers[route->spec->peer], route->rpc_method, metadata, packed, size, reply);
    peer_guard_call_ends(guard, computes(route), s, http_latency_ns(job->request), clock_monotonic_ns());
    if (s == STATUS_RESOURCE_EXHAUSTED)
        reply->code = CODE_UNAVAILABLE;
    return s;
}

static void call(request_job *job)
{
    const uint8_t *packed;
    size_t size;
    char key[IDEMPOTENCY_KEY_SIZE], traceparent[TRACEPARENT_SIZE];
    if (!read_key(job, key) || !request_input_build(job, &packed, &size))
        return;
    rpc_metadata metadata = metadata_of(job, key, traceparent);
    rpc_reply reply;
    if (make_call(job, &metadata, packed, size, &reply) == STATUS_OK)
        answer_reply(job, &reply);
    else
        answer_failure(job, &reply);
}

/* ---- at once ---- */

static void answer_unrouted(request_job *job)
{
    problem p;
    switch (job->match.verdict) {
    case ROUTE_WRONG_METHOD:
        p = problem_of_http(405, "The path does not take this method; see Allow.");
        break;
    case ROUTE_BAD_ESCAPE:
        p = problem_of_http(400, "The path has a broken % escape.");
        break;
    default:
        p = problem_of_http(404, "There is nothing at this path.");
    }
    answer_problem(job, &p);
}

/* true: it is. */
static bool answer_as_no_route(request_job *job)
{
    if (!strcmp(http_path(job->request), "*")) /* OPTIONS alone comes so far with it */
        job->match.allow = "GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS";
    if (job->match.verdict == ROUTE_FOUND)
        return false;
    if (job->match.allow && !strcmp(http_method(job->request), "OPTIONS"))
        answer_options(job);
    else if (job->match.verdict != ROUTE_UNKNOWN || !documents_answer(job->gateway->documents, job))
        answer_unrouted(job);
    return true;
}

static bool shed(request_job *job, const char *detail)
{
    problem p = problem_of_code(CODE_UNAVAILABLE, detail, NULL, 0);
    job->shed = true;
    answer_problem(job, &p);
    return false;
}

void request_job_note_shed(request_job *job)
{
    const bound_route *route = job->match.route;
    job->shed = true;
    if (route)
        peer_guard_note_shed(&job->gateway->guards[route->spec->peer], computes(route));
}

static bool accepts_json(request_job *job)
{
    if (negotiation_takes_json(http_header(job->request, "Accept")))
        return true;
    problem p = problem_of_http(406, "The answer would be application/json, which Accept excludes.");
    answer_problem(job, &p);
    return false;
}

/* Whoever comes past this has a place at the service. */
static bool admit(request_job *job, peer_guard *guard)
{
    const bound_route *route = job->match.route;
    if (peer_guard_is_broken(guard, clock_monotonic_ns()))
        return shed(job, "The service does not answer.");
    if (!peer_guard_enter(guard, computes(route))) {
        http_rest(job->request, RETRY_AFTER_S * 1000);
        return shed(job, "Too many requests are at work.");
    }
    if ((route->spec->access != ACCESS_USER || caller_identify(job)) && accepts_json(job) && limited_may_take(job))
        return true;
    peer_guard_leave(guard, computes(route));
    return false;
}

/* In order of cost: what is refused anyway costs no more than it must. */
bool request_job_answer_at_once(request_job *job)
{
    if (answer_as_no_route(job))
        return true;
    return !admit(job, &job->gateway->guards[job->match.route->spec->peer]);
}

/* ---- on the fiber ---- */

void request_job_run(request_job *job)
{
    const bound_route *route = job->match.route;
    if (limited_take(job)) {
        if (route->spec->timeout_ms)
            fiber_set_deadline_ns(http_started_ns(job->request) + route->spec->timeout_ms * CLOCK_NS_PER_MS);
        call(job);
    }
    peer_guard_leave(&job->gateway->guards[route->spec->peer], computes(route));
}
