/* The main job of sical, told through REST alone and checked by code that is not the planner's. */
#include "learner.h"
#include "plan_check.h"
#include "suite.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

enum { DAY = 86400, WEEK = 7 * DAY };

/* What a story has so far. */
typedef struct story {
    suite *suite;
    learner learner;
    json_t *graph;
    json_t *goals; /* as answered */
    json_t *availability;
    char graph_id[37];
} story;

static story begin(void)
{
    story t = {.suite = suite_start(), .goals = json_array()};
    t.learner = learner_join(suite_url(t.suite));
    t.graph = learner_read_graph();
    learner_import(&t.learner, t.graph, t.graph_id);
    return t;
}

static void end(story *t)
{
    learner_leave(&t->learner);
    json_decref(t->graph);
    json_decref(t->goals);
    json_decref(t->availability);
    suite_stop(t->suite);
}

static void set_hours(story *t, const char *zone)
{
    t->availability = learner_eight_hours_a_week(zone, 120);
    learner_expect(rest_put(t->learner.rest, "/api/v1/availability", json_incref(t->availability)), 200,
                   "availability");
}

/* The real graph's targets, or the last topic of the sample graph. */
static json_t *targets_of(json_t *graph)
{
    const char *source = rest_text(graph, "source");
    if (strstr(source, "metacademy"))
        return json_pack("[s, s]", "bayesian_linear_regression", "backpropagation");
    json_t *topics = json_object_get(graph, "topics");
    return json_pack("[s]", rest_text(json_array_get(topics, json_array_size(topics) - 1), "key"));
}

static void state_goal(story *t, int64_t not_before, int64_t due)
{
    char due_text[32], not_before_text[32];
    calendar_format(due, due_text);
    json_t *goal = json_pack("{s:s, s:s, s:o, s:s}", "graphId", t->graph_id, "title", "Regression and networks",
                             "targets", targets_of(t->graph), "due", due_text);
    if (not_before) {
        calendar_format(not_before, not_before_text);
        json_object_set_new(goal, "notBefore", json_string(not_before_text));
    }
    json_t *answer = learner_expect(rest_post(t->learner.rest, "/api/v1/goals", goal), 201, "goal");
    json_array_append(t->goals, answer);
}

/* Makes a plan and has it checked; returns it (a new reference). */
static json_t *make_plan(story *t)
{
    json_t *plan = json_incref(learner_expect(rest_post(t->learner.rest, "/api/v1/plan", json_object()), 201, "plan"));
    long long minutes = plan_check(&(plan_claim){t->graph, t->goals, t->availability, plan});
    cr_assert_gt(minutes, 0);
    json_t *again = learner_expect(rest_get(t->learner.rest, "/api/v1/plan"), 200, "read the plan");
    cr_assert(json_equal(again, plan), "the saved plan is not the one that was answered");
    return plan;
}

static int64_t this_minute(void)
{
    return time(NULL) / 60 * 60;
}

Test(story, a_learner_in_shanghai_gets_an_optimal_plan)
{
    story t = begin();
    set_hours(&t, "Asia/Shanghai");
    state_goal(&t, 0, this_minute() + 20 * WEEK);
    json_t *plan = make_plan(&t);
    cr_assert(json_is_true(rest_at(plan, "certificate.feasible")), "20 weeks of 8 hours are enough");
    cr_assert(json_is_true(rest_at(plan, "goals.0.met")));
    json_decref(plan);
    end(&t);
}

/* Moves the goal to the date that the answer of /plan/feasibility names. */
static void repair_by_date(story *t, json_t *feasibility)
{
    size_t index;
    json_t *repair;
    json_array_foreach(json_object_get(feasibility, "repairs"), index, repair)
    {
        cr_assert(*rest_text(repair, "text") && *rest_text(repair, "textZh"));
        if (strcmp(rest_text(repair, "kind"), "DATES") != 0)
            continue;
        char path[128], body[128];
        snprintf(path, sizeof path, "/api/v1/goals/%s", rest_text(repair, "dates.0.goalId"));
        snprintf(body, sizeof body, "{\"due\":\"%s\"}", rest_text(repair, "dates.0.newDue"));
        learner_expect(rest_send(t->learner.rest, "PATCH", path, body, strlen(body)), 200, "repair");
        return;
    }
    cr_assert_fail("there always is a repair by dates");
}

