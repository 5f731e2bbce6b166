/* The command line tool against a server that it has never heard of. */
#include "network.h"
#include "program.h"
#include "scratch_folder.h"

#include <criterion/criterion.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static test_program *server;
static char address[64];
static const char *environment[4]; /* of every run of the tool */

/* On a free port of localhost; scheme "tcp" or "tls+tcp". */
static test_program *serve(const char *scheme, char out[64])
{
    char path[512] = "", wanted[64];
    cr_assert_gt(readlink("/proc/self/exe", path, sizeof path - 32), 0);
    strcpy(strrchr(path, '/'), "/rpc_echo_server");
    snprintf(wanted, sizeof wanted, "%s://localhost:0", scheme);
    const char *const arguments[] = {wanted, NULL};
    test_program *p =
        test_program_start(&(test_program_options){.name = path, .arguments = arguments, .environment = environment});
    int port = 0;
    for (int tries = 0; port == 0 && tries < 3000; tries++) {
        char *output = test_program_output(p);
        port = strchr(output, '\n') ? atoi(output) : 0;
        free(output);
        usleep(10000);
    }
    cr_assert_neq(port, 0, "%s", test_program_errors(p));
    snprintf(out, 64, "%s://localhost:%d", scheme, port);
    return p;
}

static void start(void)
{
    server = serve("tcp", address);
}

static void stop(void)
{
    test_program_destroy(server);
}

static char *output, *errors;

/* Runs sical with these words; its exit code. */
static int run_words(const char *const *words)
{
    free(output);
    free(errors);
    return test_program_run(&(test_program_options){.name = "sical", .arguments = words, .environment = environment},
                            &output, &errors);
}

#define RUN_ALONE(...) run_words((const char *const[]){__VA_ARGS__, NULL})
#define RUN(...)       run_words((const char *const[]){__VA_ARGS__, "--address", address, NULL})

/* The output as JSON; the caller frees it. */
static json_t *answered(void)
{
    json_error_t error;
    json_t *json = json_loads(output, 0, &error);
    cr_assert(json, "%s: %s", error.text, output);
    return json;
}

/* ---- list ---- */

Test(sical_tool, lists_services_and_methods, .init = start, .fini = stop)
{
    cr_assert_eq(RUN("list"), 0, "%s", errors);
    cr_assert(strstr(output, "  sical.rpc.v1.Health\n    Check(HealthCheckRequest) -> HealthCheckResponse\n"));
    cr_assert(strstr(output, "  sical.test.v1.EchoService\n"));
    cr_assert_eq(RUN("list", "--json"), 0, "%s", errors);
    json_t *list = answered();
    const char *told = json_string_value(json_object_get(json_array_get(list, 0), "address"));
    cr_assert_str_eq(told, address);
    json_decref(list);
}

Test(sical_tool, describes_a_service, .init = start, .fini = stop)
{
    cr_assert_eq(RUN("list", "plan.PlanService"), 0, "%s", errors);
    cr_assert(strstr(output, "\n  GetGoal(GetGoalRequest) -> Goal [reads]\n"), "%s", output);
    cr_assert(strstr(output, "\n  CreateGoal(CreateGoalRequest) -> Goal\n      Makes a goal"), "%s", output);
    cr_assert(strstr(output, "Availability [may be repeated]\n"), "%s", output);
}

Test(sical_tool, describes_a_method_with_its_comments, .init = start, .fini = stop)
{
    cr_assert_eq(RUN("list", "PlanService/CreateGoal"), 0, "%s", errors);
    cr_assert(strstr(output, "sical.plan.v1.PlanService/CreateGoal(CreateGoalRequest) -> Goal\n"), "%s", output);
    cr_assert(strstr(output, "\n  * graphId           string\n"), "required, in the words of JSON: %s", output);
    cr_assert(strstr(output, "\n    notBefore         time (RFC 3339)  No work on it before then"), "%s", output);
    cr_assert(strstr(output, "\n    weight            int32 or null "), "%s", output);
    cr_assert(strstr(output, "STATUS_UNSPECIFIED|ACTIVE|PAUSED|DONE"), "%s", output);
    cr_assert(strstr(output, "\n  sical call PlanService/CreateGoal '{\"id\":\"\",\"graphId\":\"\""), "%s", output);
    cr_assert_eq(RUN("list", "PlanService/CreateGoal", "--json"), 0, "%s", errors);
    json_t *method = answered();
    cr_assert_str_eq(json_string_value(json_object_get(method, "input")), "CreateGoalRequest");
    cr_assert_eq(json_array_size(json_object_get(method, "messages")), 2);
    json_decref(method);
}

