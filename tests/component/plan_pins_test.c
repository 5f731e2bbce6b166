/* What learners change of a plan: sessions that are pinned, moved and started, and plans that are undone. */
#include "living_story.h"

#include <string.h>

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

PLAN_STORY(plan_pins, a_pinned_session_stays_and_others_make_room)
{
    living_ready();
    wire_plan *first = living_made();
    const wire_session *d = living_session_of(first, "d"), *a = living_session_of(first, "a");
    wire_time *later = behind(d->start, 3 * DAY + HOUR);

    cr_assert_eq(change(d->id, "", false, later), CODE_OK, "%s", last_reply.message);
    cr_expect(changed->pinned && plan_time_us(changed->start) == plan_time_us(later), "what is moved is pinned");
    cr_expect_eq(changed->end->seconds - changed->start->seconds, 60 * d->minutes);
    cr_expect_str_neq(changed->etag, d->etag);
    wire_plan *second = living_made();
    const wire_session *pinned = living_find(second, d->id);
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
    const wire_session *b = living_session_of(second, "b");
    cr_assert_eq(change(b->id, b->etag, true, NULL), CODE_OK, "%s", last_reply.message);
    cr_expect_eq(change(living_session_of(second, "a")->id, "", false, behind(d->start, 7 * DAY)),
                 CODE_INVALID_ARGUMENT);
    cr_expect(plan_has_fault("session.start", "of what needs it has begun"));

    cr_assert_eq(change(d->id, b->etag, false, NULL), CODE_ABORTED);
    cr_assert_eq(change(d->id, pinned->etag, false, NULL), CODE_OK);
    cr_expect_not(changed->pinned);
}

PLAN_STORY(plan_pins, what_needs_a_pinned_topic_comes_behind_it)
{
    living_ready();
    wire_plan *first = living_made();
    const wire_session *a = living_session_of(first, "a"), *d = living_session_of(first, "d");

    cr_assert_eq(change(a->id, "", false, behind(d->start, 4 * DAY)), CODE_OK, "%s", last_reply.message);
    int64_t end = plan_time_us(changed->end);
    wire_plan *second = living_made();
    cr_expect_eq(second->n_misplaced_pins, 0u);
    for (size_t i = 0; i < second->n_sessions; i++)
        cr_expect(strchr("ad", second->sessions[i]->topic_key[0]) || plan_time_us(second->sessions[i]->start) >= end);
    cr_expect_geq(plan_time_us(living_session_of(second, "b")->start), end);

    /* A pin before what it needs can be done is left where it is, and named. */
    test_postgres_run(stage.pg, "UPDATE plan.sessions SET pinned = topic_key = 'c',"
                                " start_time = CASE WHEN topic_key = 'c' THEN date_trunc('day', now()) + '1 day'"
                                "   ELSE start_time END,"
                                " end_time = CASE WHEN topic_key = 'c' THEN date_trunc('day', now()) + '1 day'"
                                "   + minutes * interval '1 minute' ELSE end_time END WHERE start_time > now()");
    wire_plan *third = living_made();
    cr_expect_geq(third->n_misplaced_pins, 1u);
    cr_expect(third->certificate->feasible, "and a date for nobody");
    Sical__Plan__V1__GetFeasibilityRequest ask = SICAL__PLAN__V1__GET_FEASIBILITY_REQUEST__INIT;
    Sical__Plan__V1__Feasibility *feasibility;
    cr_assert_eq(plan_call(ADA, "GetFeasibility", &ask, &feasibility), CODE_OK);
    cr_expect(feasibility->certificate->feasible && feasibility->n_repairs == 0);
}

