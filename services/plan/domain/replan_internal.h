/* The steps of plan_replan. */
#pragma once

#include "planner_internal.h"
#include "replan.h"

/* An old session; session.end is nearer where it is trimmed. */
typedef struct candidate {
    plan_session session;
    int32_t job;
    plan_change_reason reason;
    bool trimmed;
    bool keepable; /* nothing is known that forbids it */
    bool kept;     /* in the try */
} candidate;

typedef struct replanner {
    plan_jobs jobs; /* of the last try */
    plan_job *base; /* the same without kept sessions */
    plan_axis whole, axis;
    int64_t unbounded_from; /* dates from here on bound nothing */
    int64_t *first_kept, *last_kept;
    candidate *candidates;
    size_t old_count;
    plan_reserved *reserved;
    size_t reserved_count;
    plan_run *runs;
    size_t run_count;
    int32_t shortest;
    int64_t missed; /* the earliest date that the last try missed; INT64_MIN: it did not come so far, INT64_MAX: none */
    int64_t missed_minutes; /* by so much */
    int64_t work_left;
    plan_replanned *out;
} replanner;

/* Plans around the sessions that are marked as kept: true when everything is in time. */
bool replan_try(replanner *r);

/* replan_keep.c: decides what is kept of the candidates. */
void replan_keep(replanner *r);

/* replan_changes.c: sessions, changes and what has no place, out of the last try. */
void replan_report(const replanner *r, const plan_input *input, const plan_session *old);
