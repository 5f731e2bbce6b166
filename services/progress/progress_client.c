#include "progress_client.h"

#include "fiber.h"
#include "progress.pb-c.h"
#include "rpc_client.h"

static status call(rpc_client *client, const rpc_metadata *metadata, const char *method,
                   const ProtobufCMessage *request, ProtobufCMessage **answer)
{
    rpc_reply reply;
    return rpc_call_message(client, &sical__progress__v1__progress_service__descriptor, method, metadata, request,
                            answer, &reply);
}

static bool mastered_from_wire(const Sical__Progress__V1__MasteredTopic *from, progress_mastered_topic *to)
{
    to->topic_key = from->topic_key;
    return uuid_parse(from->graph_id, &to->graph_id);
}

status progress_client_list_mastered(rpc_client *client, const rpc_metadata *metadata, const uuid *graph_ids,
                                     size_t graph_count, progress_mastered_topics *out)
{
    arena *a = fiber_arena();
    Sical__Progress__V1__ListMasteredTopicsRequest request = SICAL__PROGRESS__V1__LIST_MASTERED_TOPICS_REQUEST__INIT;
    request.n_graph_ids = graph_count;
    request.graph_ids = ARENA_ARRAY(a, char *, graph_count);
    for (size_t i = 0; i < graph_count; i++)
        request.graph_ids[i] = uuid_format(&graph_ids[i], arena_alloc(a, UUID_TEXT_SIZE));

    ProtobufCMessage *answer;
    status s = call(client, metadata, "ListMasteredTopics", &request.base, &answer);
    if (s != STATUS_OK)
        return s;
    const Sical__Progress__V1__ListMasteredTopicsResponse *response =
        (const Sical__Progress__V1__ListMasteredTopicsResponse *)answer;
    progress_mastered_topic *topics = ARENA_ARRAY(a, progress_mastered_topic, response->n_topics);
    for (size_t i = 0; i < response->n_topics; i++)
        if (!mastered_from_wire(response->topics[i], &topics[i]))
            return STATUS_INTERNAL;
    *out = (progress_mastered_topics){topics, response->n_topics};
    return STATUS_OK;
}

static bool review_from_wire(const Sical__Progress__V1__ScheduledReview *from, progress_review *to)
{
    if (!from->due || !from->last_review)
        return false;
    to->topic_key = from->topic_key;
    to->due_us = from->due->seconds * 1000000 + from->due->nanos / 1000;
    to->last_review_us = from->last_review->seconds * 1000000 + from->last_review->nanos / 1000;
    to->stability_days = from->stability_days;
    return uuid_parse(from->graph_id, &to->graph_id);
}

status progress_client_list_reviews(rpc_client *client, const rpc_metadata *metadata, int64_t until_us,
                                    progress_reviews *out)
{
    Google__Protobuf__Timestamp until = GOOGLE__PROTOBUF__TIMESTAMP__INIT;
    Sical__Progress__V1__ListReviewScheduleRequest request = SICAL__PROGRESS__V1__LIST_REVIEW_SCHEDULE_REQUEST__INIT;
    until.seconds = until_us / 1000000;
    until.nanos = (int32_t)(until_us % 1000000) * 1000;
    request.until = &until;

    ProtobufCMessage *answer;
    status s = call(client, metadata, "ListReviewSchedule", &request.base, &answer);
    if (s != STATUS_OK)
        return s;
    const Sical__Progress__V1__ListReviewScheduleResponse *response =
        (const Sical__Progress__V1__ListReviewScheduleResponse *)answer;
    progress_review *reviews = ARENA_ARRAY(fiber_arena(), progress_review, response->n_reviews);
    for (size_t i = 0; i < response->n_reviews; i++)
        if (!review_from_wire(response->reviews[i], &reviews[i]))
            return STATUS_INTERNAL;
    if (response->minutes_a_review < 1 || response->minutes_a_review > 60 || !(response->decay > 0))
        return STATUS_INTERNAL;
    *out = (progress_reviews){reviews, response->n_reviews, response->minutes_a_review, response->decay};
    return STATUS_OK;
}

status progress_client_get_summary(rpc_client *client, const rpc_metadata *metadata, progress_summary *out)
{
    Sical__Progress__V1__GetSummaryRequest request = SICAL__PROGRESS__V1__GET_SUMMARY_REQUEST__INIT;
    ProtobufCMessage *answer;
    status s = call(client, metadata, "GetSummary", &request.base, &answer);
    if (s != STATUS_OK)
        return s;
    const Sical__Progress__V1__Summary *summary = (const Sical__Progress__V1__Summary *)answer;
    *out = (progress_summary){summary->topics_started, summary->topics_mastered, summary->reviews_due};
    return STATUS_OK;
}

static bool feed_event_from_wire(const Sical__Progress__V1__FeedEvent *from, progress_feed_event *to)
{
    const Sical__Progress__V1__StudyEvent *event = from->event;
    if (!event || !event->occurred_at)
        return false;
    *to = (progress_feed_event){
        .topic_key = event->topic_key,
        .kind = (progress_event_kind)event->kind,
        .grade = (int)event->grade,
        .duration_seconds = event->duration_seconds,
        .occurred_at_us = event->occurred_at->seconds * 1000000 + event->occurred_at->nanos / 1000,
    };
    return uuid_parse(from->user_id, &to->user_id) && uuid_parse(event->id, &to->id) &&
           uuid_parse(event->graph_id, &to->graph_id);
}

status progress_client_pull_events(rpc_client *client, const rpc_metadata *metadata, const char *cursor,
                                   int32_t page_size, progress_feed_page *out)
{
    Sical__Progress__V1__PullEventsRequest request = SICAL__PROGRESS__V1__PULL_EVENTS_REQUEST__INIT;
    request.cursor = (char *)cursor;
    request.page_size = page_size;
    ProtobufCMessage *answer;
    status s = call(client, metadata, "PullEvents", &request.base, &answer);
    if (s != STATUS_OK)
        return s;
    const Sical__Progress__V1__PullEventsResponse *response = (const Sical__Progress__V1__PullEventsResponse *)answer;
    progress_feed_event *events = ARENA_ARRAY(fiber_arena(), progress_feed_event, response->n_events);
    for (size_t i = 0; i < response->n_events; i++)
        if (!feed_event_from_wire(response->events[i], &events[i]))
            return STATUS_INTERNAL;
    *out = (progress_feed_page){events, response->n_events, response->next_cursor, response->more};
    return STATUS_OK;
}
