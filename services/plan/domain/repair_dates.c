#include "memory.h"
#include "repairs_internal.h"

static int64_t own_date(const plan_repair_search *s, size_t goal)
{
    return plan_axis_at(&s->trial.axis, s->input->goals[goal].due);
}

static void add_date(plan_repair_search *s, plan_repair *r, size_t goal, int64_t position)
{
    r->cost += position - own_date(s, goal);
    r->dates[r->date_count++] =
        (plan_new_date){.goal = goal, .has_date = position <= s->trial.axis.total, .due = s->trial.goals[goal].due};
}

/* The earliest date of a goal that has none in the trial, which is feasible and has just been planned: so the goal can
 * be met when it is finished in that plan. Others without a date may have come before it there: when it is finished
 * beyond the windows it may still have a place inside them. Returns a position beyond the axis when it has none. */
static int64_t find_date(plan_repair_search *s, size_t goal)
{
    plan_trial *t = &s->trial;
    int64_t high = plan_trial_completion(t, goal);

    if (high > t->axis.total && t->axis.total > 0 && t->work_left > 0) {
        t->goals[goal].due = plan_axis_instant(&t->axis, t->axis.total);
        if (plan_trial_is_feasible(t))
            high = t->axis.total;
        else
            t->goals[goal].due = INT64_MAX;
    }
    if (high <= t->axis.total)
        return plan_trial_bisect_date(t, goal, own_date(s, goal), high);
    return high;
}

/* Whether a late goal can keep its date while lighter ones have none. */
static bool keeps_date(plan_repair_search *s, size_t goal)
{
    s->trial.goals[goal].due = s->input->goals[goal].due;
    if (s->trial.work_left > 0 && plan_trial_is_feasible(&s->trial))
        return true;
    s->trial.goals[goal].due = INT64_MAX;
    return false;
}

/* Without the late goals' dates nothing is late: the plan in which they are late meets all the others. When the work is
 * used up the last plan is taken for all goals that are left: each can be met when it is finished there. */
void plan_repair_all_dates(plan_repair_search *s)
{
    plan_trial *t = &s->trial;
    plan_repair *r = plan_repair_add(s, PLAN_REPAIR_DATES);
    bool planned = false;

    r->possible = true;
    r->dates = PLAN_ARRAY(plan_new_date, s->late_count);
    for (size_t i = 0; i < s->late_count; i++)
        t->goals[s->late[i]].due = INT64_MAX;
    for (size_t i = 0; i < s->late_count; i++) {
        size_t goal = s->late[i];
        if (keeps_date(s, goal))
            continue;
        if (!planned)
            plan_trial_is_feasible(t);
        planned = t->work_left <= 0;
        add_date(s, r, goal, find_date(s, goal));
    }
    r->least = t->work_left > 0;
    for (size_t i = 0; i < s->late_count; i++)
        t->goals[s->late[i]].due = s->input->goals[s->late[i]].due;
}

void plan_repair_one_date(plan_repair_search *s, size_t goal)
{
    plan_trial *t = &s->trial;
    plan_repair *r = plan_repair_add(s, PLAN_REPAIR_DATE);

    r->dates = PLAN_ARRAY(plan_new_date, 1);
    t->goals[goal].due = INT64_MAX;
    r->possible = plan_trial_is_feasible(t) && plan_trial_completion(t, goal) <= t->axis.total;
    r->least = true;
    if (r->possible) {
        add_date(s, r, goal, find_date(s, goal));
        r->least = t->work_left > 0;
    } else {
        r->dates[r->date_count++] = (plan_new_date){.goal = goal};
    }
    t->goals[goal].due = s->input->goals[goal].due;
}