PLAN_STORY(plan_pins, goals_wait_for_what_a_pinned_session_needs)
{
    import_request *r = plan_import_request();
    wire_graph *graph;

    plan_add_topic(r, "a", 60);
    plan_add_topic(r, "b", 60);
    plan_add_topic(r, "urgent", 120);
    plan_add_edge(r, "b", "a", "hard");
    cr_assert_eq(plan_call(ADA, "ImportGraph", r, &graph), CODE_OK);
    living_set_hours();
    cr_assert_eq(plan_add_goal(ADA, graph->id, "b", plan_days_from_now(20), NULL), CODE_OK);
    const wire_session *a = living_session_of(living_made(), "a"), *b = living_session_of(living_made(), "b");

    /* The next day begins with b, so a is needed on the first, of which the urgent goal would like all. */
    cr_assert_eq(change(b->id, "", false, behind(a->start, DAY)), CODE_OK, "%s", last_reply.message);
    test_postgres_run(stage.pg, "UPDATE plan.sessions SET start_time = start_time + interval '9 days',"
                                " end_time = end_time + interval '9 days' WHERE topic_key = 'a'");
    cr_assert_eq(plan_add_goal(ADA, graph->id, "urgent", behind(a->start, 2 * HOUR), NULL), CODE_OK);
    wire_plan *plan = living_made();
    cr_expect_eq(plan->n_misplaced_pins, 0u);
    cr_expect_leq(plan_time_us(living_session_of(plan, "a")->end), plan_time_us(living_session_of(plan, "b")->start));
    cr_expect_eq(plan_time_us(living_session_of(plan, "b")->start), plan_time_us(a->start) + DAY * CLOCK_US_PER_S);
    for (size_t i = 0; i < plan->n_goals; i++)
        cr_expect_eq(plan->goals[i]->met, plan->goals[i]->work_minutes == 60, "the urgent goal is late for it");
}

PLAN_STORY(plan_pins, a_started_session_is_frozen_and_counts)
{
    living_ready();
    wire_plan *first = living_made();
    const wire_session *d = living_session_of(first, "d");
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

    wire_plan *second = living_made();
    cr_expect_eq(second->work_minutes, first->work_minutes - d->minutes);
    cr_expect_eq(second->changes->n_changes, 0u, "nothing else has to change");
    cr_assert_eq(act("CompleteSession", d->id), CODE_OK);
    cr_expect_eq(act("StartSession", d->id), CODE_FAILED_PRECONDITION);
    cr_expect_eq(living_made()->work_minutes, second->work_minutes);
}

/* ---- at once ---- */

enum { RIVALS = 6 };

static struct {
    char *session;
    wire_time *start;
    int codes[RIVALS]; /* the first moves the session, the others plan */
    unsigned ended;
} race;

static void compete(void *arg)
{
    intptr_t number = (intptr_t)arg;
    rpc_metadata metadata = {.user_id = ADA, .role = "student"};
    Sical__Plan__V1__CreatePlanRequest create = SICAL__PLAN__V1__CREATE_PLAN_REQUEST__INIT;
    update_request update = SICAL__PLAN__V1__UPDATE_SESSION_REQUEST__INIT;
    wire_session s = SICAL__PLAN__V1__SESSION__INIT;
    ProtobufCMessage *answer;
    rpc_reply reply;

    s.id = race.session;
    s.start = race.start;
    update.session = &s;
    race.codes[number] = story_call(stage.client, &sical__plan__v1__plan_service__descriptor,
                                    number == 0 ? "UpdateSession" : "CreatePlan", &metadata,
                                    number == 0 ? (const void *)&update : &create, &answer, &reply);
    race.ended++;
}

static bool all_ended(void)
{
    return race.ended == RIVALS;
}

PLAN_STORY(plan_pins, of_those_who_change_the_calendar_at_once_one_wins_and_the_others_are_told)
{
    living_ready();
    const wire_session *d = living_session_of(living_made(), "d");
    race.session = d->id;
    race.start = behind(d->start, 5 * DAY);
    race.ended = 0;
    for (intptr_t i = 0; i < RIVALS; i++)
        fiber_spawn(loop_current(), "rival", compete, (void *)i);
    plan_wait(all_ended, "the end of all rivals");
    int plans = 0;
    for (int i = 0; i < RIVALS; i++) {
        cr_expect(race.codes[i] == CODE_OK || race.codes[i] == CODE_ABORTED, "%d", race.codes[i]);
        plans += i > 0 && race.codes[i] == CODE_OK;
    }
    cr_expect_eq(test_postgres_number(stage.pg, "SELECT max(version) FROM plan.plans"), 1 + plans);
    cr_expect_eq(test_postgres_number(stage.pg, "SELECT sum(minutes) FROM plan.sessions"), 300, "of one plan");
    if (race.codes[0] != CODE_OK)
        cr_assert_eq(change(d->id, "", false, race.start), CODE_OK, "again: %s", last_reply.message);
    const wire_session *now = living_find(living_made(), d->id);
    cr_expect(now != NULL && now->pinned && plan_time_us(now->start) == plan_time_us(race.start), "no plan moved it");
}

