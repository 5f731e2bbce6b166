/* Whether goals can be met and what would help, told by the real program; each repair is carried out and looked at. */
#include "plan_story.h"

#include <stdio.h>
#include <string.h>

typedef Sical__Plan__V1__Feasibility wire_feasibility;
typedef Sical__Plan__V1__Repair wire_repair;

enum { DAY_S = 86400 };

static wire_feasibility *feasibility(const char *user)
{
    Sical__Plan__V1__GetFeasibilityRequest request = SICAL__PLAN__V1__GET_FEASIBILITY_REQUEST__INIT;
    wire_feasibility *answer;

    cr_assert_eq(plan_call(user, "GetFeasibility", &request, &answer), CODE_OK, "%s", last_reply.message);
    return answer;
}

static const wire_repair *repair_of(const wire_feasibility *f, int kind)
{
    for (size_t i = 0; i < f->n_repairs; i++)
        if ((int)f->repairs[i]->kind == kind)
            return f->repairs[i];
    return NULL;
}

/* Midnight UTC some days from now: windows between two of them do not depend on the time of the day. */
static wire_time *midnight(int days)
{
    wire_time *t = plan_days_from_now(days);

    t->seconds -= t->seconds % DAY_S;
    t->nanos = 0;
    return t;
}

static char *add_goal(const char *user, const char *graph, const char *target, wire_time *from, wire_time *due)
{
    Sical__Plan__V1__CreateGoalRequest r = SICAL__PLAN__V1__CREATE_GOAL_REQUEST__INIT;
    wire_goal *goal;

    r.graph_id = (char *)graph;
    r.title = "Chess";
    r.n_targets = 1;
    r.targets = (char *[]){(char *)target};
    r.not_before = from;
    r.due = due;
    cr_assert_eq(plan_call(user, "CreateGoal", &r, &goal), CODE_OK, "%s", last_reply.message);
    return goal->id;
}

static void move_goal(const char *user, char *id, int64_t due_s)
{
    Sical__Plan__V1__UpdateGoalRequest r = SICAL__PLAN__V1__UPDATE_GOAL_REQUEST__INIT;
    Sical__Plan__V1__Goal change = SICAL__PLAN__V1__GOAL__INIT, *goal;
    wire_time due = GOOGLE__PROTOBUF__TIMESTAMP__INIT;

    due.seconds = due_s;
    change.id = id;
    change.due = &due;
    r.goal = &change;
    cr_assert_eq(plan_call(user, "UpdateGoal", &r, &goal), CODE_OK, "%s", last_reply.message);
}

/* c needs 270 minutes, of which 240 are free between the two midnights. */
PLAN_STORY(plan_feasibility, a_goal_that_is_late_is_told_what_would_help_and_it_does)
{
    const char *graph = plan_import_chain(ADA, NULL, "private");
    plan_set_mornings(ADA);
    wire_time *from = midnight(2), *due = midnight(4);
    char *goal = add_goal(ADA, graph, "c", from, due);
    wire_feasibility *f = feasibility(ADA);

    cr_expect(!f->certificate->feasible && f->certificate->lateness_minutes == 30 && f->mastery_known);
    cr_expect(strstr(f->certificate->text_zh, "还缺 30 分钟") != NULL, "%s", f->certificate->text_zh);
    const wire_repair *dates = repair_of(f, SICAL__PLAN__V1__REPAIR__KIND__DATES),
                      *minutes = repair_of(f, SICAL__PLAN__V1__REPAIR__KIND__MINUTES);
    cr_assert(f->complete && f->n_repairs == 2 && dates && minutes);
    cr_expect(dates->possible && dates->least && dates->cost_minutes == 30 && dates->n_dates == 1);
    cr_expect_str_eq(dates->dates[0]->goal_id, goal);
    cr_expect_eq(dates->dates[0]->due->seconds, due->seconds);
    cr_assert_eq(dates->dates[0]->new_due->seconds, due->seconds + 8 * 3600 + 30 * 60);
    cr_expect(strstr(dates->text, "“Chess” to ") != NULL && strstr(dates->text, " 08:30") != NULL, "%s", dates->text);
    cr_expect_eq(minutes->extra_minutes_a_day, 15);
    cr_expect_str_eq(minutes->text, "Study 15 min more on each day that has free hours.");
    cr_expect_str_eq(minutes->text_zh, "在每个有空的日子多学 15 分钟。");

    int64_t enough = dates->dates[0]->new_due->seconds;
    move_goal(ADA, goal, enough);
    f = feasibility(ADA);
    cr_expect(f->certificate->feasible && f->n_repairs == 0 && f->complete);
    move_goal(ADA, goal, enough - 60);
    cr_expect_eq(feasibility(ADA)->certificate->lateness_minutes, 1);

    move_goal(ADA, goal, due->seconds);
    const char *const longer[] = {"MON 08:00-10:15", "TUE 08:00-10:15", "WED 08:00-10:15", "THU 08:00-10:15",
                                  "FRI 08:00-10:15", "SAT 08:00-10:15", "SUN 08:00-10:15", NULL};
    cr_assert_eq(plan_set_hours(ADA, "UTC", 0, longer), CODE_OK);
    cr_expect(feasibility(ADA)->certificate->feasible);
}

