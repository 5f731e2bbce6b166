/* Living with a plan: what a new one keeps of the old one, and what it says of the rest. */
#include "living_story.h"

#include <string.h>

typedef Sical__Plan__V1__PlanChanges wire_changes;
typedef Sical__Plan__V1__PlanChange wire_change;

#define KIND(NAME)   SICAL__PLAN__V1__PLAN_CHANGE__KIND__##NAME
#define REASON(NAME) SICAL__PLAN__V1__PLAN_CHANGE__REASON__##NAME

static size_t count_changes(const wire_changes *c, int kind, int reason, const char *key)
{
    size_t count = 0;

    for (size_t i = 0; i < c->n_changes; i++)
        count += (int)c->changes[i]->kind == kind && (int)c->changes[i]->reason == reason &&
                 strcmp(c->changes[i]->session->topic_key, key) == 0 && c->changes[i]->text[0] &&
                 c->changes[i]->text_zh[0];
    return count;
}

/* The session went by, and the plan was made before it. */
static void let_pass(const char *id)
{
    test_postgres_run(stage.pg, "UPDATE plan.plans SET create_time = create_time - interval '2 days'");
    test_postgres_run(stage.pg, arena_printf(fiber_arena(),
                                             "UPDATE plan.sessions SET start_time = start_time - interval '1 day',"
                                             " end_time = end_time - interval '1 day' WHERE id = '%s'",
                                             id));
}

PLAN_STORY(plan_living, what_has_not_changed_is_kept)
{
    Sical__Plan__V1__GetPlanChangesRequest get = SICAL__PLAN__V1__GET_PLAN_CHANGES_REQUEST__INIT;
    wire_changes *changes;

    cr_expect_eq(plan_call(ADA, "GetPlanChanges", &get, &changes), CODE_NOT_FOUND);
    living_ready();
    wire_plan *first = living_made();
    cr_expect(first->changes->since_plan_id[0] == '\0' && first->changes->n_changes == 0, "all of it is new");
    cr_expect_eq(first->changes->added, (int)first->n_sessions);

    wire_plan *second = living_made();
    cr_expect_eq(second->version, 2);
    cr_expect_eq(living_count_same(first, second), first->n_sessions);
    cr_expect_eq(second->n_sessions, first->n_sessions);
    cr_expect_str_eq(second->changes->since_plan_id, first->id);
    cr_expect(second->changes->kept == (int)first->n_sessions && second->changes->n_changes == 0);
    cr_expect(second->changes->complete);
    for (size_t i = 0; i < second->n_sessions; i++)
        cr_expect_str_eq(second->sessions[i]->etag, first->sessions[i]->etag, "its row was not touched");
    cr_expect_eq(plan_time_us(second->goals[0]->finish), plan_time_us(first->goals[0]->finish));
    cr_assert_eq(plan_call(ADA, "GetPlanChanges", &get, &changes), CODE_OK);
    cr_expect(changes->kept == second->changes->kept && !strcmp(changes->since_plan_id, first->id));
}

PLAN_STORY(plan_living, a_missed_session_is_planned_again_and_nothing_else_moves)
{
    living_ready();
    wire_plan *first = living_made();
    const wire_session *missed = living_session_of(first, "d");
    let_pass(missed->id);

    wire_plan *preview = living_previewed(), *second = living_made();
    cr_expect_eq(count_changes(second->changes, KIND(ADDED), REASON(MISSED), "d"), 1u);
    cr_expect_eq(second->changes->n_changes, 1u);
    cr_expect_eq(living_count_same(first, second), first->n_sessions - 1);
    cr_expect(second->changes->kept == (int)first->n_sessions - 1 && second->changes->added == 1);
    const wire_session *again = living_session_of(second, "d");
    cr_expect_str_neq(again->id, missed->id);
    cr_expect_str_neq(again->etag, "");
    cr_expect(living_is_same(preview->changes->changes[0]->session, preview->changes->changes[0]->session));
    cr_expect_eq(preview->changes->n_changes, 1u);
    cr_expect_eq(plan_time_us(preview->changes->changes[0]->session->start), plan_time_us(again->start),
                 "the preview said so");
    cr_expect_eq(test_postgres_number(stage.pg, "SELECT count(*) FROM plan.plans"), 2, "and saved nothing");
}

