#include "trial.h"

#include "memory.h"

#include <string.h>

static bool order(plan_trial *t)
{
    plan_forecast *unused = PLAN_ARRAY(plan_forecast, t->input.goal_count);
    bool ordered = plan_jobs_init(&t->jobs, &t->input, unused);

    free(unused);
    if (ordered)
        t->runs = PLAN_ARRAY(plan_run, 2 * (size_t)t->jobs.count + 1);
    t->work_left -= t->input.topic_count + t->input.edge_count;
    return ordered;
}

bool plan_trial_init(plan_trial *t, const plan_input *input, int64_t work_limit)
{
    *t = (plan_trial){.input = *input,
                      .goals = PLAN_ARRAY(plan_goal, input->goal_count),
                      .mastered = PLAN_ARRAY(bool, (size_t)input->topic_count),
                      .work_left = work_limit};
    if (input->goal_count > 0)
        memcpy(t->goals, input->goals, input->goal_count * sizeof *t->goals);
    if (input->topic_count > 0)
        memcpy(t->mastered, input->mastered, (size_t)input->topic_count * sizeof *t->mastered);
    t->input.goals = t->goals;
    t->input.mastered = t->mastered;
    if (!order(t)) {
        free(t->goals);
        free(t->mastered);
        *t = (plan_trial){0};
        return false;
    }
    plan_axis_init(&t->axis, &input->calendar);
    return true;
}

void plan_trial_finish(plan_trial *t)
{
    plan_axis_finish(&t->axis);
    plan_jobs_finish(&t->jobs);
    free(t->runs);
    free(t->goals);
    free(t->mastered);
    *t = (plan_trial){0};
}

void plan_trial_reorder(plan_trial *t)
{
    plan_jobs_finish(&t->jobs);
    free(t->runs);
    /* There are fewer topics than there were, so there is no circle. */
    order(t);
}

void plan_trial_set_calendar(plan_trial *t, const plan_calendar *calendar)
{
    plan_axis_finish(&t->axis);
    plan_axis_init(&t->axis, calendar);
    t->work_left -= (int64_t)(calendar->window_count + calendar->busy_count);
}

bool plan_trial_is_feasible(plan_trial *t)
{
    int32_t critical;

    t->work_left -= t->jobs.count + t->jobs.first_before[t->jobs.count];
    plan_jobs_set_dates(&t->jobs, &t->input);
    plan_release(&t->jobs, &t->axis, false);
    plan_schedule(&t->jobs, t->runs);
    return plan_lateness(&t->jobs, &t->axis, &critical) <= 0;
}

int64_t plan_trial_completion(const plan_trial *t, size_t goal)
{
    return plan_completion(&t->jobs, &t->goals[goal]);
}

int64_t plan_trial_bisect_date(plan_trial *t, size_t goal, int64_t low, int64_t high)
{
    while (high - low > 1 && t->work_left > 0) {
        int64_t middle = low + (high - low) / 2;
        t->goals[goal].due = plan_axis_instant(&t->axis, middle);
        if (plan_trial_is_feasible(t))
            high = middle;
        else
            low = middle;
    }
    t->goals[goal].due = plan_axis_instant(&t->axis, high);
    return high;
}
