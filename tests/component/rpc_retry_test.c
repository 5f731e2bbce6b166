/* What is made again and what is not, where calls go when a replica fails or is slow, and second copies. */
#include "rpc_fleet.h"

#include "fiber.h"

#include <criterion/criterion.h>
#include <stdio.h>

#define WAIT_UNTIL(CONDITION)                                                                                          \
    while (!(CONDITION))                                                                                               \
    cr_assert_eq(fiber_sleep(5), STATUS_OK)

static fleet *const f = &fleet_of_test;

static status call(const char *method, const rpc_metadata *metadata, rpc_reply *reply)
{
    Sical__Plan__V1__Topic *answer;
    return echo_call(f->client, method, "key", "1", metadata, &answer, reply);
}

static double metric(const char *name)
{
    char series[96];
    snprintf(series, sizeof series, "%s{service=\"echo\"}", name);
    return echo_metric(f->metrics, series);
}

static unsigned all_executions(void)
{
    unsigned all = 0;
    for (int i = 0; i < FLEET; i++)
        all += f->states[i].executions;
    return all;
}

static void start_one(void)
{
    fleet_start("127.0.0.2", 0, NULL);
}

static void start_three(void)
{
    fleet_start("127.0.0.2 127.0.0.3 127.0.0.4", 0, NULL);
}

/* ---- which calls are made again ---- */

static void repeat(void *arg)
{
    (void)arg;
    static const struct {
        const char *method;
        bool repeated;
    } cases[] = {{"Echo", true}, {"Twice", true}, {"Caller", false}};
    WAIT_UNTIL(rpc_client_ready(f->client));
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        rpc_metadata metadata = {.user_id = "01890000-0000-7000-8000-000000000007"};
        rpc_reply reply;
        unsigned before = all_executions();
        f->states[0].unavailable = 1;
        status s = call(cases[i].method, &metadata, &reply);
        cr_expect_eq(s, cases[i].repeated ? STATUS_OK : STATUS_UNAVAILABLE, "%s: %d", cases[i].method, s);
        cr_expect_eq(all_executions() - before, cases[i].repeated ? 2 : 1, "%s", cases[i].method);
    }
    cr_expect_eq(metric("rpc_client_retries_total"), 2);
}

Test(rpc_retry, only_what_may_be_repeated, .init = start_one, .fini = fleet_stop)
{
    fleet_run(repeat, NULL);
}

/* A replica without room refuses what comes; another one takes it, also what must not be done twice. */
enum { ROOM = 2, REFUSALS = 3 }; /* fewer than the budget has tokens */

static status hold(void *arg)
{
    Sical__Plan__V1__Topic *answer;
    rpc_reply reply;
    return echo_call(arg, "Hold", "k", "", NULL, &answer, &reply);
}

static void overfill(void *arg)
{
    (void)arg;
    char address[64];
    snprintf(address, sizeof address, "tcp://127.0.0.2:%u", f->port);
    rpc_client *other = rpc_client_create(f->loop, &(rpc_client_options){.service = "full", .addresses = address});
    fiber_group group = FIBER_GROUP_INIT;
    WAIT_UNTIL(fleet_replicas("connected") == FLEET && rpc_client_ready(other));
    for (int i = 0; i < ROOM; i++)
        fiber_group_spawn(&group, "hold", hold, other);
    WAIT_UNTIL(f->states[0].held_count == ROOM);
    unsigned before = all_executions(), writes = 0;
    for (; metric("rpc_client_retries_total") < REFUSALS; writes++) {
        rpc_metadata metadata = {.user_id = "01890000-0000-7000-8000-000000000007"};
        rpc_reply reply;
        cr_expect_eq(call("Caller", &metadata, &reply), STATUS_OK, "%s", reply.message);
    }
    cr_expect_eq(all_executions() - before, writes);
    echo_release(&f->states[0]);
    cr_assert_eq(fiber_group_wait(&group), STATUS_OK);
    rpc_client_destroy(other);
}

static void start_small(void)
{
    f->calls_limit = ROOM;
    start_three();
}

