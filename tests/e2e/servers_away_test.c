/* PostgreSQL and Redis stop, freeze and return under load. */
#include "census.h"
#include "traffic.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

static const char *const environment[] = {"REQUEST_TIMEOUT=2s", CENSUS_ENVIRONMENT, NULL};

enum { ANSWERED_WITHIN_S = 8, RECOVERED_WITHIN_S = 20 }; /* the machine may be busy */

static const traffic_options calm = {.connections = 16, .pace_ms = 20};

static void warm_up(suite *s)
{
    traffic *t = traffic_start(s, &calm);
    traffic_finish_unharmed(t, "warming up");
}

/* ---- PostgreSQL ---- */

static void expect_clear_refusals(traffic *t)
{
    size_t count;
    const load_record *records = load_records(traffic_load(t), &count);
    for (size_t i = 0; i < count; i++) {
        const load_record *r = &records[i];
        cr_expect_lt(r->took_us, ANSWERED_WITHIN_S * 1000000LL, "request %u took %.1f s", (unsigned)r->number,
                     (double)r->took_us / 1e6);
        if (r->good || (r->kind == TRAFFIC_DASHBOARD && r->status == 200))
            continue;
        cr_expect(r->status == 503 || r->status == 504, "request %u: status %d: %s", (unsigned)r->number, r->status,
                  r->answer);
        cr_expect(strstr(r->answer, "\"code\":"), "request %u: %s", (unsigned)r->number, r->answer);
    }
}

/* Takes PostgreSQL away under load and gives it back. */
static void survive(suite *s, const char *title, void (*take)(suite *s), void (*give_back)(suite *s))
{
    traffic *t = traffic_start(s, &calm);
    uint64_t failed = traffic_failed(t);
    take(s);
    traffic_pass(t, 2 * calm.connections);
    cr_expect_gt(traffic_failed(t), failed, "%s: nobody noticed", title);
    give_back(s);
    int64_t returned_us = traffic_now_us(t);
    traffic_pass(t, 20 * calm.connections);
    suite_wait_ready(s);
    traffic_pass(t, 20 * calm.connections);
    traffic_stop(t, title);
    expect_clear_refusals(t);
    double harmed_s = traffic_harmed_for_s(t, returned_us);
    fprintf(stderr, "    full service %.2f s after PostgreSQL returned\n", harmed_s);
    cr_expect_lt(harmed_s, RECOVERED_WITHIN_S);
    traffic_leave(t);
}

static void freeze(suite *s)
{
    suite_freeze_postgres(s, true);
}

static void thaw(suite *s)
{
    suite_freeze_postgres(s, false);
}

Test(servers_away, postgresql_stops_dies_and_freezes_under_load, .timeout = 180)
{
    suite *s = suite_start_with(&(suite_options){.environment = environment});
    warm_up(s);
    census before = census_take(s);
    survive(s, "PostgreSQL stopped", suite_stop_postgres, suite_start_postgres);
    census_expect_back(s, &before);
    survive(s, "PostgreSQL killed", suite_kill_postgres, suite_start_postgres);
    census_expect_back(s, &before);
    survive(s, "PostgreSQL frozen", freeze, thaw);
    census_expect_back(s, &before);
    suite_stop(s);
}

/* ---- Redis ---- */

Test(servers_away, redis_stops_and_freezes_under_load_and_nobody_notices, .timeout = 180)
{
    suite *s = suite_start_with(&(suite_options){.environment = environment});
    warm_up(s);
    census before = census_take(s);
    traffic *t = traffic_start(s, &calm);
    suite_stop_redis(s);
    traffic_pass(t, 500);
    suite_start_redis(s);
    traffic_pass(t, 500);
    suite_freeze_redis(s, true);
    traffic_pass(t, 500);
    suite_freeze_redis(s, false);
    traffic_pass(t, 500);
    traffic_finish_unharmed(t, "Redis stopped, returned, frozen, thawed");
    census_expect_back(s, &before);
    suite_stop(s);
}
