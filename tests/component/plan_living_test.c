/* Living with a plan: what a new one keeps of the old one, and what it says of the rest. */
#include "plan_story.h"

#include "scratch_folder.h"

#include <string.h>

typedef Sical__Plan__V1__PlanChanges wire_changes;
typedef Sical__Plan__V1__PlanChange wire_change;

#define KIND(NAME)   SICAL__PLAN__V1__PLAN_CHANGE__KIND__##NAME
#define REASON(NAME) SICAL__PLAN__V1__PLAN_CHANGE__REASON__##NAME

enum { HOUR = 3600, DAY = 24 * HOUR };

static wire_plan *made(void)
{
    wire_plan *plan;

    cr_assert_eq(plan_create(ADA, NULL, &plan), CODE_OK, "%s", last_reply.message);
    return plan;
}

static wire_plan *previewed(void)
{
    Sical__Plan__V1__PreviewPlanRequest r = SICAL__PLAN__V1__PREVIEW_PLAN_REQUEST__INIT;
    wire_plan *plan;

    cr_assert_eq(plan_call(ADA, "PreviewPlan", &r, &plan), CODE_OK, "%s", last_reply.message);
    return plan;
}

/* Two hours of each day, some hours from now: none of them begins while a story is told. */
static void set_hours(void)
{
    static const char *const days[] = {"MON", "TUE", "WED", "THU", "FRI", "SAT", "SUN"};
    const char *windows[8] = {NULL};
    int hour = (int)((clock_wall_us() / CLOCK_US_PER_S % DAY / HOUR + 6) % 22);

    for (size_t i = 0; i < 7; i++)
        windows[i] = arena_printf(fiber_arena(), "%s %02d:00-%02d:00", days[i], hour, hour + 2);
    cr_assert_eq(plan_set_hours(ADA, "UTC", 0, windows), CODE_OK, "%s", last_reply.message);
}

/* A chain of three topics, and one alone that is due first. */
static const char *ready_to_plan(void)
{
    const char *graph = plan_import_chain(ADA, NULL, "public");

    set_hours();
    cr_assert_eq(plan_add_goal(ADA, graph, "c", plan_days_from_now(20), NULL), CODE_OK);
    cr_assert_eq(plan_add_goal(ADA, graph, "d", plan_days_from_now(10), NULL), CODE_OK);
    return graph;
}

static const wire_session *find_session(const wire_plan *plan, const char *id)
{
    for (size_t i = 0; i < plan->n_sessions; i++)
        if (strcmp(plan->sessions[i]->id, id) == 0)
            return plan->sessions[i];
    return NULL;
}

static const wire_session *session_of(const wire_plan *plan, const char *key)
{
    for (size_t i = 0; i < plan->n_sessions; i++)
        if (strcmp(plan->sessions[i]->topic_key, key) == 0)
            return plan->sessions[i];
    test_fail("no session of %s", key);
}

static bool is_same_session(const wire_session *a, const wire_session *b)
{
    return b != NULL && strcmp(a->id, b->id) == 0 && plan_time_us(a->start) == plan_time_us(b->start) &&
           plan_time_us(a->end) == plan_time_us(b->end);
}

