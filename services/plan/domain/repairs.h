/*
 * What a learner can change when not every goal can be met. Each repair is found by planning again with it, and so is
 * true: with it nothing is late. Each is also the least of its kind: with a minute less something is late still. Where
 * a not-before meets a day on which the daily cap takes minutes away, both hold for plans that spend the cap on the
 * earliest minutes of the day, as plan_make's do. The shortest session is left out of account: with it a plan can be
 * later, as the certificate's session_gap says.
 *
 *   dates      Later dates for goals, the heavier ones first: each in turn takes the earliest date that works while the
 *              lighter late ones have none. There always is such a repair; a goal whose work has no place inside the
 *              windows gets no date by it.
 *   a date     For each late goal the earliest date that is enough alone, or none is.
 *   minutes    More minutes on each day that has a window: the day's last window ends later by as much, but no later
 *              than latest_end and than the next window begins, and the daily cap grows by as much.
 *   topics     Soft topics to leave out, those that only soft edges lead to: none of them can be put back (with what it
 *              needs itself). They are put back as far as possible from the targets outwards.
 *
 *   retention  Less recall wanted on the date of an exam. Who plans reviews finds this one: plan_repairs_add.
 *
 * The cost of a repair is in minutes of study: by how many usable minutes the dates move, how many minutes there are
 * more until the last date, how long the topics or the reviews take. Pure; the same input gives the same repairs.
 */
#pragma once

#include "planner.h"

/* The order is that of equal costs. */
typedef enum plan_repair_kind {
    PLAN_REPAIR_DATES,
    PLAN_REPAIR_DATE,
    PLAN_REPAIR_MINUTES,
    PLAN_REPAIR_TOPICS,
    PLAN_REPAIR_RETENTION
} plan_repair_kind;

typedef struct plan_new_date {
    size_t goal;
    bool has_date; /* false: no date inside the windows */
    int64_t due;
} plan_new_date;

typedef struct plan_repair {
    plan_repair_kind kind;
    bool possible; /* false: no change of this kind is enough alone; for a date: of the goal in dates[0] */
    bool least;    /* false: the work limit came first; it is enough, but less may be as well */
    int64_t cost;
    plan_new_date *dates; /* dates and a date: the goals whose dates move, the heaviest first */
    size_t date_count;
    int32_t extra_minutes; /* minutes */
    int32_t *topics;       /* topics, rising */
    size_t topic_count;
    int32_t retention_percent; /* retention */
} plan_repair;

typedef struct plan_repair_options {
    const int64_t *latest_end; /* of each window; NULL: windows stay, only the cap grows */
    const bool *edge_soft;     /* of each edge of the input; NULL: none is */
    int64_t work_limit;        /* 0: PLAN_REPAIR_WORK_LIMIT */
} plan_repair_options;

typedef struct plan_repairs {
    plan_repair *repairs; /* possible ones first, then the cheaper first; none when nothing is late */
    size_t count;
    bool complete; /* false: the work limit came first; there may be others */
} plan_repairs;

/* Topics, edges and windows that are looked at, summed over all plans that are tried: what bounds the time. It can be
 * passed by no more than two plans and the setting up. */
enum { PLAN_REPAIR_WORK_LIMIT = 4000000 };

/* true: the caller finishes *out. false: there is a circle; *out is empty. */
bool plan_repairs_make(const plan_input *input, const plan_repair_options *options, plan_repairs *out);

/* Puts one more repair, without dates and topics, in its place among those of plan_repairs_make, of which there is one
 * at least. Once only. */
void plan_repairs_add(plan_repairs *r, const plan_repair *repair);

void plan_repairs_finish(plan_repairs *r);