Test(rpc_retry, what_was_refused_goes_elsewhere, .init = start_small, .fini = fleet_stop)
{
    fleet_run(overfill, NULL);
}

/* Three tries each until ten failures have emptied the budget, then one try each. */
static void spend_the_budget(void *arg)
{
    (void)arg;
    rpc_reply reply;
    WAIT_UNTIL(rpc_client_ready(f->client));
    f->states[0].unavailable = 1000;
    for (int i = 0; i < 20; i++)
        cr_expect_eq(call("Echo", NULL, &reply), STATUS_UNAVAILABLE);
    cr_expect_eq(all_executions(), 3 * 3 + 2 + 16);
    cr_expect_eq(metric("rpc_client_retries_total"), 7);

    f->states[0].unavailable = 0;
    for (int i = 0; i < 12; i++) /* a tenth each */
        cr_expect_eq(call("Echo", NULL, &reply), STATUS_OK);
    f->states[0].unavailable = 1;
    cr_expect_eq(call("Echo", NULL, &reply), STATUS_OK, "there is a token again");
}

Test(rpc_retry, the_budget_ends, .init = start_one, .fini = fleet_stop)
{
    fleet_run(spend_the_budget, NULL);
}

static void keep_the_deadline(void *arg)
{
    (void)arg;
    rpc_reply reply;
    WAIT_UNTIL(rpc_client_ready(f->client));
    f->states[0].unavailable = 10;
    fiber_limit_ms(5); /* shorter than the first pause */
    cr_expect_eq(call("Echo", NULL, &reply), STATUS_UNAVAILABLE);
    cr_expect_eq(all_executions(), 1);
}

Test(rpc_retry, no_pause_past_the_deadline, .init = start_one, .fini = fleet_stop)
{
    fleet_run(keep_the_deadline, NULL);
}

static void fail_elsewhere(void *arg)
{
    (void)arg;
    rpc_reply reply;
    WAIT_UNTIL(fleet_replicas("connected") == 3);
    f->states[0].unavailable = 1000000;
    for (int i = 0; i < 200; i++)
        cr_expect_eq(call("Echo", NULL, &reply), STATUS_OK, "another replica is asked");
}

Test(rpc_retry, another_replica_is_asked, .init = start_three, .fini = fleet_stop)
{
    fleet_run(fail_elsewhere, NULL);
}

/* ---- failing and slow replicas ---- */

static void eject(void *arg)
{
    (void)arg;
    WAIT_UNTIL(fleet_replicas("connected") == 3);
    f->states[1].unavailable = 1000000;
    rpc_metadata metadata = {.user_id = "01890000-0000-7000-8000-000000000007"};
    rpc_reply reply;
    unsigned failures = 0;
    for (int i = 0; i < 2000; i++)
        failures += call("Caller", &metadata, &reply) != STATUS_OK;
    cr_expect_geq(failures, 5);
    cr_expect_leq(failures, 20, "after five failures in a row it gets a probe now and then: %u", failures);
    cr_expect_geq(metric("rpc_client_ejections_total"), 1);

    f->states[1].unavailable = 0;
    unsigned before = f->states[1].executions;
    while (f->states[1].executions < before + 50) {
        cr_assert_eq(call("Caller", &metadata, &reply), STATUS_OK);
        fiber_sleep(1);
    }
    cr_expect_eq(fleet_replicas("ejected"), 0);
}

Test(rpc_retry, a_failing_replica_is_ejected_and_comes_back, .init = start_three, .fini = fleet_stop, .timeout = 60)
{
    fleet_run(eject, NULL);
}

static void fail_everywhere(void *arg)
{
    (void)arg;
    rpc_metadata metadata = {.user_id = "01890000-0000-7000-8000-000000000007"};
    rpc_reply reply;
    WAIT_UNTIL(fleet_replicas("connected") == 3);
    for (int i = 0; i < FLEET; i++)
        f->states[i].unavailable = 1000000;
    for (int i = 0; i < 100; i++)
        cr_expect_eq(call("Caller", &metadata, &reply), STATUS_UNAVAILABLE);
    cr_expect_leq(fleet_replicas("ejected"), 1, "half of them at least stay in service");
    for (int i = 0; i < FLEET; i++)
        f->states[i].unavailable = 0;
    for (int i = 0; i < 100; i++)
        cr_expect_eq(call("Caller", &metadata, &reply), STATUS_OK, "at once");
}

