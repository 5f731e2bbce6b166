/* One input planned again and again with other dates, more time or fewer topics: whether all goals can be met then. */
#pragma once

#include "planner_internal.h"

typedef struct plan_trial {
    plan_input input; /* a copy, with goals and mastered of its own */
    plan_goal *goals; /* may be changed: dates only */
    bool *mastered;   /* may be changed; then plan_trial_reorder */
    plan_jobs jobs;
    plan_axis axis;
    plan_run *runs;
    int64_t work_left; /* topics, edges and pieces of the axis that may still be looked at */
} plan_trial;

/* false when there is a circle: there is nothing to finish then. */
bool plan_trial_init(plan_trial *t, const plan_input *input, int64_t work_limit);
void plan_trial_finish(plan_trial *t);

/* After a change of mastered. */
void plan_trial_reorder(plan_trial *t);

/* In place of the axis of the input's calendar. */
void plan_trial_set_calendar(plan_trial *t, const plan_calendar *calendar);

/* Plans with what stands in goals, mastered and the axis: true when nothing is late. */
bool plan_trial_is_feasible(plan_trial *t);

/* Of the last plan: the axis position at which a goal is finished; 0 when it has no work. */
int64_t plan_trial_completion(const plan_trial *t, size_t goal);

/* The least axis position in (low, high] whose instant as the goal's date makes everything feasible; high does. With
 * the work used up the least one known by then. The goal keeps that date. */
int64_t plan_trial_bisect_date(plan_trial *t, size_t goal, int64_t low, int64_t high);
