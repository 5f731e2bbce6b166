/* One of three replicas of a service is a hundred times slower: the calls go to the others. */
#include "traffic.h"

#include <criterion/criterion.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <time.h>

/* Slow is not lost: what the slow one has taken, it may end. */
static const char *const environment[] = {"REQUEST_TIMEOUT=60s", NULL};

enum { REPLICAS = 3, SLOW = 2, RUNS_MS = 2, STANDS_MS = 198 };

/* ---- a replica that has one hundredth of the time ---- */

typedef struct brake {
    suite *suite;
    pthread_t thread;
    atomic_bool released;
} brake;

static void pause_ms(long ms)
{
    nanosleep(&(struct timespec){.tv_nsec = ms * 1000000}, NULL);
}

static void *hold(void *arg)
{
    brake *b = arg;
    while (!atomic_load(&b->released)) {
        suite_freeze_program(b->suite, SUITE_PLAN, SLOW, true);
        pause_ms(STANDS_MS);
        suite_freeze_program(b->suite, SUITE_PLAN, SLOW, false);
        pause_ms(RUNS_MS);
    }
    return NULL;
}

static void begin_brake(brake *b, suite *s)
{
    *b = (brake){.suite = s};
    cr_assert_eq(pthread_create(&b->thread, NULL, hold, b), 0);
}

static void end_brake(brake *b)
{
    atomic_store(&b->released, true);
    pthread_join(b->thread, NULL);
}

/* ---- who answered ---- */

typedef struct shares {
    double calls[REPLICAS];
} shares;

static shares calls_of_plan(const suite *s)
{
    shares now;
    for (unsigned i = 0; i < REPLICAS; i++)
        now.calls[i] = suite_metric(s, SUITE_PLAN, i, "rpc_server_handled_total{service=\"sical.plan.v1.PlanService\"");
    return now;
}

static double share_of_slow(const suite *s, const shares *since)
{
    shares now = calls_of_plan(s);
    double total = 0;
    for (unsigned i = 0; i < REPLICAS; i++)
        total += now.calls[i] - since->calls[i];
    return (now.calls[SLOW] - since->calls[SLOW]) / total;
}

/* Of the requests in this time: how many took longer than the limit. */
static double part_over(traffic *t, int64_t from_us, int64_t to_us, int64_t limit_us)
{
    size_t count;
    unsigned all = 0, over = 0;
    const load_record *records = load_records(traffic_load(t), &count);
    for (size_t i = 0; i < count; i++)
        if (records[i].kind == TRAFFIC_GOAL && records[i].began_us >= from_us && records[i].began_us < to_us) {
            all++;
            over += records[i].took_us > limit_us;
        }
    return all ? (double)over / all : 0;
}

Test(slow_replica, the_others_carry_its_load, .timeout = 180)
{
    brake b;
    suite *s = suite_start_with(&(suite_options){.replicas = {[SUITE_PLAN] = REPLICAS}, .environment = environment});
    traffic *t = traffic_start(s, &(traffic_options){.connections = 32, .pace_ms = 20, .timeout_ms = 60000});
    traffic_pass(t, 1000);
    int64_t slow_from = traffic_now_us(t);
    begin_brake(&b, s);
    shares before = calls_of_plan(s);
    traffic_pass(t, 3000);
    end_brake(&b);
    int64_t slow_to = traffic_now_us(t);
    double share = share_of_slow(s, &before);
    traffic_stop(t, "one replica 100 times slower");
    fprintf(stderr, "    its share of the calls: %.1f %%; over 100 ms: %.2f %% of reads before, %.2f %% meanwhile\n",
            100 * share, 100 * part_over(t, 0, slow_from, 100000), 100 * part_over(t, slow_from, slow_to, 100000));
    cr_expect_lt(share, 0.1, "a replica 100 times slower got %.0f %% of the calls", 100 * share);
    cr_expect_eq(load_failed(traffic_load(t)), 0);
    traffic_leave(t);
    suite_stop(s);
}
