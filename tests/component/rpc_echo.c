#include "rpc_echo.h"

#include "clock.h"
#include "fiber.h"
#include "log.h"
#include "metrics.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <uv.h>

#include "google/protobuf/descriptor.pb-c.h"

#if defined(__SANITIZE_ADDRESS__)
#include <sanitizer/lsan_interface.h>
#endif

typedef Sical__Plan__V1__GetTopicRequest echo_request;
typedef Sical__Plan__V1__Topic echo_reply;

typedef struct echo_held {
    fiber *waiter;
    bool released;
    struct echo_held *next;
} echo_held;

static void execute(rpc_call *call, const echo_request *request)
{
    echo_state *state = call->service;
    state->executions++;
    if (!state->journal)
        return;
    char line[128];
    int length = snprintf(line, sizeof line, "%s\n", request->key);
    int file = open(state->journal, O_WRONLY | O_APPEND | O_CREAT, 0600);
    if (file < 0 || write(file, line, (size_t)length) != length)
        abort();
    close(file);
}

static bool is_unavailable(rpc_call *call)
{
    echo_state *state = call->service;
    return state->unavailable && state->unavailable--;
}

static status echo(rpc_call *call, const echo_request *request, echo_reply **reply)
{
    const echo_state *state = call->service;
    execute(call, request);
    if (is_unavailable(call))
        return STATUS_UNAVAILABLE;
    if (state->lag_ms && fiber_sleep(state->lag_ms) != STATUS_OK)
        return STATUS_DEADLINE_EXCEEDED;
    *reply = ARENA_NEW(call->arena, echo_reply);
    sical__plan__v1__topic__init(*reply);
    (*reply)->key = request->key;
    (*reply)->summary = request->graph_id;
    return STATUS_OK;
}

static status echo_twice(rpc_call *call, const echo_request *request, echo_reply **reply)
{
    status s = echo(call, request, reply);
    if (s == STATUS_OK)
        (*reply)->title = request->key;
    return s;
}

static status sleep_and_echo(rpc_call *call, const echo_request *request, echo_reply **reply)
{
    status s = fiber_sleep((uint32_t)atoi(request->graph_id));
    return s == STATUS_OK ? echo(call, request, reply) : s;
}

static status hold(rpc_call *call, const echo_request *request, echo_reply **reply)
{
    echo_state *state = call->service;
    echo_held held = {.waiter = fiber_self(), .next = state->held};
    state->held = &held;
    state->held_count++;
    fiber_set_deadline_ns(FIBER_NO_DEADLINE); /* the test decides when it ends */
    while (!held.released)
        fiber_park();
    return echo(call, request, reply);
}

void echo_release(echo_state *state)
{
    for (echo_held *h = state->held; h; h = h->next) {
        h->released = true;
        fiber_wake(h->waiter);
    }
    state->held = NULL;
    state->held_count = 0;
}

static status burn(rpc_call *call, const echo_request *request, echo_reply **reply)
{
    uint64_t end = clock_monotonic_ns() + (uint64_t)atoi(request->graph_id) * CLOCK_NS_PER_MS;
    while (clock_monotonic_ns() < end)
        ;
    return echo(call, request, reply);
}

static status give_outcome(rpc_call *call, const echo_request *request, echo_reply **reply)
{
    (void)reply;
    execute(call, request);
    rpc_add_fault(call, "key", "is %s", request->key);
    rpc_add_fault(call, "graph_id", "is %s", request->graph_id);
    if (strcmp(request->key, "explain") == 0)
        rpc_explain(call, "explained %d", 42);
    return atoi(request->graph_id);
}

static status caller(rpc_call *call, const echo_request *request, echo_reply **reply)
{
    execute(call, request);
    if (is_unavailable(call))
        return STATUS_UNAVAILABLE;
    *reply = ARENA_NEW(call->arena, echo_reply);
    sical__plan__v1__topic__init(*reply);
    const rpc_metadata *m = &call->metadata;
    const char *current = rpc_current_request_id();
    (*reply)->key = arena_printf(call->arena, "%s|%s|%s|%s|%s|%s|%s", m->request_id, m->traceparent, m->user_id,
                                 m->role, m->session_id, m->idempotency_key, current);
    return STATUS_OK;
}

