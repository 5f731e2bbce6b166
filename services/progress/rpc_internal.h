/* Shared by the files that turn messages into calls of the store and back. */
#pragma once

#include "page_token.h"
#include "progress.pb-c.h"
#include "progress_service.h"

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

/* The page size asked for, fallback when it is 0; a fault when it is not within 0 to highest. */
int progress_page_size(rpc_call *call, int32_t asked, int fallback, int highest);

/* The key to go on behind, NULL for the first page; a fault when the token is none of this list. */
const page_key *progress_page_start(rpc_call *call, page_list list, const char *token);

Google__Protobuf__Timestamp *progress_timestamp(arena *a, int64_t at_us);
char *progress_uuid(arena *a, const uuid *id);

enum { PAGE_SIZE = 20, PAGE_SIZE_HIGHEST = 100 };
