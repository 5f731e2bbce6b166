/* Reviews and lessons in one calendar, by the real program, with progress played by the test. */
#include "plan_story.h"

#include <string.h>

enum { DAY_S = 86400, MORNING_S = 8 * 3600 };

static const char elsewhere[] = "01890000-0000-7000-8000-0000000e15e0"; /* a graph that no goal needs */

/* Midnight UTC some days from now: windows between two of them do not depend on the time of the day. */
static wire_time *midnight(int days)
{
    wire_time *t = plan_days_from_now(days);

    t->seconds -= t->seconds % DAY_S;
    t->nanos = 0;
    return t;
}

/* b needs 150 minutes, of the 240 that are free on two mornings. */
static const char *two_mornings(void)
{
    Sical__Plan__V1__CreateGoalRequest r = SICAL__PLAN__V1__CREATE_GOAL_REQUEST__INIT;
    const char *graph = plan_import_chain(ADA, NULL, "private");
    wire_goal *goal;

    plan_set_mornings(ADA);
    r.graph_id = (char *)graph;
    r.title = "Chess";
    r.n_targets = 1;
    r.targets = (char *[]){"b"};
    r.not_before = midnight(2);
    r.due = midnight(4);
    cr_assert_eq(plan_call(ADA, "CreateGoal", &r, &goal), CODE_OK, "%s", last_reply.message);
    return graph;
}

static wire_plan *made(void)
{
    wire_plan *plan;

    cr_assert_eq(plan_create(ADA, NULL, &plan), CODE_OK, "%s", last_reply.message);
    return plan;
}

static wire_session *review_of(const wire_plan *plan, const char *key)
{
    for (size_t i = 0; i < plan->n_sessions; i++)
        if (plan->sessions[i]->kind == SICAL__PLAN__V1__SESSION__KIND__REVIEW &&
            strcmp(plan->sessions[i]->topic_key, key) == 0)
            return plan->sessions[i];
    return NULL;
}

static int64_t seconds_of(const wire_plan *plan, int kind)
{
    int64_t seconds = 0;

    for (size_t i = 0; i < plan->n_sessions; i++)
        if ((int)plan->sessions[i]->kind == kind)
            seconds += plan->sessions[i]->end->seconds - plan->sessions[i]->start->seconds;
    return seconds;
}

PLAN_STORY(plan_calendar, reviews_come_first_and_are_named_when_they_make_a_goal_late)
{
    const char *graph = two_mornings();
    wire_time *due = midnight(2);
    const played_review reviews[] = {{graph, "d", due, 8},
                                     {graph, "a", due, 8},
                                     {elsewhere, "far", due, 8},
                                     {elsewhere, "farther", due, 8}};
    wire_plan *plan = made();

    cr_expect(plan->certificate->lateness_minutes == -90 && plan->reviews->known && plan->reviews->session_count == 0);
    stage.reviews = reviews;
    stage.review_count = 4;
    stage.minutes_a_review = 30;
    plan = made();
    cr_expect_eq(plan->work_minutes, 150, "reviews are no work on goals");
    /* Of 240 minutes 120 are reviews', the first morning whole, and 10 on the second are held back for a and b. */
    cr_expect_eq(plan->reviews->forecast_minutes_a_day, 10);
    cr_expect_eq(plan->certificate->lateness_minutes, 40);
    cr_expect(plan->reviews->known && plan->reviews->session_count == 4 && plan->reviews->review_minutes == 120);
    cr_expect(plan->reviews->lateness_without_minutes == -90 && plan->reviews->cause_lateness);
    cr_expect_eq(seconds_of(plan, SICAL__PLAN__V1__SESSION__KIND__REVIEW), 120 * 60);
    cr_expect_eq(seconds_of(plan, SICAL__PLAN__V1__SESSION__KIND__LESSON), 150 * 60);
    for (size_t i = 1; i < plan->n_sessions; i++)
        cr_expect_leq(plan->sessions[i - 1]->end->seconds, plan->sessions[i]->start->seconds);
    cr_assert_not_null(review_of(plan, "d"));
    cr_expect_eq(review_of(plan, "d")->start->seconds, due->seconds + MORNING_S);
    cr_expect_str_eq(review_of(plan, "far")->topic_title, "far", "nothing else is known of it");
    cr_expect_str_eq(review_of(plan, "far")->graph_id, elsewhere);

    Sical__Plan__V1__GetFeasibilityRequest request = SICAL__PLAN__V1__GET_FEASIBILITY_REQUEST__INIT;
    Sical__Plan__V1__Feasibility *f;
    cr_assert_eq(plan_call(ADA, "GetFeasibility", &request, &f), CODE_OK);
    cr_expect(f->reviews->cause_lateness && f->certificate->lateness_minutes == 40 && f->n_repairs == 2);
}

