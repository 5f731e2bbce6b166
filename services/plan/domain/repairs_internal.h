/* The search for repairs: what its parts share. */
#pragma once

#include "repairs.h"
#include "trial.h"

typedef struct plan_repair_search {
    const plan_input *input;
    const plan_repair_options *options;
    plan_trial trial; /* between two repairs: as the input says */
    size_t *late;     /* the late goals, the heaviest first; of equal ones the earlier due */
    size_t late_count;
    plan_repairs *found;
} plan_repair_search;

/* A new repair at the end of those found, of no size. */
plan_repair *plan_repair_add(plan_repair_search *s, plan_repair_kind kind);

/* repair_dates.c */
void plan_repair_all_dates(plan_repair_search *s);
void plan_repair_one_date(plan_repair_search *s, size_t goal);

/* repair_minutes.c: adds nothing where neither a window nor the cap can grow. */
void plan_repair_minutes(plan_repair_search *s);

/* repair_topics.c: adds nothing where no needed topic is soft. */
void plan_repair_topics(plan_repair_search *s);
