/* For plan: when reviews are due, and how long one takes. */
#include "outcome.h"
#include "rpc_internal.h"

#include "catch_up.h"
#include "clock.h"

/* So many fit into one message, whatever their keys. */
enum { REVIEWS_IN_ANSWER = 1000 };

static bool take_until(rpc_call *call, const Google__Protobuf__Timestamp *until, int64_t *until_us)
{
    if (until && until->seconds >= 0 && until->seconds <= INT64_C(253402300799) && until->nanos >= 0 &&
        until->nanos <= 999999999) {
        *until_us = until->seconds * CLOCK_US_PER_S + until->nanos / 1000;
        return true;
    }
    rpc_add_fault(call, "until", "must be an instant of the years 1970 to 9999");
    return false;
}

static Sical__Progress__V1__ScheduledReview *to_wire(arena *a, const topic_row *topic)
{
    Sical__Progress__V1__ScheduledReview *w = ARENA_NEW(a, Sical__Progress__V1__ScheduledReview);
    sical__progress__v1__scheduled_review__init(w);
    w->graph_id = progress_uuid(a, &topic->graph_id);
    w->topic_key = (char *)topic->topic_key;
    w->due = progress_timestamp(a, topic->progress.memory.due_us);
    w->last_review = progress_timestamp(a, topic->progress.memory.last_review_us);
    w->stability_days = topic->progress.memory.stability_days;
    return w;
}

/* A minute at least, and no more than an hour: a clock that was left running is no measure. */
static int32_t to_minutes(int64_t seconds)
{
    int64_t minutes = (seconds + 59) / 60;
    return minutes < 1 ? 1 : minutes > 60 ? 60 : (int32_t)minutes;
}

status progress_list_review_schedule(rpc_call *call, const Sical__Progress__V1__ListReviewScheduleRequest *request,
                                     Sical__Progress__V1__ListReviewScheduleResponse **reply)
{
    const progress_service *p = call->service;
    int64_t until_us, total, seconds;
    topic_list list;

    if (!take_until(call, request->until, &until_us))
        return PROGRESS_INVALID_INPUT;
    status s = progress_catch_up(p, &call->user);
    if (s == STATUS_OK)
        s = progress_store_list_due(p->database, call->arena, &call->user, until_us, NULL, REVIEWS_IN_ANSWER, &list,
                                    &total);
    if (s == STATUS_OK)
        s = progress_store_review_seconds(p->database, &call->user, &seconds);
    if (s != STATUS_OK)
        return s;
    Sical__Progress__V1__ListReviewScheduleResponse *w =
        ARENA_NEW(call->arena, Sical__Progress__V1__ListReviewScheduleResponse);
    sical__progress__v1__list_review_schedule_response__init(w);
    w->n_reviews = list.count;
    w->reviews = ARENA_ARRAY(call->arena, Sical__Progress__V1__ScheduledReview *, list.count);
    for (size_t i = 0; i < list.count; i++)
        w->reviews[i] = to_wire(call->arena, &list.topics[i]);
    w->total = total > INT32_MAX ? INT32_MAX : (int32_t)total;
    w->minutes_a_review = to_minutes(seconds);
    w->decay = -p->model.decay;
    *reply = w;
    return STATUS_OK;
}
