#include "rpc_story.h"

#include "fiber.h"
#include "network.h"
#include "scratch_folder.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { VARIABLES_MAX = 32 };

void story_run(void (*story)(void *arg), void *arg)
{
    loop *l = loop_create();
    fiber_spawn(l, "story", story, arg);
    loop_run_until_idle(l);
    loop_destroy(l);
}

void story_start_again(story_program *p, const char *name, test_postgres *pg, const char *const *environment)
{
    char program[64], role[64], url[512], listen[96], ops[32];
    snprintf(program, sizeof program, "sical-%s", name);
    snprintf(role, sizeof role, "sical_%s", name);
    snprintf(url, sizeof url, "DATABASE_URL=%s", test_postgres_url(pg, role));
    snprintf(p->address, sizeof p->address, "tcp://127.0.0.1:%u", p->rpc_port);
    snprintf(listen, sizeof listen, "RPC_LISTEN=%s", p->address);
    snprintf(ops, sizeof ops, "OPS_PORT=%u", p->ops_port);
    const char *variables[VARIABLES_MAX] = {url, listen, ops, "LOG_LEVEL=debug", "DRAIN_DELAY=0ms"};
    for (size_t i = 0; environment && environment[i]; i++)
        variables[5 + i] = environment[i];
    p->program = test_program_start(&(test_program_options){.name = program, .environment = variables});
    if (!test_wait_http(p->ops_port, "/ready", 200, TEST_WAIT_MS))
        test_fail("%s is not ready: %s", program, test_program_errors(p->program));
}

void story_start(story_program *p, const char *name, test_postgres *pg, const char *const *environment)
{
    p->rpc_port = test_free_port();
    p->ops_port = test_free_port();
    story_start_again(p, name, pg, environment);
}

void story_stop(story_program *p)
{
    test_program_signal(p->program, SIGTERM);
    int code = test_program_wait(p->program, TEST_WAIT_MS);
    char *log = test_program_errors(p->program);
    if (code != 0 || strstr(log, "Sanitizer") || strstr(log, "runtime error"))
        test_fail("a program ended with %d:\n%s", code, log);
    free(log);
    test_program_destroy(p->program);
    p->program = NULL;
}

rpc_client *story_connect(const char *service, const char *addresses)
{
    rpc_client *c = rpc_client_create(loop_current(), &(rpc_client_options){.service = service,
                                                                            .addresses = addresses,
                                                                            .timeout_ms = TEST_WAIT_MS});
    if (!c)
        test_fail("cannot connect to %s", addresses);
    return c;
}

int story_call(rpc_client *client, const ProtobufCServiceDescriptor *service, const char *method,
               const rpc_metadata *metadata, const void *request, void *answer, rpc_reply *reply)
{
    ProtobufCMessage *message = NULL;
    rpc_reply own;
    rpc_reply *r = reply ? reply : &own;
    status s = rpc_call_message(client, service, method, metadata, request, &message, r);
    *(ProtobufCMessage **)answer = s == STATUS_OK ? message : NULL;
    return r->code;
}