static size_t count_same(const wire_plan *before, const wire_plan *after)
{
    size_t count = 0;

    for (size_t i = 0; i < before->n_sessions; i++)
        count += is_same_session(before->sessions[i], find_session(after, before->sessions[i]->id));
    return count;
}

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
    ready_to_plan();
    wire_plan *first = made();
    cr_expect(first->changes->since_plan_id[0] == '\0' && first->changes->n_changes == 0, "all of it is new");
    cr_expect_eq(first->changes->added, (int)first->n_sessions);

    wire_plan *second = made();
    cr_expect_eq(second->version, 2);
    cr_expect_eq(count_same(first, second), first->n_sessions);
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
    ready_to_plan();
    wire_plan *first = made();
    const wire_session *missed = session_of(first, "d");
    let_pass(missed->id);

    wire_plan *preview = previewed(), *second = made();
    cr_expect_eq(count_changes(second->changes, KIND(ADDED), REASON(MISSED), "d"), 1u);
    cr_expect_eq(second->changes->n_changes, 1u);
    cr_expect_eq(count_same(first, second), first->n_sessions - 1);
    cr_expect(second->changes->kept == (int)first->n_sessions - 1 && second->changes->added == 1);
    const wire_session *again = session_of(second, "d");
    cr_expect_str_neq(again->id, missed->id);
    cr_expect_str_neq(again->etag, "");
    cr_expect(is_same_session(preview->changes->changes[0]->session, preview->changes->changes[0]->session));
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

    set_hours();
    cr_assert_eq(plan_add_goal(ADA, graph, "c", plan_days_from_now(20), NULL), CODE_OK);
    wire_plan *first = made();

    cr_assert_eq(plan_add_goal(ADA, graph, "d", plan_days_from_now(10), &change.id), CODE_OK);
    wire_plan *second = made();
    cr_expect_eq(count_changes(second->changes, KIND(ADDED), REASON(GOAL_NEW), "d"), 1u);
    cr_expect_eq(count_same(first, second), first->n_sessions, "it finds a place behind them");

    update.goal = &change;
    change.status = SICAL__PLAN__V1__GOAL__STATUS__PAUSED;
    cr_assert_eq(plan_call(ADA, "UpdateGoal", &update, &goal), CODE_OK);
    wire_plan *third = made();
    cr_expect_eq(count_changes(third->changes, KIND(REMOVED), REASON(TOPIC_GONE), "d"), 1u);
    cr_expect_eq(count_same(first, third), first->n_sessions);

    clock_format_date(plan_time_us(third->sessions[0]->start) / CLOCK_US_PER_S / DAY, date);
    except.exception = &day;
    day.date = date;
    cr_assert_eq(plan_call(ADA, "CreateException", &except, &saved), CODE_OK, "%s", last_reply.message);
    wire_plan *fourth = made();
    cr_expect_eq(count_changes(fourth->changes, KIND(MOVED), REASON(WINDOW_GONE), "a"), 1u);
    cr_expect_str_eq(session_of(fourth, "a")->id, session_of(third, "a")->id, "a moved session is the same one");
    cr_expect_neq(plan_time_us(fourth->sessions[0]->start), plan_time_us(third->sessions[0]->start));
    for (size_t i = 0; i < fourth->changes->n_changes; i++)
        if (fourth->changes->changes[i]->kind == KIND(MOVED)) {
            const wire_change *moved = fourth->changes->changes[i];
            const wire_session *was = find_session(third, moved->session->id);
            cr_expect(plan_time_us(moved->old_start) == plan_time_us(was->start) &&
                      plan_time_us(moved->old_end) == plan_time_us(was->end));
        }

    stage.mastered = mastered;
    wire_plan *fifth = made();
    cr_expect_geq(count_changes(fifth->changes, KIND(REMOVED), REASON(TOPIC_MASTERED), "a"), 1u);
    cr_expect_eq(fifth->changes->n_changes, (size_t)fifth->changes->removed);
}

PLAN_STORY(plan_living, reviews_that_are_due_as_before_keep_their_sessions)
{
    const char *graph = ready_to_plan();
    played_review reviews[] = {{graph, "a", plan_days_from_now(3), 5}, {graph, "b", plan_days_from_now(6), 5}};

    stage.reviews = reviews;
    stage.review_count = 2;
    wire_plan *first = made(), *second = made();
    cr_expect_eq(second->changes->n_changes, 0u);
    reviews[1].due = plan_days_from_now(8);
    wire_plan *third = made();
    cr_expect_eq(count_changes(third->changes, KIND(MOVED), REASON(REVIEW_CHANGED), "b"), 1u);
    stage.review_count = 1;
    wire_plan *fourth = made();
    cr_expect_eq(count_changes(fourth->changes, KIND(REMOVED), REASON(REVIEW_GONE), "b"), 1u);
    cr_expect_eq(count_same(first, second), first->n_sessions);
}

/* ---- what learners change ---- */

typedef Sical__Plan__V1__UpdateSessionRequest update_request;

static wire_session *changed;

/* start NULL: not moved. */
static int change(const char *id, const char *etag, bool pinned, wire_time *start)
{
    Google__Protobuf__FieldMask mask = GOOGLE__PROTOBUF__FIELD_MASK__INIT;
    update_request r = SICAL__PLAN__V1__UPDATE_SESSION_REQUEST__INIT;
    wire_session s = SICAL__PLAN__V1__SESSION__INIT;

    s.id = (char *)id;
    s.etag = (char *)etag;
    s.pinned = pinned;
    s.start = start;
    mask.paths = (char *[]){start ? "start" : "pinned", "pinned"};
    mask.n_paths = start && !pinned ? 1 : 2;
    r.session = &s;
    r.update_mask = &mask;
    return plan_call(ADA, "UpdateSession", &r, &changed);
}

static wire_time *behind(const wire_time *t, int64_t seconds)
{
    wire_time *moved = ARENA_NEW(fiber_arena(), wire_time);

    *moved = *t;
    moved->seconds += seconds;
    return moved;
}

static int act(const char *method, const char *id)
{
    /* All of these requests are one string. */
    Sical__Plan__V1__StartSessionRequest start = SICAL__PLAN__V1__START_SESSION_REQUEST__INIT;
    Sical__Plan__V1__CompleteSessionRequest complete = SICAL__PLAN__V1__COMPLETE_SESSION_REQUEST__INIT;

    start.id = complete.id = (char *)id;
    return strcmp(method, "StartSession") == 0 ? plan_call(ADA, method, &start, &changed)
                                               : plan_call(ADA, method, &complete, &changed);
}

