/* Two replicas of a real program are restarted one after the other, again and again, while a client calls them: no call
 * fails and none is carried out twice. With plain connections, and with mutual TLS when the CA itself is replaced. */
#include "tls_world.h"

#include "fiber.h"
#include "network.h"
#include "program.h"
#include "scratch_folder.h"

#include <criterion/criterion.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { REPLICAS = 2, CALLERS = 12, CALLS_LIMIT = 1 << 20 };

typedef struct replica {
    test_program *program;
    unsigned port;
    char journal[TLS_PATH_SIZE]; /* of all its lives */
    off_t journal_size;          /* when it was started last */
} replica;

typedef struct restarts {
    loop *loop;
    const char *ca;          /* folder of certificates that servers are started with; NULL = plain */
    const char *drain_delay; /* NULL = as long as clients may take to connect anew */
    rpc_tls *tls;
    replica replicas[REPLICAS];
    rpc_client *client;
    unsigned next; /* number of the next call */
    unsigned failed;
    bool over;
} restarts;

static restarts r;

#define WAIT_UNTIL(CONDITION)                                                                                          \
    while (!(CONDITION))                                                                                               \
    cr_assert_eq(fiber_sleep(5), STATUS_OK)

/* ---- replicas ---- */

static off_t size_of(const char *path)
{
    struct stat s;
    return stat(path, &s) ? 0 : s.st_size;
}

static void start_replica(replica *p)
{
    char program[512], listen[96], journal[256], variables[3][TLS_PATH_SIZE + 32];
    snprintf(program, sizeof program, "%s/tests/service_probe", test_build_dir());
    snprintf(listen, sizeof listen, "RPC_LISTEN=%stcp://127.0.0.1:%u", r.ca ? "tls+" : "", p->port);
    snprintf(journal, sizeof journal, "PROBE_JOURNAL=%s", p->journal);
    const char *delay = r.drain_delay ? r.drain_delay : "DRAIN_DELAY=500ms";
    const char *environment[] = {listen, journal, delay, NULL, NULL, NULL, NULL};
    static const char *const names[][2] = {{"RPC_TLS_CA", "ca.pem"},
                                           {"RPC_TLS_CERT", "echo.pem"},
                                           {"RPC_TLS_KEY", "echo.key"}};
    for (int i = 0; r.ca && i < 3; i++) {
        char file[64], path[TLS_PATH_SIZE];
        snprintf(file, sizeof file, "%s/%s", r.ca, names[i][1]);
        snprintf(variables[i], sizeof variables[i], "%s=%s", names[i][0], tls_path(path, file));
        environment[3 + i] = variables[i];
    }
    p->journal_size = size_of(p->journal);
    p->program = test_program_start(&(test_program_options){.name = program, .environment = environment});
}

/* The client has called it since it was started. */
static bool serves(const replica *p)
{
    return size_of(p->journal) > p->journal_size;
}

static void restart_replica(replica *p)
{
    int code;
    test_program_signal(p->program, SIGTERM);
    WAIT_UNTIL((code = test_program_wait(p->program, 0)) >= 0);
    char *log = test_program_errors(p->program);
    cr_assert_eq(code, 0, "%s", log);
    cr_assert_null(strstr(log, "Sanitizer"), "%s", log);
    free(log);
    test_program_destroy(p->program);
    start_replica(p);
    WAIT_UNTIL(serves(p));
}

/* ---- calls ---- */

static status call_on_and_on(void *arg)
{
    (void)arg;
    while (!r.over && r.next < CALLS_LIMIT) {
        unsigned number = r.next++;
        char key[32];
        snprintf(key, sizeof key, "%u", number);
        Sical__Plan__V1__Topic *answer;
        rpc_reply reply;
        status s = echo_call(r.client, number % 3 ? "Echo" : "Sleep", key, "3", NULL, &answer, &reply);
        if (s != STATUS_OK) {
            fprintf(stderr, "call %u: %s %s\n", number, code_name(reply.code), reply.message);
            r.failed++;
        }
        arena_reset(fiber_arena());
    }
    return STATUS_OK;
}

static void count_executions(void)
{
    unsigned char *executions = calloc(r.next, 1);
    for (int i = 0; i < REPLICAS; i++) {
        FILE *f = fopen(r.replicas[i].journal, "r");
        cr_assert_not_null(f);
        unsigned number;
        while (fscanf(f, "%u", &number) == 1) {
            cr_assert_lt(number, r.next);
            executions[number]++;
        }
        fclose(f);
    }
    for (unsigned i = 0; i < r.next; i++)
        cr_assert_eq(executions[i], 1, "call %u ran %u times", i, executions[i]);
    free(executions);
}

/* ---- the stories ---- */

static void begin(fiber_group *group)
{
    char addresses[160], file[32], path[TLS_PATH_SIZE];
    for (int i = 0; i < REPLICAS; i++) {
        replica *p = &r.replicas[i];
        p->port = test_free_port();
        snprintf(file, sizeof file, "journal-%d", i);
        snprintf(p->journal, sizeof p->journal, "%s", tls_path(path, file));
        start_replica(p);
    }
    const char *scheme = r.ca ? "tls+" : "";
    snprintf(addresses, sizeof addresses, "%stcp://127.0.0.1:%u,%stcp://127.0.0.1:%u", scheme, r.replicas[0].port,
             scheme, r.replicas[1].port);
    for (int i = 0; i < REPLICAS; i++)
        WAIT_UNTIL(test_program_wait_error(r.replicas[i].program, "\"message\":\"ready\"", 0));
    r.client = tls_connect(r.loop, r.tls, addresses);
    WAIT_UNTIL(rpc_client_ready(r.client));
    for (int i = 0; i < CALLERS; i++)
        fiber_group_spawn(group, "caller", call_on_and_on, NULL);
    for (int i = 0; i < REPLICAS; i++)
        WAIT_UNTIL(serves(&r.replicas[i]));
}

