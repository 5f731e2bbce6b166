#include "plan_story.h"

#include <stdlib.h>
#include <string.h>

typedef Sical__Plan__V1__GetPlanRequest get_request;
typedef Sical__Plan__V1__ListSessionsResponse session_page;

static wire_plan *made(const char *user)
{
    wire_plan *plan;

    cr_assert_eq(plan_create(user, NULL, &plan), CODE_OK, "%s", last_reply.message);
    return plan;
}

static int32_t minutes_of(const wire_plan *plan, const char *key)
{
    int32_t minutes = 0;

    for (size_t i = 0; i < plan->n_sessions; i++)
        minutes += strcmp(plan->sessions[i]->topic_key, key) == 0 ? plan->sessions[i]->minutes : 0;
    return minutes;
}

static int mark(const char *user, const char *method, char *id, wire_session **session)
{
    /* Both requests are one string. */
    Sical__Plan__V1__CompleteSessionRequest complete = SICAL__PLAN__V1__COMPLETE_SESSION_REQUEST__INIT;
    Sical__Plan__V1__SkipSessionRequest skip = SICAL__PLAN__V1__SKIP_SESSION_REQUEST__INIT;

    complete.id = skip.id = id;
    return strcmp(method, "SkipSession") == 0 ? plan_call(user, method, &skip, session)
                                              : plan_call(user, method, &complete, session);
}

static const char *ready_to_plan(void)
{
    const char *graph = plan_import_chain(ADA, NULL, "public");

    plan_set_mornings(ADA);
    cr_assert_eq(plan_add_goal(ADA, graph, "c", plan_days_from_now(10), NULL), CODE_OK, "%s", last_reply.message);
    return graph;
}

PLAN_STORY(plan_plan, a_chain_is_planned_in_order_and_read_again_as_it_was_said)
{
    get_request get = SICAL__PLAN__V1__GET_PLAN_REQUEST__INIT;
    wire_plan *plan, *read;
    const char order[] = "abc";
    size_t at = 0;

    cr_expect_eq(plan_call(ADA, "GetPlan", &get, &read), CODE_NOT_FOUND);
    cr_expect_eq(plan_create(ADA, NULL, &plan), CODE_FAILED_PRECONDITION, "no hours yet");
    ready_to_plan();
    plan = made(ADA);
    cr_expect(plan->version == 1 && plan->work_minutes == 270 && plan->mastery_known);
    cr_expect_str_eq(plan->time_zone, "UTC");
    cr_expect(minutes_of(plan, "a") == 60 && minutes_of(plan, "b") == 90 && minutes_of(plan, "c") == 120);
    for (size_t i = 0; i < plan->n_sessions; i++) {
        const wire_session *s = plan->sessions[i];
        while (order[at] && s->topic_key[0] != order[at])
            at++;
        cr_expect(order[at], "in the order of prerequisites");
        cr_expect_geq(s->start->seconds % 86400, 8 * 3600);
        cr_expect_leq(s->end->seconds % 86400, 10 * 3600);
        cr_expect_eq(s->end->seconds - s->start->seconds, 60 * s->minutes);
        cr_expect_eq(s->status, SICAL__PLAN__V1__SESSION__STATUS__PLANNED);
    }
    cr_assert_eq(plan->n_goals, 1u);
    cr_expect(plan->goals[0]->met && plan->goals[0]->work_minutes == 270);
    cr_expect_eq(plan_time_us(plan->goals[0]->finish), plan_time_us(plan->sessions[plan->n_sessions - 1]->end));
    cr_expect(plan->certificate->feasible && plan->certificate->gap_minutes == 0);
    cr_expect_eq(plan->certificate->lateness_minutes, 270 - plan->certificate->free_minutes);
    cr_expect_eq(plan->certificate->n_topics, 3u);
    cr_expect(strstr(plan->certificate->text, "4 h 30 of work on 3 topics") != NULL, "%s", plan->certificate->text);

    cr_assert_eq(plan_call(ADA, "GetPlan", &get, &read), CODE_OK);
    uint8_t *one = malloc(1 << 20), *two = malloc(1 << 20);
    size_t size = protobuf_c_message_pack(&plan->base, one);
    cr_expect_eq(size, protobuf_c_message_pack(&read->base, two));
    cr_expect_eq(memcmp(one, two, size), 0, "byte for byte");
    free(one);
    free(two);
    cr_expect_eq(plan_call(BOB, "GetPlan", &get, &read), CODE_NOT_FOUND);
}