PLAN_STORY(plan_living, a_pinned_session_stays_and_others_make_room)
{
    ready_to_plan();
    wire_plan *first = made();
    const wire_session *d = session_of(first, "d"), *a = session_of(first, "a");
    wire_time *later = behind(d->start, 3 * DAY + HOUR);

    cr_assert_eq(change(d->id, "", false, later), CODE_OK, "%s", last_reply.message);
    cr_expect(changed->pinned && plan_time_us(changed->start) == plan_time_us(later), "what is moved is pinned");
    cr_expect_eq(changed->end->seconds - changed->start->seconds, 60 * d->minutes);
    cr_expect_str_neq(changed->etag, d->etag);
    wire_plan *second = made();
    const wire_session *pinned = find_session(second, d->id);
    cr_expect(pinned != NULL && pinned->pinned && plan_time_us(pinned->start) == plan_time_us(later));
    cr_expect_eq(second->n_misplaced_pins, 0u);
    for (size_t i = 0; i < second->n_sessions; i++)
        cr_expect(second->sessions[i] == pinned ||
                      plan_time_us(second->sessions[i]->end) <= plan_time_us(pinned->start) ||
                      plan_time_us(second->sessions[i]->start) >= plan_time_us(pinned->end),
                  "nothing is planned over it");

    /* What is no place for it is told, and nothing changes. */
    wire_time *start = behind(later, 0);
    cr_expect_eq(change(a->id, "", false, start), CODE_INVALID_ARGUMENT);
    cr_expect(plan_has_fault("session.start", "overlaps the pinned session"));
    cr_expect_eq(change(a->id, "", false, plan_days_from_now(-1)), CODE_INVALID_ARGUMENT);
    start = behind(later, DAY - 4 * HOUR);
    cr_expect_eq(change(a->id, "", false, start), CODE_INVALID_ARGUMENT);
    cr_expect(plan_has_fault("session.start", "lies outside of the free hours"));
    start->seconds = 10 * DAY;
    cr_expect_eq(change(a->id, "", false, start), CODE_INVALID_ARGUMENT);
    cr_expect_eq(change(a->id, "", false, behind(later, 30)), CODE_INVALID_ARGUMENT);
    cr_expect(plan_has_fault("session.start", "whole minute"));
    cr_expect_eq(change(d->id, d->etag, true, NULL), CODE_ABORTED, "it has another etag now");
    cr_expect(plan_has_fault("session.etag", "not that of now"));
    cr_expect_eq(change("01890000-0000-7000-8000-00000000aaaa", "", true, NULL), CODE_NOT_FOUND);

    /* Prerequisites come first, among pins too. */
    const wire_session *b = session_of(second, "b");
    cr_assert_eq(change(b->id, b->etag, true, NULL), CODE_OK, "%s", last_reply.message);
    cr_expect_eq(change(session_of(second, "a")->id, "", false, behind(d->start, 7 * DAY)), CODE_INVALID_ARGUMENT);
    cr_expect(plan_has_fault("session.start", "of what needs it has begun"));

    cr_assert_eq(change(d->id, b->etag, false, NULL), CODE_ABORTED);
    cr_assert_eq(change(d->id, pinned->etag, false, NULL), CODE_OK);
    cr_expect_not(changed->pinned);
}

PLAN_STORY(plan_living, a_started_session_is_frozen_and_counts)
{
    ready_to_plan();
    wire_plan *first = made();
    const wire_session *d = session_of(first, "d");
    int64_t now = clock_wall_us();

    cr_assert_eq(act("StartSession", d->id), CODE_OK, "%s", last_reply.message);
    cr_expect_eq(changed->status, SICAL__PLAN__V1__SESSION__STATUS__STARTED);
    cr_expect(plan_time_us(changed->start) > now - 61 * CLOCK_US_PER_S &&
                  plan_time_us(changed->start) <= clock_wall_us(),
              "at another time than its own it begins now");
    cr_expect_eq(changed->end->seconds - changed->start->seconds, 60 * d->minutes);
    int64_t started = plan_time_us(changed->start);
    cr_assert_eq(act("StartSession", d->id), CODE_OK);
    cr_expect_eq(plan_time_us(changed->start), started, "again is the same");
    cr_expect_eq(change(d->id, "", true, NULL), CODE_FAILED_PRECONDITION);

    wire_plan *second = made();
    cr_expect_eq(second->work_minutes, first->work_minutes - d->minutes);
    cr_expect_eq(second->changes->n_changes, 0u, "nothing else has to change");
    cr_assert_eq(act("CompleteSession", d->id), CODE_OK);
    cr_expect_eq(act("StartSession", d->id), CODE_FAILED_PRECONDITION);
    cr_expect_eq(made()->work_minutes, second->work_minutes);
}

