#include "rpc_client.h"

#include "clock.h"
#include "fiber.h"
#include "log.h"
#include "rpc_replica.h"
#include "rpc_table.h"

#include <stdio.h>
#include <stdlib.h>

enum {
    REPLICAS_LIMIT = 64,
    CONNECT_PATIENCE_MS = 1000, /* how long a call waits for a replica to be there */
    ENVELOPE_BYTES = 64,        /* of a message that are not the call's */
};

/* A method that was called, with its counters. */
typedef struct client_method {
    rpc_method_series series;
    char *service;
    struct client_method *next;
    char name[]; /* "/sical.plan.v1.PlanService/GetGoal" */
} client_method;

struct rpc_client {
    rpc_client_options options;
    char *service;
    char *addresses; /* cut into strings that the replicas borrow */
    rpc_replica *replicas[REPLICAS_LIMIT];
    unsigned replica_count;
    unsigned turn; /* where the next choice begins, so that equals share */
    rpc_call_ids ids;
    rpc_pending_list unplaced; /* calls that wait for a connection */
    rpc_table methods;
    client_method *method_list;
    rpc_traffic traffic;
};

/* ---- methods and their counters ---- */

static client_method *add_method(rpc_client *c, const char *name)
{
    size_t size = strlen(name) + 1;
    client_method *m = calloc(1, sizeof *m + size);
    if (!m)
        abort();
    memcpy(m->name, name, size);
    m->service = strdup(name[0] == '/' ? name + 1 : name);
    if (!m->service)
        abort();
    char *slash = strrchr(m->service, '/');
    if (slash)
        *slash = '\0';
    rpc_method_series_init(&m->series, c->options.metrics, "client", m->service, slash ? slash + 1 : "");
    m->next = c->method_list;
    c->method_list = m;
    rpc_table_add(&c->methods, m->name, m);
    return m;
}

static client_method *find_method(rpc_client *c, const char *name)
{
    client_method *m = rpc_table_find(&c->methods, wire_span_of(name));
    return m ? m : add_method(c, name);
}

/* ---- choosing a replica ---- */

bool rpc_client_ready(const rpc_client *c)
{
    for (unsigned i = 0; i < c->replica_count; i++)
        if (rpc_replica_connected(c->replicas[i]))
            return true;
    return false;
}

static bool is_better(const rpc_replica *r, const rpc_replica *than)
{
    if (rpc_replica_leaving(r) != rpc_replica_leaving(than))
        return rpc_replica_leaving(than);
    return rpc_replica_load(r) < rpc_replica_load(than);
}

/* The search begins behind the one that was chosen last: began it behind the one where it began last, who stands next
 * to a replica that is away would get the turns of both. */
static rpc_replica *choose(rpc_client *c)
{
    rpc_replica *best = NULL;
    unsigned first = c->turn;
    for (unsigned i = 0; i < c->replica_count; i++) {
        unsigned index = (first + i) % c->replica_count;
        rpc_replica *r = c->replicas[index];
        if (!rpc_replica_connected(r) || (best && !is_better(r, best)))
            continue;
        best = r;
        c->turn = index + 1;
    }
    return best;
}

static void on_connections(void *arg)
{
    rpc_client *c = arg;
    if (rpc_client_ready(c))
        for (rpc_pending *call = c->unplaced.first; call; call = call->next)
            fiber_wake(call->waiter);
}

/* ---- a call ---- */

static status fail(rpc_reply *reply, status s, const char *message)
{
    *reply = (rpc_reply){.code = -s, .message = message};
    return s;
}

/* Waits until some replica is connected, at most until patience_ns. */
static status wait_for_replica(rpc_client *c, rpc_pending *call, uint64_t patience_ns)
{
    uint64_t deadline = fiber_deadline_ns();
    fiber_set_deadline_ns(patience_ns < deadline ? patience_ns : deadline);
    rpc_pending_append(&c->unplaced, call);
    status s = STATUS_OK;
    while (s == STATUS_OK && !rpc_client_ready(c))
        s = fiber_park();
    rpc_pending_remove(&c->unplaced, call);
    fiber_set_deadline_ns(deadline);
    return s;
}