PLAN_STORY(plan_plan, an_impossible_date_is_proven_so)
{
    const char *graph = plan_import_chain(ADA, NULL, "private");
    plan_set_mornings(ADA);
    cr_assert_eq(plan_add_goal(ADA, graph, "c", plan_days_from_now(-3), NULL), CODE_OK);
    wire_plan *plan = made(ADA);

    cr_expect_not(plan->certificate->feasible);
    cr_expect_eq(plan->certificate->lateness_minutes, 270);
    cr_expect_eq(plan->certificate->free_minutes, 0);
    cr_expect_not(plan->goals[0]->met);
    cr_assert_not_null(plan->goals[0]->calendar_lateness_minutes);
    cr_expect_gt(plan->goals[0]->calendar_lateness_minutes->value, 3 * 1440);
    cr_expect(strstr(plan->certificate->text, "which has passed: 4 h 30 late") != NULL, "%s", plan->certificate->text);
}

PLAN_STORY(plan_plan, what_has_no_place_is_listed)
{
    const char *const none[] = {NULL};
    const char *graph = plan_import_chain(ADA, NULL, "private");
    cr_assert_eq(plan_set_hours(ADA, "UTC", 0, none), CODE_OK);
    cr_assert_eq(plan_add_goal(ADA, graph, "b", plan_days_from_now(3), NULL), CODE_OK);
    wire_plan *plan = made(ADA);

    cr_expect_eq(plan->n_sessions, 0u);
    cr_assert_eq(plan->n_unplaced, 2u);
    cr_expect_str_eq(plan->unplaced[0]->topic_key, "a");
    cr_expect(plan->unplaced[0]->minutes == 60 && plan->unplaced[1]->minutes == 90);
    cr_expect(plan->goals[0]->finish == NULL && plan->goals[0]->calendar_lateness_minutes == NULL);
    cr_expect_eq(plan->certificate->lateness_minutes, 150);
}

PLAN_STORY(plan_plan, mastered_topics_are_left_out_and_remembered_when_progress_is_away)
{
    static const char *const mastered[] = {"b", "unknown", NULL};
    wire_plan *plan;

    ready_to_plan();
    stage.mastered = mastered;
    plan = made(ADA);
    cr_expect(plan->mastery_known && plan->work_minutes == 120, "a lies behind b");
    cr_expect_eq(stage.asked, 1u);

    plan_progress_close();
    plan = made(ADA);
    cr_expect(!plan->mastery_known && plan->work_minutes == 120 && plan->version == 2);
    plan = made(ADA);
    cr_expect_eq(plan->work_minutes, 120, "and it is handed on");

    /* Who never was asked about has mastered nothing. */
    const char *graph = plan_import_chain(BOB, NULL, "private");
    plan_set_mornings(BOB);
    cr_assert_eq(plan_add_goal(BOB, graph, "c", plan_days_from_now(10), NULL), CODE_OK);
    plan = made(BOB);
    cr_expect(!plan->mastery_known && plan->work_minutes == 270);
}

