/* sical list */
#include "fiber.h"
#include "run.h"

#include "health.pb-c.h"

#include <stdio.h>
#include <string.h>

typedef Sical__Rpc__V1__ListServicesResponse service_names;

static const ProtobufCServiceDescriptor *find_service(const dynamic_services *services, const char *name)
{
    for (size_t i = 0; i < services->count; i++)
        if (strcmp(services->list[i].name, name) == 0)
            return &services->list[i];
    return NULL;
}

static const char *full_name(const ProtobufCServiceDescriptor *d, unsigned method)
{
    return arena_printf(fiber_arena(), "/%s/%s", d->name, d->methods[method].name);
}

/* ---- for people ---- */

static void print_methods(const ProtobufCServiceDescriptor *d)
{
    for (unsigned m = 0; m < d->n_methods; m++)
        printf("    %s(%s) -> %s\n", d->methods[m].name, d->methods[m].input->short_name,
               d->methods[m].output->short_name);
}

static void print_services(const char *address, const service_names *names, const reflection *reflected)
{
    printf("%s\n", address);
    for (size_t i = 0; i < names->n_services; i++) {
        const ProtobufCServiceDescriptor *d = find_service(reflected->services, names->services[i]);
        printf("  %s\n", names->services[i]);
        if (d)
            print_methods(d);
    }
}

static void print_service(const reflection *reflected, const ProtobufCServiceDescriptor *d)
{
    printf("%s\n", d->name);
    for (unsigned m = 0; m < d->n_methods; m++) {
        const char *name = full_name(d, m), *comment = contract_method_comment(reflected->contract, name);
        const char *repeatability = describe_repeatability(reflected, name);
        printf("  %s(%s) -> %s%s%s%s\n", d->methods[m].name, d->methods[m].input->short_name,
               d->methods[m].output->short_name, *repeatability ? " [" : "", repeatability, *repeatability ? "]" : "");
        if (*comment)
            printf("      %s\n", comment);
    }
}

/* ---- for programs ---- */

static json_t *service_as_json(const reflection *reflected, const ProtobufCServiceDescriptor *d)
{
    json_t *methods = json_array();
    for (unsigned m = 0; m < d->n_methods; m++) {
        const char *name = full_name(d, m);
        json_array_append_new(methods,
                              json_pack("{s:s, s:s, s:s, s:s, s:s}", "name", d->methods[m].name, "input",
                                        d->methods[m].input->short_name, "output", d->methods[m].output->short_name,
                                        "repeatability", describe_repeatability(reflected, name), "comment",
                                        contract_method_comment(reflected->contract, name)));
    }
    return json_pack("{s:s, s:o}", "name", d->name, "methods", methods);
}

static json_t *services_as_json(const char *address, const service_names *names, const reflection *reflected)
{
    json_t *services = json_array();
    for (size_t i = 0; i < names->n_services; i++) {
        const ProtobufCServiceDescriptor *d = find_service(reflected->services, names->services[i]);
        json_array_append_new(services, d ? service_as_json(reflected, d)
                                          : json_pack("{s:s, s:[]}", "name", names->services[i], "methods"));
    }
    return json_pack("{s:s, s:o}", "address", address, "services", services);
}

/* ---- ---- */

/* What one server offers, printed or added to the list; an exit code. */
static int list_server(rpc_client *c, const char *address, const reflection *reflected, json_t *list)
{
    Sical__Rpc__V1__ListServicesRequest request = SICAL__RPC__V1__LIST_SERVICES_REQUEST__INIT;
    ProtobufCMessage *answer;
    rpc_reply reply;
    if (rpc_call_message(c, &sical__rpc__v1__reflection__descriptor, "ListServices", NULL, &request.base, &answer,
                         &reply))
        return run_report(address, &reply);
    const service_names *names = (const service_names *)answer;
    if (list)
        json_array_append_new(list, services_as_json(address, names, reflected));
    else
        print_services(address, names, reflected);
    return EXIT_OK;
}

/* One service, or one method of it. */
static int list_target(const run *r, const reflection *reflected)
{
    method_found found;
    if (!lookup_method(reflected->services, r->command->target, &found))
        return EXIT_USAGE;
    if (r->command->as_json)
        run_print_json(found.method ? describe_method_as_json(reflected, &found)
                                    : service_as_json(reflected, found.service));
    else if (found.method)
        describe_method(reflected, &found);
    else
        print_service(reflected, found.service);
    return EXIT_OK;
}

/* Asks one server; list NULL when people read. */
static int ask(run *r, const server *s, json_t *list)
{
    reflection reflected = {0};
    rpc_client *c = run_connect(r, s, NULL);
    if (!c)
        return EXIT_USAGE;
    int code = run_reflect(c, s->addresses, &reflected);
    if (code == EXIT_OK)
        code = r->command->target ? list_target(r, &reflected) : list_server(c, s->addresses, &reflected, list);
    contract_destroy(reflected.contract);
    rpc_client_destroy(c);
    return code;
}

int run_list(run *r)
{
    size_t count;
    int worst = EXIT_OK;
    const server *servers = run_servers(r, r->command->target, &count);
    if (!servers || count == 0)
        return EXIT_USAGE;
    if (r->command->target) /* replicas say the same */
        return ask(r, &servers[0], NULL);
    json_t *list = r->command->as_json ? json_array() : NULL;
    for (size_t i = 0; i < count; i++) {
        int code = ask(r, &servers[i], list);
        worst = code > worst ? code : worst;
    }
    if (list)
        run_print_json(list);
    return worst;
}
