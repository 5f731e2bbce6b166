/*
 * The SQL of progress. All functions look blocking and run on a fiber. What they return lives in the arena that they
 * are given, which has no limit. They return 0, a fatal status (< 0), or PROGRESS_CONTENDED when locks of others were
 * in the way each time: nothing was done then.
 */
#pragma once

#include "arena.h"
#include "db.h"
#include "topic_progress.h"
#include "uuid.h"

/* ---- the log ---- */

typedef struct study_event {
    uuid id;
    uuid graph_id;
    const char *topic_key;
    int32_t kind;  /* 1 lesson, 2 review */
    int32_t grade; /* 0 none, or a memory_grade */
    int32_t duration_seconds;
    int64_t occurred_at_us;
} study_event;

/* An event that somebody brings to be recorded. */
typedef struct new_event {
    uuid user_id;
    study_event event;
    size_t bringer; /* the caller's own */
    bool added;     /* out: it was new */
} new_event;

/* Appends the events that are new, by learner and id, and marks them; of those that stand twice among them the first
 * counts. One durable statement. */
status progress_store_record(db *d, new_event *events, size_t count);

typedef struct event_list {
    study_event *events;
    size_t count;
} event_list;

/* Newest first, at most limit. before: only events older than this one (by occurred_at, id); NULL = from the newest. */
typedef struct event_position {
    int64_t occurred_at_us;
    uuid id;
} event_position;
status progress_store_list_events(db *d, arena *a, const uuid *user, const event_position *before, int limit,
                                  event_list *out);

/* A place in the feed. All zero: the beginning. */
typedef struct feed_position {
    int64_t xid;
    int64_t seq;
} feed_position;

typedef struct feed_event {
    uuid user_id;
    study_event event;
    feed_position position;
} feed_event;

typedef struct feed_page {
    feed_event *events;
    size_t count;
} feed_page;

/* The log of all learners after a position, at most limit events, in an order in which nothing can appear later before
 * what was returned. */
status progress_store_pull(db *d, arena *a, feed_position after, int limit, feed_page *out);

/* ---- states of topics ---- */

typedef struct topic_row {
    uuid graph_id;
    const char *topic_key;
    int64_t version; /* 0: no state is stored yet */
    topic_progress progress;
} topic_row;

typedef struct topic_list {
    topic_row *topics;
    size_t count;
} topic_list;

/* The learner's topics by graph_id, topic_key, at most limit. graphs: only of these; NULL = of all. after: only topics
 * behind this one (its graph_id and topic_key); NULL = from the first. */
status progress_store_list_topics(db *d, arena *a, const uuid *user, const uuid *graphs, size_t graph_count,
                                  const topic_row *after, int limit, topic_list *out);

/* The topics due at at_us by due instant, graph_id, topic_key, at most limit; *total is the number of all that are due.
 * after: only topics behind this one (due_us, graph_id and topic_key); NULL = from the first. */
status progress_store_list_due(db *d, arena *a, const uuid *user, int64_t at_us, const topic_row *after, int limit,
                               topic_list *out, int64_t *total);

/* The median duration of the learner's last 100 reviews that have one; 300 without any. */
status progress_store_review_seconds(db *d, const uuid *user, int64_t *seconds);

/* ---- placements (store_placements.c) ---- */

typedef struct placement_row {
    uuid id, graph_id;
    const char *const *keys, *const *titles; /* of the topics that take part */
    size_t topic_count;
    const int32_t *edge_topics, *edge_prerequisites;
    size_t edge_count;
    const int32_t *asked, *answers; /* 1: right */
    size_t answer_count;
    bool finished;
    int64_t create_us;
} placement_row;

/* Saves a new one and completes row. When the id is the learner's already, row becomes what is stored. */
status progress_store_add_placement(db *d, const uuid *user, placement_row *row);

/* PROGRESS_NO_PLACEMENT. */
status progress_store_get_placement(db *d, const uuid *user, const uuid *id, placement_row *row);

/* What a placement comes to once it is finished: topics by their keys. */
typedef struct placement_result {
    const char *const *known, *const *unknown;
    size_t known_count, unknown_count;
} placement_result;

/* Appends an answer to a row as it was read. result: finishes it; the known topics count as mastered from then on, the
 * unknown ones no more. NULL: it goes on. PROGRESS_OTHER_QUESTION: somebody else has answered meanwhile. */
status progress_store_answer_placement(db *d, const uuid *user, const placement_row *row, int32_t asked, bool right,
                                       const placement_result *result);

typedef struct placed_topic {
    uuid graph_id;
    const char *topic_key;
} placed_topic;

/* Topics of these graphs that placements found known and of which the learner's log tells nothing; at most limit. */
status progress_store_list_placed(db *d, const uuid *user, const uuid *graphs, size_t graph_count, int limit,
                                  const placed_topic **out, size_t *count);

/* ---- taking pending events into the states; see catch_up.c ---- */

typedef struct pending_event {
    int64_t seq; /* names it */
    int64_t occurred_at_us;
    topic_row topic; /* its topic's state as stored */
} pending_event;

typedef struct pending_list {
    pending_event *events; /* those of one topic stand together */
    size_t count;
} pending_list;

/* At most limit events that the states have not taken in. */
status progress_store_list_pending(db *d, arena *a, const uuid *user, int limit, pending_list *out);

/* Where to go on reading a topic's log: behind (after_at_us, after_id). */
typedef struct log_cursor {
    uuid graph_id;
    const char *topic_key;
    int64_t after_at_us;
    uuid after_id;
} log_cursor;

typedef struct logged_events {
    topic_event *events;
    size_t *cursor_of; /* for each event the index of its cursor, rising */
    size_t count;      /* limit: there may be more behind the last one */
} logged_events;

/* The events behind the cursors, in the order of the cursors and of (occurred_at, id), at most limit. */
status progress_store_read_log(db *d, arena *a, const uuid *user, const log_cursor *cursors, size_t cursor_count,
                               int limit, logged_events *out);

/* Stores each topic's progress whose stored version is still the row's, and ends the pending of the events that belong
 * to a stored topic. *stored is the number of topics stored. a: for what it needs on the way. */
status progress_store_save_topics(db *d, arena *a, const uuid *user, const topic_row *topics, size_t topic_count,
                                  const pending_list *taken_in, size_t *stored);
