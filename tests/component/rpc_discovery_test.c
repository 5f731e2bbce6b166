/* Replicas come and go behind a DNS name, and no call notices. */
#include "rpc_fleet.h"

#include "fiber.h"

#include <criterion/criterion.h>
#include <math.h>

#define WAIT_UNTIL(CONDITION)                                                                                          \
    while (!(CONDITION))                                                                                               \
    cr_assert_eq(fiber_sleep(5), STATUS_OK)

enum { WINDOWS = 5 }; /* of 6,000 calls each */

static fleet *const f = &fleet_of_test;

/* How far the replica's part of so many calls is from fair, as a part of the fair part. */
static double unfairness(unsigned executions, unsigned calls, unsigned sharers)
{
    double fair = (double)calls / sharers;
    return fabs(executions - fair) / fair;
}

static void note_executions(unsigned out[FLEET])
{
    for (int i = 0; i < FLEET; i++)
        out[i] = f->states[i].executions;
}

/* Lets the load run on and tells how far from its fair share one of the mask is at most. */
static double measure_unfairness(fleet_load *load, unsigned mask, unsigned sharers)
{
    unsigned before[FLEET], after[FLEET], all = 0;
    double most = 0;
    note_executions(before);
    fleet_load_more(load, 6000);
    note_executions(after);
    for (int i = 0; i < FLEET; i++)
        all += after[i] - before[i];
    for (int i = 0; i < FLEET; i++)
        if (mask & 1u << i)
            most = fmax(most, unfairness(after[i] - before[i], all, sharers));
        else
            cr_expect_eq(after[i], before[i], "replica %d is gone and has %u of %u", i, after[i] - before[i], all);
    return most;
}

/* A replica that the machine has slowed down for a moment rightly gets less then; no such moment lasts. */
static void expect_fair_shares(fleet_load *load, unsigned mask, unsigned sharers)
{
    double most = 1;
    for (int window = 0; window < WINDOWS && most >= 0.1; window++)
        most = measure_unfairness(load, mask, sharers);
    cr_expect_lt(most, 0.1, "of %u replicas one is %.0f %% off its share", sharers, 100 * most);
}

static void scale(void *arg)
{
    (void)arg;
    fleet_load load = {.callers = 24};
    fleet_load_begin(&load);
    expect_fair_shares(&load, 1, 1);
    test_dns_set(f->dns, "127.0.0.2 127.0.0.3 127.0.0.4", 0);
    WAIT_UNTIL(fleet_replicas("connected") == 3);
    fleet_load_more(&load, 100);
    expect_fair_shares(&load, 7, 3);
    test_dns_set(f->dns, "127.0.0.4 127.0.0.2", 0);
    WAIT_UNTIL(fleet_replicas("connected") == 2 && fleet_replicas("retired") == 0);
    expect_fair_shares(&load, 5, 2);
    fleet_load_end(&load);
    cr_expect_eq(load.failures, 0, "%u of %u calls failed", load.failures, load.calls);
}

static void start_with_one(void)
{
    fleet_start("127.0.0.2", 0, NULL);
}

Test(rpc_discovery, one_three_two_replicas, .init = start_with_one, .fini = fleet_stop)
{
    fleet_run(scale, NULL);
}

/* ---- a retired replica answers what it was asked ---- */

static status hold(void *arg)
{
    (void)arg;
    Sical__Plan__V1__Topic *answer;
    rpc_reply reply;
    return echo_call(f->client, "Hold", "held", "", NULL, &answer, &reply);
}

static void retire_a_busy_one(void *arg)
{
    (void)arg;
    fiber_group calls = FIBER_GROUP_INIT;
    for (int i = 0; i < 8; i++)
        fiber_group_spawn(&calls, "call", hold, NULL);
    WAIT_UNTIL(f->states[0].held_count == 8);
    test_dns_set(f->dns, "127.0.0.3", 0);
    WAIT_UNTIL(fleet_replicas("retired") == 1 && fleet_replicas("connected") == 1);
    echo_release(&f->states[0]);
    cr_expect_eq(fiber_group_wait(&calls), STATUS_OK);
    WAIT_UNTIL(fleet_replicas("retired") == 0);
}

Test(rpc_discovery, a_retired_replica_is_left_when_it_has_answered, .init = start_with_one, .fini = fleet_stop)
{
    fleet_run(retire_a_busy_one, NULL);
}

