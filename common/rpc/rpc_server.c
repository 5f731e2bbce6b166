#include "rpc_server_internal.h"

#include "log.h"

#include <stdio.h>
#include <stdlib.h>

enum { SHARE = 8 }; /* of the free places: what one peer may hold */

/* ---- what arrives ---- */

void received_message_release(received_message *m)
{
    if (--m->references)
        return;
    nng_msg_free(m->message);
    free(m);
}

/* Whether one more call of this peer may be at work.
 *
 * A peer may have up to SHARE times as many as are still free (the dynamic threshold by which switches share their
 * buffers: Choudhury and Hahne, IEEE/ACM Transactions on Networking 6(2), 1998). So one alone gets SHARE parts of
 * SHARE + 1; n who flood tend to equal parts, and some places stay free for those who send little: they are served
 * while the floods are refused. */
static bool has_room(const rpc_server *s, const rpc_route *route)
{
    unsigned limit = s->options.calls_limit;
    return s->calls_in_flight < limit && rpc_route_calls(route) < (uint64_t)SHARE * (limit - s->calls_in_flight);
}

static void refuse_one_too_many(rpc_server *s, served_method *method, rpc_route *route, uint64_t call_id)
{
    metrics_add(s->traffic.refused, 1);
    rpc_method_series_refuse(&method->series, CODE_RESOURCE_EXHAUSTED);
    rpc_refuse(route, call_id, CODE_RESOURCE_EXHAUSTED, "The service is busy.");
}

static void take_request(rpc_server *s, received_message *message, rpc_route *route, wire_span bytes)
{
    envelope_request request;
    bool call_id_read;
    const char *fault = envelope_read_request(bytes, &request, &call_id_read);
    metrics_add(s->traffic.calls_received, 1);
    if (fault) {
        metrics_add(s->traffic.malformed, 1);
        if (call_id_read)
            rpc_refuse(route, request.call_id, CODE_INVALID_ARGUMENT, fault);
        return;
    }
    served_method *method = rpc_table_find(&s->methods, request.method);
    if (s->ending)
        rpc_refuse_at_the_end(route, request.call_id);
    else if (!method)
        rpc_refuse(route, request.call_id, CODE_UNIMPLEMENTED, "The method is not known.");
    else if (method->built_in)
        rpc_handle_built_in(s, method, message, route, &request);
    else if (!has_room(s, route))
        refuse_one_too_many(s, method, route, request.call_id);
    else
        rpc_handle(s, method, message, route, &request);
}

static void on_message(void *arg, nng_msg *message)
{
    rpc_server *s = arg;
    metrics_add(s->traffic.messages_received, 1);
    rpc_route *route = rpc_answers_route(s->answers, message);
    received_message *m = malloc(sizeof *m);
    if (!m)
        abort();
    *m = (received_message){.message = message, .references = 1};
    uint8_t *body = nng_msg_body(message);
    wire_reader batch = {.at = body, .end = body + nng_msg_len(message)};
    wire_span one;
    int next = -1;
    if (route) {
        while ((next = envelope_next(&batch, &one, NULL)) > 0)
            take_request(s, m, route, one);
        rpc_route_release(route);
    }
    if (next < 0)
        metrics_add(s->traffic.malformed, 1);
    received_message_release(m);
}

static void on_writable(void *arg)
{
    rpc_server *s = arg;
    rpc_answers_on_writable(s->answers);
}

static void on_connections(void *arg)
{
    rpc_server *s = arg;
    rpc_answers_on_connections(s->answers);
}

/* ---- services ---- */

static const rpc_method *find_in_table(const rpc_service *service, const char *name)
{
    for (size_t i = 0; i < service->method_count; i++)
        if (strcmp(service->methods[i].name, name) == 0)
            return &service->methods[i];
    return NULL;
}

/* Says by name where the table and the descriptor do not agree. */
static bool agree(const rpc_service *service)
{
    const ProtobufCServiceDescriptor *d = service->descriptor;
    bool good = true;
    for (unsigned i = 0; i < d->n_methods; i++) {
        const rpc_method *m = find_in_table(service, d->methods[i].name);
        if (m && m->handle)
            continue;
        log_error("method has no handler", log_text("service", d->name), log_text("method", d->methods[i].name));
        good = false;
    }
    for (size_t i = 0; i < service->method_count; i++) {
        const rpc_method *m = &service->methods[i];
        if (protobuf_c_service_descriptor_get_method_by_name(d, m->name) && find_in_table(service, m->name) == m)
            continue;
        log_error("handler has no method, or a second one is there", log_text("service", d->name),
                  log_text("method", m->name));
        good = false;
    }
    return good;
}

static void add_method(rpc_server *s, served_method *m, const rpc_service *service,
                       const ProtobufCMethodDescriptor *descriptor, void *state)
{
    const char *service_name = service->descriptor->name;
    size_t size = strlen(service_name) + strlen(descriptor->name) + 3;
    *m = (served_method){
        .full_name = malloc(size),
        .method = find_in_table(service, descriptor->name),
        .service = service,
        .descriptor = descriptor,
        .state = state,
        .built_in = service == &rpc_health_service || service == &rpc_reflection_service,
    };
    if (!m->full_name)
        abort();
    snprintf(m->full_name, size, "/%s/%s", service_name, descriptor->name);
    m->repeatability = rpc_repeatability_of(s->repeatabilities, m->full_name);
    rpc_method_series_init(&m->series, s->options.metrics, "server", service_name, descriptor->name);
    rpc_table_add(&s->methods, m->full_name, m);
}

