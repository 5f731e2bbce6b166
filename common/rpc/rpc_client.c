#include "rpc_client_internal.h"

#include "clock.h"
#include "descriptor_set.h"
#include "fiber.h"
#include "log.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { RETRY_TOKENS = 10, HEDGE_TOKENS = 10 };

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
    m->repeatability = rpc_repeatability_of(c->repeatabilities, name);
    if (c->options.hedge_percent && m->repeatability == RPC_READ_ONLY && !(m->latency = calloc(1, sizeof *m->latency)))
        abort();
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

/* ---- a call ---- */

bool rpc_client_ready(const rpc_client *c)
{
    return rpc_replicas_ready(c->replicas);
}

static void on_connections(void *arg)
{
    rpc_client *c = arg;
    if (c->unplaced.first && rpc_client_ready(c))
        for (rpc_pending *call = c->unplaced.first; call; call = call->next)
            fiber_wake(call->waiter);
}

status rpc_client_fail(rpc_reply *reply, status s, const char *message)
{
    *reply = (rpc_reply){.code = -s, .message = message};
    return s;
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
    if (m->latency)
        rpc_budget_give(&c->hedges, c->options.hedge_percent / 100.0);
    status s = rpc_attempt(c, m, &call);
    metrics_set(c->traffic.in_flight, c->ids.used);
    fiber_set_deadline_ns(deadline);
    uint64_t duration = clock_monotonic_ns() - start;
    rpc_method_series_count(&m->series, reply->code, duration);
    if (m->latency && s == STATUS_OK)
        rpc_latency_add(m->latency, duration);
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
        return rpc_client_fail(reply, STATUS_INTERNAL, "The method does not exist.");
    }
    char name[256];
    snprintf(name, sizeof name, "/%s/%s", service->name, method);
    size_t size;
    const uint8_t *payload = rpc_message_pack(fiber_arena(), request, &size);
    if (!payload)
        return rpc_client_fail(reply, STATUS_RESOURCE_EXHAUSTED, "The request is too large.");
    status s = rpc_call_bytes(c, name, metadata, payload, size, reply);
    if (s != STATUS_OK)
        return s;
    const char *why;
    *answer = rpc_message_unpack(fiber_arena(), descriptor->output, reply->payload, reply->payload_size, &why);
    if (*answer)
        return STATUS_OK;
    log_error("answer cannot be read", log_text("method", name), log_text("reason", why));
    return rpc_client_fail(reply, STATUS_INTERNAL, "The service's answer cannot be read.");
}

/* ---- life ---- */

static void apply_defaults(rpc_client_options *o)
{
    o->calls_limit = o->calls_limit ? o->calls_limit : 4096;
    o->queue_limit_bytes = o->queue_limit_bytes ? o->queue_limit_bytes : (size_t)32 << 20;
    o->message_limit_bytes = o->message_limit_bytes ? o->message_limit_bytes : (size_t)16 << 20;
    o->timeout_ms = o->timeout_ms ? o->timeout_ms : 5000;
    if (!o->descriptors) {
        o->descriptors = sical_descriptor_set;
        o->descriptors_size = (size_t)(sical_descriptor_set_end - sical_descriptor_set);
    }
}

static void make_metrics(rpc_client *c)
{
    metrics_registry *r = c->options.metrics;
    rpc_traffic_init(&c->traffic, r, "client", c->service);
    metrics_family *retries =
        metrics_register(r, METRICS_COUNTER, "rpc_client_retries_total", "service", "Calls that were made again.");
    metrics_family *hedges = metrics_register(r, METRICS_COUNTER, "rpc_client_hedges_total", "service",
                                              "Second copies of calls that were slow.");
    c->retried = METRICS_WITH(retries, c->service);
    c->hedged = METRICS_WITH(hedges, c->service);
}

static rpc_replicas *find_replicas(rpc_client *c, loop *l)
{
    const rpc_client_options *o = &c->options;
    const rpc_replicas_options options = {
        .addresses = o->addresses,
        .dns_servers = o->dns_servers,
        .dns_interval_ms = o->dns_interval_ms,
        .metrics = o->metrics,
        .replica =
            {
                .service = c->service,
                .ids = &c->ids,
                .traffic = &c->traffic,
                .calls_limit = o->calls_limit,
                .queue_limit_bytes = o->queue_limit_bytes,
                .message_limit_bytes = o->message_limit_bytes,
                .tls = o->tls,
                .on_connections = on_connections,
                .arg = c,
            },
    };
    return rpc_replicas_create(l, &options);
}

rpc_client *rpc_client_create(loop *l, const rpc_client_options *options)
{
    rpc_client *c = calloc(1, sizeof *c);
    if (!c || !(c->service = strdup(options->service)))
        abort();
    c->options = *options;
    apply_defaults(&c->options);
    rpc_pending_list_init(&c->unplaced);
    c->retries = rpc_budget_full(RETRY_TOKENS);
    c->hedges = rpc_budget_full(HEDGE_TOKENS);
    make_metrics(c);
    c->repeatabilities = rpc_repeatabilities_create(c->options.descriptors, c->options.descriptors_size);
    c->replicas = find_replicas(c, l);
    if (c->replicas)
        return c;
    rpc_client_destroy(c);
    return NULL;
}

static void destroy_methods(rpc_client *c)
{
    while (c->method_list) {
        client_method *m = c->method_list;
        c->method_list = m->next;
        free(m->latency);
        free(m->service);
        free(m);
    }
    rpc_table_finish(&c->methods);
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
    rpc_replicas_destroy(c->replicas);
    destroy_methods(c);
    rpc_repeatabilities_destroy(c->repeatabilities);
    rpc_call_ids_finish(&c->ids);
    free(c->service);
    free(c);
}
