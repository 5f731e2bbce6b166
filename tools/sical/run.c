/* The commands themselves, on a fiber. */
#include "command.h"
#include "dynamic_descriptors.h"
#include "fiber.h"
#include "peers.h"
#include "transcode.h"

#include "health.pb-c.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { INPUT_LIMIT_BYTES = 16 * 1024 * 1024 };

typedef struct run {
    loop *loop;
    const command *command;
    int exit_code;
} run;

/* ---- talking to one server ---- */

static rpc_client *connect_to(run *r, const char *name, const char *address)
{
    rpc_client_options options = {.service = name, .addresses = address, .timeout_ms = r->command->deadline_ms};
    rpc_client *c = rpc_client_create(r->loop, &options);
    if (!c)
        fprintf(stderr, "sical: %s is no address (tcp://host:port)\n", address);
    return c;
}

/* Says how a call failed; the exit code for it. */
static int report(const char *what, const rpc_reply *reply)
{
    fprintf(stderr, "%s: %s: %s\n", what, code_name(reply->code), reply->message);
    for (size_t i = 0; i < reply->fault_count; i++)
        fprintf(stderr, "  %s: %s\n", reply->faults[i].field, reply->faults[i].message);
    return EXIT_FAILED;
}

static const dynamic_services *reflect(rpc_client *c, const char *address)
{
    Sical__Rpc__V1__GetDescriptorsRequest request = SICAL__RPC__V1__GET_DESCRIPTORS_REQUEST__INIT;
    ProtobufCMessage *answer;
    rpc_reply reply;
    if (rpc_call_message(c, &sical__rpc__v1__reflection__descriptor, "GetDescriptors", NULL, &request.base, &answer,
                         &reply)) {
        report(address, &reply);
        return NULL;
    }
    const ProtobufCBinaryData *set = &((Sical__Rpc__V1__GetDescriptorsResponse *)answer)->file_descriptor_set;
    const char *why = "";
    const dynamic_services *services = dynamic_descriptors_read(fiber_arena(), set->data, set->len, &why);
    if (!services)
        fprintf(stderr, "%s: its descriptors cannot be used: %s\n", address, why);
    return services;
}

/* ---- list ---- */

static const ProtobufCServiceDescriptor *find_service(const dynamic_services *services, const char *name)
{
    for (size_t i = 0; i < services->count; i++)
        if (strcmp(services->list[i].name, name) == 0)
            return &services->list[i];
    return NULL;
}

static int list(rpc_client *c, const char *address)
{
    Sical__Rpc__V1__ListServicesRequest request = SICAL__RPC__V1__LIST_SERVICES_REQUEST__INIT;
    ProtobufCMessage *answer;
    rpc_reply reply;
    if (rpc_call_message(c, &sical__rpc__v1__reflection__descriptor, "ListServices", NULL, &request.base, &answer,
                         &reply))
        return report(address, &reply);
    const dynamic_services *services = reflect(c, address);
    if (!services)
        return EXIT_FAILED;
    const Sical__Rpc__V1__ListServicesResponse *names = (Sical__Rpc__V1__ListServicesResponse *)answer;
    printf("%s\n", address);
    for (size_t i = 0; i < names->n_services; i++) {
        printf("  %s\n", names->services[i]);
        const ProtobufCServiceDescriptor *d = find_service(services, names->services[i]);
        for (unsigned m = 0; d && m < d->n_methods; m++)
            printf("    %s(%s) -> %s\n", d->methods[m].name, d->methods[m].input->short_name,
                   d->methods[m].output->short_name);
    }
    return EXIT_OK;
}

/* ---- health ---- */

static int health(rpc_client *c, const char *address)
{
    Sical__Rpc__V1__HealthCheckRequest request = SICAL__RPC__V1__HEALTH_CHECK_REQUEST__INIT;
    ProtobufCMessage *answer;
    rpc_reply reply;
    if (rpc_call_message(c, &sical__rpc__v1__health__descriptor, "Check", NULL, &request.base, &answer, &reply))
        return report(address, &reply);
    const Sical__Rpc__V1__HealthCheckResponse *h = (Sical__Rpc__V1__HealthCheckResponse *)answer;
    bool serving = h->status == SICAL__RPC__V1__HEALTH_CHECK_RESPONSE__STATUS__SERVING;
    printf("%s %s %s", address, serving ? "serving" : "not serving", h->version);
    for (size_t i = 0; i < h->n_failing; i++)
        printf("%s%s", i ? ", " : " failing: ", h->failing[i]);
    printf("\n");
    return serving ? EXIT_OK : EXIT_FAILED;
}

/* Runs what for the one address that was given, or for all that are known. */
static int for_each_server(run *r, int (*what)(rpc_client *c, const char *address))
{
    const peer given = {.name = "server", .address = r->command->address};
    const peer *servers = given.address ? &given : peers_all();
    int worst = EXIT_OK;
    for (size_t i = 0; i < (given.address ? 1 : PEER_COUNT); i++) {
        rpc_client *c = connect_to(r, servers[i].name, servers[i].address);
        if (!c)
            return EXIT_USAGE;
        int code = what(c, servers[i].address);
        worst = code > worst ? code : worst;
        rpc_client_destroy(c);
    }
    return worst;
}