PLAN_STORY(plan_calendar, with_progress_away_the_last_known_reviews_stay)
{
    const char *graph = two_mornings();
    const played_review reviews[] = {{graph, "d", midnight(2), 8}, {elsewhere, "far", midnight(3), 8}};

    stage.reviews = reviews;
    stage.review_count = 2;
    stage.minutes_a_review = 10;
    wire_plan *first = made();
    plan_progress_close();
    for (int i = 0; i < 2; i++) { /* handed on from plan to plan */
        wire_plan *plan = made();
        cr_expect(!plan->reviews->known && !plan->mastery_known && plan->reviews->session_count == 2);
        cr_assert_not_null(review_of(plan, "far"));
        cr_expect_eq(review_of(plan, "far")->start->seconds, review_of(first, "far")->start->seconds);
        cr_expect_eq(review_of(plan, "d")->minutes, 10);
    }
}

PLAN_STORY(plan_calendar, a_completed_review_is_no_lesson)
{
    Sical__Plan__V1__CompleteSessionRequest complete = SICAL__PLAN__V1__COMPLETE_SESSION_REQUEST__INIT;
    const char *graph = two_mornings();
    const played_review review = {graph, "b", midnight(2), 8};
    wire_session *session;

    stage.reviews = &review;
    stage.review_count = 1;
    complete.id = review_of(made(), "b")->id;
    cr_assert_eq(plan_call(ADA, "CompleteSession", &complete, &session), CODE_OK);
    cr_expect_eq(session->kind, SICAL__PLAN__V1__SESSION__KIND__REVIEW);
    stage.review_count = 0;
    wire_plan *plan = made();
    cr_expect_eq(plan->work_minutes, 150);
    cr_expect_eq(plan->reviews->session_count, 0);
    cr_expect_eq(plan->certificate->lateness_minutes, -85, "its minutes are spent");
}

/* d was learned; its next review, on day 3, would let it sink to nine of ten on day 11. */
PLAN_STORY(plan_calendar, before_an_exam_learned_targets_are_reviewed_once_more)
{
    Sical__Plan__V1__CreateGoalRequest r = SICAL__PLAN__V1__CREATE_GOAL_REQUEST__INIT;
    const char *graph = plan_import_chain(ADA, NULL, "private");
    const played_review review = {graph, "d", midnight(3), 8};
    wire_goal *goal;
    int reviews = 0;

    plan_set_mornings(ADA);
    stage.reviews = &review;
    stage.review_count = 1;
    r.graph_id = (char *)graph;
    r.title = "Exam";
    r.n_targets = 1;
    r.targets = (char *[]){"d"};
    r.due = midnight(20);
    r.retention_percent = plan_int32(98);
    cr_expect_eq(plan_call(ADA, "CreateGoal", &r, &goal), CODE_INVALID_ARGUMENT);
    cr_expect(plan_has_fault("retention_percent", "70 to 97"));
    r.retention_percent = plan_int32(90);
    cr_assert_eq(plan_call(ADA, "CreateGoal", &r, &goal), CODE_OK, "%s", last_reply.message);
    cr_expect_eq(goal->retention_percent->value, 90);

    wire_plan *plan = made();
    cr_expect(plan->reviews->exam_reviews == 1 && plan->reviews->exam_reviews_missed == 0);
    for (size_t i = 0; i < plan->n_sessions; i++)
        if (plan->sessions[i]->kind == SICAL__PLAN__V1__SESSION__KIND__REVIEW) {
            int day = reviews++ == 0 ? 3 : 12; /* eight days before the exam */
            cr_expect_eq(plan->sessions[i]->start->seconds, midnight(day)->seconds + MORNING_S);
        }
    cr_expect_eq(reviews, 2);
}

