/* The steps of plan_make. A job is a topic that a goal needs; jobs are numbered in the order of prerequisites. */
#pragma once

#include "planner.h"
#include "sorting.h"
#include "topology.h"

typedef struct plan_job {
    int64_t not_before; /* calendar: the earliest of the goals that need it, now at least */
    int64_t release;    /* axis */
    int64_t due;        /* calendar */
    int64_t completion; /* axis; set by plan_schedule */
    int32_t minutes;
    int32_t weight;
    int32_t topic;
} plan_job;

typedef struct plan_jobs {
    plan_job *jobs;
    int32_t count;
    int32_t *job_of;       /* topic -> job, -1: no goal needs it */
    int32_t *first_before; /* the prerequisites of job k: before[first_before[k]] .. before[first_before[k + 1] - 1] */
    int32_t *before;
} plan_jobs;

/* closure.c: which topics are needed, their dates, work_minutes of each goal's forecast, and the order.
 * false when there is a circle: there is nothing to finish then. */
bool plan_jobs_init(plan_jobs *j, const plan_input *input, plan_forecast *forecasts);
void plan_jobs_finish(plan_jobs *j);

/* closure.c: takes the dates and weights of the input's goals anew; their targets are those that j was made of. */
void plan_jobs_set_dates(plan_jobs *j, const plan_input *input);

/* A stretch of the axis given to one job. */
typedef struct plan_run {
    int64_t start, end;
    int32_t job;
} plan_run;

/* schedule.c: releases on the axis. rounded: those inside a day on which the cap took minutes away are put to its
 * start; returns whether that changed any. */
bool plan_release(const plan_jobs *j, const plan_axis *axis, bool rounded);

/* schedule.c: fills urgent with the jobs and their due dates, the most urgent first: by date, weight and number. */
void plan_sort_by_urgency(const plan_jobs *j, plan_keyed *urgent);

/* schedule.c: earliest due date first. Sets each completion; runs has room for 2 * count + 1. Returns how many. */
size_t plan_schedule(const plan_jobs *j, plan_run *runs);

/* splits.c: joins parts of topics in the runs of plan_schedule where lateness, which is L*, stays what it is, by the
 * axis and by the clock. Returns how many runs there are then. */
size_t plan_join_splits(const plan_jobs *j, const plan_axis *axis, plan_run *runs, size_t count, int64_t lateness);

/* shortest.c: the same with sessions that are not too short, as near as a rule of thumb can. *runs is free()d by the
 * caller. */
size_t plan_lay_out(const plan_jobs *j, const plan_axis *axis, int32_t shortest, plan_run **runs);

/* schedule.c: when the last of a goal's targets is finished, on the axis; 0 when it has no work. */
int64_t plan_completion(const plan_jobs *j, const plan_goal *goal);

/* certificate.c: L* of a finished schedule, with *critical the job that proves it (the last such). What has no due date
 * is never late. */
int64_t plan_lateness(const plan_jobs *j, const plan_axis *axis, int32_t *critical);
void plan_certify(const plan_jobs *j, const plan_axis *axis, const plan_run *runs, size_t run_count,
                  plan_certificate *certificate);

/* planner.c: lays runs into the calendar: sets sessions and unplaced of *result. */
void plan_map_back(const plan_jobs *j, const plan_axis *axis, const plan_run *runs, size_t run_count,
                   int32_t topic_count, plan_result *result);
