/* The life of a program: started, asked, drained and ended in every way; service_probe is the program. */
#include "network.h"
#include "postgres.h"
#include "program.h"
#include "redis.h"
#include "scratch_folder.h"

#include <criterion/criterion.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { PATIENT_MS = 20000 };

static test_program *probe;

static const char *probe_path(void)
{
    static char path[4096];
    snprintf(path, sizeof path, "%s/tests/service_probe", test_build_dir());
    return path;
}

static void start(const char *const *environment)
{
    probe = test_program_start(&(test_program_options){.name = probe_path(), .environment = environment});
}

static void stop(void)
{
    test_program_destroy(probe);
}

static int run(const char *argument, const char *const *environment, char **output, char **errors)
{
    const char *arguments[] = {argument, NULL};
    return test_program_run(&(test_program_options){.name = probe_path(),
                                                    .arguments = arguments,
                                                    .environment = environment},
                            output, errors);
}

static bool said(const char *text)
{
    char *errors = test_program_errors(probe);
    bool found = strstr(errors, text) != NULL;
    free(errors);
    return found;
}

static unsigned port_of(const char *name)
{
    char *errors = test_program_errors(probe);
    const char *found = strstr(errors, name);
    unsigned port = found ? (unsigned)strtoul(found + strlen(name), NULL, 10) : 0;
    free(errors);
    return port;
}

static unsigned start_serving(const char *const *environment)
{
    start(environment);
    cr_assert(test_program_wait_error(probe, "\"message\":\"ready\"", PATIENT_MS));
    unsigned port = port_of("\"ops_port\":");
    cr_assert_neq(port, 0);
    return port;
}

/* ---- the command line ---- */

Test(service, tells_its_version_and_its_keys)
{
    char *output;
    cr_assert_eq(run("--version", NULL, &output, NULL), 0);
    cr_assert(strncmp(output, "service-probe ", 14) == 0);
    free(output);
    cr_assert_eq(run("--help", NULL, &output, NULL), 0);
    cr_assert(strstr(output, "RPC_LISTEN=tcp://127.0.0.1:0") && strstr(output, "PROBE_WORK=none"));
    cr_assert_not(strstr(output, "DATABASE_URL"), "a key of what it does not use");
    free(output);
    cr_assert_eq(run("--config-markdown", NULL, &output, NULL), 0);
    cr_assert(strstr(output, "| `DRAIN_DELAY` | `3s` |"));
    free(output);
    cr_assert_eq(run("--nonsense", NULL, NULL, NULL), 2);
}

Test(service, tells_all_faults_of_its_configuration)
{
    const char *environment[] = {"DATABASE_URL=", "OPS_PORT=70000", "LOG_LEVEL=loud", "DRAIN_DELAI=1s", NULL};
    char *errors;
    cr_assert_eq(run("--check-config", environment, NULL, &errors), 2);
    cr_assert(strstr(errors, "DATABASE_URL is required") && strstr(errors, "OPS_PORT=\"70000\"") &&
              strstr(errors, "LOG_LEVEL=\"loud\"") && strstr(errors, "did you mean DRAIN_DELAY?"));
    free(errors);
    cr_assert_eq(run("--check-config", NULL, NULL, NULL), 0);
}

/* ---- serving and ending ---- */

Test(service, drains_and_ends, .fini = stop)
{
    const char *environment[] = {"PROBE_WORK=drained", "DRAIN_DELAY=300ms", NULL};
    unsigned port = start_serving(environment);
    cr_assert(test_wait_http(port, "/ready", 200, PATIENT_MS));
    cr_assert(test_wait_http(port, "/health", 200, PATIENT_MS));
    cr_assert(test_wait_http(port, "/metrics", 200, PATIENT_MS));
    cr_assert(test_wait_http(port, "/other", 404, PATIENT_MS));
    test_program_signal(probe, SIGTERM);
    cr_assert(test_wait_http(port, "/ready", 503, PATIENT_MS), "it must say so while it still serves");
    cr_assert_eq(test_program_wait(probe, PATIENT_MS), 0);
    cr_assert(said("\"message\":\"work ends\",\"service\":\"service-probe\",\"draining\":true"));
    cr_assert(said("\"message\":\"deinit\"") && said("\"message\":\"stopped\""));
    cr_assert_not(said("Sanitizer"));
}

Test(service, cancels_what_does_not_end, .fini = stop)
{
    const char *environment[] = {"PROBE_WORK=endless", "DRAIN_DELAY=0", "DRAIN_TIMEOUT=50ms", NULL};
    start_serving(environment);
    test_program_signal(probe, SIGINT);
    cr_assert_eq(test_program_wait(probe, PATIENT_MS), 0);
    cr_assert(said("drain timed out") && said("\"message\":\"work ends\"") && said("\"message\":\"deinit\""));
    cr_assert_not(said("Sanitizer"));
}