static void end(fiber_group *group)
{
    r.over = true;
    cr_assert_eq(fiber_group_wait(group), STATUS_OK);
    rpc_client_destroy(r.client);
    for (int i = 0; i < REPLICAS; i++)
        test_program_destroy(r.replicas[i].program);
    cr_assert_eq(r.failed, 0, "%u of %u calls failed", r.failed, r.next);
    count_executions();
}

static void restart_plain(void *arg)
{
    (void)arg;
    fiber_group group = FIBER_GROUP_INIT;
    begin(&group);
    for (int i = 0; i < 2 * REPLICAS; i++)
        restart_replica(&r.replicas[i % REPLICAS]);
    end(&group);
}

Test(rolling_restart, no_call_fails, .exit_code = ECHO_ALL_IS_ASSERTED)
{
    tls_make_certificates();
    r.loop = loop_create();
    echo_run(r.loop, restart_plain, NULL);
    loop_destroy(r.loop);
    echo_end_process();
}

/* The files of the client are replaced one after the other, as administrators do. It then trusts both CAs. */
static void renew_client(void)
{
    tls_append("theirs/ca.pem", "client/ca.pem");
    tls_copy("theirs/echo.pem", "client/echo.pem");
    fiber_sleep(50); /* long enough for a look at what does not fit together */
    tls_copy("theirs/echo.key", "client/echo.key");
}

static void restart_with_another_ca(void *arg)
{
    (void)arg;
    fiber_group group = FIBER_GROUP_INIT;
    r.ca = "ours";
    r.tls = tls_use(r.loop, "client/ca.pem", "client/echo.pem", "client/echo.key", "localhost");
    cr_assert_not_null(r.tls);
    begin(&group);
    renew_client();
    r.ca = "theirs";
    for (int i = 0; i < REPLICAS; i++)
        restart_replica(&r.replicas[i]); /* waits for calls that only the new certificates make possible */
    end(&group);
    rpc_tls_destroy(r.tls);
}

Test(rolling_restart, no_call_fails_when_certificates_are_replaced, .exit_code = ECHO_ALL_IS_ASSERTED)
{
    char path[TLS_PATH_SIZE];
    tls_make_certificates();
    tls_issue("client", "1", "echo"); /* makes the folder; then it gets what is ours */
    cr_assert_eq(access(tls_path(path, "client/ca.pem"), R_OK), 0);
    static const char *const files[] = {"ca.pem", "echo.pem", "echo.key"};
    for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
        char from[32], to[32];
        snprintf(from, sizeof from, "ours/%s", files[i]);
        snprintf(to, sizeof to, "client/%s", files[i]);
        tls_copy(from, to);
    }
    r.loop = loop_create();
    echo_run(r.loop, restart_with_another_ca, NULL);
    loop_destroy(r.loop);
    echo_end_process();
}

/* ---- one alone: what it has begun it ends, and what comes meanwhile as well ---- */

static status call_slowly(void *arg)
{
    (void)arg;
    Sical__Plan__V1__Topic *answer;
    rpc_reply reply;
    return echo_call(r.client, "Sleep", "0", "1500", NULL, &answer, &reply);
}

static void stop_while_it_works(void *arg)
{
    (void)arg;
    replica *p = &r.replicas[0];
    char address[64], path[TLS_PATH_SIZE];
    p->port = test_free_port();
    snprintf(p->journal, sizeof p->journal, "%s", tls_path(path, "journal"));
    start_replica(p);
    snprintf(address, sizeof address, "tcp://127.0.0.1:%u", p->port);
    r.client = tls_connect(r.loop, NULL, address);
    WAIT_UNTIL(rpc_client_ready(r.client));
    fiber_group group = FIBER_GROUP_INIT;
    fiber_group_spawn(&group, "caller", call_slowly, NULL);
    cr_assert_eq(fiber_sleep(0), STATUS_OK); /* it goes first */
    cr_assert_eq(tls_call(r.client, 20000), STATUS_OK, "so it is at work when this one has been answered");
    test_program_signal(p->program, SIGTERM);
    WAIT_UNTIL(test_program_wait_error(p->program, "\"message\":\"stopping\"", 0));
    for (int i = 0; i < 20; i++)
        cr_assert_eq(tls_call(r.client, 20000), STATUS_OK, "calls that come meanwhile are served");
    cr_assert_eq(fiber_group_wait(&group), STATUS_OK, "and what was at work is answered");
    int code;
    WAIT_UNTIL((code = test_program_wait(p->program, 0)) >= 0);
    cr_assert_eq(code, 0);
    rpc_client_destroy(r.client);
    test_program_destroy(p->program);
}

Test(rolling_restart, what_has_begun_is_answered, .exit_code = ECHO_ALL_IS_ASSERTED)
{
    tls_make_certificates();
    r.drain_delay = "DRAIN_DELAY=0";
    r.loop = loop_create();
    echo_run(r.loop, stop_while_it_works, NULL);
    loop_destroy(r.loop);
    echo_end_process();
}
