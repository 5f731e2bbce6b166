/* Starts PostgreSQL, sical-plan and sical-progress, then python_client_test.py against them. Counted by what that says
 * in its last line. */
#include "network.h"
#include "postgres.h"
#include "program.h"
#include "python.h"
#include "scratch_folder.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct server {
    test_program *program;
    unsigned ops_port;
    char address[64];
} server;

static void start(server *s, const char *name, test_postgres *pg, const char *peer)
{
    char program[64], role[64], url[512], listen[96], ops[32];
    unsigned port = test_free_port();
    s->ops_port = test_free_port();
    snprintf(program, sizeof program, "sical-%s", name);
    snprintf(role, sizeof role, "sical_%s", name);
    snprintf(url, sizeof url, "DATABASE_URL=%s", test_postgres_url(pg, role));
    snprintf(s->address, sizeof s->address, "tcp://127.0.0.1:%u", port);
    snprintf(listen, sizeof listen, "RPC_LISTEN=%s", s->address);
    snprintf(ops, sizeof ops, "OPS_PORT=%u", s->ops_port);
    const char *environment[] = {url, listen, ops, "DRAIN_DELAY=0ms", peer, NULL};
    s->program = test_program_start(&(test_program_options){.name = program, .environment = environment});
    if (!test_wait_http(s->ops_port, "/ready", 200, TEST_WAIT_MS))
        test_fail("%s is not ready: %s", program, test_program_errors(s->program));
}

/* In order: a sanitizer would speak now. */
static void stop(server *s)
{
    test_program_signal(s->program, SIGTERM);
    int code = test_program_wait(s->program, TEST_WAIT_MS);
    if (code != 0)
        test_fail("a program ended with %d:\n%s", code, test_program_errors(s->program));
    test_program_destroy(s->program);
}

static int run_python(const server *plan, const server *progress, test_postgres *pg)
{
    char script[512], path[1024], plan_address[96], progress_address[96], database[512];
    snprintf(script, sizeof script, "%s/tests/interop/python_client_test.py", test_source_dir());
    snprintf(path, sizeof path, "PYTHONPATH=%s/tests/interop:%s", test_source_dir(), SICAL_PYTHON_MESSAGES);
    snprintf(plan_address, sizeof plan_address, "PLAN_ADDRESS=%s", plan->address);
    snprintf(progress_address, sizeof progress_address, "PROGRESS_ADDRESS=%s", progress->address);
    snprintf(database, sizeof database, "DATABASE_URL=%s", test_postgres_url(pg, NULL));
    const char *arguments[] = {script, NULL};
    const char *environment[] = {path, plan_address, progress_address, database, "PYTHONDONTWRITEBYTECODE=1", NULL};
    char *output, *errors;
    int code = test_program_run(&(test_program_options){.name = test_python(),
                                                        .arguments = arguments,
                                                        .environment = environment},
                                &output, &errors);
    fputs(errors, stdout);
    fputs(output, stdout);
    free(output);
    free(errors);
    return code;
}

int main(void)
{
    server plan, progress;
    char peer[96];
    test_postgres *pg = test_postgres_start();
    test_migrate(pg);
    start(&progress, "progress", pg, NULL);
    snprintf(peer, sizeof peer, "PROGRESS_ADDRESS=%s", progress.address);
    start(&plan, "plan", pg, peer);
    int code = run_python(&plan, &progress, pg);
    stop(&plan);
    stop(&progress);
    test_postgres_stop(pg);
    return code;
}
