/* What clients send of goals, checked; each function adds a fault to the call for what is wrong. */
#pragma once

#include "rpc_internal.h"

/* false: faults were added. */
bool plan_take_goal(rpc_call *call, const Sical__Plan__V1__CreateGoalRequest *request, goal_row *row);

/* What a goal_change points to. */
typedef struct goal_change_values {
    int64_t due_us, not_before_us;
    int32_t status, retention_percent;
    bool thorough;
} goal_change_values;

/* false: faults were added. *change lives as long as the request and *values. */
bool plan_take_goal_change(rpc_call *call, const Sical__Plan__V1__UpdateGoalRequest *request, goal_change *change,
                           goal_change_values *values);

/* For what only the store can see. prefix: "" or "goal.". */
void plan_tell_crossed_dates(rpc_call *call, const char *prefix);
status plan_tell_unknown_targets(rpc_call *call, const char *prefix, char *const *targets,
                                 const unknown_targets *unknown);
