/*
 * The optimal plan for one learner: which topic when, so that the goal that is latest is as little late as can be.
 *
 * In the words of scheduling theory this is 1 | r_j, prec, pmtn | Lmax: one learner is one machine, lessons can be
 * split, topics have release dates, due dates and prerequisites. It is solved exactly:
 *
 *   1. The free windows become an axis of usable minutes (axis.h).
 *   2. Each topic that a goal needs takes the earliest not-before and the earliest due date of the goals that need it;
 *      a release is moved behind the release and the minutes of each prerequisite.
 *   3. Always the topic with the earliest due date among the released is learned; a running one gives way only to a
 *      strictly earlier date. Ties: goals of more weight, then the order of prerequisites (Kahn, smallest number
 * first). As a prerequisite is never released later nor due later than what needs it, it always comes first.
 *   4. The result is mapped back to the calendar, cut where windows end, and glued where it touches within a local day.
 *      Where a topic was split for one that can wait as well, it is finished first instead (splits.c): of the plans
 * with the least lateness one with fewer sessions.
 *   5. A set of topics proves that no plan can be better (certificate).
 *
 * A longest session with a break after it is part of the axis, so all of this stays exact. A shortest session makes the
 * problem NP-hard: then the plan is laid out by a rule of thumb (shortest.c), and the certificate says how much later
 * it is than the exact one. No session is shorter than shortest_session, but where it is all that is left of a topic,
 * or a whole free stretch.
 *
 * The same input gives the same plan, byte for byte. Pure: no clock, no zone, no randomness; safe on any thread.
 */
#pragma once

#include "axis.h"

/* All instants are minutes since the epoch. Arrays are borrowed. */
typedef struct plan_goal {
    int64_t not_before; /* INT64_MIN = none */
    int64_t due;        /* INT64_MAX = none: never late */
    int32_t weight;     /* the heavier first among equal dates */
    const int32_t *targets;
    size_t target_count;
} plan_goal;

typedef struct plan_input {
    plan_calendar calendar;
    int32_t topic_count;
    const int32_t *minutes; /* what is left of each topic, >= 0 */
    const bool *mastered;   /* these need no work, nor does what lies behind them */
    int32_t edge_count;     /* hard edges */
    const int32_t *edge_topic;
    const int32_t *edge_prerequisite;
    const plan_goal *goals;
    size_t goal_count;
    /* Of each topic, from when to when it has sessions that are fixed: busy in the calendar, and not among its minutes.
     * What needs it begins no earlier than the end; the start is a date for what it needs, as due as that of a goal.
     * INT64_MAX and INT64_MIN: it has none. NULL: no topic has one. */
    const int64_t *fixed_start, *fixed_end;
} plan_input;

typedef struct plan_session {
    int64_t start, end;
    int32_t topic;
} plan_session;

typedef struct plan_forecast {
    int64_t work_minutes;      /* of the closure of its targets over prerequisites */
    bool has_work;             /* false: everything is mastered; met, with no finish */
    bool has_finish;           /* false: not inside the windows */
    int64_t finish;            /* of the last topic */
    int64_t usable_lateness;   /* A(finish) - A(due); 0: without a due date */
    int64_t calendar_lateness; /* finish - due, where there are both; else 0 */
} plan_forecast;

/* Why no plan can do better: the topics all lie in [release, due], so that the last of them cannot be finished before
 * A(release) + work; lateness = work_minutes - free_minutes. */
typedef struct plan_certificate {
    int64_t lateness; /* L*, in usable minutes; <= 0: every goal can be met */
    int64_t gap;      /* a plan that uses the daily cap otherwise can be better by no more than this; 0: none is */
    /* This plan is later than lateness by so much, for the sake of shortest_session; 0: it is not. */
    int64_t session_gap;
    int64_t release;
    int64_t due;
    int64_t work_minutes;
    int64_t free_minutes; /* A(due) - A(release) */
    int32_t *topics;      /* in the order in which the plan begins them */
    size_t topic_count;   /* 0: there is no work at all */
} plan_certificate;

typedef struct plan_unplaced {
    int32_t topic;
    int64_t minutes;
} plan_unplaced;

typedef struct plan_result {
    int64_t work_minutes;
    int32_t topic_count;    /* that are still to be learned */
    plan_session *sessions; /* by start */
    size_t session_count;
    plan_forecast *forecasts; /* of each goal */
    plan_certificate certificate;
    plan_unplaced *unplaced; /* by topic */
    size_t unplaced_count;
} plan_result;

/* O(n log n + edges) in the topics that are needed, plus the closure of each goal. true: the caller finishes *result.
 * false: hard edges among the needed topics form a circle, the graph was never checked; *result is empty. */
bool plan_make(const plan_input *input, plan_result *result);
void plan_result_finish(plan_result *result);