PLAN_STORY(plan_plan, completed_sessions_count_and_skipped_ones_do_not)
{
    wire_session *session;
    char *first, *second;

    ready_to_plan();
    wire_plan *plan = made(ADA);
    first = plan->sessions[0]->id;
    second = plan->sessions[1]->id;
    int32_t done = plan->sessions[0]->minutes;

    cr_expect_eq(mark(BOB, "CompleteSession", first, &session), CODE_NOT_FOUND);
    cr_expect_eq(mark(ADA, "CompleteSession", "x", &session), CODE_INVALID_ARGUMENT);
    cr_assert_eq(mark(ADA, "CompleteSession", first, &session), CODE_OK);
    cr_expect_eq(session->status, SICAL__PLAN__V1__SESSION__STATUS__COMPLETED);
    int64_t when = plan_time_us(session->status_time);
    cr_assert_eq(mark(ADA, "CompleteSession", first, &session), CODE_OK);
    cr_expect_eq(plan_time_us(session->status_time), when, "again is the same");
    cr_assert_eq(mark(ADA, "SkipSession", second, &session), CODE_OK);
    cr_expect_eq(session->status, SICAL__PLAN__V1__SESSION__STATUS__SKIPPED);

    plan = made(ADA);
    cr_expect_eq(plan->work_minutes, 270 - done);
    for (size_t i = 0; i < plan->n_sessions; i++)
        cr_expect(plan_time_us(plan->sessions[i]->start) >= plan_time_us(session->end) ||
                      plan_time_us(plan->sessions[i]->end) <= plan_time_us(session->start),
                  "nothing takes the place of a session that was skipped or completed");

    /* Both stay in the history beside the new plan. */
    Sical__Plan__V1__ListSessionsRequest list = SICAL__PLAN__V1__LIST_SESSIONS_REQUEST__INIT;
    session_page *page;
    list.from = plan_days_from_now(-1);
    list.page_size = 100;
    cr_assert_eq(plan_call(ADA, "ListSessions", &list, &page), CODE_OK);
    cr_expect_eq(page->n_sessions, plan->n_sessions + 2);
    for (size_t i = 1; i < page->n_sessions; i++)
        cr_expect_leq(plan_time_us(page->sessions[i - 1]->end), plan_time_us(page->sessions[i]->start));
}

PLAN_STORY(plan_plan, a_session_that_runs_goes_on_and_one_that_was_missed_stays)
{
    ready_to_plan();
    made(ADA);
    test_postgres_run(stage.pg, "DELETE FROM plan.sessions WHERE topic_key = 'a';"
                                "UPDATE plan.sessions SET topic_key = 'a', end_time = now() + interval '1 hour',"
                                " start_time = now() - interval '30 minutes', minutes = 60"
                                " WHERE id = (SELECT id FROM plan.sessions WHERE topic_key = 'c' LIMIT 1);"
                                "UPDATE plan.sessions SET start_time = now() - interval '5 days',"
                                " end_time = now() - interval '4 days' WHERE topic_key = 'b'");
    long long missed = test_postgres_number(stage.pg, "SELECT count(*) FROM plan.sessions WHERE topic_key = 'b'");
    wire_plan *plan = made(ADA);

    cr_expect_eq(plan->work_minutes, 210, "what runs counts as done");
    cr_expect_eq(test_postgres_number(stage.pg, "SELECT count(*) FROM plan.sessions WHERE topic_key = 'a'"
                                                " AND minutes = 60 AND end_time - start_time = interval '90 minutes'"),
                 1);
    cr_expect_gt(plan_time_us(plan->sessions[0]->start), clock_wall_us() + 3500 * CLOCK_US_PER_S);
    cr_expect_eq(test_postgres_number(stage.pg, "SELECT count(*) FROM plan.sessions WHERE topic_key = 'b'"
                                                " AND start_time < now()"),
                 missed);
}

