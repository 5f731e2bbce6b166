/* Starts PostgreSQL, sical-plan, sical-progress and a second sical-progress that speaks TLS, then python_client_test.py
 * against them. Counted by what that says in its last line. */
#include "network.h"
#include "postgres.h"
#include "program.h"
#include "python.h"
#include "scratch_folder.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { ENVIRONMENT_MAX = 16 };

typedef struct server {
    test_program *program;
    unsigned ops_port;
    char address[64];
} server;

/* scheme: "tcp" or "tls+tcp"; further: "KEY=value", NULL at the end. */
static void start(server *s, const char *name, test_postgres *pg, const char *scheme, const char *const *further)
{
    char program[64], role[64], url[512], listen[96], ops[32];
    unsigned port = test_free_port();
    s->ops_port = test_free_port();
    snprintf(program, sizeof program, "sical-%s", name);
    snprintf(role, sizeof role, "sical_%s", name);
    snprintf(url, sizeof url, "DATABASE_URL=%s", test_postgres_url(pg, role));
    snprintf(s->address, sizeof s->address, "%s://localhost:%u", scheme, port);
    snprintf(listen, sizeof listen, "RPC_LISTEN=%s", s->address);
    snprintf(ops, sizeof ops, "OPS_PORT=%u", s->ops_port);
    const char *environment[ENVIRONMENT_MAX] = {url, listen, ops, "DRAIN_DELAY=0ms"};
    for (size_t i = 0; further[i]; i++)
        environment[4 + i] = further[i];
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

/* ---- certificates ---- */

typedef struct tls_files {
    char folder[TEST_FOLDER_SIZE];
    char ca[96], certificate[96], key[96]; /* settings of a program */
} tls_files;

static void make_certificates(tls_files *t)
{
    char tool[512], *errors;
    test_folder_create(t->folder);
    snprintf(tool, sizeof tool, "%s/tools/certs", test_source_dir());
    const char *const arguments[] = {t->folder, "progress", "client", NULL};
    if (test_program_run(&(test_program_options){.name = tool, .arguments = arguments}, NULL, &errors))
        test_fail("no certificates: %s", errors);
    free(errors);
    snprintf(t->ca, sizeof t->ca, "RPC_TLS_CA=%s/ca.pem", t->folder);
    snprintf(t->certificate, sizeof t->certificate, "RPC_TLS_CERT=%s/progress.pem", t->folder);
    snprintf(t->key, sizeof t->key, "RPC_TLS_KEY=%s/progress.key", t->folder);
}

/* ---- the run ---- */

typedef struct world {
    test_postgres *pg;
    server plan, progress, secured;
    tls_files tls;
} world;

static int run_python(const world *w)
{
    char script[512], path[1024], plan[96], progress[96], secured[96], folder[96], database[512];
    snprintf(script, sizeof script, "%s/tests/interop/python_client_test.py", test_source_dir());
    snprintf(path, sizeof path, "PYTHONPATH=%s/tests/interop:%s", test_source_dir(), SICAL_PYTHON_MESSAGES);
    snprintf(plan, sizeof plan, "PLAN_ADDRESS=%s", w->plan.address);
    snprintf(progress, sizeof progress, "PROGRESS_ADDRESS=%s", w->progress.address);
    snprintf(secured, sizeof secured, "SECURED_ADDRESS=%s", w->secured.address);
    snprintf(folder, sizeof folder, "TLS_FOLDER=%s", w->tls.folder);
    snprintf(database, sizeof database, "DATABASE_URL=%s", test_postgres_url(w->pg, NULL));
    const char *arguments[] = {script, NULL};
    const char *environment[] = {path, plan, progress, secured, folder, database, "PYTHONDONTWRITEBYTECODE=1", NULL};
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
    world w = {.pg = test_postgres_start()};
    char peer[96];
    test_migrate(w.pg);
    make_certificates(&w.tls);
    const char *const none[] = {NULL}, *const tls[] = {w.tls.ca, w.tls.certificate, w.tls.key, NULL};
    start(&w.progress, "progress", w.pg, "tcp", none);
    start(&w.secured, "progress", w.pg, "tls+tcp", tls);
    snprintf(peer, sizeof peer, "PROGRESS_ADDRESS=%s", w.progress.address);
    const char *const with_peer[] = {peer, NULL};
    start(&w.plan, "plan", w.pg, "tcp", with_peer);
    int code = run_python(&w);
    stop(&w.plan);
    stop(&w.secured);
    stop(&w.progress);
    test_folder_remove(w.tls.folder);
    test_postgres_stop(w.pg);
    return code;
}
