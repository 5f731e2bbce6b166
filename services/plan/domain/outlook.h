/* What sessions mean for goals. Pure. */
#pragma once

#include "planner.h"

/* Sets finish and lateness in the forecasts of all goals anew, from these sessions instead of those of plan_make. A
 * topic is finished with its last session and no earlier than what it needs; one of no minutes with what it needs. A
 * goal with unplaced work has no finish and keeps its usable lateness. false: there is a circle; nothing was changed.
 */
bool plan_forecast_sessions(const plan_input *input, const plan_session *sessions, size_t session_count,
                            const plan_unplaced *unplaced, size_t unplaced_count, plan_forecast *forecasts);

/* needed[topic]: whether the goals of the input ask for it. false: there is a circle; nothing was set. */
bool plan_mark_needed(const plan_input *input, bool *needed);

/* Marks the topics whose fixed sessions begin before what they need is finished; returns how many. unmet: topic_count
 * falses. Where there is a circle none is. */
size_t plan_find_unmet(const plan_input *input, const plan_result *result, bool *unmet);