/* ---- health ---- */

Test(sical_tool, tells_health, .init = start, .fini = stop)
{
    cr_assert_eq(RUN("health"), 0, "%s", errors);
    cr_assert(strstr(output, "serving test"), "%s", output);
    cr_assert_eq(RUN("health", "rpc.Health", "--json"), 0, "%s", errors);
    json_t *list = answered();
    cr_assert_str_eq(json_string_value(json_object_get(json_array_get(list, 0), "status")), "SERVING");
    json_decref(list);
    cr_assert_eq(RUN("health", "PlanService"), 1, "it is in the contracts, but not here");
    cr_assert(strstr(errors, "NOT_FOUND"), "%s", errors);
}

Test(sical_tool, says_when_nobody_is_there, .init = start)
{
    test_program_destroy(server);
    cr_assert_eq(RUN("health", "--deadline", "100ms"), 3);
    cr_assert(strstr(errors, "UNAVAILABLE"), "%s", errors);
    cr_assert_eq(RUN("call", "Health/Check", "--deadline", "100ms"), 3);
    cr_assert_eq(RUN("health", "--deadline", "100ms", "--json"), 3);
    cr_assert(strstr(output, "\"status\": \"UNAVAILABLE\""), "%s", output);
}

Test(sical_tool, asks_several_servers, .init = start, .fini = stop)
{
    char second[64], both[160];
    test_program *other = serve("tcp", second);
    cr_assert_eq(RUN("health", "--address", second), 0, "%s", errors);
    cr_assert(strstr(output, address) && strstr(output, second), "each on its own: %s", output);
    snprintf(both, sizeof both, "%s,%s", address, second);
    cr_assert_eq(RUN_ALONE("health", "--address", both), 0, "%s", errors);
    cr_assert(strstr(output, address) && strstr(output, second), "%s", output);
    cr_assert_eq(RUN_ALONE("call", "Health/Check", "--address", both), 0, "as replicas: %s", errors);
    test_program_destroy(other);
    cr_assert_eq(RUN_ALONE("health", "--address", both, "--deadline", "200ms"), 3, "the worst counts");
    cr_assert(strstr(output, " serving "), "the other one is told of: %s", output);
}

/* ---- call ---- */

Test(sical_tool, calls_by_any_name, .init = start, .fini = stop)
{
    const char *const names[] = {"sical.rpc.v1.Health/Check", "rpc.Health/Check", "Health/Check",
                                 "/sical.rpc.v1.Health/Check"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        cr_assert_eq(RUN("call", names[i], "{\"service\": \"sical.rpc.v1.Health\"}"), 0, "%s", errors);
        cr_assert_str_eq(output, "{\n  \"status\": \"SERVING\",\n  \"version\": \"test\",\n  \"failing\": []\n}\n");
    }
    cr_assert_eq(RUN("call", "Health/Check", "--deadline=2s"), 0, "the input may be left out: %s", errors);
}

Test(sical_tool, takes_the_input_from_a_file, .init = start, .fini = stop)
{
    char folder[TEST_FOLDER_SIZE], path[128], word[160];
    test_folder_create(folder);
    snprintf(path, sizeof path, "%s/input.json", folder);
    snprintf(word, sizeof word, "@%s", path);
    cr_assert_eq(RUN("call", "Health/Check", word), 2);
    cr_assert(strstr(errors, "input.json: No such file"), "%s", errors);
    FILE *f = fopen(path, "w");
    fputs("{\"service\": \"none\"}", f);
    fclose(f);
    cr_assert_eq(RUN("call", "Health/Check", word), 1);
    cr_assert(strstr(errors, "NOT_FOUND"), "%s", errors);
    test_folder_remove(folder);
}

Test(sical_tool, tells_how_a_call_failed, .init = start, .fini = stop)
{
    cr_assert_eq(RUN("call", "Health/Check", "{\"service\": \"none\"}"), 1);
    cr_assert(strstr(errors, "sical.rpc.v1.Health/Check: NOT_FOUND: The service is not known.\n"), "%s", errors);
    cr_assert_str_eq(output, "");
    cr_assert_eq(RUN("call", "PlanService/GetGoal"), 1);
    cr_assert(strstr(errors, "UNIMPLEMENTED"));
}

