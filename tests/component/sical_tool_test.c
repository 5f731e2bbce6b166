/* The command line tool against a server that it has never heard of. */
#include "program.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static test_program *server;
static char address[64];

static void start(void)
{
    char path[512] = "";
    cr_assert_gt(readlink("/proc/self/exe", path, sizeof path - 32), 0);
    strcpy(strrchr(path, '/'), "/rpc_echo_server");
    server = test_program_start(&(test_program_options){.name = path});
    int port = 0;
    for (int tries = 0; port == 0 && tries < 3000; tries++) {
        char *output = test_program_output(server);
        port = strchr(output, '\n') ? atoi(output) : 0;
        free(output);
        usleep(10000);
    }
    snprintf(address, sizeof address, "tcp://127.0.0.1:%d", port);
}

static void stop(void)
{
    test_program_destroy(server);
}

static char *output, *errors;

/* Runs sical with these words and --address; its exit code. */
static int run(const char *command, const char *method, const char *json, const char *option, const char *value)
{
    const char *words[8] = {command};
    size_t n = 1;
    const char *rest[] = {method, json, option, value};
    for (size_t i = 0; i < 4; i++)
        if (rest[i])
            words[n++] = rest[i];
    words[n++] = "--address";
    words[n] = address;
    free(output);
    free(errors);
    return test_program_run(&(test_program_options){.name = "sical", .arguments = words}, &output, &errors);
}

Test(sical_tool, lists_services_and_methods, .init = start, .fini = stop)
{
    cr_assert_eq(run("list", NULL, NULL, NULL, NULL), 0, "%s", errors);
    cr_assert(strstr(output, "  sical.rpc.v1.Health\n    Check(HealthCheckRequest) -> HealthCheckResponse\n"));
    cr_assert(strstr(output, "  sical.test.v1.EchoService\n"));
}

Test(sical_tool, tells_health, .init = start, .fini = stop)
{
    cr_assert_eq(run("health", NULL, NULL, NULL, NULL), 0, "%s", errors);
    cr_assert(strstr(output, "serving test"), "%s", output);
}

Test(sical_tool, calls_by_any_name, .init = start, .fini = stop)
{
    const char *const names[] = {"sical.rpc.v1.Health/Check", "rpc.Health/Check", "Health/Check"};
    for (size_t i = 0; i < 3; i++) {
        cr_assert_eq(run("call", names[i], "{\"service\": \"sical.rpc.v1.Health\"}", NULL, NULL), 0, "%s", errors);
        cr_assert_str_eq(output, "{\n  \"status\": \"SERVING\",\n  \"version\": \"test\",\n  \"failing\": []\n}\n");
    }
    cr_assert_eq(run("call", "Health/Check", NULL, "--deadline", "2s"), 0, "the input may be left out");
}

Test(sical_tool, tells_how_a_call_failed, .init = start, .fini = stop)
{
    cr_assert_eq(run("call", "Health/Check", "{\"service\": \"none\"}", NULL, NULL), 1);
    cr_assert(strstr(errors, "sical.rpc.v1.Health/Check: NOT_FOUND: The service is not known.\n"), "%s", errors);
    cr_assert_str_eq(output, "");
    cr_assert_eq(run("call", "PlanService/GetGoal", NULL, NULL, NULL), 1);
    cr_assert(strstr(errors, "UNIMPLEMENTED"));
}

Test(sical_tool, tells_what_is_wrong_with_the_input, .init = start, .fini = stop)
{
    cr_assert_eq(run("call", "Health/Check", "{\"servise\": 1}", NULL, NULL), 2);
    cr_assert(strstr(errors, "servise"));
    cr_assert_eq(run("call", "Health/Check", "{", NULL, NULL), 2);
    cr_assert_eq(run("call", "Health/Nothing", NULL, NULL, NULL), 2);
    cr_assert_eq(run("call", "other.Health/Check", NULL, NULL, NULL), 2);
    cr_assert_eq(run("call", "Health", NULL, NULL, NULL), 2);
    cr_assert_eq(run("call", NULL, NULL, NULL, NULL), 2);
    cr_assert_eq(run("shout", NULL, NULL, NULL, NULL), 2);
    cr_assert_eq(run("list", "more", NULL, NULL, NULL), 2);
    cr_assert_eq(run("call", "Health/Check", NULL, "--deadline", "soon"), 2);
    cr_assert_eq(run("call", "Health/Check", NULL, "--user", "me"), 2);
    cr_assert_eq(run("call", "Health/Check", NULL, "--metadata", "colour=red"), 2);
    cr_assert_eq(run("call", "Health/Check", NULL, "--colour", "red"), 2);
}

Test(sical_tool, says_when_nobody_is_there, .init = start)
{
    test_program_destroy(server);
    cr_assert_eq(run("health", NULL, NULL, "--deadline", "100ms"), 1);
    cr_assert(strstr(errors, "UNAVAILABLE"), "%s", errors);
}