static wire_plan *restored;

static int undo(const char *plan_id)
{
    Sical__Plan__V1__UndoPlanRequest r = SICAL__PLAN__V1__UNDO_PLAN_REQUEST__INIT;

    r.plan_id = (char *)plan_id;
    return plan_call(ADA, "UndoPlan", &r, &restored);
}

PLAN_STORY(plan_pins, the_last_plan_is_undone_once)
{
    Sical__Plan__V1__ListPlansRequest list = SICAL__PLAN__V1__LIST_PLANS_REQUEST__INIT;
    Sical__Plan__V1__GetPastPlanRequest get = SICAL__PLAN__V1__GET_PAST_PLAN_REQUEST__INIT;
    Sical__Plan__V1__ListPlansResponse *plans;
    wire_plan *past;

    cr_expect_eq(undo(""), CODE_FAILED_PRECONDITION, "no hours yet");
    const char *graph = living_ready();
    cr_expect_eq(undo(""), CODE_NOT_FOUND);
    wire_plan *first = living_made();
    cr_expect_eq(undo(""), CODE_FAILED_PRECONDITION, "there is no plan before it");
    const char *const fewer[] = {"MON 06:00-07:30", "WED 20:00-21:00", "SAT 13:00-14:00", NULL};
    cr_assert_eq(plan_set_hours(ADA, "UTC", 0, fewer), CODE_OK);
    cr_assert_eq(plan_add_goal(ADA, graph, "d", plan_days_from_now(3), NULL), CODE_OK);
    wire_plan *second = living_made();
    cr_expect_gt(second->changes->n_changes, 0u);
    cr_expect_eq(undo(""), CODE_FAILED_PRECONDITION);
    cr_expect(plan_has_fault("sessions", "time is not free any more"), "its hours are gone");

    living_set_hours();
    cr_expect_eq(undo(first->id), CODE_ABORTED, "it is not the newest");
    cr_assert_eq(undo(second->id), CODE_OK, "%s", last_reply.message);
    cr_expect_eq(restored->n_sessions, first->n_sessions);
    cr_expect_eq(living_count_same(first, restored), first->n_sessions);
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

PLAN_STORY(plan_pins, what_was_acted_on_is_not_undone_and_old_plans_are_forgotten)
{
    const char *graph = plan_import_chain(ADA, NULL, "public");

    living_set_hours();
    cr_assert_eq(plan_add_goal(ADA, graph, "c", plan_days_from_now(20), NULL), CODE_OK);
    wire_plan *first = living_made();
    cr_assert_eq(plan_add_goal(ADA, graph, "d", plan_days_from_now(10), NULL), CODE_OK);
    wire_plan *second = living_made();
    cr_assert_eq(act("CompleteSession", living_session_of(second, "d")->id), CODE_OK);
    cr_expect_eq(undo(""), CODE_FAILED_PRECONDITION);
    cr_expect(plan_has_fault("sessions", "completed"));
    cr_expect_eq(living_count_same(first, second), first->n_sessions);

    for (int i = 0; i < 30; i++)
        living_made();
    cr_expect_eq(test_postgres_number(stage.pg, "SELECT count(*) FROM plan.plans"), 30);
    cr_expect_eq(test_postgres_number(stage.pg, "SELECT min(version) FROM plan.plans"), 3);
    cr_assert_eq(undo(""), CODE_OK, "%s", last_reply.message);
}