Test(sical_tool, tells_what_the_service_finds_wrong_by_the_names_of_json)
{
    char path[512];
    snprintf(path, sizeof path, "%s/tests/plan_peer", test_build_dir());
    snprintf(address, sizeof address, "tcp://127.0.0.1:%u", test_free_port());
    const char *const arguments[] = {address, NULL};
    server = test_program_start(&(test_program_options){.name = path, .arguments = arguments});
    const char *input = "{\"title\": \"faulty\"}", *user = "01890000-0000-7000-8000-00000000ada0";
    cr_assert_eq(RUN("call", "PlanService/CreateGoal", input, "--deadline", "20s"), 1);
    cr_assert(strstr(errors, "UNAUTHENTICATED") && strstr(errors, "  say on whose behalf: --user UUID\n"), "%s",
              errors);
    cr_assert_eq(RUN("call", "PlanService/CreateGoal", input, "--user", user), 1);
    cr_assert_str_eq(errors, "sical.plan.v1.PlanService/CreateGoal: INVALID_ARGUMENT: The input has faults.\n"
                             "  targets[2]: is no topic of the graph\n"
                             "  notBefore: must be before due\n");
    stop();
}

Test(sical_tool, names_the_field_that_is_wrong, .init = start, .fini = stop)
{
    cr_assert_eq(RUN("call", "Health/Check", "{\"servise\": 1}"), 2);
    cr_assert(strstr(errors, "  servise: unknown field; did you mean 'service'?\n"), "%s", errors);
    cr_assert_eq(RUN("call", "PlanService/ImportGraph", "{\"topics\": [{\"minutes\": -1.5}], \"edges\": {}}"), 2);
    cr_assert(strstr(errors, "  topics[0].minutes: "), "%s", errors);
    cr_assert(strstr(errors, "  edges: "), "all faults at once: %s", errors);
    cr_assert_eq(RUN("call", "Health/Check", "{"), 2);
}

Test(sical_tool, suggests_what_was_meant, .init = start, .fini = stop)
{
    cr_assert_eq(RUN("call", "Health/Chekc"), 2);
    cr_assert(strstr(errors, "there is no Health/Chekc; did you mean sical.rpc.v1.Health/Check?"), "%s", errors);
    cr_assert_eq(RUN("list", "PlanServise"), 2);
    cr_assert(strstr(errors, "did you mean sical.plan.v1.PlanService?"), "%s", errors);
    cr_assert_eq(RUN("call", "PlanServise/CreateGaol"), 2);
    cr_assert(strstr(errors, "did you mean sical.plan.v1.PlanService/CreateGoal?"), "%s", errors);
    cr_assert_eq(RUN("call", "Weather/Tomorrow"), 2);
    cr_assert(strstr(errors, "there is no Weather/Tomorrow (see sical list)"), "%s", errors);
    cr_assert_eq(RUN("call", "other.Health/Check"), 2, "of another package");
    cr_assert_eq(RUN_ALONE("call", "PlanServise/GetGoal"), 2);
    cr_assert(strstr(errors, "did you mean plan.PlanService? Else say --address"), "%s", errors);
}

/* ---- usage ---- */

Test(sical_tool, tells_what_is_wrong_with_the_command)
{
    cr_assert_eq(RUN_ALONE("call", "Health"), 2);
    cr_assert_eq(RUN_ALONE("call"), 2);
    cr_assert_eq(run_words(NULL), 2);
    cr_assert_eq(RUN_ALONE("shout"), 2);
    cr_assert_eq(RUN_ALONE("list", "more", "most"), 2);
    cr_assert_eq(RUN_ALONE("health", "Health/Check"), 2);
    cr_assert_eq(RUN_ALONE("call", "Health/Check", "--deadline", "soon"), 2);
    cr_assert_eq(RUN_ALONE("call", "Health/Check", "--deadline"), 2);
    cr_assert(strstr(errors, "a value is missing: --deadline"), "%s", errors);
    cr_assert_eq(RUN_ALONE("call", "Health/Check", "--user", "me"), 2);
    cr_assert_eq(RUN_ALONE("call", "Health/Check", "--role", "king"), 2);
    cr_assert_eq(RUN_ALONE("call", "Health/Check", "--metadata", "colour=red"), 2);
    cr_assert_eq(RUN_ALONE("call", "Health/Check", "--colour", "red"), 2);
    cr_assert(strstr(errors, "unknown option: --colour"), "%s", errors);
    cr_assert_eq(RUN_ALONE("call", "Health/Check", "--concurrency", "3"), 2);
    cr_assert(strstr(errors, "this command does not take: --concurrency"), "%s", errors);
    cr_assert_eq(RUN_ALONE("bench", "Health/Check", "--seconds", "0"), 2);
    cr_assert_eq(RUN_ALONE("list", "--json=yes"), 2);
    cr_assert_eq(RUN_ALONE("health", "--address", "udp://nowhere"), 2);
}

