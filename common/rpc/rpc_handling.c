/* The life of one call: from the bytes of its request, over its handler on a fiber, to the bytes of its answer. */
#include "rpc_server_internal.h"

#include "clock.h"
#include "log.h"

#include <stdlib.h>
#include <string.h>

enum {
    FAULTS_LIMIT = 100,
    ENVELOPE_BYTES = 64,               /* of a message that are not the answer's */
    UNPACK_LIMIT_BYTES = 64 * 1048576, /* what the input of one call may take in memory */
};

typedef struct served_call {
    rpc_call call;      /* what the handler sees; first, so that one is the other */
    rpc_server *server; /* NULL when it was destroyed before the fiber began */
    const served_method *method;
    received_message *message; /* NULL once the request is unpacked */
    rpc_route *route;
    envelope_request request;
    uint64_t arrival_ns;
    uint64_t deadline_ns;
    rpc_fault *faults;
    size_t fault_count;
    const char *explanation;
    struct served_call *next; /* among the unbegun */
    struct served_call **link;
} served_call;

/* How a call ended. */
typedef struct verdict {
    enum code code;
    const char *message;
    const ProtobufCMessage *reply; /* with CODE_OK */
    const uint8_t *answer;         /* instead of it: packed already */
    size_t answer_size;
} verdict;

/* ---- what handlers may say ---- */

void rpc_add_fault(rpc_call *call, const char *field, const char *format, ...)
{
    served_call *c = (served_call *)call;
    if (!c->faults)
        c->faults = ARENA_ARRAY(call->arena, rpc_fault, FAULTS_LIMIT);
    if (c->fault_count == FAULTS_LIMIT)
        return;
    va_list args;
    va_start(args, format);
    c->faults[c->fault_count++] =
        (rpc_fault){.field = arena_strdup(call->arena, field), .message = arena_vprintf(call->arena, format, args)};
    va_end(args);
}

size_t rpc_fault_count(const rpc_call *call)
{
    return ((const served_call *)call)->fault_count;
}

void rpc_explain(rpc_call *call, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    ((served_call *)call)->explanation = arena_vprintf(call->arena, format, args);
    va_end(args);
}

/* The fiber's local pointer is the request id itself, so that other fibers can have one as well. */
const char *rpc_current_request_id(void)
{
    return fiber_local();
}

/* ---- answering ---- */

static void write_answer(rpc_route *route, const envelope_answer *answer, const verdict *v)
{
    uint8_t *payload = envelope_write_answer(rpc_route_append(route, envelope_answer_size(answer)), answer);
    if (v && v->answer)
        memcpy(payload, v->answer, v->answer_size);
    else if (v)
        protobuf_c_message_pack(v->reply, payload);
}

void rpc_refuse(rpc_route *route, uint64_t call_id, enum code code, const char *message)
{
    envelope_answer answer = {.call_id = call_id,
                              .code = code,
                              .message = message,
                              .refused = code == CODE_UNAVAILABLE || code == CODE_RESOURCE_EXHAUSTED};
    write_answer(route, &answer, NULL);
}

static void answer_call(served_call *c, verdict v)
{
    envelope_answer answer = {.call_id = c->request.call_id, .code = v.code, .message = v.message};
    if (v.code == CODE_OK) {
        answer.message = "";
        answer.payload_size = v.answer ? v.answer_size : protobuf_c_message_get_packed_size(v.reply);
    } else {
        answer.faults = c->faults;
        answer.fault_count = c->fault_count;
    }
    if (envelope_answer_size(&answer) + ENVELOPE_BYTES > c->server->options.message_limit_bytes) {
        log_error("answer is too large", log_text("method", c->method->full_name),
                  log_int("bytes", answer.payload_size));
        answer = (envelope_answer){.call_id = c->request.call_id,
                                   .code = CODE_RESOURCE_EXHAUSTED,
                                   .message = "The answer is too large; ask for less."};
    }
    write_answer(c->route, &answer, answer.payload_size ? &v : NULL);
    rpc_method_series_count((rpc_method_series *)&c->method->series, (int)answer.code,
                            clock_monotonic_ns() - c->arrival_ns);
}

/* ---- what a handler's status means to the caller ---- */

#define FATE_UNKNOWN "; whether it was carried out is unknown."