static status place(rpc_client *c, rpc_pending *call, uint64_t patience_ns)
{
    rpc_replica *r;
    while (!(r = choose(c))) {
        status s = wait_for_replica(c, call, patience_ns);
        if (s == STATUS_CANCELLED)
            return fail(call->reply, s, "The call was cancelled.");
        if (s != STATUS_OK)
            return fail(call->reply, STATUS_UNAVAILABLE, "The service cannot be reached.");
    }
    if (!rpc_replica_enqueue(r, call))
        return fail(call->reply, STATUS_RESOURCE_EXHAUSTED, "Too many calls are waiting for the service.");
    return STATUS_OK;
}

/* Waits for what becomes of a call that was given to a replica. */
static status wait_for_end(rpc_pending *call)
{
    while (call->state == RPC_PENDING_QUEUED || call->state == RPC_PENDING_SENT) {
        status s = fiber_park();
        if (s == STATUS_OK || (call->state != RPC_PENDING_QUEUED && call->state != RPC_PENDING_SENT))
            continue;
        bool left = call->state == RPC_PENDING_SENT;
        rpc_replica_withdraw(call->replica, call);
        if (s == STATUS_CANCELLED)
            return fail(call->reply, s, "The call was cancelled.");
        return fail(call->reply, s,
                    left ? "The service did not answer in time; whether the call was carried out is unknown."
                         : "The service could not take the call in time.");
    }
    if (call->state == RPC_PENDING_LOST)
        return fail(call->reply, STATUS_UNAVAILABLE,
                    "The connection to the service broke; whether the call was carried out is unknown.");
    return STATUS_OK;
}

static bool is_fatal(int code)
{
    return code == CODE_INTERNAL || code == CODE_UNAVAILABLE || code == CODE_DEADLINE_EXCEEDED ||
           code == CODE_CANCELLED || code == CODE_RESOURCE_EXHAUSTED;
}

static status run(rpc_client *c, rpc_pending *call)
{
    if (call->size_bytes + ENVELOPE_BYTES > c->options.message_limit_bytes)
        return fail(call->reply, STATUS_RESOURCE_EXHAUSTED, "The request is too large.");
    if (c->ids.used > c->options.calls_limit * c->replica_count)
        return fail(call->reply, STATUS_RESOURCE_EXHAUSTED, "Too many calls are waiting for the service.");
    uint64_t patience = clock_monotonic_ns() + CONNECT_PATIENCE_MS * CLOCK_NS_PER_MS;
    status s = STATUS_OK;
    while (s == STATUS_OK && call->state == RPC_PENDING_IDLE) {
        s = place(c, call, patience);
        if (s == STATUS_OK)
            s = wait_for_end(call);
    }
    if (s != STATUS_OK)
        return s;
    int code = call->reply->code;
    return is_fatal(code) ? -code : code;
}

static envelope_request request_of(const client_method *method, const rpc_metadata *metadata, wire_span payload)
{
    static const rpc_metadata none;
    const rpc_metadata *m = metadata ? metadata : &none;
    return (envelope_request){
        .method = wire_span_of(method->name),
        .request_id = wire_span_of(m->request_id),
        .traceparent = wire_span_of(m->traceparent),
        .user_id = wire_span_of(m->user_id),
        .role = wire_span_of(m->role),
        .session_id = wire_span_of(m->session_id),
        .idempotency_key = wire_span_of(m->idempotency_key),
        .payload = payload,
    };
}

status rpc_call_bytes(rpc_client *c, const char *method, const rpc_metadata *metadata, const uint8_t *payload,
                      size_t size, rpc_reply *reply)
{
    client_method *m = find_method(c, method);
    uint64_t start = clock_monotonic_ns();
    uint64_t deadline = fiber_limit_ms(c->options.timeout_ms);
    rpc_pending call = {
        .waiter = fiber_self(),
        .arena = fiber_arena(),
        .reply = reply,
        .request = request_of(m, metadata, (wire_span){.at = payload, .size = size}),
        .deadline_ns = fiber_deadline_ns(),
    };
    *reply = (rpc_reply){.message = ""};
    call.request.call_id = rpc_call_ids_take(&c->ids, &call);
    call.request.timeout_ms = UINT32_MAX; /* the largest it can be when encoded */
    call.size_bytes = envelope_request_size(&call.request);
    metrics_set(c->traffic.in_flight, c->ids.used);
    status s = run(c, &call);
    rpc_call_ids_release(&c->ids, call.request.call_id);
    metrics_set(c->traffic.in_flight, c->ids.used);
    fiber_set_deadline_ns(deadline);
    rpc_method_series_count(&m->series, reply->code, clock_monotonic_ns() - start);
    return s;
}

