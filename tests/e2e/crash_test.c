/* A replica is killed in the middle of its work: what was in flight there may fail, nothing else, and never in silence.
 */
#include "traffic.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

enum { CONNECTIONS = 48, ROUNDS = 3, KILLS = ROUNDS * SUITE_PROGRAMS };

typedef struct kill_moment {
    suite_program which;
    int64_t before_us, after_us;
} kill_moment;

static kill_moment kill_and_restart(suite *s, traffic *t, suite_program which)
{
    kill_moment k = {.which = which, .before_us = traffic_now_us(t)};
    suite_kill_program(s, which, 1);
    k.after_us = traffic_now_us(t);
    traffic_pass(t, 150);
    uint64_t failed = traffic_failed(t);
    traffic_pass(t, 150);
    cr_expect_eq(traffic_failed(t), failed, "%s: what is left of it does not serve", suite_program_name(which));
    suite_start_program(s, which, 1);
    suite_wait_program(s, which, 1);
    traffic_pass(t, 150);
    return k;
}

/* The kill whose victim it was: it was under way then, or began before the death could be known to its sender. */
static const kill_moment *killed_by(const load_record *r, const kill_moment *kills, size_t count)
{
    enum { NOTICED_US = 1000000 };
    const kill_moment *last = NULL;
    for (size_t i = 0; i < count; i++)
        if (r->began_us + r->took_us >= kills[i].before_us)
            last = &kills[i];
    return last && r->began_us <= last->after_us + NOTICED_US ? last : NULL;
}

/* A gateway's own end cuts its connections; a service's is told by the gateway, with the fate of a write. */
static void expect_honest(const load_record *r, const kill_moment *k)
{
    unsigned number = (unsigned)r->number;
    if (k->which == SUITE_GATEWAY) {
        cr_expect_eq(r->fate, LOAD_CUT, "request %u: status %d: %s", number, r->status, r->answer);
        return;
    }
    if (r->kind == TRAFFIC_DASHBOARD && r->status == 200) /* it does without those it cannot ask, and says so */
        return;
    cr_expect_eq(r->status, 503, "request %u: status %d: %s", number, r->status, r->answer);
    cr_expect(strstr(r->answer, "\"code\":\"UNAVAILABLE\""), "request %u: %s", number, r->answer);
    if (traffic_is_write(r))
        cr_expect(strstr(r->answer, "unknown"), "request %u does not tell its fate: %s", number, r->answer);
}

static void expect_only_victims(traffic *t, const kill_moment *kills, size_t count)
{
    size_t record_count;
    unsigned victims[SUITE_PROGRAMS] = {0};
    const load_record *records = load_records(traffic_load(t), &record_count);
    for (size_t i = 0; i < record_count; i++) {
        if (records[i].good)
            continue;
        const kill_moment *k = killed_by(&records[i], kills, count);
        cr_assert_not_null(k, "request %u failed and nobody was killed: %d %s", (unsigned)records[i].number,
                           records[i].status, records[i].answer);
        expect_honest(&records[i], k);
        victims[k->which]++;
    }
    for (suite_program which = 0; which < SUITE_PROGRAMS; which++) {
        fprintf(stderr, "    %s killed: %u requests lost\n", suite_program_name(which), victims[which]);
        cr_expect_leq(victims[which], ROUNDS * CONNECTIONS, "more failed than were in flight");
    }
}

Test(crash, a_killed_replica_takes_with_it_only_what_was_in_flight, .timeout = 180)
{
    suite *s = suite_start_with(&(suite_options){.replicas = {2, 2, 2, 2, 2}});
    traffic *t = traffic_start(s, &(traffic_options){.connections = CONNECTIONS, .pace_ms = 10});
    kill_moment kills[KILLS];
    for (unsigned i = 0; i < KILLS; i++)
        kills[i] = kill_and_restart(s, t, (suite_program)(i % SUITE_PROGRAMS));
    traffic_stop(t, "kill -9");
    expect_only_victims(t, kills, KILLS);
    traffic_leave(t);
    suite_stop(s);
}