PLAN_STORY(plan_plan, a_preview_saves_nothing)
{
    Sical__Plan__V1__PreviewPlanRequest preview = SICAL__PLAN__V1__PREVIEW_PLAN_REQUEST__INIT;
    wire_plan *plan;

    ready_to_plan();
    cr_assert_eq(plan_call(ADA, "PreviewPlan", &preview, &plan), CODE_OK);
    cr_expect(plan->work_minutes == 270 && plan->n_sessions > 0);
    cr_expect_eq(test_postgres_number(stage.pg, "SELECT count(*) FROM plan.plans"), 0);
    cr_expect_eq(test_postgres_number(stage.pg, "SELECT count(*) FROM plan.sessions"), 0);
}

PLAN_STORY(plan_plan, the_same_id_again_is_the_same_plan_and_no_one_elses)
{
    const char id[] = "01890000-0000-7000-8000-0000000000b1";
    wire_plan *plan;

    ready_to_plan();
    cr_assert_eq(plan_create(ADA, id, &plan), CODE_OK);
    cr_assert_eq(plan_create(ADA, id, &plan), CODE_OK);
    cr_expect_eq(plan->version, 1);
    cr_expect_str_eq(plan->id, id);
    plan_set_mornings(BOB);
    cr_expect_eq(plan_create(BOB, id, &plan), CODE_ALREADY_EXISTS);
    cr_expect_eq(plan_create(ADA, "x", &plan), CODE_INVALID_ARGUMENT);
    cr_expect_eq(test_postgres_number(stage.pg, "SELECT count(*) FROM plan.plans"), 1);
}

/* ---- two at once ---- */

static int codes[8];
static unsigned ended;

static void create_at_once(void *arg)
{
    rpc_reply reply;
    rpc_metadata metadata = {.user_id = ADA, .role = "student"};
    Sical__Plan__V1__CreatePlanRequest r = SICAL__PLAN__V1__CREATE_PLAN_REQUEST__INIT;
    wire_plan *plan;

    codes[(intptr_t)arg] = story_call(stage.client, &sical__plan__v1__plan_service__descriptor, "CreatePlan", &metadata,
                                      &r, &plan, &reply);
    ended++;
}

static bool all_ended(void)
{
    return ended == 8;
}

PLAN_STORY(plan_plan, of_plans_made_at_once_each_version_is_saved_once)
{
    int saved = 0;

    ready_to_plan();
    for (intptr_t i = 0; i < 8; i++)
        fiber_spawn(loop_current(), "create", create_at_once, (void *)i);
    plan_wait(all_ended, "the end of eight plans");
    for (int i = 0; i < 8; i++) {
        cr_expect(codes[i] == CODE_OK || codes[i] == CODE_ABORTED, "%d", codes[i]);
        saved += codes[i] == CODE_OK;
    }
    cr_expect_geq(saved, 1);
    cr_expect_eq(test_postgres_number(stage.pg, "SELECT max(version) FROM plan.plans"), saved);
    cr_expect_eq(test_postgres_number(stage.pg, "SELECT sum(minutes) FROM plan.sessions"), 270,
                 "the sessions of one plan");
}

