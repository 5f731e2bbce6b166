/* Shared by the files that turn messages into calls of the store and back. */
#pragma once

#include "progress.pb-c.h"
#include "progress_service.h"
#include "rpc_page.h"
#include "store.h"

typedef Sical__Progress__V1__StudyEvent wire_event;
typedef Sical__Progress__V1__TopicMastery wire_topic;

/* ---- the methods: what RPC_HANDLER in rpc.c asks for ---- */

/* rpc_events.c */
status progress_record_events(rpc_call *call, const Sical__Progress__V1__RecordEventsRequest *request,
                              Sical__Progress__V1__RecordEventsResponse **reply);
status progress_list_events(rpc_call *call, const Sical__Progress__V1__ListEventsRequest *request,
                            Sical__Progress__V1__ListEventsResponse **reply);
status progress_pull_events(rpc_call *call, const Sical__Progress__V1__PullEventsRequest *request,
                            Sical__Progress__V1__PullEventsResponse **reply);

/* rpc_topics.c */
status progress_list_mastery(rpc_call *call, const Sical__Progress__V1__ListMasteryRequest *request,
                             Sical__Progress__V1__ListMasteryResponse **reply);
status progress_list_due_reviews(rpc_call *call, const Sical__Progress__V1__ListDueReviewsRequest *request,
                                 Sical__Progress__V1__ListDueReviewsResponse **reply);
status progress_list_mastered_topics(rpc_call *call, const Sical__Progress__V1__ListMasteredTopicsRequest *request,
                                     Sical__Progress__V1__ListMasteredTopicsResponse **reply);
status progress_get_summary(rpc_call *call, const Sical__Progress__V1__GetSummaryRequest *request,
                            Sical__Progress__V1__Summary **reply);

/* rpc_reviews.c */
status progress_list_review_schedule(rpc_call *call, const Sical__Progress__V1__ListReviewScheduleRequest *request,
                                     Sical__Progress__V1__ListReviewScheduleResponse **reply);

/* rpc_placement.c */
status progress_start_placement(rpc_call *call, const Sical__Progress__V1__StartPlacementRequest *request,
                                Sical__Progress__V1__Placement **reply);
status progress_get_placement(rpc_call *call, const Sical__Progress__V1__GetPlacementRequest *request,
                              Sical__Progress__V1__Placement **reply);
status progress_answer_placement(rpc_call *call, const Sical__Progress__V1__AnswerPlacementRequest *request,
                                 Sical__Progress__V1__Placement **reply);

/* Letters of the lists, for their page tokens. The feed has 'f'. */
enum { LIST_OF_EVENTS = 'e', LIST_OF_MASTERY = 'm', LIST_OF_DUE_REVIEWS = 'd' };

Google__Protobuf__Timestamp *progress_timestamp(arena *a, int64_t at_us);
char *progress_uuid(arena *a, const uuid *id);
