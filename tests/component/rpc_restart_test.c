/* What happens to calls when servers are away, go away or are killed. */
#include "rpc_pair.h"

#include "clock.h"
#include "metrics.h"
#include "network.h"
#include "program.h"

#include <criterion/criterion.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <uv.h>

ECHO_CONNECTIONS_ARE_LOST

/* ---- nobody there ---- */

static void call_nobody(void *arg)
{
    rpc_client *c = arg;
    Sical__Plan__V1__Topic *answer;
    rpc_reply reply;
    uint64_t start_ns = clock_monotonic_ns();
    uint64_t old = fiber_limit_ms(60);
    cr_assert_eq(echo_call(c, "Echo", "k", "", NULL, &answer, &reply), STATUS_UNAVAILABLE);
    fiber_set_deadline_ns(old);
    cr_assert_eq(reply.code, CODE_UNAVAILABLE);
    cr_assert_geq(clock_monotonic_ns() - start_ns, 60 * CLOCK_NS_PER_MS, "it waited for one to come");
    cr_assert_not(rpc_client_ready(c));
    cr_assert_eq(echo_call(c, "Echo", "k", "", NULL, &answer, &reply), STATUS_UNAVAILABLE, "its patience ends");
}

Test(rpc_restart, without_a_replica_calls_are_unavailable)
{
    loop *l = loop_create();
    char address[64];
    snprintf(address, sizeof address, "tcp://127.0.0.1:%u", test_free_port());
    rpc_client *c = rpc_client_create(l, &(rpc_client_options){.service = "nobody", .addresses = address});
    echo_run(l, call_nobody, c);
    rpc_client_destroy(c);
    loop_destroy(l);
}

/* ---- replicas come and go ---- */

static void restart_server(void)
{
    rpc_server_destroy(pair.server);
    pair.server = rpc_server_create(pair.loop, &(rpc_server_options){.address = pair.address});
    cr_assert(rpc_server_add(pair.server, &echo_service, &pair.state));
    cr_assert_eq(rpc_server_listen(pair.server), STATUS_OK);
}

static void call_across_a_restart(void *arg)
{
    (void)arg;
    rpc_reply reply;
    for (int round = 0; round < 5; round++) {
        cr_assert_eq(call_method("Echo", "before", &reply), STATUS_OK);
        restart_server();
        /* The loss may not be known yet: then the call leaves on the dead connection, and says so when it is. */
        status s = call_method("Echo", "after", &reply);
        cr_assert(s == STATUS_OK || s == STATUS_UNAVAILABLE, "%s", reply.message);
        cr_assert_eq(call_method("Echo", "again", &reply), STATUS_OK, "%s", reply.message);
    }
}

Test(rpc_restart, calls_go_on_after_a_restart, .init = start_pair, .fini = stop_pair)
{
    echo_run(pair.loop, call_across_a_restart, NULL);
}

typedef struct replicas {
    rpc_server *servers[3];
    echo_state states[3];
    rpc_client *client;
} replicas;

static status call_replica(void *arg)
{
    rpc_client *c = arg;
    Sical__Plan__V1__Topic *answer;
    rpc_reply reply;
    return echo_call(c, "Sleep", "k", "5", NULL, &answer, &reply);
}

static void call_replicas(void *arg)
{
    replicas *r = arg;
    for (unsigned i = 0; i < 3; i++) /* until all are connected */
        while (r->states[i].executions == 0)
            cr_assert_eq(call_replica(r->client), STATUS_OK);
    memset(r->states, 0, sizeof r->states);
    fiber_group group = FIBER_GROUP_INIT;
    for (int i = 0; i < 300; i++)
        fiber_group_spawn(&group, "caller", call_replica, r->client);
    cr_assert_eq(fiber_group_wait(&group), STATUS_OK);
    for (unsigned i = 0; i < 3; i++)
        cr_assert(r->states[i].executions >= 80 && r->states[i].executions <= 120, "replica %u: %u of 300 at once", i,
                  r->states[i].executions);
    rpc_server_destroy(r->servers[1]); /* one goes */
    r->servers[1] = NULL;
    while (r->states[1].executions++ < 20) {
        status s = call_replica(r->client);
        cr_assert(s == STATUS_OK || s == STATUS_UNAVAILABLE);
    }
    cr_assert_eq(call_replica(r->client), STATUS_OK);
    cr_assert(rpc_client_ready(r->client));
}

