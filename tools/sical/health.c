/* sical health */
#include "fiber.h"
#include "run.h"

#include "health.pb-c.h"

#include <stdio.h>
#include <string.h>

typedef Sical__Rpc__V1__HealthCheckResponse health_answer;

static bool is_serving(const health_answer *h)
{
    return h->status == SICAL__RPC__V1__HEALTH_CHECK_RESPONSE__STATUS__SERVING;
}

static void print_line(const char *address, const health_answer *h)
{
    printf("%s %s %s", address, is_serving(h) ? "serving" : "not serving", h->version);
    for (size_t i = 0; i < h->n_failing; i++)
        printf("%s%s", i ? ", " : " failing: ", h->failing[i]);
    printf("\n");
}

static json_t *as_json(const char *address, const health_answer *h)
{
    json_t *failing = json_array();
    for (size_t i = 0; i < h->n_failing; i++)
        json_array_append_new(failing, json_string(h->failing[i]));
    return json_pack("{s:s, s:s, s:s, s:o}", "address", address, "status", is_serving(h) ? "SERVING" : "NOT_SERVING",
                     "version", h->version, "failing", failing);
}

/* The exit code; adds to the list, or prints when there is none. service "" = the whole program. */
static int check(run *r, const server *s, const char *service, json_t *list)
{
    rpc_client *c = run_connect(r, s, NULL);
    if (!c)
        return EXIT_USAGE;
    Sical__Rpc__V1__HealthCheckRequest request = SICAL__RPC__V1__HEALTH_CHECK_REQUEST__INIT;
    request.service = (char *)service;
    ProtobufCMessage *answer;
    rpc_reply reply;
    int code = rpc_call_message(c, &sical__rpc__v1__health__descriptor, "Check", NULL, &request.base, &answer, &reply);
    const health_answer *h = (const health_answer *)answer;
    if (code != STATUS_OK && list)
        json_array_append_new(list, json_pack("{s:s, s:s, s:s}", "address", s->addresses, "status",
                                              code_name(reply.code), "message", reply.message));
    else if (code == STATUS_OK && list)
        json_array_append_new(list, as_json(s->addresses, h));
    else if (code == STATUS_OK)
        print_line(s->addresses, h);
    code = code != STATUS_OK ? run_report(s->addresses, &reply) : is_serving(h) ? EXIT_OK : EXIT_FAILED;
    rpc_client_destroy(c);
    return code;
}

/* The full name that health goes by; NULL after saying that there is none. */
static const char *full_name(run *r, const server *s, int *code)
{
    const char *name = NULL;
    reflection reflected = {0};
    method_found found;
    rpc_client *c = run_connect(r, s, NULL);
    *code = c ? run_reflect(c, s->addresses, &reflected) : EXIT_USAGE;
    if (*code == EXIT_OK && lookup_method(reflected.services, r->command->target, &found))
        name = found.service->name;
    else if (*code == EXIT_OK)
        *code = EXIT_USAGE;
    contract_destroy(reflected.contract);
    rpc_client_destroy(c);
    return name;
}

int run_health(run *r)
{
    size_t count;
    int worst = EXIT_OK;
    const char *target = r->command->target, *service = "";
    const server *servers = run_servers(r, target, &count);
    if (!servers || count == 0)
        return EXIT_USAGE;
    if (target && !(service = full_name(r, &servers[0], &worst)))
        return worst;
    json_t *list = r->command->as_json ? json_array() : NULL;
    for (size_t i = 0; i < count; i++) {
        int code = check(r, &servers[i], service, list);
        worst = code > worst ? code : worst;
    }
    if (list)
        run_print_json(list);
    return worst;
}