Test(rpc_retry, never_all_are_ejected, .init = start_three, .fini = fleet_stop)
{
    fleet_run(fail_everywhere, NULL);
}

static void avoid_the_slow(void *arg)
{
    (void)arg;
    WAIT_UNTIL(fleet_replicas("connected") == 3);
    for (int i = 0; i < FLEET; i++)
        f->states[i].lag_ms = i == 2 ? 300 : 3;
    fleet_load load = {.callers = 20};
    fleet_load_begin(&load);
    fleet_load_more(&load, 3000);
    fleet_load_end(&load);
    unsigned slow = f->states[2].executions, all = all_executions();
    cr_expect_lt(slow * 20, all, "the slow one had %u of %u", slow, all);
    cr_expect_eq(load.failures, 0);
}

Test(rpc_retry, a_slow_replica_gets_little, .init = start_three, .fini = fleet_stop, .timeout = 60)
{
    fleet_run(avoid_the_slow, NULL);
}

/* ---- hedging ---- */

static void start_hedging(void)
{
    fleet_start("127.0.0.2 127.0.0.3", 0, &(rpc_client_options){.hedge_percent = 50});
}

static void hedge(void *arg)
{
    (void)arg;
    rpc_reply reply;
    WAIT_UNTIL(fleet_replicas("connected") == 2);
    for (int i = 0; i < 64; i++)
        cr_assert_eq(call("Echo", NULL, &reply), STATUS_OK);
    double early = metric("rpc_client_hedges_total");
    f->states[0].lag_ms = 1000;
    fleet_load load = {.callers = 4};
    fleet_load_begin(&load);
    WAIT_UNTIL(metric("rpc_client_hedges_total") > early);
    fleet_load_end(&load);
    cr_expect_eq(load.failures, 0);
    cr_expect_gt(all_executions(), 64 + load.calls, "some were executed twice");
    WAIT_UNTIL(echo_metric(f->metrics, "rpc_dropped_total{side=\"client\",service=\"echo\",reason=\"late\"}") >= 1);
    f->states[0].lag_ms = 0;
    for (int i = 0; i < 64; i++)
        cr_expect_eq(call("Echo", NULL, &reply), STATUS_OK, "the late answer met nobody");
    unsigned before = all_executions();
    double hedges = metric("rpc_client_hedges_total");
    cr_expect_eq(call("Twice", NULL, &reply), STATUS_OK);
    cr_expect_eq(metric("rpc_client_hedges_total"), hedges, "only reads are");
    cr_expect_eq(all_executions(), before + 1);
}

Test(rpc_retry, a_slow_read_is_hedged, .init = start_hedging, .fini = fleet_stop, .timeout = 60)
{
    fleet_run(hedge, NULL);
}

static void start_hedging_little(void)
{
    fleet_start("127.0.0.2 127.0.0.3", 0, &(rpc_client_options){.hedge_percent = 1});
}

static void hedge_too_much(void *arg)
{
    (void)arg;
    WAIT_UNTIL(fleet_replicas("connected") == 2);
    fleet_load load = {.callers = 1};
    fleet_load_begin(&load);
    fleet_load_more(&load, 200);
    f->states[0].lag_ms = f->states[1].lag_ms = 5; /* all are slower than those before */
    fleet_load_more(&load, 100);
    f->states[0].lag_ms = f->states[1].lag_ms = 10;
    fleet_load_more(&load, 100);
    fleet_load_end(&load);
    cr_expect_leq(metric("rpc_client_hedges_total"), 10 + 4 + 1);
    cr_expect_eq(load.failures, 0);
}

Test(rpc_retry, hedges_have_a_budget, .init = start_hedging_little, .fini = fleet_stop, .timeout = 60)
{
    fleet_run(hedge_too_much, NULL);
}
