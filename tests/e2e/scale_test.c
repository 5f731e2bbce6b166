/* A service behind a DNS name grows from one replica to three and shrinks to two: each carries its share, and no
 * request fails. */
#include "dns_stub.h"
#include "network.h"
#include "traffic.h"

#include <criterion/criterion.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

enum { MOST = 3 };

static double calls_of(const suite *s, unsigned replica)
{
    return suite_metric(s, SUITE_PLAN, replica, "rpc_server_handled_total{service=\"sical.plan.v1.PlanService\"");
}

/* ---- growing and shrinking ---- */

typedef struct newcomer {
    const suite *suite;
    unsigned replica;
} newcomer;

static bool takes_calls(void *arg)
{
    const newcomer *n = arg;
    return calls_of(n->suite, n->replica) > 0;
}

/* DNS knows the first so many. */
static void publish(test_dns *dns, unsigned replicas)
{
    char addresses[64] = "";
    for (unsigned i = 0; i < replicas; i++)
        strcat(strcat(addresses, suite_address(i)), " ");
    test_dns_set(dns, addresses, 0);
}

static void add_replica(suite *s, test_dns *dns, unsigned replica)
{
    newcomer n = {s, replica};
    suite_start_program(s, SUITE_PLAN, replica);
    suite_wait_program(s, SUITE_PLAN, replica);
    publish(dns, replica + 1);
    cr_assert(test_wait_until(takes_calls, &n, TEST_WAIT_MS), "replica %u is asked nothing", replica);
}

/* ---- shares ---- */

/* Over the next requests: how far from its fair share a replica is at most, as a part of it. */
static double measure_unfairness(const suite *s, traffic *t, unsigned replicas)
{
    double calls[MOST], total = 0, worst = 0;
    for (unsigned i = 0; i < replicas; i++)
        calls[i] = -calls_of(s, i);
    traffic_pass(t, 4000);
    for (unsigned i = 0; i < replicas; i++)
        total += calls[i] += calls_of(s, i);
    fprintf(stderr, "    %u replicas:", replicas);
    for (unsigned i = 0; i < replicas; i++) {
        fprintf(stderr, " %.1f %%", 100 * calls[i] / total);
        worst = fmax(worst, fabs(calls[i] / (total / replicas) - 1));
    }
    fprintf(stderr, " of %.0f calls\n", total);
    return worst;
}

/* Calls follow the load of the replicas: on a machine that is busy elsewhere one may be slower for a while. */
static void expect_fair_shares(const suite *s, traffic *t, unsigned replicas)
{
    enum { TRIES = 6 };
    double unfairness = measure_unfairness(s, t, replicas);
    for (int i = 1; i < TRIES && unfairness > 0.1; i++)
        unfairness = measure_unfairness(s, t, replicas);
    cr_expect_leq(unfairness, 0.1, "one of %u replicas is %.0f %% off its share", replicas, 100 * unfairness);
}

Test(scale, from_one_to_three_to_two_each_carries_its_share)
{
    test_dns *dns = test_dns_start();
    char servers[64];
    snprintf(servers, sizeof servers, "RPC_DNS_SERVERS=%s", test_dns_servers(dns));
    const char *const environment[] = {"DRAIN_DELAY=500ms", "RPC_DNS_INTERVAL=100ms", servers, NULL};
    publish(dns, 1);
    suite *s = suite_start_with(&(suite_options){.replicas = {[SUITE_PLAN] = MOST},
                                                 .environment = environment,
                                                 .peers_host = {[SUITE_PLAN] = "dns+tcp://plan.test"}});
    suite_end_program(s, SUITE_PLAN, 2);
    suite_end_program(s, SUITE_PLAN, 1);
    traffic *t = traffic_start(s, &(traffic_options){.connections = 32, .pace_ms = 10});
    add_replica(s, dns, 1);
    add_replica(s, dns, 2);
    expect_fair_shares(s, t, 3);
    publish(dns, 2);
    suite_end_program(s, SUITE_PLAN, 2);
    expect_fair_shares(s, t, 2);
    traffic_finish_unharmed(t, "1 -> 3 -> 2 replicas behind a DNS name");
    suite_stop(s);
    test_dns_stop(dns);
}