PLAN_STORY(plan_living, each_change_says_why)
{
    static const char *const mastered[] = {"a", NULL};
    Sical__Plan__V1__CreateExceptionRequest except = SICAL__PLAN__V1__CREATE_EXCEPTION_REQUEST__INIT;
    Sical__Plan__V1__AvailabilityException day = SICAL__PLAN__V1__AVAILABILITY_EXCEPTION__INIT, *saved;
    Sical__Plan__V1__UpdateGoalRequest update = SICAL__PLAN__V1__UPDATE_GOAL_REQUEST__INIT;
    wire_goal change = SICAL__PLAN__V1__GOAL__INIT, *goal;
    const char *graph = plan_import_chain(ADA, NULL, "public");
    char date[16];

    living_set_hours();
    cr_assert_eq(plan_add_goal(ADA, graph, "c", plan_days_from_now(20), NULL), CODE_OK);
    wire_plan *first = living_made();

    cr_assert_eq(plan_add_goal(ADA, graph, "d", plan_days_from_now(10), &change.id), CODE_OK);
    wire_plan *second = living_made();
    cr_expect_eq(count_changes(second->changes, KIND(ADDED), REASON(GOAL_NEW), "d"), 1u);
    cr_expect_eq(living_count_same(first, second), first->n_sessions, "it finds a place behind them");

    update.goal = &change;
    change.status = SICAL__PLAN__V1__GOAL__STATUS__PAUSED;
    cr_assert_eq(plan_call(ADA, "UpdateGoal", &update, &goal), CODE_OK);
    wire_plan *third = living_made();
    cr_expect_eq(count_changes(third->changes, KIND(REMOVED), REASON(TOPIC_GONE), "d"), 1u);
    cr_expect_eq(living_count_same(first, third), first->n_sessions);

    clock_format_date(plan_time_us(third->sessions[0]->start) / CLOCK_US_PER_S / DAY, date);
    except.exception = &day;
    day.date = date;
    cr_assert_eq(plan_call(ADA, "CreateException", &except, &saved), CODE_OK, "%s", last_reply.message);
    wire_plan *fourth = living_made();
    cr_expect_eq(count_changes(fourth->changes, KIND(MOVED), REASON(WINDOW_GONE), "a"), 1u);
    cr_expect_str_eq(living_session_of(fourth, "a")->id, living_session_of(third, "a")->id,
                     "a moved session is the same one");
    cr_expect_neq(plan_time_us(fourth->sessions[0]->start), plan_time_us(third->sessions[0]->start));
    for (size_t i = 0; i < fourth->changes->n_changes; i++)
        if (fourth->changes->changes[i]->kind == KIND(MOVED)) {
            const wire_change *moved = fourth->changes->changes[i];
            const wire_session *was = living_find(third, moved->session->id);
            cr_expect(plan_time_us(moved->old_start) == plan_time_us(was->start) &&
                      plan_time_us(moved->old_end) == plan_time_us(was->end));
        }

    stage.mastered = mastered;
    wire_plan *fifth = living_made();
    cr_expect_geq(count_changes(fifth->changes, KIND(REMOVED), REASON(TOPIC_MASTERED), "a"), 1u);
    cr_expect_eq(fifth->changes->n_changes, (size_t)fifth->changes->removed);
}

PLAN_STORY(plan_living, reviews_that_are_due_as_before_keep_their_sessions)
{
    const char *graph = living_ready();
    played_review reviews[] = {{graph, "a", plan_days_from_now(3), 5}, {graph, "b", plan_days_from_now(6), 5}};

    stage.reviews = reviews;
    stage.review_count = 2;
    wire_plan *first = living_made(), *second = living_made();
    cr_expect_eq(second->changes->n_changes, 0u);
    reviews[1].due = plan_days_from_now(8);
    wire_plan *third = living_made();
    cr_expect_eq(count_changes(third->changes, KIND(MOVED), REASON(REVIEW_CHANGED), "b"), 1u);
    stage.review_count = 1;
    wire_plan *fourth = living_made();
    cr_expect_eq(count_changes(fourth->changes, KIND(REMOVED), REASON(REVIEW_GONE), "b"), 1u);
    cr_expect_eq(living_count_same(first, second), first->n_sessions);
}

PLAN_STORY(plan_living, what_is_held_back_for_reviews_to_come_moves_nothing)
{
    living_ready();
    stage.minutes_a_review = 1;
    wire_plan *first = living_made();
    stage.minutes_a_review = 60;
    wire_plan *second = living_made();

    cr_expect_gt(second->reviews->forecast_minutes_a_day, first->reviews->forecast_minutes_a_day);
    cr_expect_eq(second->changes->n_changes, 0u);
}
