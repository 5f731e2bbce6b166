/* What the commands share: servers and their addresses, TLS, reflection, reports. */
#include "run.h"

#include "fiber.h"
#include "peers.h"
#include "rpc_tls.h"
#include "transcode.h"

#include "health.pb-c.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SERVERS_MAX = 64 };

/* ---- servers ---- */

static void add_each(server *list, size_t *count, const char *name, const char *addresses)
{
    char *rest = arena_strdup(fiber_arena(), addresses);
    for (char *one; *count < SERVERS_MAX && (one = strtok_r(rest, ", ", &rest));)
        list[(*count)++] = (server){.name = name, .addresses = one};
}

static const char *service_of(const char *target)
{
    return arena_strndup(fiber_arena(), target, strcspn(target + (*target == '/'), "/") + (*target == '/'));
}

bool run_server_of(run *r, const char *target, server *s)
{
    *s = (server){.name = "server", .addresses = r->command->addresses};
    if (s->addresses)
        return true;
    const char *service = service_of(target);
    const peer *known = peers_find(service);
    if (known) {
        *s = (server){.name = known->name, .addresses = known->address};
        return true;
    }
    const char *near = peers_suggest(service);
    fprintf(stderr, "sical: no server is known for %s: %s%s%ssay --address\n", service, near ? "did you mean " : "",
            near ? near : "", near ? "? Else " : "");
    return false;
}

const server *run_servers(run *r, const char *target, size_t *count)
{
    server *list = ARENA_ARRAY(fiber_arena(), server, SERVERS_MAX), one;
    *count = 0;
    if (target || r->command->addresses) {
        if (!run_server_of(r, target ? target : "", &one))
            return NULL;
        add_each(list, count, one.name, one.addresses);
        return list;
    }
    const peer *all = peers_all();
    for (const peer *p = all; p < all + PEER_COUNT; p++)
        add_each(list, count, p->name, p->address);
    return list;
}

/* ---- connections ---- */

static const char *setting(const char *name)
{
    const char *value = getenv(name);
    return value ? value : "";
}

/* As for the services: without a CA there is no TLS, which the client then says of the address. */
static void make_tls(run *r)
{
    const rpc_tls_options options = {
        .ca = setting("RPC_TLS_CA"),
        .certificate = setting("RPC_TLS_CERT"),
        .key = setting("RPC_TLS_KEY"),
        .server_name = setting("RPC_TLS_SERVER_NAME"),
    };
    if (!r->tls && *options.ca)
        r->tls = rpc_tls_create(r->loop, &options);
}

rpc_client *run_connect(run *r, const server *s, metrics_registry *metrics)
{
    bool secured = strstr(s->addresses, "tls+") != NULL;
    if (secured)
        make_tls(r);
    rpc_client_options options = {
        .service = s->name,
        .addresses = s->addresses,
        .timeout_ms = r->command->deadline_ms,
        .tls = r->tls,
        .metrics = metrics,
    };
    rpc_client *c = secured && !r->tls ? NULL : rpc_client_create(r->loop, &options);
    if (!c && secured && !r->tls)
        fprintf(stderr, "sical: %s needs RPC_TLS_CA, RPC_TLS_CERT and RPC_TLS_KEY\n", s->addresses);
    else if (!c)
        fprintf(stderr, "sical: %s is no address (tcp://host:port)\n", s->addresses);
    return c;
}

/* ---- reports ---- */

int run_report(const char *what, const rpc_reply *reply)
{
    fprintf(stderr, "%s: %s: %s\n", what, code_name(reply->code), reply->message);
    for (size_t i = 0; i < reply->fault_count; i++)
        fprintf(stderr, "  %s: %s\n", transcode_camel_case(fiber_arena(), reply->faults[i].field),
                reply->faults[i].message);
    return reply->code == CODE_UNAVAILABLE || reply->code == CODE_DEADLINE_EXCEEDED ? EXIT_UNREACHED : EXIT_FAILED;
}

void run_print_json(json_t *json)
{
    char *text = json_dumps(json, JSON_INDENT(2) | JSON_REAL_PRECISION(6));
    puts(text ? text : "null");
    free(text);
    json_decref(json);
}

/* ---- reflection ---- */

int run_reflect(rpc_client *c, const char *address, reflection *out)
{
    Sical__Rpc__V1__GetDescriptorsRequest request = SICAL__RPC__V1__GET_DESCRIPTORS_REQUEST__INIT;
    ProtobufCMessage *answer;
    rpc_reply reply;
    const char *why = "";
    *out = (reflection){0};
    if (rpc_call_message(c, &sical__rpc__v1__reflection__descriptor, "GetDescriptors", NULL, &request.base, &answer,
                         &reply))
        return run_report(address, &reply);
    const ProtobufCBinaryData *set = &((Sical__Rpc__V1__GetDescriptorsResponse *)answer)->file_descriptor_set;
    out->services = dynamic_descriptors_read(fiber_arena(), set->data, set->len, &why);
    out->contract = out->services ? contract_create(set->data, set->len, &why) : NULL;
    if (out->contract)
        return STATUS_OK;
    fprintf(stderr, "%s: its descriptors cannot be used: %s\n", address, why);
    return EXIT_FAILED;
}

/* ---- ---- */

static void run_fiber(void *arg)
{
    static int (*const commands[])(run * r) = {
        [COMMAND_LIST] = run_list,
        [COMMAND_CALL] = run_call,
        [COMMAND_HEALTH] = run_health,
        [COMMAND_BENCH] = run_bench,
    };
    run *r = arg;
    r->exit_code = commands[r->command->name](r);
}

int run_command(const command *c)
{
    if (c->name == COMMAND_HELP)
        return command_print_help(c->target) ? EXIT_OK : EXIT_USAGE;
    run r = {.loop = loop_create(), .command = c};
    fiber_spawn(r.loop, "command", run_fiber, &r);
    loop_run_until_idle(r.loop);
    rpc_tls_destroy(r.tls);
    loop_destroy(r.loop);
    return fflush(stdout) ? EXIT_FAILED : r.exit_code;
}
