/* What a plan says of itself: the planner's result as the message that is sent and saved. */
#pragma once

#include "draft.h"

/* Everything but the sessions, in the call's arena. Fatal statuses of the store only. */
status plan_report(rpc_call *call, const plan_draft *d, Sical__Plan__V1__Plan **wire);

/* The certificate of a plan, in the call's arena. Fatal statuses of the store only. */
status plan_report_certificate(rpc_call *call, const plan_draft *d, Sical__Plan__V1__Certificate **wire);

/* What reviews take, in the call's arena. */
Sical__Plan__V1__ReviewReserve *plan_report_reviews(rpc_call *call, const plan_draft *d);

/* The plan's sessions with new ids, lessons and reviews by start, in the call's arena. */
const session_row *plan_report_sessions(rpc_call *call, const plan_draft *d, size_t *count);

/* ---- for other reports ---- */

/* A topic of the planner, as the world knows it. */
Sical__Plan__V1__CriticalTopic *plan_report_topic(rpc_call *call, const plan_draft *d, int32_t topic);

/* Minutes as the wire takes them. */
static inline int32_t plan_report_minutes(int64_t minutes)
{
    if (minutes > INT32_MAX)
        return INT32_MAX;
    return minutes < INT32_MIN ? INT32_MIN : (int32_t)minutes;
}