Test(rpc_restart, replicas_share_the_calls)
{
    replicas r = {0};
    loop *l = loop_create();
    char addresses[256] = "";
    for (unsigned i = 0; i < 3; i++) {
        r.servers[i] = rpc_server_create(l, &(rpc_server_options){.address = "tcp://127.0.0.1:0"});
        cr_assert(rpc_server_add(r.servers[i], &echo_service, &r.states[i]));
        cr_assert_eq(rpc_server_listen(r.servers[i]), STATUS_OK);
        size_t used = strlen(addresses);
        snprintf(addresses + used, sizeof addresses - used, "%stcp://127.0.0.1:%d", i ? "," : "",
                 rpc_server_port(r.servers[i]));
    }
    r.client = rpc_client_create(l, &(rpc_client_options){.service = "echo", .addresses = addresses});
    echo_run(l, call_replicas, &r);
    rpc_client_destroy(r.client);
    for (unsigned i = 0; i < 3; i++)
        rpc_server_destroy(r.servers[i]);
    loop_destroy(l);
}

/* ---- a replica says that it leaves ---- */

typedef struct leaving {
    struct metrics_registry *metrics;
    rpc_server *other;
    echo_state other_state;
    rpc_client *client; /* of both */
} leaving;

#define RECEIVED "rpc_messages_total{side=\"client\",service=\"both\",direction=\"received\"}"

/* It is told while nothing is in flight: no call of its own has to find out. */
static void tell(leaving *l, bool serving)
{
    double received = echo_metric(l->metrics, RECEIVED);
    rpc_server_set_serving(pair.server, serving);
    WAIT_UNTIL(echo_metric(l->metrics, RECEIVED) == received + 1);
}

static void call_both(leaving *l, unsigned calls, unsigned *here, unsigned *there)
{
    *here = pair.state.executions;
    *there = l->other_state.executions;
    for (unsigned i = 0; i < calls; i++)
        cr_assert_eq(call_replica(l->client), STATUS_OK);
    *here = pair.state.executions - *here;
    *there = l->other_state.executions - *there;
}

static void call_beside_a_leaving_one(void *arg)
{
    leaving *l = arg;
    unsigned here, there;
    while (!pair.state.executions || !l->other_state.executions)
        cr_assert_eq(call_replica(l->client), STATUS_OK);
    tell(l, false);
    call_both(l, 50, &here, &there);
    cr_assert(here == 0 && there == 50, "%u and %u", here, there);
    tell(l, true);
    do
        call_both(l, 1, &here, &there);
    while (!here);

    tell(l, false);
    rpc_server_destroy(l->other); /* the leaving one is better than none */
    do
        call_replica(l->client);
    while (pair.state.executions < 100);
}

Test(rpc_restart, idle_clients_learn_who_leaves, .init = start_pair, .fini = stop_pair)
{
    leaving l = {.metrics = metrics_create()};
    l.other = rpc_server_create(pair.loop, &(rpc_server_options){.address = "tcp://127.0.0.1:0"});
    cr_assert(rpc_server_add(l.other, &echo_service, &l.other_state));
    cr_assert_eq(rpc_server_listen(l.other), STATUS_OK);
    char addresses[160];
    snprintf(addresses, sizeof addresses, "%s,tcp://127.0.0.1:%d", pair.address, rpc_server_port(l.other));
    l.client =
        rpc_client_create(pair.loop,
                          &(rpc_client_options){.service = "both", .addresses = addresses, .metrics = l.metrics});
    echo_run(pair.loop, call_beside_a_leaving_one, &l);
    rpc_client_destroy(l.client);
    metrics_destroy(l.metrics);
}

/* ---- a server is killed: nothing runs twice ---- */

enum { CALLERS = 50, KILLS = 6 };

typedef struct killing {
    rpc_client *client;
    char journal[64];
    unsigned port;
    test_program *server;
    unsigned next;      /* number of the next call */
    unsigned answered;  /* OK */
    unsigned unknown;   /* UNAVAILABLE, DEADLINE_EXCEEDED */
    bool *was_answered; /* by number */
    bool over;
} killing;

enum { KILLING_LIMIT = 1 << 20 };

static void start_echo_server(killing *k)
{
    char path[512] = "", address[64];
    cr_assert_gt(readlink("/proc/self/exe", path, sizeof path - 32), 0);
    strcpy(strrchr(path, '/'), "/rpc_echo_server");
    snprintf(address, sizeof address, "tcp://127.0.0.1:%u", k->port);
    const char *arguments[] = {address, k->journal, NULL};
    k->server = test_program_start(&(test_program_options){.name = path, .arguments = arguments});
}

