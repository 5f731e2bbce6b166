/* PostgreSQL, Redis or a service goes away and comes back: clear answers inside their deadlines, and recovery without a
 * restart. */
#include "learner.h"
#include "network.h"
#include "suite.h"

#include <criterion/criterion.h>

enum { DEADLINE_S = 12 }; /* the gateway's request timeout is 5 s; the machine may be busy */

static void expect_outage(learner *l, const char *path, const char *why)
{
    rest_answer answer = rest_get(l->rest, "%s", path);
    cr_assert(answer.status == 503 || answer.status == 504, "%s: status %d: %s", why, answer.status, answer.body);
    cr_assert_not_null(answer.json, "%s: %s", why, answer.body);
    cr_assert_lt(answer.seconds, DEADLINE_S, "%s: answered after %.1f s", why, answer.seconds);
}

static bool answers(void *arg)
{
    return rest_get(((learner *)arg)->rest, "/api/v1/goals").status == 200;
}

static void expect_recovery(learner *l, const char *why)
{
    cr_assert(test_wait_until(answers, l, TEST_WAIT_MS), "no recovery after %s", why);
}

Test(outage, postgresql_stops_and_returns)
{
    suite *s = suite_start();
    learner l = learner_join(suite_url(s));
    suite_stop_postgres(s);
    expect_outage(&l, "/api/v1/goals", "PostgreSQL is down");
    rest_answer health = rest_get(l.rest, "/health");
    cr_assert(health.status == 503 || health.status == 200, "/health answers: %d", health.status);
    suite_start_postgres(s);
    expect_recovery(&l, "PostgreSQL returned");
    learner_leave(&l);
    suite_stop(s);
}

Test(outage, postgresql_freezes_and_thaws)
{
    suite *s = suite_start();
    learner l = learner_join(suite_url(s));
    suite_freeze_postgres(s, true);
    expect_outage(&l, "/api/v1/goals", "PostgreSQL is frozen");
    suite_freeze_postgres(s, false);
    expect_recovery(&l, "PostgreSQL thawed");
    learner_leave(&l);
    suite_stop(s);
}

Test(outage, without_redis_nothing_fails)
{
    suite *s = suite_start();
    learner l = learner_join(suite_url(s));
    suite_stop_redis(s);
    learner_expect(rest_get(l.rest, "/api/v1/goals"), 200, "goals without Redis");
    learner other = learner_join(suite_url(s));
    learner_leave(&other);
    suite_start_redis(s);
    learner_expect(rest_get(l.rest, "/api/v1/goals"), 200, "goals with Redis again");
    learner_leave(&l);
    suite_stop(s);
}

Test(outage, a_service_dies_and_returns)
{
    suite *s = suite_start();
    learner l = learner_join(suite_url(s));
    suite_kill_program(s, SUITE_PLAN, 0);
    expect_outage(&l, "/api/v1/goals", "plan is away");
    learner_expect(rest_get(l.rest, "/api/v1/events"), 200, "the others go on");
    suite_start_program(s, SUITE_PLAN, 0);
    expect_recovery(&l, "plan returned");

    suite_kill_program(s, SUITE_PROGRESS, 0);
    json_t *dashboard =
        learner_expect(rest_get(l.rest, "/api/v1/dashboard"), 200, "the dashboard does without progress");
    cr_assert(json_is_false(rest_at(dashboard, "complete")));
    suite_start_program(s, SUITE_PROGRESS, 0);
    suite_wait_ready(s);
    learner_leave(&l);
    suite_stop(s);
}
