#include "suite.h"

#include "network.h"
#include "postgres.h"
#include "program.h"
#include "redis.h"
#include "scratch_folder.h"

#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { VARIABLES = 24 };

static const char *const token_key = "c3RvcmllcyBzaWduIHdpdGggdGhpcyBrZXkgb2YgMzIgYnl0ZXM=";

static const char *const names[SUITE_PROGRAMS] = {"sical-auth", "sical-plan", "sical-progress", "sical-metrics",
                                                  "sical-gateway"};
static const char *const roles[SUITE_PROGRAMS] = {"sical_auth", "sical_plan", "sical_progress", "sical_metrics", NULL};

struct suite {
    test_postgres *postgres;
    test_redis *redis;
    test_program *programs[SUITE_PROGRAMS];
    unsigned rpc_port[SUITE_PROGRAMS];
    unsigned http_port[SUITE_PROGRAMS]; /* the gateway's own, the others' operations ports */
    char url[64];
};

typedef struct environment {
    char *variables[VARIABLES + 1];
    size_t count;
} environment;

static void __attribute__((format(printf, 2, 3))) set(environment *e, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    if (e->count == VARIABLES || vasprintf(&e->variables[e->count++], format, args) < 0)
        abort();
    va_end(args);
}

static environment make_environment(const suite *s, suite_program which)
{
    environment e = {0};
    set(&e, "LOG_LEVEL=info");
    set(&e, "DRAIN_DELAY=0ms");
    set(&e, "DRAIN_TIMEOUT=5s");
    set(&e, "REDIS_URL=%s", test_redis_url(s->redis));
    set(&e, "JWT_SECRET=story:%s", token_key);
    set(&e, "AUTH_ADDRESS=tcp://127.0.0.1:%u", s->rpc_port[SUITE_AUTH]);
    set(&e, "PLAN_ADDRESS=tcp://127.0.0.1:%u", s->rpc_port[SUITE_PLAN]);
    set(&e, "PROGRESS_ADDRESS=tcp://127.0.0.1:%u", s->rpc_port[SUITE_PROGRESS]);
    set(&e, "METRICS_ADDRESS=tcp://127.0.0.1:%u", s->rpc_port[SUITE_METRICS]);
    if (which == SUITE_GATEWAY) {
        set(&e, "HTTP_PORT=%u", s->http_port[which]);
    } else {
        set(&e, "DATABASE_URL=%s", test_postgres_url(s->postgres, roles[which]));
        set(&e, "RPC_LISTEN=tcp://127.0.0.1:%u", s->rpc_port[which]);
        set(&e, "OPS_PORT=%u", s->http_port[which]);
    }
    return e;
}

void suite_start_program(suite *s, suite_program which)
{
    test_program_destroy(s->programs[which]);
    environment e = make_environment(s, which);
    s->programs[which] = test_program_start(
        &(test_program_options){.name = names[which], .environment = (const char *const *)e.variables});
    for (size_t i = 0; i < e.count; i++)
        free(e.variables[i]);
}

static void fail_with_logs(const suite *s, const char *what)
{
    for (int i = 0; i < SUITE_PROGRAMS; i++) {
        char *log = s->programs[i] ? test_program_errors(s->programs[i]) : strdup("not started");
        size_t length = strlen(log);
        fprintf(stderr, "--- %s: %s\n", names[i], length > 2000 ? log + length - 2000 : log);
        free(log);
    }
    test_fail("%s", what);
}

void suite_wait_ready(suite *s)
{
    for (int i = 0; i < SUITE_PROGRAMS; i++)
        if (!test_wait_http(s->http_port[i], "/ready", 200, TEST_WAIT_MS))
            fail_with_logs(s, names[i]);
}

suite *suite_start(void)
{
    suite *s = calloc(1, sizeof *s);
    s->postgres = test_postgres_start();
    s->redis = test_redis_start(NULL);
    test_migrate(s->postgres);
    for (int i = 0; i < SUITE_PROGRAMS; i++) {
        s->rpc_port[i] = test_free_port();
        s->http_port[i] = test_free_port();
    }
    snprintf(s->url, sizeof s->url, "http://127.0.0.1:%u", s->http_port[SUITE_GATEWAY]);
    for (int i = 0; i < SUITE_PROGRAMS; i++)
        suite_start_program(s, (suite_program)i);
    suite_wait_ready(s);
    return s;
}

bool suite_log_contains(const suite *s, const char *text)
{
    bool found = false;
    for (int i = 0; i < SUITE_PROGRAMS; i++) {
        char *log = test_program_errors(s->programs[i]);
        found |= strstr(log, text) != NULL;
        free(log);
    }
    return found;
}

void suite_stop(suite *s)
{
    for (int i = 0; i < SUITE_PROGRAMS; i++)
        test_program_signal(s->programs[i], SIGTERM);
    for (int i = 0; i < SUITE_PROGRAMS; i++) {
        int code = test_program_wait(s->programs[i], TEST_WAIT_MS);
        if (code != 0) {
            fprintf(stderr, "%s ended with %d\n", names[i], code);
            fail_with_logs(s, "a program did not end in order");
        }
    }
    if (suite_log_contains(s, "SUMMARY: ") || suite_log_contains(s, "runtime error"))
        fail_with_logs(s, "a sanitizer reports");
    for (int i = 0; i < SUITE_PROGRAMS; i++)
        test_program_destroy(s->programs[i]);
    test_redis_stop(s->redis);
    test_postgres_stop(s->postgres);
    free(s);
}

const char *suite_url(const suite *s)
{
    return s->url;
}

const char *suite_program_name(suite_program which)
{
    return names[which];
}

void suite_ops_url(const suite *s, suite_program which, char out[64])
{
    snprintf(out, 64, "http://127.0.0.1:%u", s->http_port[which]);
}

const char *suite_token_key(const suite *s)
{
    (void)s;
    return token_key;
}

void suite_kill_program(suite *s, suite_program which)
{
    test_program_signal(s->programs[which], SIGKILL);
    test_program_wait(s->programs[which], TEST_WAIT_MS);
}

void suite_kill_everything(suite *s)
{
    for (int i = 0; i < SUITE_PROGRAMS; i++)
        test_program_signal(s->programs[i], SIGKILL);
    test_postgres_kill(s->postgres);
    test_redis_kill(s->redis);
    for (int i = 0; i < SUITE_PROGRAMS; i++)
        test_program_wait(s->programs[i], TEST_WAIT_MS);
}

void suite_start_again(suite *s)
{
    test_postgres_restart(s->postgres);
    test_redis_restart(s->redis);
    for (int i = 0; i < SUITE_PROGRAMS; i++)
        suite_start_program(s, (suite_program)i);
    suite_wait_ready(s);
}

void suite_stop_postgres(suite *s)
{
    test_postgres_shutdown(s->postgres);
}

void suite_start_postgres(suite *s)
{
    test_postgres_restart(s->postgres);
}

void suite_freeze_postgres(suite *s, bool frozen)
{
    if (frozen)
        test_postgres_freeze(s->postgres);
    else
        test_postgres_thaw(s->postgres);
}

void suite_stop_redis(suite *s)
{
    test_redis_kill(s->redis);
}

void suite_start_redis(suite *s)
{
    test_redis_restart(s->redis);
}