static status call_through_kills(void *arg)
{
    killing *k = arg;
    while (!k->over && k->next < KILLING_LIMIT) {
        unsigned number = k->next++;
        char key[32];
        snprintf(key, sizeof key, "%u", number);
        Sical__Plan__V1__Topic *answer;
        rpc_reply reply;
        status s = echo_call(k->client, number % 3 ? "Echo" : "Sleep", key, "2", NULL, &answer, &reply);
        if (s == STATUS_OK) {
            cr_assert_str_eq(answer->key, key);
            k->was_answered[number] = true;
            k->answered++;
        } else {
            cr_assert(s == STATUS_UNAVAILABLE || s == STATUS_DEADLINE_EXCEEDED, "%s", reply.message);
            k->unknown++;
        }
        arena_reset(fiber_arena());
    }
    return STATUS_OK;
}

static void kill_and_restart(void *arg)
{
    killing *k = arg;
    start_echo_server(k);
    fiber_group group = FIBER_GROUP_INIT;
    for (int i = 0; i < CALLERS; i++)
        fiber_group_spawn(&group, "caller", call_through_kills, k);
    for (int i = 0; i < KILLS; i++) {
        unsigned goal = k->answered + 500;
        WAIT_UNTIL(k->answered >= goal);
        test_program_destroy(k->server);
        start_echo_server(k);
    }
    unsigned goal = k->answered + 500;
    WAIT_UNTIL(k->answered >= goal); /* it has recovered */
    k->over = true;
    cr_assert_eq(fiber_group_wait(&group), STATUS_OK);
}

static void count_executions(const killing *k)
{
    unsigned char *executions = calloc(k->next, 1);
    FILE *f = fopen(k->journal, "r");
    cr_assert_not_null(f);
    unsigned number;
    while (fscanf(f, "%u", &number) == 1) {
        cr_assert_lt(number, k->next);
        cr_assert_eq(++executions[number], 1, "call %u ran twice", number);
    }
    fclose(f);
    for (unsigned i = 0; i < k->next; i++)
        cr_assert(!k->was_answered[i] || executions[i], "call %u was answered but never ran", i);
    free(executions);
}

Test(rpc_restart, across_kills_nothing_runs_twice, .timeout = 120)
{
    killing k = {.port = test_free_port(), .was_answered = calloc(KILLING_LIMIT, 1)};
    snprintf(k.journal, sizeof k.journal, "/tmp/rpc_journal_XXXXXX");
    int file = mkstemp(k.journal);
    cr_assert_geq(file, 0);
    close(file);
    loop *l = loop_create();
    char address[64];
    snprintf(address, sizeof address, "tcp://127.0.0.1:%u", k.port);
    k.client = rpc_client_create(l, &(rpc_client_options){.service = "echo", .addresses = address});
    echo_run(l, kill_and_restart, &k);
    rpc_client_destroy(k.client);
    loop_destroy(l);
    test_program_destroy(k.server);
    count_executions(&k);
    unlink(k.journal);
    free(k.was_answered);
}

/* ---- stopping ---- */

/* Between reading messages and running fibers: destroys the server as soon as a call has come in. */
static void destroy_before_fibers(uv_check_t *check)
{
    if (!pair.server || rpc_server_calls_in_flight(pair.server) == 0)
        return;
    rpc_server_destroy(pair.server);
    pair.server = NULL;
    uv_close((uv_handle_t *)check, NULL);
}

static void call_dying_server(void *arg)
{
    (void)arg;
    rpc_reply reply;
    cr_assert_eq(call_method("Echo", "connect", &reply), STATUS_OK);
    static uv_check_t check;
    uv_check_init(loop_uv(pair.loop), &check);
    uv_check_start(&check, destroy_before_fibers);
    cr_assert_eq(call_method("Echo", "dropped", &reply), STATUS_UNAVAILABLE);
    cr_assert_null(strstr(reply.message, "unknown"), "%s", reply.message);
}

Test(rpc_restart, a_server_may_go_while_calls_come_in, .init = start_pair, .fini = stop_pair)
{
    echo_run(pair.loop, call_dying_server, NULL);
    cr_assert_eq(pair.state.executions, 1, "what had not begun does not run");
}

static void drain(void *arg)
{
    (void)arg;
    fiber_group group = FIBER_GROUP_INIT;
    for (int i = 0; i < 200; i++)
        fiber_group_spawn(&group, "caller", hold_one, NULL);
    WAIT_UNTIL(pair.state.held_count == 200);
    rpc_server_set_serving(pair.server, false);
    echo_release(&pair.state);
    WAIT_UNTIL(rpc_server_calls_in_flight(pair.server) == 0);
    rpc_server_destroy(pair.server); /* the answers are with nng at most */
    pair.server = NULL;
    cr_assert_eq(fiber_group_wait(&group), STATUS_OK, "every answer arrived");
}

Test(rpc_restart, the_last_answers_leave_before_the_listener_closes, .init = start_pair, .fini = stop_pair)
{
    echo_run(pair.loop, drain, NULL);
}