Test(sical_tool, helps)
{
    static const char *const commands[] = {"list", "call", "health", "bench"};
    cr_assert_eq(RUN_ALONE("--help"), 0);
    cr_assert(strstr(output, "Exit: 0 done"), "%s", output);
    for (size_t i = 0; i < 4; i++) {
        char heading[32];
        snprintf(heading, sizeof heading, "sical %s ", commands[i]);
        cr_assert_eq(RUN_ALONE("help", commands[i]), 0);
        cr_assert_eq(strncmp(output, heading, strlen(heading)), 0, "%s", output);
        cr_assert_eq(RUN_ALONE(commands[i], "--help"), 0);
        cr_assert_eq(strncmp(output, heading, strlen(heading)), 0, "%s", output);
    }
    cr_assert_eq(RUN_ALONE("help", "shout"), 2);
}

/* ---- bench ---- */

Test(sical_tool, measures, .init = start, .fini = stop)
{
    cr_assert_eq(RUN("bench", "Health/Check", "--calls", "2000", "--concurrency", "64", "--json"), 0, "%s", errors);
    json_t *told = answered(), *latency = json_object_get(told, "latencyMs"), *codes = json_object_get(told, "codes");
    cr_assert_eq(json_integer_value(json_object_get(told, "calls")), 2000);
    cr_assert_eq(json_integer_value(json_object_get(codes, "OK")), 2000);
    double p50 = json_real_value(json_object_get(latency, "p50")),
           p99 = json_real_value(json_object_get(latency, "p99"));
    cr_assert(p50 > 0 && p50 <= p99 && p99 <= json_real_value(json_object_get(latency, "max")), "%s", output);
    json_t *together = json_object_get(json_object_get(told, "callsPerMessage"), "sent");
    cr_assert_gt(json_real_value(together), 2, "64 callers share messages: %s", output);
    json_decref(told);
}

Test(sical_tool, counts_what_failed_by_code, .init = start, .fini = stop)
{
    cr_assert_eq(RUN("bench", "Health/Check", "{\"service\": \"none\"}", "--calls", "10"), 1);
    cr_assert(strstr(output, "NOT_FOUND 10\n"), "%s", output);
    cr_assert(strstr(errors, "the first call that failed: NOT_FOUND: The service is not known."), "%s", errors);
    cr_assert_eq(RUN("bench", "Health/Check", "--seconds", "1", "--concurrency", "2"), 0, "%s", errors);
    cr_assert(strstr(output, " OK "), "%s", output);
}

/* ---- TLS ---- */

static char folder[TEST_FOLDER_SIZE], ca[128], certificate[128], key[128];

static void make_certificates(void)
{
    char tool[512];
    test_folder_create(folder);
    snprintf(tool, sizeof tool, "%s/tools/certs", test_source_dir());
    const char *const arguments[] = {folder, "echo", NULL};
    cr_assert_eq(test_program_run(&(test_program_options){.name = tool, .arguments = arguments}, NULL, NULL), 0);
    snprintf(ca, sizeof ca, "RPC_TLS_CA=%s/ca.pem", folder);
    snprintf(certificate, sizeof certificate, "RPC_TLS_CERT=%s/echo.pem", folder);
    snprintf(key, sizeof key, "RPC_TLS_KEY=%s/echo.key", folder);
}

Test(sical_tool, speaks_tls)
{
    make_certificates();
    environment[0] = ca, environment[1] = certificate, environment[2] = key;
    server = serve("tls+tcp", address);
    cr_assert_eq(RUN("health"), 0, "%s", errors);
    cr_assert_eq(RUN("call", "Health/Check"), 0, "%s", errors);
    environment[0] = NULL;
    cr_assert_eq(RUN("health"), 2);
    cr_assert(strstr(errors, "needs RPC_TLS_CA, RPC_TLS_CERT and RPC_TLS_KEY"), "%s", errors);
    stop();
    test_folder_remove(folder);
}
