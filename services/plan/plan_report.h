/* What a plan says of itself: the planner's result as the message that is sent and saved. */
#pragma once

#include "planning.h"
#include "rpc_internal.h"

/* Of the learner's zone at the two instants of the certificate, in minutes. */
typedef struct plan_zone_offsets {
    int32_t release, due;
} plan_zone_offsets;

/* Everything but the sessions, in the call's arena. plan: id, version, create_us, horizon, time_zone, mastery_known. */
Sical__Plan__V1__Plan *plan_report(rpc_call *call, const planning_state *state, const planning *p, const new_plan *plan,
                                   const plan_zone_offsets *offsets);

/* The sessions with new ids, in the call's arena. */
const session_row *plan_report_sessions(rpc_call *call, const planning_state *state, const planning *p, size_t *count);