PLAN_STORY(plan_plan, several_goals_and_graphs_make_one_plan)
{
    const char *one = plan_import_chain(ADA, NULL, "private"), *two = plan_import_chain(BOB, NULL, "public");
    const char *const windows[] = {"MON 08:00-12:00", "TUE 08:00-12:00", "WED 08:00-12:00", "THU 08:00-12:00",
                                   "FRI 08:00-12:00", "SAT 08:00-12:00", "SUN 08:00-12:00", NULL};
    Sical__Plan__V1__UpdateGoalRequest update = SICAL__PLAN__V1__UPDATE_GOAL_REQUEST__INIT;
    wire_goal change = SICAL__PLAN__V1__GOAL__INIT, *goal;
    int32_t of_day[800] = {0};

    cr_assert_eq(plan_set_hours(ADA, "UTC", 90, windows), CODE_OK);
    cr_assert_eq(plan_add_goal(ADA, one, "c", plan_days_from_now(20), NULL), CODE_OK);
    cr_assert_eq(plan_add_goal(ADA, one, "b", plan_days_from_now(9), NULL), CODE_OK);
    cr_assert_eq(plan_add_goal(ADA, two, "d", plan_days_from_now(5), &change.id), CODE_OK);
    wire_plan *plan = made(ADA);
    cr_expect_eq(plan->work_minutes, 300);
    cr_expect_eq(plan->n_goals, 3u);
    cr_expect_str_eq(plan->sessions[0]->graph_id, two, "the earliest date first");
    int64_t first_day = plan->sessions[0]->start->seconds / 86400;
    for (size_t i = 0; i < plan->n_sessions; i++)
        of_day[plan->sessions[i]->start->seconds / 86400 - first_day] += plan->sessions[i]->minutes;
    for (size_t i = 0; i < 800; i++)
        cr_expect_leq(of_day[i], 90);

    update.goal = &change;
    change.status = SICAL__PLAN__V1__GOAL__STATUS__PAUSED;
    cr_assert_eq(plan_call(ADA, "UpdateGoal", &update, &goal), CODE_OK);
    plan = made(ADA);
    cr_expect(plan->work_minutes == 270 && plan->n_goals == 2, "a paused goal is left out");
}

PLAN_STORY(plan_plan, no_goal_is_an_empty_plan)
{
    plan_set_mornings(ADA);
    wire_plan *plan = made(ADA);

    cr_expect(plan->n_sessions == 0 && plan->n_goals == 0 && plan->certificate->feasible);
    cr_expect_null(plan->certificate->release);
    cr_expect_str_eq(plan->certificate->text, "Nothing is left to learn: every goal is met.");
}

PLAN_STORY(plan_plan, too_many_goals_are_refused)
{
    const char *graph = ready_to_plan();
    wire_plan *plan;

    for (int i = 0; i < 100; i++)
        cr_assert_eq(plan_add_goal(ADA, graph, "a", plan_days_from_now(10), NULL), CODE_OK);
    cr_expect_eq(plan_create(ADA, NULL, &plan), CODE_FAILED_PRECONDITION);
    cr_expect(strstr(last_reply.message, "at most 100 active goals") != NULL);
}

PLAN_STORY(plan_plan, sessions_come_in_pages_and_bad_ranges_are_refused)
{
    Sical__Plan__V1__ListSessionsRequest list = SICAL__PLAN__V1__LIST_SESSIONS_REQUEST__INIT;
    session_page *page;
    size_t seen = 0;
    int64_t last = 0;

    ready_to_plan();
    wire_plan *plan = made(ADA);
    list.page_size = 2;
    do {
        cr_assert_eq(plan_call(ADA, "ListSessions", &list, &page), CODE_OK);
        for (size_t i = 0; i < page->n_sessions; i++, seen++) {
            cr_expect_gt(plan_time_us(page->sessions[i]->start), last);
            last = plan_time_us(page->sessions[i]->start);
        }
        list.page_token = page->next_page_token;
    } while (page->next_page_token[0]);
    cr_expect_eq(seen, plan->n_sessions);

    list.page_token = "";
    list.from = plan_time("2026-01-02T00:00:00Z");
    list.to = plan_time("2026-01-01T00:00:00Z");
    cr_expect_eq(plan_call(ADA, "ListSessions", &list, &page), CODE_INVALID_ARGUMENT);
    cr_expect(plan_has_fault("to", "must lie behind from"));
    list.to = plan_time("1970-01-01T00:00:00Z");
    cr_expect_eq(plan_call(ADA, "ListSessions", &list, &page), CODE_INVALID_ARGUMENT);
    cr_assert_eq(plan_call(BOB, "ListSessions",
                           &(Sical__Plan__V1__ListSessionsRequest)SICAL__PLAN__V1__LIST_SESSIONS_REQUEST__INIT, &page),
                 CODE_OK);
    cr_expect_eq(page->n_sessions, 0u);
}