static bool add_service(rpc_server *s, const rpc_service *service, void *state)
{
    if (!agree(service))
        return false;
    served_service **link = &s->services;
    int order = 1;
    while (*link && (order = strcmp((*link)->service->descriptor->name, service->descriptor->name)) < 0)
        link = &(*link)->next;
    if (order == 0) {
        log_error("service is added twice", log_text("service", service->descriptor->name));
        return false;
    }
    served_service *added = calloc(1, sizeof *added);
    if (!added || !(added->methods = calloc(service->method_count, sizeof *added->methods)))
        abort();
    added->service = service;
    added->method_count = service->method_count;
    added->next = *link;
    *link = added;
    for (unsigned i = 0; i < service->descriptor->n_methods; i++)
        add_method(s, &added->methods[i], service, &service->descriptor->methods[i], state);
    return true;
}

bool rpc_server_add(rpc_server *s, const rpc_service *service, void *state)
{
    return add_service(s, service, state);
}

void rpc_server_add_check(rpc_server *s, const char *name, bool (*healthy)(void *arg), void *arg)
{
    if (s->check_count == RPC_CHECKS_LIMIT)
        abort();
    s->checks[s->check_count++] = (rpc_check){.name = name, .healthy = healthy, .arg = arg};
}

void rpc_server_set_serving(rpc_server *s, bool serving)
{
    s->serving = serving;
    rpc_answers_set_leaving(s->answers, !serving);
}

unsigned rpc_server_calls_in_flight(const rpc_server *s)
{
    return s->calls_in_flight;
}

int rpc_server_port(const rpc_server *s)
{
    return rpc_socket_port(s->socket);
}

/* ---- life ---- */

rpc_server *rpc_server_create(loop *l, const rpc_server_options *options)
{
    rpc_server *s = calloc(1, sizeof *s);
    if (!s || !(s->address = strdup(options->address)))
        abort();
    s->loop = l;
    s->options = *options;
    s->options.calls_limit = options->calls_limit ? options->calls_limit : 1024;
    s->options.message_limit_bytes = options->message_limit_bytes ? options->message_limit_bytes : (size_t)16 << 20;
    s->options.timeout_ms = options->timeout_ms ? options->timeout_ms : 30000;
    s->options.version = options->version ? options->version : "";
    s->serving = true;
    arena_init(&s->scratch, 0);
    rpc_traffic_init(&s->traffic, options->metrics, "server", "");
    rpc_socket_owner owner = {.on_message = on_message,
                              .on_writable = on_writable,
                              .on_connections = on_connections,
                              .arg = s};
    s->socket = rpc_socket_open(l, RPC_SOCKET_SERVER, s->options.message_limit_bytes, &owner);
    s->answers = rpc_answers_create(l, s->socket, &s->traffic, 4 * s->options.message_limit_bytes);
    s->repeatabilities = rpc_repeatabilities_create(options->descriptors, options->descriptors_size);
    add_service(s, &rpc_health_service, s);
    add_service(s, &rpc_reflection_service, s);
    return s;
}

/* Where a free port was picked: a listener that is restarted shall have the same. */
static void note_port(rpc_server *s, int port)
{
    char *whole;
    *strrchr(s->address, ':') = '\0'; /* nng knows no address of TCP without a port */
    if (asprintf(&whole, "%s:%d", s->address, port) < 0)
        abort();
    free(s->address);
    s->address = whole;
}

static void watch_listener(rpc_server *s)
{
    const rpc_watchdog_options options = {
        .socket = s->socket,
        .address = s->address,
        .tls = rpc_socket_has_tls(s->address) ? s->options.tls : NULL,
        .period_ms = s->options.watchdog_ms,
        .metrics = s->options.metrics,
    };
    s->watchdog = rpc_watchdog_create(s->loop, &options);
}

status rpc_server_listen(rpc_server *s)
{
    int error = rpc_socket_listen(s->socket, s->address, s->options.tls);
    if (!error) {
        int port = rpc_socket_port(s->socket);
        if (port) { /* else it is no TCP */
            note_port(s, port);
            watch_listener(s);
        }
        return STATUS_OK;
    }
    log_error("cannot listen", log_text("address", s->address), log_text("reason", nng_strerror(error)));
    return STATUS_UNAVAILABLE;
}

static void destroy_service(served_service *service)
{
    for (size_t i = 0; i < service->method_count; i++)
        free(service->methods[i].full_name);
    free(service->methods);
    free(service);
}

void rpc_server_destroy(rpc_server *s)
{
    if (!s)
        return;
    s->ending = true;
    rpc_socket_drain(s->socket);
    rpc_handle_refuse_unbegun(s);
    if (s->calls_in_flight) {
        log_error("a server is destroyed with calls in flight", log_int("calls", s->calls_in_flight));
        log_flush();
        abort();
    }
    rpc_answers_destroy(s->answers);
    rpc_watchdog_destroy(s->watchdog);
    rpc_socket_close(s->socket);
    while (s->services) {
        served_service *service = s->services;
        s->services = service->next;
        destroy_service(service);
    }
    rpc_table_finish(&s->methods);
    rpc_repeatabilities_destroy(s->repeatabilities);
    arena_finish(&s->scratch);
    free(s->address);
    free(s);
}
