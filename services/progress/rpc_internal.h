/* Shared by the files that turn messages into calls of the store and back. */
#pragma once

#include "progress.pb-c.h"
#include "progress_service.h"
#include "rpc_page.h"
#include "store.h"

typedef Sical__Progress__V1__StudyEvent wire_event;
typedef Sical__Progress__V1__TopicMastery wire_topic;

#define PROGRESS_METHOD(FUNCTION, METHOD, REPLY)                                                                       \
    status FUNCTION(rpc_call *call, const Sical__Progress__V1__##METHOD##Request *request,                             \
                    Sical__Progress__V1__##REPLY **reply)

PROGRESS_METHOD(progress_record_events, RecordEvents, RecordEventsResponse);
PROGRESS_METHOD(progress_list_events, ListEvents, ListEventsResponse);
PROGRESS_METHOD(progress_pull_events, PullEvents, PullEventsResponse);
PROGRESS_METHOD(progress_list_mastery, ListMastery, ListMasteryResponse);
PROGRESS_METHOD(progress_list_due_reviews, ListDueReviews, ListDueReviewsResponse);
PROGRESS_METHOD(progress_list_mastered_topics, ListMasteredTopics, ListMasteredTopicsResponse);
PROGRESS_METHOD(progress_get_summary, GetSummary, Summary);

/* Letters of the lists, for their page tokens. The feed has 'f'. */
enum { LIST_OF_EVENTS = 'e', LIST_OF_MASTERY = 'm', LIST_OF_DUE_REVIEWS = 'd' };

Google__Protobuf__Timestamp *progress_timestamp(arena *a, int64_t at_us);
char *progress_uuid(arena *a, const uuid *id);