RPC_HANDLER(echo, echo_request, echo_reply)
RPC_HANDLER(echo_twice, echo_request, echo_reply)
RPC_HANDLER(sleep_and_echo, echo_request, echo_reply)
RPC_HANDLER(hold, echo_request, echo_reply)
RPC_HANDLER(burn, echo_request, echo_reply)
RPC_HANDLER(give_outcome, echo_request, echo_reply)
RPC_HANDLER(caller, echo_request, echo_reply)

static enum code outcome_code(status outcome, const char **message)
{
    *message = "An outcome.";
    return outcome == 1 ? CODE_INVALID_ARGUMENT : outcome == 2 ? CODE_NOT_FOUND : CODE_OK;
}

#define METHOD(NAME)                                                                                                   \
    {                                                                                                                  \
        NAME, &sical__plan__v1__get_topic_request__descriptor, &sical__plan__v1__topic__descriptor                     \
    }
static const ProtobufCMethodDescriptor method_descriptors[] = {METHOD("Burn"),  METHOD("Caller"),  METHOD("Echo"),
                                                               METHOD("Hold"),  METHOD("Outcome"), METHOD("Peer"),
                                                               METHOD("Sleep"), METHOD("Twice")};
static const unsigned methods_by_name[] = {0, 1, 2, 3, 4, 5, 6, 7};
const ProtobufCServiceDescriptor echo_descriptor = {
    .magic = PROTOBUF_C__SERVICE_DESCRIPTOR_MAGIC,
    .name = "sical.test.v1.EchoService",
    .short_name = "EchoService",
    .c_name = "EchoService",
    .package = "sical.test.v1",
    .n_methods = 8,
    .methods = method_descriptors,
    .method_indices_by_name = methods_by_name,
};

static const rpc_method methods[] = {
    {"Echo", RPC_PUBLIC, echo_rpc},
    {"Sleep", RPC_PUBLIC, sleep_and_echo_rpc},
    {"Hold", RPC_PUBLIC, hold_rpc},
    {"Burn", RPC_PUBLIC, burn_rpc},
    {"Outcome", RPC_PUBLIC, give_outcome_rpc},
    {"Caller", RPC_USER, caller_rpc},
    {"Twice", RPC_PUBLIC, echo_twice_rpc},
    {"Peer", RPC_PEER, caller_rpc},
};
const rpc_service echo_service = {.descriptor = &echo_descriptor,
                                  .methods = methods,
                                  .method_count = 8,
                                  .outcome = outcome_code};

/* ---- for the tests ---- */

const uint8_t *echo_descriptors(arena *a, size_t *size)
{
    typedef Google__Protobuf__MethodDescriptorProto method_proto;
    typedef Google__Protobuf__MethodOptions method_options;
    enum { COUNT = sizeof method_descriptors / sizeof method_descriptors[0] };
    method_proto protos[COUNT], *list[COUNT];
    method_options options[COUNT];
    for (int i = 0; i < COUNT; i++) {
        const char *name = method_descriptors[i].name;
        bool read = strcmp(name, "Echo") == 0 || strcmp(name, "Sleep") == 0;
        google__protobuf__method_options__init(&options[i]);
        options[i].has_idempotency_level = read || strcmp(name, "Twice") == 0;
        options[i].idempotency_level = read ? GOOGLE__PROTOBUF__METHOD_OPTIONS__IDEMPOTENCY_LEVEL__NO_SIDE_EFFECTS
                                            : GOOGLE__PROTOBUF__METHOD_OPTIONS__IDEMPOTENCY_LEVEL__IDEMPOTENT;
        google__protobuf__method_descriptor_proto__init(list[i] = &protos[i]);
        protos[i].name = (char *)name;
        protos[i].options = &options[i];
    }
    Google__Protobuf__ServiceDescriptorProto service = GOOGLE__PROTOBUF__SERVICE_DESCRIPTOR_PROTO__INIT;
    Google__Protobuf__FileDescriptorProto file = GOOGLE__PROTOBUF__FILE_DESCRIPTOR_PROTO__INIT;
    Google__Protobuf__FileDescriptorSet set = GOOGLE__PROTOBUF__FILE_DESCRIPTOR_SET__INIT;
    service.name = (char *)echo_descriptor.short_name;
    service.n_method = COUNT;
    service.method = list;
    file.package = (char *)echo_descriptor.package;
    file.n_service = 1;
    file.service = &(Google__Protobuf__ServiceDescriptorProto *){&service};
    set.n_file = 1;
    set.file = &(Google__Protobuf__FileDescriptorProto *){&file};
    return rpc_message_pack(a, &set.base, size);
}