PLAN_STORY(plan_calendar, sessions_have_the_lengths_and_breaks_that_were_asked_for)
{
    Sical__Plan__V1__SetAvailabilityRequest r = SICAL__PLAN__V1__SET_AVAILABILITY_REQUEST__INIT;
    Sical__Plan__V1__Availability a = SICAL__PLAN__V1__AVAILABILITY__INIT, *saved;
    Sical__Plan__V1__WeeklyWindow windows[7], *list[7];

    two_mornings();
    r.availability = &a;
    a.time_zone = "UTC";
    a.windows = list;
    a.n_windows = 7;
    for (int i = 0; i < 7; i++) {
        sical__plan__v1__weekly_window__init(&windows[i]);
        windows[i].day = (Sical__Plan__V1__WeeklyWindow__Day)(i + 1);
        windows[i].start = "08:00";
        windows[i].end = "10:00";
        list[i] = &windows[i];
    }
    a.min_session_minutes = plan_int32(60);
    a.max_session_minutes = plan_int32(50);
    a.break_minutes = plan_int32(0);
    cr_expect_eq(plan_call(ADA, "SetAvailability", &r, &saved), CODE_INVALID_ARGUMENT);
    cr_expect(plan_has_fault("availability.min_session_minutes", "no more than max_session_minutes"));
    cr_expect(plan_has_fault("availability.break_minutes", "1 to 240"));
    a.max_session_minutes = NULL;
    a.break_minutes = plan_int32(10);
    cr_expect_eq(plan_call(ADA, "SetAvailability", &r, &saved), CODE_INVALID_ARGUMENT);
    cr_expect(plan_has_fault("availability.break_minutes", "set max_session_minutes too"));

    a.min_session_minutes = plan_int32(25);
    a.max_session_minutes = plan_int32(50);
    cr_assert_eq(plan_call(ADA, "SetAvailability", &r, &saved), CODE_OK, "%s", last_reply.message);
    cr_expect(saved->min_session_minutes->value == 25 && saved->max_session_minutes->value == 50 &&
              saved->break_minutes->value == 10);
    /* a: 50 and 10 minutes; then b fills the row's other 40; 20 minutes behind the next break are too short for it. */
    wire_plan *plan = made();
    const int starts[] = {0, 60, 70, 0, 60}, minutes[] = {50, 10, 40, 50, 0};
    cr_assert_eq(plan->n_sessions, 4u, "%zu", plan->n_sessions);
    for (size_t i = 0; i < plan->n_sessions; i++) {
        cr_expect_eq((plan->sessions[i]->start->seconds % DAY_S - MORNING_S) / 60, starts[i], "%zu", i);
        cr_expect_eq(plan->sessions[i]->minutes, minutes[i], "%zu", i);
    }
    cr_expect_eq(plan->certificate->session_gap_minutes, 0);
}

/* x needs 200 of the 220 minutes of two mornings that are not held back. For 97 % d is to be reviewed in one of them,
 * for 94 % on the morning before. */
PLAN_STORY(plan_calendar, less_recall_can_be_a_repair)
{
    static const char *const mastered[] = {"d", NULL};
    import_request *import = plan_import_request();
    Sical__Plan__V1__GetFeasibilityRequest ask = SICAL__PLAN__V1__GET_FEASIBILITY_REQUEST__INIT;
    Sical__Plan__V1__CreateGoalRequest r = SICAL__PLAN__V1__CREATE_GOAL_REQUEST__INIT;
    Sical__Plan__V1__Feasibility *f;
    Sical__Plan__V1__Repair *retention = NULL;
    wire_graph *graph;
    wire_goal *goal;

    plan_add_topic(import, "x", 200);
    plan_add_topic(import, "d", 30);
    cr_assert_eq(plan_call(ADA, "ImportGraph", import, &graph), CODE_OK, "%s", last_reply.message);
    const played_review review = {graph->id, "d", midnight(5), 6};
    plan_set_mornings(ADA);
    stage.mastered = mastered;
    stage.reviews = &review;
    stage.review_count = 1;
    stage.minutes_a_review = 60;
    r.graph_id = graph->id;
    r.title = "Exam";
    r.n_targets = 2;
    r.targets = (char *[]){"x", "d"};
    r.not_before = midnight(2);
    r.due = midnight(4);
    r.retention_percent = plan_int32(97);
    cr_assert_eq(plan_call(ADA, "CreateGoal", &r, &goal), CODE_OK, "%s", last_reply.message);
    cr_assert_eq(plan_call(ADA, "GetFeasibility", &ask, &f), CODE_OK, "%s", last_reply.message);
    cr_expect_eq(f->certificate->lateness_minutes, 40, "%d", f->certificate->lateness_minutes);
    cr_expect(f->reviews->exam_reviews == 1 && f->reviews->cause_lateness);
    for (size_t i = 0; i < f->n_repairs; i++)
        if (f->repairs[i]->kind == SICAL__PLAN__V1__REPAIR__KIND__RETENTION)
            retention = f->repairs[i];
    cr_assert_not_null(retention);
    cr_expect(retention->possible && retention->least);
    cr_expect_eq(retention->retention_percent, 94, "%d", retention->retention_percent);
}

PLAN_STORY(plan_calendar, reviews_are_planned_without_any_goal_too)
{
    const played_review review = {elsewhere, "far", midnight(2), 8};
    wire_plan *plan;

    plan_set_mornings(ADA);
    stage.reviews = &review;
    stage.review_count = 1;
    plan = made();
    cr_assert_eq(plan->n_sessions, 1u);
    cr_expect(plan->sessions[0]->kind == SICAL__PLAN__V1__SESSION__KIND__REVIEW && plan->work_minutes == 0);
    cr_expect_eq(plan->sessions[0]->start->seconds, midnight(2)->seconds + MORNING_S);
}