/* The windows of these days end at midnight already, and the cap binds: only the cap can grow. */
PLAN_STORY(plan_feasibility, longer_days_end_at_local_midnight)
{
    const char *const evenings[] = {"MON 22:00-24:00", "TUE 22:00-24:00", "WED 22:00-24:00", "THU 22:00-24:00",
                                    "FRI 22:00-24:00", "SAT 22:00-24:00", "SUN 22:00-24:00", NULL};
    const char *graph = plan_import_chain(ADA, NULL, "private");
    cr_assert_eq(plan_set_hours(ADA, "UTC", 60, evenings), CODE_OK);
    char *goal = add_goal(ADA, graph, "b", midnight(2), midnight(4));
    const wire_repair *minutes = repair_of(feasibility(ADA), SICAL__PLAN__V1__REPAIR__KIND__MINUTES);

    cr_assert_not_null(minutes);
    cr_expect(minutes->possible && minutes->extra_minutes_a_day == 15, "%d", minutes->extra_minutes_a_day);
    move_goal(ADA, goal, midnight(3)->seconds);
    minutes = repair_of(feasibility(ADA), SICAL__PLAN__V1__REPAIR__KIND__MINUTES);
    cr_assert_not_null(minutes);
    cr_expect_not(minutes->possible, "150 minutes in an evening of 120");
    cr_expect_str_eq(minutes->text, "Longer days alone are not enough.");
}

PLAN_STORY(plan_feasibility, of_two_late_goals_each_is_told_whether_its_date_is_enough)
{
    const char *graph = plan_import_chain(ADA, NULL, "private");
    plan_set_mornings(ADA);
    add_goal(ADA, graph, "c", midnight(2), midnight(4));
    add_goal(ADA, graph, "d", midnight(2), midnight(4));
    wire_feasibility *f = feasibility(ADA);
    int alone = 0;

    /* 300 minutes of work, 240 free, of which 5 on each day are held back for reviews of these topics. */
    cr_expect_eq(f->reviews->forecast_minutes_a_day, 5);
    cr_expect_eq(f->certificate->lateness_minutes, 70);
    for (size_t i = 0; i < f->n_repairs; i++) {
        const wire_repair *r = f->repairs[i];
        if (r->kind != SICAL__PLAN__V1__REPAIR__KIND__DATE)
            continue;
        alone++;
        /* Without d, c still has 240 of its 270 minutes; without c, d has time enough. */
        cr_assert_eq(r->n_dates, 1u);
        cr_expect_eq(r->possible, r->dates[0]->new_due != NULL);
    }
    cr_expect_eq(alone, 2);
    cr_expect(repair_of(f, SICAL__PLAN__V1__REPAIR__KIND__DATES)->possible);
}

PLAN_STORY(plan_feasibility, nothing_to_say_without_hours_or_goals)
{
    Sical__Plan__V1__GetFeasibilityRequest request = SICAL__PLAN__V1__GET_FEASIBILITY_REQUEST__INIT;
    wire_feasibility *f;

    cr_expect_eq(plan_call(ADA, "GetFeasibility", &request, &f), CODE_FAILED_PRECONDITION);
    plan_set_mornings(ADA);
    f = feasibility(ADA);
    cr_expect(f->certificate->feasible && f->n_repairs == 0);
    cr_expect_str_eq(f->certificate->text_zh, "没有要学的内容了：所有目标都已达成。");
}

/* d helps b, which is enough to make b late: the short path leaves it out, the thorough one can. */
PLAN_STORY(plan_feasibility, topics_that_only_help_can_be_left_out_of_a_thorough_path)
{
    import_request *r = plan_import_request();
    wire_graph *graph;
    plan_add_topic(r, "a", 60);
    plan_add_topic(r, "b", 150);
    plan_add_topic(r, "d", 45);
    plan_add_edge(r, "b", "a", "hard");
    plan_add_edge(r, "b", "d", "soft");
    plan_add_edge(r, "d", "b", "soft"); /* a circle: the edge nearer to the target is kept */
    cr_assert_eq(plan_call(ADA, "ImportGraph", r, &graph), CODE_OK, "%s", last_reply.message);
    plan_set_mornings(ADA);

    Sical__Plan__V1__CreateGoalRequest create = SICAL__PLAN__V1__CREATE_GOAL_REQUEST__INIT;
    wire_goal *goal;
    create.graph_id = graph->id;
    create.title = "Chess";
    create.n_targets = 1;
    create.targets = (char *[]){"b"};
    create.not_before = midnight(2);
    create.due = midnight(4);
    create.path = "thorough";
    cr_assert_eq(plan_call(ADA, "CreateGoal", &create, &goal), CODE_OK, "%s", last_reply.message);
    cr_expect_str_eq(goal->path, "thorough");
    wire_feasibility *f = feasibility(ADA);
    cr_expect(!f->certificate->feasible);
    const wire_repair *topics = repair_of(f, SICAL__PLAN__V1__REPAIR__KIND__TOPICS);
    cr_assert_not_null(topics);
    cr_expect(topics->possible && topics->least && topics->cost_minutes == 45 && topics->n_topics == 1);
    cr_expect_str_eq(topics->topics[0]->topic_key, "d");
    cr_expect_str_eq(topics->text_zh, "省去 1 个辅助性的主题（45 分钟）。");

    Sical__Plan__V1__UpdateGoalRequest update = SICAL__PLAN__V1__UPDATE_GOAL_REQUEST__INIT;
    Sical__Plan__V1__Goal change = SICAL__PLAN__V1__GOAL__INIT;
    change.id = goal->id;
    change.path = "short";
    update.goal = &change;
    cr_assert_eq(plan_call(ADA, "UpdateGoal", &update, &goal), CODE_OK, "%s", last_reply.message);
    cr_expect_str_eq(goal->path, "short");
    cr_expect(feasibility(ADA)->certificate->feasible);
    change.path = "scenic";
    cr_expect_eq(plan_call(ADA, "UpdateGoal", &update, &goal), CODE_INVALID_ARGUMENT);
    cr_expect(plan_has_fault("goal.path", "short"));
}