void echo_pair_start(echo_pair *pair, const rpc_server_options *server, const rpc_client_options *client)
{
    memset(pair, 0, sizeof *pair);
    pair->loop = loop_create();
    pair->metrics = metrics_create();
    rpc_server_options s = server ? *server : (rpc_server_options){0};
    s.address = "tcp://127.0.0.1:0";
    s.metrics = pair->metrics;
    pair->server = rpc_server_create(pair->loop, &s);
    if (!rpc_server_add(pair->server, &echo_service, &pair->state) || rpc_server_listen(pair->server) != STATUS_OK)
        abort();
    snprintf(pair->address, sizeof pair->address, "tcp://127.0.0.1:%d", rpc_server_port(pair->server));
    rpc_client_options c = client ? *client : (rpc_client_options){0};
    c.service = "echo";
    c.addresses = pair->address;
    c.metrics = pair->metrics;
    pair->client = rpc_client_create(pair->loop, &c);
    if (!pair->client)
        abort();
}

/* Criterion hides what AddressSanitizer would say at the end of a test. */
static void look_for_leaks(void)
{
#if defined(__SANITIZE_ADDRESS__)
    if (__lsan_do_recoverable_leak_check())
        abort();
#endif
}

void echo_end_process(void)
{
    log_flush();
    _exit(ECHO_ALL_IS_ASSERTED);
}

void echo_pair_stop(echo_pair *pair)
{
    rpc_client_destroy(pair->client);
    rpc_server_destroy(pair->server);
    loop_destroy(pair->loop);
    metrics_destroy(pair->metrics);
    look_for_leaks();
}

void echo_run(loop *l, void (*fn)(void *arg), void *arg)
{
    fiber_spawn(l, "test", fn, arg);
    loop_run_until_idle(l);
}

status echo_call(rpc_client *c, const char *method, const char *key, const char *graph_id, const rpc_metadata *metadata,
                 Sical__Plan__V1__Topic **answer, rpc_reply *reply)
{
    echo_request request = SICAL__PLAN__V1__GET_TOPIC_REQUEST__INIT;
    request.key = (char *)key;
    request.graph_id = (char *)graph_id;
    ProtobufCMessage *message;
    status s = rpc_call_message(c, &echo_descriptor, method, metadata, &request.base, &message, reply);
    *answer = (Sical__Plan__V1__Topic *)message;
    return s;
}

double echo_metric(struct metrics_registry *metrics, const char *prefix)
{
    size_t size;
    char *text = metrics_render(metrics, &size);
    double value = 0;
    for (char *line = text; line && *line; line = strchr(line, '\n'), line = line ? line + 1 : NULL) {
        if (strncmp(line, prefix, strlen(prefix)))
            continue;
        char *end = strchr(line, '\n');
        if (end)
            *end = '\0';
        value = strtod(strrchr(line, ' '), NULL);
        break;
    }
    free(text);
    return value;
}
