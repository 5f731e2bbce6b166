/*
 * The way into progress for its peers: typed calls, plain structs, no protobuf types.
 *
 * All functions look blocking and run on a fiber; what they return lives in the running fiber's arena. client: an
 * rpc_client for the service "progress". They return as rpc_call_message: 0; a code > 0 that progress answered with
 * (CODE_INVALID_ARGUMENT, CODE_UNAUTHENTICATED, ...); or a fatal status < 0. An answer that makes no sense is
 * STATUS_INTERNAL. On anything but STATUS_OK the output is untouched.
 */
#pragma once

#include "status.h"
#include "uuid.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct rpc_client;
struct rpc_metadata;

typedef struct progress_mastered_topic {
    uuid graph_id;
    const char *topic_key;
} progress_mastered_topic;

typedef struct progress_mastered_topics {
    const progress_mastered_topic *topics; /* ordered by graph_id, topic_key */
    size_t count;
} progress_mastered_topics;

/* Which topics of these graphs (at most 100) the learner named in metadata has mastered: in long-term review and
 * recalled now with at least progress's threshold. metadata->user_id is needed. */
status progress_client_list_mastered(struct rpc_client *client, const struct rpc_metadata *metadata,
                                     const uuid *graph_ids, size_t graph_count, progress_mastered_topics *out);

typedef struct progress_review {
    uuid graph_id;
    const char *topic_key;
    int64_t due_us, last_review_us; /* microseconds of the Unix epoch, UTC */
    double stability_days;
} progress_review;

typedef struct progress_reviews {
    const progress_review *reviews; /* the longest overdue first, at most 1,000 */
    size_t count;
    int32_t minutes_a_review; /* as this learner needs them, 1 to 60 */
    double decay;             /* of FSRS-6: w20, above 0 */
} progress_reviews;

/* The next review of each topic of the learner named in metadata, over all graphs, that is due by until_us. */
status progress_client_list_reviews(struct rpc_client *client, const struct rpc_metadata *metadata, int64_t until_us,
                                    progress_reviews *out);

typedef struct progress_summary {
    int32_t topics_started;
    int32_t topics_mastered;
    int32_t reviews_due; /* now */
} progress_summary;

/* Counts of the learner named in metadata, over all graphs. */
status progress_client_get_summary(struct rpc_client *client, const struct rpc_metadata *metadata,
                                   progress_summary *out);

typedef enum progress_event_kind { PROGRESS_LESSON = 1, PROGRESS_REVIEW = 2 } progress_event_kind;

typedef struct progress_feed_event {
    uuid user_id;
    uuid id; /* made by the learner's client: unique only together with user_id */
    uuid graph_id;
    const char *topic_key;
    progress_event_kind kind;
    int grade; /* 1 again, 2 hard, 3 good, 4 easy; 0 none */
    int32_t duration_seconds;
    int64_t occurred_at_us; /* microseconds of the Unix epoch, UTC */
} progress_feed_event;

typedef struct progress_feed_page {
    const progress_feed_event *events;
    size_t count;
    const char *next_cursor; /* where to go on; the cursor that was asked with when nothing is new */
    bool more;               /* a further page is ready now */
} progress_feed_page;

/* The log of all learners in the order in which it became visible: whoever stores next_cursor with what it made of the
 * page sees every event exactly once. cursor: "" = from the beginning; page_size: 1 to 1,000, 0 = progress's default.
 * metadata must name no user (NULL, or a request id alone). CODE_INVALID_ARGUMENT when the cursor is none of
 * progress's. */
status progress_client_pull_events(struct rpc_client *client, const struct rpc_metadata *metadata, const char *cursor,
                                   int32_t page_size, progress_feed_page *out);
