/*
 * A new plan that changes as little as can be of an old one. In this order:
 *
 *   1. With Lambda = max(0, lateness by the clock of the optimal plan) no goal is more than Lambda late. When some work
 *      of a goal with a date has no place inside the windows, Lambda is taken so large that every instant inside them
 *      is in time.
 *   2. Old sessions are kept in the order of time, each where those kept before it, and all work that is left, still
 *      fit. To keep the most minutes is NP-hard; this result can't be improved by putting any moved session back.
 *      With a shortest session that is so only for the rule of thumb of shortest.c, for what that finds.
 *   3. What is left is planned around them, earliest due date first.
 *
 * What can't be kept whatever the dates (its window is gone, its topic is gone, mastered or shorter, it may not begin
 * so early) is told apart from what had to give way. Input that has not changed keeps every session. The same input
 * gives the same answer, byte for byte. Pure.
 */
#pragma once

#include "planner.h"

typedef enum plan_change_kind { PLAN_KEPT, PLAN_MOVED, PLAN_REMOVED, PLAN_ADDED } plan_change_kind;

typedef enum plan_change_reason {
    PLAN_BECAUSE_NOTHING,       /* of what is kept whole */
    PLAN_BECAUSE_WINDOW,        /* not all of its minutes are usable any more */
    PLAN_BECAUSE_TOPIC_GONE,    /* no goal needs the topic any more */
    PLAN_BECAUSE_MASTERED,      /* the topic is mastered */
    PLAN_BECAUSE_TOPIC_SHORTER, /* less of the topic is left; kept: only the beginning of the session is */
    PLAN_BECAUSE_NOT_BEFORE,    /* the topic may not begin so early any more */
    PLAN_BECAUSE_GOALS,         /* it had to give way: else a goal would be later, or the order be wrong */
    PLAN_BECAUSE_WORK_LIMIT,    /* the search was cut short before it was tried */
    PLAN_BECAUSE_NEW_WORK       /* of what is added */
} plan_change_reason;

/* One session's fate. Moved: old and now have the same topic. */
typedef struct plan_change {
    plan_change_kind kind;
    plan_change_reason reason;
    size_t old;       /* an index of the old sessions; not for what is added */
    plan_session now; /* not for what is removed */
} plan_change;

typedef struct plan_replanned {
    int64_t lambda;         /* minutes; INT64_MAX: work has no place inside the windows, no goal has a bound */
    plan_session *sessions; /* kept ones and new ones, by start */
    size_t session_count;
    plan_change *changes; /* those of old sessions in their order, then what is added */
    size_t change_count;
    int64_t moved_minutes;   /* old minutes that had to give way */
    int64_t forced_minutes;  /* old minutes that could not be kept at all */
    plan_unplaced *unplaced; /* by topic */
    size_t unplaced_count;
    bool complete; /* false: the work limit came first, so further sessions could perhaps be kept */
} plan_replanned;

/* Topics, edges and sessions looked at, summed over all tries: what bounds the time. */
enum { PLAN_REPLAN_WORK_LIMIT = 8000000 };

/* old: sessions of the old plan that have not begun, by start, apart from each other; topic -1 is one that the input
 * does not know. optimal: plan_make's answer to the same input. work_limit 0: PLAN_REPLAN_WORK_LIMIT.
 * true: the caller finishes *out. false: there is a circle; *out is empty. */
bool plan_replan(const plan_input *input, const plan_result *optimal, const plan_session *old, size_t old_count,
                 int64_t work_limit, plan_replanned *out);
void plan_replanned_finish(plan_replanned *r);