/* ---- what DNS may do ---- */

static double failed_lookups(void)
{
    return echo_metric(f->metrics, "rpc_resolutions_total{name=\"echo.test\",result=\"failed\"}");
}

static void disturb(void *arg)
{
    (void)arg;
    fleet_load load = {.callers = 2};
    WAIT_UNTIL(fleet_replicas("connected") == 2);
    fleet_load_begin(&load);
    const test_dns_mood moods[] = {TEST_DNS_NO_SUCH_NAME, TEST_DNS_SERVER_FAILURE, TEST_DNS_GARBAGE, TEST_DNS_TRUNCATED,
                                   TEST_DNS_SILENCE};
    for (size_t i = 0; i < sizeof moods / sizeof moods[0]; i++) {
        double before = failed_lookups();
        test_dns_set_mood(f->dns, moods[i]);
        WAIT_UNTIL(failed_lookups() > before);
        cr_expect_eq(fleet_replicas("connected"), 2, "mood %d", moods[i]);
    }
    double before = failed_lookups();
    test_dns_set(f->dns, "", 0);
    WAIT_UNTIL(failed_lookups() > before);
    cr_expect_eq(fleet_replicas("connected"), 2, "no address keeps those that were there");
    test_dns_set(f->dns, "127.0.0.4", 0);
    WAIT_UNTIL(fleet_replicas("connected") == 1 && fleet_replicas("retired") == 0);
    fleet_load_end(&load);
    cr_expect_eq(load.failures, 0);
}

static void start_with_two(void)
{
    fleet_start("127.0.0.2 127.0.0.3", 0, NULL);
}

Test(rpc_discovery, failed_lookups_keep_the_last_answer, .init = start_with_two, .fini = fleet_stop, .timeout = 60)
{
    fleet_run(disturb, NULL);
}

/* ---- time to live ---- */

static void wait_for_ttl(void *arg)
{
    (void)arg;
    WAIT_UNTIL(fleet_replicas("connected") == 1);
    unsigned asked = test_dns_questions(f->dns);
    fiber_sleep(500); /* ten times the interval: a client that did not look at the time to live would have asked */
    cr_expect_eq(test_dns_questions(f->dns), asked);
}

static void start_with_long_life(void)
{
    fleet_start("127.0.0.2", 3600, NULL);
}

Test(rpc_discovery, the_time_to_live_is_waited_for, .init = start_with_long_life, .fini = fleet_stop)
{
    fleet_run(wait_for_ttl, NULL);
}

/* ---- a name that cannot be found yet ---- */

static void appear(void *arg)
{
    (void)arg;
    rpc_reply reply;
    Sical__Plan__V1__Topic *answer;
    fiber_limit_ms(200);
    cr_expect_eq(echo_call(f->client, "Echo", "k", "", NULL, &answer, &reply), STATUS_UNAVAILABLE);
    cr_expect_str_eq(reply.message, "The service cannot be reached.");
    fiber_set_deadline_ns(FIBER_NO_DEADLINE);
    test_dns_set(f->dns, "127.0.0.3", 0);
    WAIT_UNTIL(rpc_client_ready(f->client));
    cr_expect_eq(echo_call(f->client, "Echo", "k", "", NULL, &answer, &reply), STATUS_OK);
}

static void start_with_none(void)
{
    fleet_start("", 0, NULL);
}

Test(rpc_discovery, a_name_may_appear_later, .init = start_with_none, .fini = fleet_stop)
{
    fleet_run(appear, NULL);
}

Test(rpc_discovery, addresses_that_are_none)
{
    static const char *const wrong[] = {"dns+tcp://",
                                        "dns+tcp://name",
                                        "dns+tcp://name:",
                                        "dns+tcp://:1",
                                        "dns+tcp://name:0",
                                        "dns+tcp://name:99999",
                                        "dns+udp://n:1",
                                        "dns+",
                                        "dns+tcp://n:1,tcp://127.0.0.1:1"};
    loop *l = loop_create();
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++)
        cr_expect_null(rpc_client_create(l, &(rpc_client_options){.service = "x", .addresses = wrong[i]}), "%s",
                       wrong[i]);
    cr_expect_null(rpc_client_create(
        l, &(rpc_client_options){.service = "x", .addresses = "dns+tcp://n:1", .dns_servers = "nonsense"}));
    loop_destroy(l);
}