static verdict fatal_verdict(const served_call *c, status s)
{
    bool unknown = c->server->options.fate_unknown && c->server->options.fate_unknown();
    switch (s) {
    case STATUS_CANCELLED:
        return (verdict){.code = CODE_CANCELLED,
                         .message = unknown ? "The call was cancelled" FATE_UNKNOWN : "The call was cancelled."};
    case STATUS_DEADLINE_EXCEEDED:
        return (verdict){.code = CODE_DEADLINE_EXCEEDED,
                         .message = unknown ? "The call took too long" FATE_UNKNOWN : "The call took too long."};
    case STATUS_RESOURCE_EXHAUSTED:
        return (verdict){.code = CODE_RESOURCE_EXHAUSTED, .message = "The service is busy."};
    case STATUS_UNAVAILABLE:
        return (verdict){.code = CODE_UNAVAILABLE,
                         .message = unknown ? "What the service needs went away during the call" FATE_UNKNOWN
                                            : "Something that the service needs is away."};
    default:
        if (s != STATUS_INTERNAL)
            log_error("handler returned a status that is none", log_text("method", c->method->full_name),
                      log_int("status", s));
        return (verdict){.code = CODE_INTERNAL, .message = "Something went wrong inside the service."};
    }
}

static verdict outcome_verdict(const served_call *c, status outcome)
{
    const rpc_service *service = c->method->service;
    const char *message = "";
    enum code code = service->outcome ? service->outcome(outcome, &message) : CODE_OK;
    if (code == CODE_OK) {
        log_error("outcome has no code", log_text("method", c->method->full_name), log_int("outcome", outcome));
        return fatal_verdict(c, STATUS_INTERNAL);
    }
    return (verdict){.code = code, .message = c->explanation ? c->explanation : message};
}

static verdict judge(const served_call *c, status s, const ProtobufCMessage *reply)
{
    if (s > 0)
        return outcome_verdict(c, s);
    if (s < 0)
        return fatal_verdict(c, s);
    if (reply)
        return (verdict){.code = CODE_OK, .message = "", .reply = reply};
    log_error("handler returned no reply", log_text("method", c->method->full_name));
    return fatal_verdict(c, STATUS_INTERNAL);
}

/* ---- before the handler ---- */

static void copy_metadata(served_call *c)
{
    const envelope_request *r = &c->request;
    arena *a = c->call.arena;
    c->call.metadata = (rpc_metadata){
        .request_id = envelope_copy_text(a, r->request_id),
        .traceparent = envelope_copy_text(a, r->traceparent),
        .user_id = envelope_copy_text(a, r->user_id),
        .role = envelope_copy_text(a, r->role),
        .session_id = envelope_copy_text(a, r->session_id),
        .idempotency_key = envelope_copy_text(a, r->idempotency_key),
    };
}

/* The user id that came along must be a UUID, and be there or not as the method wants. */
static verdict check_access(served_call *c)
{
    bool named = c->call.metadata.user_id[0];
    if (named && !uuid_parse(c->call.metadata.user_id, &c->call.user))
        return (verdict){.code = CODE_UNAUTHENTICATED, .message = "The caller's id is malformed."};
    if (!named && c->method->method->access == RPC_USER)
        return (verdict){.code = CODE_UNAUTHENTICATED, .message = "The method needs a caller who is logged in."};
    if (named && c->method->method->access == RPC_PEER)
        return (verdict){.code = CODE_PERMISSION_DENIED, .message = "The method is for services only."};
    return (verdict){.code = CODE_OK};
}

static verdict unpack(served_call *c, ProtobufCMessage **request)
{
    arena *a = c->call.arena;
    const char *why;
    a->limit_bytes = a->used_bytes + UNPACK_LIMIT_BYTES;
    *request =
        rpc_message_unpack(a, c->method->descriptor->input, c->request.payload.at, c->request.payload.size, &why);
    a->limit_bytes = 0;
    if (*request)
        return (verdict){.code = CODE_OK};
    return (verdict){.code = CODE_INVALID_ARGUMENT, .message = arena_printf(a, "The request cannot be read: %s.", why)};
}

/* ---- keyed calls ---- */

typedef struct keyed_run {
    rpc_keyed_call seen; /* first, so that one is the other */
    const rpc_method *method;
    const ProtobufCMessage *request;
} keyed_run;

status rpc_keyed_call_run(rpc_keyed_call *k)
{
    const keyed_run *r = (const keyed_run *)k;
    ProtobufCMessage *reply = NULL;
    status s = r->method->handle(k->call, r->request, &reply);
    k->reply = reply;
    return s;
}

static bool is_keyed(const served_call *c)
{
    return c->request.idempotency_key.size && c->server->options.keyed && c->call.metadata.user_id[0] &&
           c->method->repeatability != RPC_READ_ONLY;
}