status rpc_call_message(rpc_client *c, const ProtobufCServiceDescriptor *service, const char *method,
                        const rpc_metadata *metadata, const ProtobufCMessage *request, ProtobufCMessage **answer,
                        rpc_reply *reply)
{
    *answer = NULL;
    const ProtobufCMethodDescriptor *descriptor = protobuf_c_service_descriptor_get_method_by_name(service, method);
    if (!descriptor) {
        log_error("call of a method that does not exist", log_text("service", service->name),
                  log_text("method", method));
        return fail(reply, STATUS_INTERNAL, "The method does not exist.");
    }
    char name[256];
    snprintf(name, sizeof name, "/%s/%s", service->name, method);
    size_t size;
    const uint8_t *payload = rpc_message_pack(fiber_arena(), request, &size);
    if (!payload)
        return fail(reply, STATUS_RESOURCE_EXHAUSTED, "The request is too large.");
    status s = rpc_call_bytes(c, name, metadata, payload, size, reply);
    if (s != STATUS_OK)
        return s;
    const char *why;
    *answer = rpc_message_unpack(fiber_arena(), descriptor->output, reply->payload, reply->payload_size, &why);
    if (*answer)
        return STATUS_OK;
    log_error("answer cannot be read", log_text("method", name), log_text("reason", why));
    return fail(reply, STATUS_INTERNAL, "The service's answer cannot be read.");
}

/* ---- life ---- */

static bool add_replica(rpc_client *c, loop *l, const char *address)
{
    if (c->replica_count == REPLICAS_LIMIT) {
        log_error("too many replicas", log_text("peer", c->service), log_int("limit", REPLICAS_LIMIT));
        return false;
    }
    rpc_replica_options options = {
        .service = c->service,
        .address = address,
        .ids = &c->ids,
        .traffic = &c->traffic,
        .calls_limit = c->options.calls_limit,
        .queue_limit_bytes = c->options.queue_limit_bytes,
        .message_limit_bytes = c->options.message_limit_bytes,
        .tls = c->options.tls,
        .on_connections = on_connections,
        .arg = c,
    };
    rpc_replica *r = rpc_replica_create(l, &options);
    if (!r)
        return false;
    c->replicas[c->replica_count++] = r;
    return true;
}

static bool add_replicas(rpc_client *c, loop *l)
{
    char *rest = c->addresses;
    for (char *address; (address = strtok_r(rest, ", ", &rest));)
        if (!add_replica(c, l, address))
            return false;
    if (c->replica_count == 0)
        log_error("no address of a peer", log_text("peer", c->service));
    return c->replica_count > 0;
}

rpc_client *rpc_client_create(loop *l, const rpc_client_options *options)
{
    rpc_client *c = calloc(1, sizeof *c);
    if (!c || !(c->service = strdup(options->service)) || !(c->addresses = strdup(options->addresses)))
        abort();
    c->options = *options;
    c->options.calls_limit = options->calls_limit ? options->calls_limit : 4096;
    c->options.queue_limit_bytes = options->queue_limit_bytes ? options->queue_limit_bytes : (size_t)32 << 20;
    c->options.message_limit_bytes = options->message_limit_bytes ? options->message_limit_bytes : (size_t)16 << 20;
    c->options.timeout_ms = options->timeout_ms ? options->timeout_ms : 5000;
    rpc_pending_list_init(&c->unplaced);
    rpc_traffic_init(&c->traffic, options->metrics, "client", c->service);
    if (add_replicas(c, l))
        return c;
    rpc_client_destroy(c);
    return NULL;
}

void rpc_client_destroy(rpc_client *c)
{
    if (!c)
        return;
    if (c->ids.used) {
        log_error("a client is destroyed with calls in flight", log_text("peer", c->service));
        log_flush();
        abort();
    }
    for (unsigned i = 0; i < c->replica_count; i++)
        rpc_replica_destroy(c->replicas[i]);
    while (c->method_list) {
        client_method *m = c->method_list;
        c->method_list = m->next;
        free(m->service);
        free(m);
    }
    rpc_table_finish(&c->methods);
    rpc_call_ids_finish(&c->ids);
    free(c->addresses);
    free(c->service);
    free(c);
}
