/* What a plan says of itself: the planner's result as the message that is sent and saved. */
#pragma once

#include "draft.h"

/* Everything but the sessions, in the call's arena. Fatal statuses of the store only. */
status plan_report(rpc_call *call, const plan_draft *d, Sical__Plan__V1__Plan **wire);

/* The certificate of a plan, in the call's arena. Fatal statuses of the store only. */
status plan_report_certificate(rpc_call *call, const plan_draft *d, Sical__Plan__V1__Certificate **wire);

/* What reviews take, in the call's arena. */
Sical__Plan__V1__ReviewReserve *plan_report_reviews(rpc_call *call, const plan_draft *d);

/* ---- for other reports ---- */

/* How the world knows a topic. */
typedef struct named_topic {
    const uuid *graph_id;
    const char *key, *title;
} named_topic;

named_topic plan_report_name(const plan_draft *d, int32_t topic);

/* A planned session with a new id; instants in minutes. */
session_row plan_report_session(named_topic topic, int64_t start, int64_t end, int32_t kind);

/* A topic of the planner, as the world knows it. */
Sical__Plan__V1__CriticalTopic *plan_report_topic(rpc_call *call, const plan_draft *d, int32_t topic);

/* Minutes as the wire takes them. */
static inline int32_t plan_report_minutes(int64_t minutes)
{
    if (minutes > INT32_MAX)
        return INT32_MAX;
    return minutes < INT32_MIN ? INT32_MIN : (int32_t)minutes;
}
