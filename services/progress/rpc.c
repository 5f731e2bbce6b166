#include "outcome.h"
#include "rpc_internal.h"

#include "clock.h"

/* ---- shared by the methods ---- */

Google__Protobuf__Timestamp *progress_timestamp(arena *a, int64_t at_us)
{
    Google__Protobuf__Timestamp *t = ARENA_NEW(a, Google__Protobuf__Timestamp);
    google__protobuf__timestamp__init(t);
    t->seconds = at_us / CLOCK_US_PER_S;
    t->nanos = (int32_t)(at_us % CLOCK_US_PER_S * 1000);
    return t;
}

char *progress_uuid(arena *a, const uuid *id)
{
    return uuid_format(id, arena_alloc(a, UUID_TEXT_SIZE));
}

/* ---- the service ---- */

RPC_HANDLER(progress_record_events, Sical__Progress__V1__RecordEventsRequest, Sical__Progress__V1__RecordEventsResponse)
RPC_HANDLER(progress_list_events, Sical__Progress__V1__ListEventsRequest, Sical__Progress__V1__ListEventsResponse)
RPC_HANDLER(progress_list_mastery, Sical__Progress__V1__ListMasteryRequest, Sical__Progress__V1__ListMasteryResponse)
RPC_HANDLER(progress_list_due_reviews, Sical__Progress__V1__ListDueReviewsRequest,
            Sical__Progress__V1__ListDueReviewsResponse)
RPC_HANDLER(progress_list_review_schedule, Sical__Progress__V1__ListReviewScheduleRequest,
            Sical__Progress__V1__ListReviewScheduleResponse)
RPC_HANDLER(progress_list_mastered_topics, Sical__Progress__V1__ListMasteredTopicsRequest,
            Sical__Progress__V1__ListMasteredTopicsResponse)
RPC_HANDLER(progress_get_summary, Sical__Progress__V1__GetSummaryRequest, Sical__Progress__V1__Summary)
RPC_HANDLER(progress_start_placement, Sical__Progress__V1__StartPlacementRequest, Sical__Progress__V1__Placement)
RPC_HANDLER(progress_get_placement, Sical__Progress__V1__GetPlacementRequest, Sical__Progress__V1__Placement)
RPC_HANDLER(progress_answer_placement, Sical__Progress__V1__AnswerPlacementRequest, Sical__Progress__V1__Placement)
RPC_HANDLER(progress_pull_events, Sical__Progress__V1__PullEventsRequest, Sical__Progress__V1__PullEventsResponse)

static const rpc_method methods[] = {
    {"RecordEvents", RPC_USER, progress_record_events_rpc},
    {"ListEvents", RPC_USER, progress_list_events_rpc},
    {"ListMastery", RPC_USER, progress_list_mastery_rpc},
    {"ListDueReviews", RPC_USER, progress_list_due_reviews_rpc},
    {"ListReviewSchedule", RPC_USER, progress_list_review_schedule_rpc},
    {"ListMasteredTopics", RPC_USER, progress_list_mastered_topics_rpc},
    {"StartPlacement", RPC_USER, progress_start_placement_rpc},
    {"GetPlacement", RPC_USER, progress_get_placement_rpc},
    {"AnswerPlacement", RPC_USER, progress_answer_placement_rpc},
    {"GetSummary", RPC_USER, progress_get_summary_rpc},
    {"PullEvents", RPC_PEER, progress_pull_events_rpc},
};

static enum code to_code(status outcome, const char **message)
{
    switch ((enum progress_outcome)outcome) {
    case PROGRESS_INVALID_INPUT:
        *message = "the input has faults";
        return CODE_INVALID_ARGUMENT;
    case PROGRESS_CONTENDED:
        *message = "others are changing the same topics; try again";
        return CODE_ABORTED;
    case PROGRESS_TOO_MANY:
        *message = "more topics than fit into one answer; ask for fewer graphs";
        return CODE_RESOURCE_EXHAUSTED;
    case PROGRESS_NO_PLACEMENT:
        *message = "there is no such placement";
        return CODE_NOT_FOUND;
    case PROGRESS_NO_GRAPH:
        *message = "there is no such graph";
        return CODE_NOT_FOUND;
    case PROGRESS_OTHER_QUESTION:
        *message = "this topic was not asked: read the placement for the question of now";
        return CODE_ABORTED;
    }
    *message = "unexpected outcome";
    return CODE_INTERNAL;
}

const rpc_service progress_rpc = {
    .descriptor = &sical__progress__v1__progress_service__descriptor,
    .methods = methods,
    .method_count = sizeof methods / sizeof methods[0],
    .outcome = to_code,
};
