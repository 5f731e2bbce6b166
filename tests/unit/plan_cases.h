/*
 * Random inputs of the planner, and a check of its answers that shares no code with it: every minute of the calendar is
 * looked at alone, closures are walked by recursion.
 */
#pragma once

#include "planner.h"

typedef struct plan_case {
    plan_input input; /* points into the arrays below */
    int32_t *minutes;
    bool *mastered;
    int32_t *edge_topic, *edge_prerequisite;
    plan_goal *goals;
    int32_t *targets;
    plan_window *windows;
    plan_busy *busy;
    uint64_t seed;
} plan_case;

typedef struct case_shape {
    int32_t topics, minutes_high, edges, goals, targets_of_goal;
    int32_t days, day_length, windows_of_day;
    bool caps, releases, busy, mastered, rows, shortest;
} case_shape;

/* The numbers of the shape are upper bounds; the same seed gives the same case on every machine. */
plan_case *case_create(const case_shape *shape, uint64_t seed);
void case_destroy(plan_case *c);

/* 0 <= value < bound */
int32_t case_random(uint64_t *state, int32_t bound);

/* What the goals ask of each topic, found by recursion. */
typedef struct case_needs {
    bool *needed;
    int64_t *not_before; /* the earliest of the goals that need it, now at least */
    int64_t *due;        /* the earliest */
} case_needs;
case_needs case_find_needs(const plan_input *input);
void case_needs_finish(case_needs *needs);

/* usable[t - now]: whether the minute t is free, as the calendar and its cap say; minutes from now to end. */
bool *case_usable_minutes(const plan_calendar *calendar, int64_t end);
/* An instant behind every window, due date and not-before. */
int64_t case_end(const plan_input *input);

/* Fails unless the plan keeps every promise: windows, cap, order, releases, minutes, forecasts, and the certificate
 * adds up and proves that nothing is better. */
void case_check(const plan_case *c, const plan_result *result);