static verdict run_keyed(served_call *c, const ProtobufCMessage *request)
{
    const rpc_server_options *o = &c->server->options;
    keyed_run r = {
        .seen = {.call = &c->call,
                 .method = c->method->full_name,
                 .request = c->request.payload.at,
                 .request_size = c->request.payload.size,
                 .answer_limit = o->message_limit_bytes - 2 * ENVELOPE_BYTES},
        .method = c->method->method,
        .request = request,
    };
    status s = o->keyed(o->keyed_arg, &r.seen);
    if (s > 0 && r.seen.code != CODE_OK)
        return (verdict){.code = r.seen.code, .message = r.seen.message};
    if (s == STATUS_OK && r.seen.answer)
        return (verdict){.code = CODE_OK, .answer = r.seen.answer, .answer_size = r.seen.answer_size};
    return judge(c, s, r.seen.reply);
}

/* ---- running ---- */

static verdict run(served_call *c)
{
    verdict v = check_access(c);
    if (v.code != CODE_OK)
        return v;
    ProtobufCMessage *request;
    v = unpack(c, &request);
    if (v.code != CODE_OK)
        return v;
    if (is_keyed(c))
        return run_keyed(c, request);
    received_message_release(c->message);
    c->message = NULL;
    ProtobufCMessage *reply = NULL;
    status s = c->method->method->handle(&c->call, request, &reply);
    return judge(c, s, reply);
}

/* ---- the call's life ---- */

static served_call new_call(rpc_server *s, const served_method *method, received_message *message, rpc_route *route,
                            const envelope_request *request)
{
    message->references++;
    return (served_call){
        .call = {.service = method->state},
        .server = s,
        .method = method,
        .message = message,
        .route = rpc_route_hold(route),
        .request = *request,
        .arrival_ns = clock_monotonic_ns(),
    };
}

static void release(served_call *c)
{
    if (c->message)
        received_message_release(c->message);
    rpc_route_release(c->route);
    c->server = NULL;
}

void rpc_handle_built_in(rpc_server *s, const served_method *method, received_message *message, rpc_route *route,
                         const envelope_request *request)
{
    served_call c = new_call(s, method, message, route, request);
    c.call.arena = &s->scratch;
    copy_metadata(&c);
    answer_call(&c, run(&c));
    release(&c);
    arena_reset(&s->scratch);
}

/* ---- the fiber ---- */

static void remove_from_unbegun(served_call *c)
{
    *c->link = c->next;
    if (c->next)
        c->next->link = c->link;
}

static void add_to_unbegun(rpc_server *s, served_call *c)
{
    c->next = s->unbegun;
    c->link = &s->unbegun;
    if (c->next)
        c->next->link = &c->next;
    s->unbegun = c;
}

static void let_go(served_call *c)
{
    rpc_server *s = c->server;
    rpc_route_end_call(c->route);
    release(c);
    /* NOLINTNEXTLINE(clang-analyzer-core.NullDereference): a call is let go of once, and has its server until then */
    metrics_set(s->traffic.in_flight, --s->calls_in_flight);
}

void rpc_refuse_at_the_end(rpc_route *route, uint64_t call_id)
{
    rpc_refuse(route, call_id, CODE_UNAVAILABLE, "The service is ending; the call was not carried out.");
}

void rpc_handle_refuse_unbegun(rpc_server *s)
{
    while (s->unbegun) {
        served_call *c = s->unbegun;
        remove_from_unbegun(c);
        rpc_refuse_at_the_end(c->route, c->request.call_id);
        let_go(c);
    }
}

static void answer_on_fiber(served_call *c)
{
    fiber_set_deadline_ns(c->deadline_ns);
    c->call.arena = fiber_arena();
    copy_metadata(c);
    fiber_set_local((void *)c->call.metadata.request_id);
    answer_call(c, run(c));
}

static void serve(void *arg)
{
    served_call *c = arg;
    if (!c->server) {
        free(c);
        return;
    }
    remove_from_unbegun(c);
    if (clock_monotonic_ns() >= c->deadline_ns) /* nobody waits any more: dropped unseen */
        metrics_add(c->server->traffic.expired, 1);
    else
        answer_on_fiber(c);
    let_go(c);
    free(c);
}

void rpc_handle(rpc_server *s, const served_method *method, received_message *message, rpc_route *route,
                const envelope_request *request)
{
    served_call *c = calloc(1, sizeof *c);
    if (!c)
        abort();
    uint32_t timeout_ms = request->timeout_ms;
    if (timeout_ms == 0 || timeout_ms > s->options.timeout_ms)
        timeout_ms = s->options.timeout_ms;
    *c = new_call(s, method, message, route, request);
    rpc_route_begin_call(route);
    c->deadline_ns = c->arrival_ns + timeout_ms * CLOCK_NS_PER_MS;
    metrics_set(s->traffic.in_flight, ++s->calls_in_flight);
    add_to_unbegun(s, c);
    fiber_spawn(s->loop, method->method->name, serve, c);
}
