/* The planner's input as JSON:
 *
 *   {"now": 0, "cap": 120, "windows": [[start, end, day], ...], "busy": [[start, end, day, studied], ...],
 *    "longest": 50, "break": 10, "shortest": 25, "minutes": [...], "mastered": [...], "edges": [[topic, prerequisite],
 * ...], "goals": [{"not_before": 60, "due": 900, "weight": 1, "targets": [...]}, ...]}
 *
 * Topics are numbers from 0; a goal without "not_before" has none; cap 0 is none, and so
 * are 0 longest, break and shortest. */
#pragma once

#include "planner.h"

#include <jansson.h>

typedef struct planner_input {
    plan_input input; /* points into the arrays below */
    int32_t *minutes, *edge_topic, *edge_prerequisite, *targets;
    bool *mastered;
    plan_goal *goals;
    plan_window *windows;
    plan_busy *busy;
} planner_input;

/* Trusts its source, a test: what is missing is 0 or empty. */
void planner_input_init(planner_input *p, const json_t *root);
void planner_input_finish(planner_input *p);