/* ---- call ---- */

/* "plan.PlanService" means sical.plan.v1.PlanService: the last parts are equal, the parts before occur in order. */
static bool means(const char *full, const char *given)
{
    const char *full_last = strrchr(full, '.'), *given_last = strrchr(given, '.');
    if (strcmp(full_last ? full_last + 1 : full, given_last ? given_last + 1 : given))
        return false;
    const char *at = full;
    for (const char *part = given; given_last && part < given_last; part = strchr(part, '.') + 1) {
        size_t length = strcspn(part, ".");
        while (at < full_last && (strcspn(at, ".") != length || strncmp(at, part, length)))
            at += strcspn(at, ".") + 1;
        if (at >= full_last)
            return false;
        at += length + 1;
    }
    return true;
}

/* The input as text: from the command line, or all of standard input. NULL when that is too large. */
static const char *read_input(const command *c)
{
    if (!c->json)
        return "{}";
    if (strcmp(c->json, "-"))
        return c->json;
    char *text = arena_alloc(fiber_arena(), INPUT_LIMIT_BYTES + 1);
    size_t size = fread(text, 1, INPUT_LIMIT_BYTES + 1, stdin);
    if (size > INPUT_LIMIT_BYTES)
        return NULL;
    text[size] = '\0';
    return text;
}

static int call_method(run *r, rpc_client *c, const char *service, const ProtobufCMethodDescriptor *method)
{
    arena *a = fiber_arena();
    const char *input = read_input(r->command);
    transcode_faults faults = {0};
    ProtobufCMessage *request = input ? transcode_read(a, method->input, input, strlen(input), &faults) : NULL;
    if (!request) {
        fprintf(stderr, "sical: the input is no %s%s\n", method->input->short_name, input ? "" : ": it is too large");
        for (size_t i = 0; i < faults.count; i++)
            fprintf(stderr, "  %s: %s\n", faults.list[i].field, faults.list[i].message);
        return EXIT_USAGE;
    }
    const char *name = arena_printf(a, "/%s/%s", service, method->name);
    size_t size;
    const uint8_t *payload = rpc_message_pack(a, request, &size);
    rpc_reply reply;
    if (rpc_call_bytes(c, name, &r->command->metadata, payload, size, &reply))
        return report(name + 1, &reply);
    const char *why;
    ProtobufCMessage *answer = rpc_message_unpack(a, method->output, reply.payload, reply.payload_size, &why);
    if (!answer) {
        fprintf(stderr, "%s: the answer cannot be read: %s\n", name + 1, why);
        return EXIT_FAILED;
    }
    puts(transcode_write(a, answer, &(transcode_options){.indent = 2}, &size));
    return EXIT_OK;
}

static int find_and_call(run *r, rpc_client *c, const char *address)
{
    const dynamic_services *services = reflect(c, address);
    if (!services)
        return EXIT_FAILED;
    const char *slash = strrchr(r->command->method, '/');
    const char *wanted = arena_strndup(fiber_arena(), r->command->method, (size_t)(slash - r->command->method));
    for (size_t i = 0; i < services->count; i++) {
        const ProtobufCServiceDescriptor *d = &services->list[i];
        for (unsigned m = 0; means(d->name, wanted) && m < d->n_methods; m++)
            if (strcmp(d->methods[m].name, slash + 1) == 0)
                return call_method(r, c, d->name, &d->methods[m]);
    }
    fprintf(stderr, "sical: %s knows no %s (see sical list)\n", address, r->command->method);
    return EXIT_USAGE;
}

static int call(run *r)
{
    const char *slash = strrchr(r->command->method, '/');
    const char *service = arena_strndup(fiber_arena(), r->command->method, (size_t)(slash - r->command->method));
    const peer *known = r->command->address ? NULL : peers_find(service);
    if (!r->command->address && !known) {
        fprintf(stderr, "sical: which server has %s? Say --address\n", service);
        return EXIT_USAGE;
    }
    const char *address = known ? known->address : r->command->address;
    rpc_client *c = connect_to(r, known ? known->name : "server", address);
    if (!c)
        return EXIT_USAGE;
    int code = find_and_call(r, c, address);
    rpc_client_destroy(c);
    return code;
}

/* ---- ---- */

static void run_fiber(void *arg)
{
    run *r = arg;
    if (strcmp(r->command->name, "call") == 0)
        r->exit_code = call(r);
    else
        r->exit_code = for_each_server(r, strcmp(r->command->name, "list") == 0 ? list : health);
}

int command_run(const command *c)
{
    run r = {.loop = loop_create(), .command = c};
    fiber_spawn(r.loop, "command", run_fiber, &r);
    loop_run_until_idle(r.loop);
    loop_destroy(r.loop);
    return r.exit_code;
}