static wire_plan *restored;

static int undo(const char *plan_id)
{
    Sical__Plan__V1__UndoPlanRequest r = SICAL__PLAN__V1__UNDO_PLAN_REQUEST__INIT;

    r.plan_id = (char *)plan_id;
    return plan_call(ADA, "UndoPlan", &r, &restored);
}

PLAN_STORY(plan_living, the_last_plan_is_undone_once)
{
    Sical__Plan__V1__ListPlansRequest list = SICAL__PLAN__V1__LIST_PLANS_REQUEST__INIT;
    Sical__Plan__V1__GetPastPlanRequest get = SICAL__PLAN__V1__GET_PAST_PLAN_REQUEST__INIT;
    Sical__Plan__V1__ListPlansResponse *plans;
    wire_plan *past;

    cr_expect_eq(undo(""), CODE_FAILED_PRECONDITION, "no hours yet");
    const char *graph = ready_to_plan();
    cr_expect_eq(undo(""), CODE_NOT_FOUND);
    wire_plan *first = made();
    cr_expect_eq(undo(""), CODE_FAILED_PRECONDITION, "there is no plan before it");
    const char *const fewer[] = {"MON 06:00-07:30", "WED 20:00-21:00", "SAT 13:00-14:00", NULL};
    cr_assert_eq(plan_set_hours(ADA, "UTC", 0, fewer), CODE_OK);
    cr_assert_eq(plan_add_goal(ADA, graph, "d", plan_days_from_now(3), NULL), CODE_OK);
    wire_plan *second = made();
    cr_expect_gt(second->changes->n_changes, 0u);
    cr_expect_eq(undo(""), CODE_FAILED_PRECONDITION);
    cr_expect(plan_has_fault("sessions", "time is not free any more"), "its hours are gone");

    set_hours();
    cr_expect_eq(undo(first->id), CODE_ABORTED, "it is not the newest");
    cr_assert_eq(undo(second->id), CODE_OK, "%s", last_reply.message);
    cr_expect_eq(restored->n_sessions, first->n_sessions);
    cr_expect_eq(count_same(first, restored), first->n_sessions);
    cr_expect_str_eq(restored->restored_plan_id, first->id);
    cr_expect(restored->version == 3 && restored->n_goals == 2, "it says what the first one said");
    cr_expect_eq(test_postgres_number(stage.pg, "SELECT count(*) FROM plan.sessions"), (long long)first->n_sessions);
    cr_expect_eq(undo(""), CODE_FAILED_PRECONDITION, "it is an undo itself");

    list.page_size = 2;
    cr_assert_eq(plan_call(ADA, "ListPlans", &list, &plans), CODE_OK);
    cr_expect(plans->n_plans == 2 && plans->plans[0]->version == 3 && plans->plans[1]->version == 2);
    cr_expect_eq(plans->plans[1]->moved, second->changes->moved);
    list.page_token = plans->next_page_token;
    cr_assert_eq(plan_call(ADA, "ListPlans", &list, &plans), CODE_OK);
    cr_expect(plans->n_plans == 1 && plans->next_page_token[0] == '\0' && !strcmp(plans->plans[0]->id, first->id));
    get.id = first->id;
    cr_assert_eq(plan_call(ADA, "GetPastPlan", &get, &past), CODE_OK);
    cr_expect(past->version == 1 && past->n_sessions == 0 && past->n_goals == 2);
}

PLAN_STORY(plan_living, what_was_acted_on_is_not_undone_and_old_plans_are_forgotten)
{
    const char *graph = plan_import_chain(ADA, NULL, "public");

    set_hours();
    cr_assert_eq(plan_add_goal(ADA, graph, "c", plan_days_from_now(20), NULL), CODE_OK);
    wire_plan *first = made();
    cr_assert_eq(plan_add_goal(ADA, graph, "d", plan_days_from_now(10), NULL), CODE_OK);
    wire_plan *second = made();
    cr_assert_eq(act("CompleteSession", session_of(second, "d")->id), CODE_OK);
    cr_expect_eq(undo(""), CODE_FAILED_PRECONDITION);
    cr_expect(plan_has_fault("sessions", "completed"));
    cr_expect_eq(count_same(first, second), first->n_sessions);

    for (int i = 0; i < 30; i++)
        made();
    cr_expect_eq(test_postgres_number(stage.pg, "SELECT count(*) FROM plan.plans"), 30);
    cr_expect_eq(test_postgres_number(stage.pg, "SELECT min(version) FROM plan.plans"), 3);
    cr_assert_eq(undo(""), CODE_OK, "%s", last_reply.message);
}