Test(service, second_signal_ends_at_once, .fini = stop)
{
    const char *environment[] = {"DRAIN_DELAY=10m", NULL};
    start_serving(environment);
    test_program_signal(probe, SIGTERM);
    cr_assert(test_program_wait_error(probe, "\"message\":\"stopping\"", PATIENT_MS));
    test_program_signal(probe, SIGTERM);
    cr_assert_eq(test_program_wait(probe, PATIENT_MS), 128 + SIGTERM);
}

Test(service, signal_ends_a_start_that_waits, .fini = stop)
{
    const char *environment[] = {"PROBE_INIT=wait", NULL};
    start(environment);
    cr_assert(test_program_wait_error(probe, "init waits", PATIENT_MS));
    test_program_signal(probe, SIGTERM);
    cr_assert_eq(test_program_wait(probe, PATIENT_MS), 0);
    cr_assert_not(said("\"message\":\"ready\""));
}

Test(service, failed_init_ends_it, .fini = stop)
{
    const char *environment[] = {"PROBE_INIT=fail", NULL};
    start(environment);
    cr_assert_eq(test_program_wait(probe, PATIENT_MS), 1);
    cr_assert(said("cannot start") && !said("deinit"));
}

Test(service, taken_ports_end_it, .fini = stop)
{
    unsigned ops_port = start_serving(NULL);
    char taken_ops[64], taken_rpc[64];
    snprintf(taken_ops, sizeof taken_ops, "OPS_PORT=%u", ops_port);
    snprintf(taken_rpc, sizeof taken_rpc, "RPC_LISTEN=tcp://127.0.0.1:%u", port_of("\"rpc_port\":"));
    const test_program_options second = {.name = probe_path(), .environment = (const char *[]){taken_ops, NULL}};
    const test_program_options third = {.name = probe_path(), .environment = (const char *[]){taken_rpc, NULL}};
    cr_assert_eq(test_program_run(&second, NULL, NULL), 1);
    cr_assert_eq(test_program_run(&third, NULL, NULL), 1);
}

Test(service, tls_that_cannot_be_had_ends_it)
{
    char *errors;
    const test_program_options absent = {.name = probe_path(),
                                         .environment = (const char *[]){"RPC_TLS_CA=/nowhere/ca.pem", NULL}};
    cr_assert_eq(test_program_run(&absent, NULL, &errors), 1);
    cr_assert(strstr(errors, "\"variable\":\"RPC_TLS_CA\",\"reason\":\"No such file or directory\""), "%s", errors);
    free(errors);
    const char *listen = "RPC_LISTEN=tls+tcp://127.0.0.1:0";
    const test_program_options unset = {.name = probe_path(), .environment = (const char *[]){listen, NULL}};
    cr_assert_eq(test_program_run(&unset, NULL, &errors), 1);
    cr_assert(strstr(errors, "RPC_TLS_CERT and RPC_TLS_KEY are not set"), "%s", errors);
    free(errors);
}

/* ---- what it stands on ---- */

Test(service, is_ready_while_its_database_is)
{
    test_postgres *pg = test_postgres_start();
    char url[256];
    snprintf(url, sizeof url, "DATABASE_URL=%s", test_postgres_url(pg, NULL));
    const char *environment[] = {url, "DRAIN_DELAY=0", NULL};
    unsigned port = start_serving(environment);
    test_postgres_kill(pg);
    cr_assert(test_wait_http(port, "/ready", 503, PATIENT_MS));
    cr_assert(test_wait_http(port, "/health", 503, PATIENT_MS));
    test_postgres_restart(pg);
    cr_assert(test_wait_http(port, "/ready", 200, PATIENT_MS));
    cr_assert(test_wait_http(port, "/health", 200, PATIENT_MS));
    test_program_signal(probe, SIGTERM);
    cr_assert_eq(test_program_wait(probe, PATIENT_MS), 0);
    cr_assert_not(said("Sanitizer"));
    stop();
    test_postgres_stop(pg);
}

Test(service, starts_before_its_database, .fini = stop)
{
    const char *environment[] = {"DATABASE_URL=postgresql://nobody@127.0.0.1:1/none", "DRAIN_DELAY=10m", NULL};
    start(environment);
    cr_assert(test_program_wait_error(probe, "not ready: a required check fails", PATIENT_MS));
    cr_assert_not(said("\"message\":\"ready\""));
    test_program_signal(probe, SIGTERM);
    cr_assert_eq(test_program_wait(probe, PATIENT_MS), 0, "nobody was served, so nobody is waited for");
}

Test(service, needs_no_redis)
{
    test_redis *redis = test_redis_start(NULL);
    char url[256];
    snprintf(url, sizeof url, "REDIS_URL=%s", test_redis_url(redis));
    const char *environment[] = {url, "DRAIN_DELAY=0", NULL};
    unsigned port = start_serving(environment);
    test_redis_kill(redis);
    cr_assert(test_wait_http(port, "/health", 200, PATIENT_MS));
    cr_assert(test_wait_http(port, "/ready", 200, PATIENT_MS));
    test_program_signal(probe, SIGTERM);
    cr_assert_eq(test_program_wait(probe, PATIENT_MS), 0);
    stop();
    test_redis_stop(redis);
}