Test(story, what_would_help_is_told_and_does_help)
{
    story t = begin();
    set_hours(&t, "Asia/Shanghai");
    int weeks = strstr(rest_text(t.graph, "source"), "metacademy") ? 10 : 1;
    state_goal(&t, 0, this_minute() + weeks * WEEK);
    json_t *feasibility =
        json_incref(learner_expect(rest_get(t.learner.rest, "/api/v1/plan/feasibility"), 200, "feasibility"));
    cr_assert(json_is_false(rest_at(feasibility, "certificate.feasible")));
    repair_by_date(&t, feasibility);
    json_t *after = learner_expect(rest_get(t.learner.rest, "/api/v1/plan/feasibility"), 200, "feasibility");
    /* Minutes have gone by, maybe inside a window. */
    cr_assert_leq(rest_number(after, "certificate.latenessMinutes"), 10, "the repair is none");
    json_decref(feasibility);
    end(&t);
}

Test(story, ten_weeks_of_eight_hours_are_proven_too_short)
{
    story t = begin();
    set_hours(&t, "Asia/Shanghai");
    int weeks = strstr(rest_text(t.graph, "source"), "metacademy") ? 10 : 1;
    state_goal(&t, 0, this_minute() + weeks * WEEK);
    json_t *plan = make_plan(&t);
    cr_assert(json_is_false(rest_at(plan, "certificate.feasible")));
    cr_assert_gt(rest_number(plan, "certificate.latenessMinutes"), 0);
    cr_assert(*rest_text(plan, "certificate.text"));
    json_decref(plan);
    end(&t);
}

Test(story, a_learner_in_new_york_plans_across_a_change_of_the_clocks)
{
    story t = begin();
    set_hours(&t, "America/New_York");
    int64_t now = this_minute();
    int64_t change = calendar_next_dst_change("America/New_York", now + 3 * WEEK);
    int64_t not_before = change - 3 * WEEK;
    state_goal(&t, not_before, not_before + 20 * WEEK);
    json_t *plan = make_plan(&t);
    json_t *sessions = json_object_get(plan, "sessions");
    size_t count = json_array_size(sessions);
    cr_assert_gt(count, 0);
    int64_t first = calendar_parse(rest_text(json_array_get(sessions, 0), "start"));
    int64_t last = calendar_parse(rest_text(json_array_get(sessions, count - 1), "end"));
    cr_assert(first < change && last > change, "the plan does not cross the change");
    json_decref(plan);
    end(&t);
}

Test(story, what_is_done_is_not_planned_again)
{
    story t = begin();
    set_hours(&t, "Europe/London");
    state_goal(&t, 0, this_minute() + 20 * WEEK);
    json_t *plan = make_plan(&t);
    long long before = rest_number(plan, "workMinutes");
    long long minutes = rest_number(plan, "sessions.0.minutes");
    char done[64], skipped[64], path[160];
    snprintf(done, sizeof done, "%s", rest_text(plan, "sessions.0.id"));
    snprintf(skipped, sizeof skipped, "%s", rest_text(plan, "sessions.1.id"));
    snprintf(path, sizeof path, "/api/v1/sessions/%s/complete", done);
    json_t *session = learner_expect(rest_post(t.learner.rest, path, json_object()), 200, "complete");
    cr_assert_str_eq(rest_text(session, "status"), "COMPLETED");
    learner_expect(rest_post(t.learner.rest, path, json_object()), 200, "complete again");
    snprintf(path, sizeof path, "/api/v1/sessions/%s/skip", skipped);
    session = learner_expect(rest_post(t.learner.rest, path, json_object()), 200, "skip");
    cr_assert_str_eq(rest_text(session, "status"), "SKIPPED");
    json_t *next = learner_expect(rest_post(t.learner.rest, "/api/v1/plan", json_object()), 201, "plan again");
    cr_assert_eq(rest_number(next, "workMinutes"), before - minutes, "only the completed minutes count as done");
    json_decref(plan);
    end(&t);
}
