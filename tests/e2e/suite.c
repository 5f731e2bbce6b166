#include "network.h"
#include "scratch_folder.h"
#include "suite_internal.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *const names[SUITE_PROGRAMS] = {"sical-auth", "sical-plan", "sical-progress", "sical-metrics",
                                                  "sical-gateway"};

/* ---- names and places ---- */

const char *suite_url(const suite *s)
{
    return s->url;
}

const char *suite_program_name(suite_program which)
{
    return names[which];
}

const char *suite_address(unsigned replica)
{
    static const char *const addresses[SUITE_REPLICAS_LIMIT] = {"127.0.0.1", "127.0.0.2", "127.0.0.3", "127.0.0.4"};
    return addresses[replica];
}

unsigned suite_replicas(const suite *s, suite_program which)
{
    return s->options.replicas[which] ? s->options.replicas[which] : 1;
}

unsigned suite_rpc_port(const suite *s, suite_program which)
{
    return s->rpc_port[which];
}

unsigned suite_http_port(const suite *s, suite_program which)
{
    return s->http_port[which];
}

size_t suite_gateways(const suite *s, load_server servers[SUITE_REPLICAS_LIMIT])
{
    unsigned count = suite_replicas(s, SUITE_GATEWAY);
    for (unsigned i = 0; i < count; i++)
        servers[i] = (load_server){.address = suite_address(i), .port = s->http_port[SUITE_GATEWAY]};
    return count;
}

void suite_ops_url(const suite *s, suite_program which, char out[64])
{
    snprintf(out, 64, "http://127.0.0.1:%u", s->http_port[which]);
}

const char *suite_token_key(const suite *s)
{
    (void)s;
    return "c3RvcmllcyBzaWduIHdpdGggdGhpcyBrZXkgb2YgMzIgYnl0ZXM=";
}

/* ---- logs ---- */

typedef void visit(suite *s, suite_program which, unsigned replica);

/* Those that were ever started. */
static void each_replica(suite *s, visit *do_it)
{
    for (suite_program which = 0; which < SUITE_PROGRAMS; which++)
        for (unsigned replica = 0; replica < SUITE_REPLICAS_LIMIT; replica++)
            if (s->programs[which][replica])
                do_it(s, which, replica);
}

static void show_log(suite *s, suite_program which, unsigned replica)
{
    char *log = test_program_errors(s->programs[which][replica]);
    size_t length = strlen(log);
    fprintf(stderr, "--- %s %u: %s\n", names[which], replica, length > 2000 ? log + length - 2000 : log);
    free(log);
}

static void fail_with_logs(suite *s, const char *what)
{
    each_replica(s, show_log);
    test_fail("%s", what);
}

bool suite_log_contains(const suite *s, const char *text)
{
    bool found = false;
    for (unsigned i = 0; i < SUITE_PROGRAMS * SUITE_REPLICAS_LIMIT; i++) {
        const test_program *program = s->programs[i / SUITE_REPLICAS_LIMIT][i % SUITE_REPLICAS_LIMIT];
        char *log = program ? test_program_errors(program) : NULL;
        found |= log && strstr(log, text);
        free(log);
    }
    return found;
}

/* ---- one replica ---- */

void suite_start_program_logging_to(suite *s, suite_program which, unsigned replica, const char *log)
{
    test_program_destroy(s->programs[which][replica]);
    s->programs[which][replica] = suite_launch(s, which, replica, log);
}

void suite_start_program(suite *s, suite_program which, unsigned replica)
{
    suite_start_program_logging_to(s, which, replica, NULL);
}

void suite_wait_program(suite *s, suite_program which, unsigned replica)
{
    if (!test_wait_http_at(suite_address(replica), s->http_port[which], "/ready", 200, TEST_WAIT_MS))
        fail_with_logs(s, names[which]);
}

static void terminate(suite *s, suite_program which, unsigned replica)
{
    test_program_signal(s->programs[which][replica], SIGTERM);
}

static void forget(suite *s, suite_program which, unsigned replica)
{
    test_program_destroy(s->programs[which][replica]);
    s->programs[which][replica] = NULL;
}

static void check_end(suite *s, suite_program which, unsigned replica)
{
    int code = test_program_wait(s->programs[which][replica], TEST_WAIT_MS);
    if (code != 0) {
        fprintf(stderr, "%s %u ended with %d\n", names[which], replica, code);
        fail_with_logs(s, "a program did not end in order");
    }
    if (suite_log_contains(s, "SUMMARY: ") || suite_log_contains(s, "runtime error"))
        fail_with_logs(s, "a sanitizer reports");
}

void suite_end_program(suite *s, suite_program which, unsigned replica)
{
    terminate(s, which, replica);
    check_end(s, which, replica);
    forget(s, which, replica);
}

static void begin_kill(suite *s, suite_program which, unsigned replica)
{
    test_program_signal(s->programs[which][replica], SIGKILL);
}

void suite_kill_program(suite *s, suite_program which, unsigned replica)
{
    begin_kill(s, which, replica);
    test_program_wait(s->programs[which][replica], TEST_WAIT_MS);
}

void suite_freeze_program(suite *s, suite_program which, unsigned replica, bool frozen)
{
    test_program_signal(s->programs[which][replica], frozen ? SIGSTOP : SIGCONT);
}

pid_t suite_pid(const suite *s, suite_program which, unsigned replica)
{
    return test_program_pid(s->programs[which][replica]);
}

/* ---- all of it ---- */

void suite_wait_ready(suite *s)
{
    each_replica(s, suite_wait_program);
}

static void start_programs(suite *s)
{
    for (suite_program which = 0; which < SUITE_PROGRAMS; which++)
        for (unsigned i = 0; i < suite_replicas(s, which); i++)
            suite_start_program(s, which, i);
    suite_wait_ready(s);
}

suite *suite_start_with(const suite_options *options)
{
    suite *s = calloc(1, sizeof *s);
    if (!s)
        abort();
    s->options = *options;
    s->postgres = test_postgres_start();
    s->redis = test_redis_start(NULL);
    test_migrate(s->postgres);
    for (int i = 0; i < SUITE_PROGRAMS; i++) {
        s->rpc_port[i] = test_free_port();
        s->http_port[i] = test_free_port();
    }
    snprintf(s->url, sizeof s->url, "http://127.0.0.1:%u", s->http_port[SUITE_GATEWAY]);
    start_programs(s);
    return s;
}

suite *suite_start(void)
{
    return suite_start_with(&(suite_options){0});
}

void suite_stop(suite *s)
{
    each_replica(s, terminate);
    each_replica(s, check_end);
    each_replica(s, forget);
    test_redis_stop(s->redis);
    test_postgres_stop(s->postgres);
    free(s);
}

void suite_kill_everything(suite *s)
{
    each_replica(s, begin_kill);
    test_postgres_kill(s->postgres);
    test_redis_kill(s->redis);
    each_replica(s, suite_kill_program);
}

void suite_start_again(suite *s)
{
    test_postgres_restart(s->postgres);
    test_redis_restart(s->redis);
    start_programs(s);
}

/* ---- servers ---- */

void suite_stop_postgres(suite *s)
{
    test_postgres_shutdown(s->postgres);
}

void suite_kill_postgres(suite *s)
{
    test_postgres_kill(s->postgres);
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

void suite_freeze_redis(suite *s, bool frozen)
{
    if (frozen)
        test_redis_freeze(s->redis);
    else
        test_redis_thaw(s->redis);
}

char *suite_query(suite *s, const char *sql)
{
    return test_postgres_text(s->postgres, sql);
}
