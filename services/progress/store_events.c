#include "fiber.h"
#include "outcome.h"
#include "store_internal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { RECORD_TRIES = 3 };

/* Inserts only: two writers wait for one another only when they bring the same event. */
static const db_statement record = {
    .name = "progress.record",
    .kind = DB_WRITE,
    .operation = "insert",
    .table = "events",
    .sql = "WITH added AS ("
           "  INSERT INTO events (user_id, id, graph_id, topic_key, kind, grade, duration_seconds, occurred_at)"
           "  SELECT * FROM unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::text[], $5::int4[], $6::int4[], $7::int4[],"
           "                       $8::timestamptz[])"
           "  ON CONFLICT (user_id, id) DO NOTHING"
           "  RETURNING user_id, id, graph_id, topic_key, seq, occurred_at"
           "), pending AS ("
           "  INSERT INTO pending_events (user_id, graph_id, topic_key, seq, occurred_at)"
           "  SELECT user_id, graph_id, topic_key, seq, occurred_at FROM added"
           ") SELECT user_id, id FROM added",
};

static int compare_keys(const new_event *a, const uuid *user, const uuid *id)
{
    int order = memcmp(&a->user_id, user, sizeof *user);
    return order ? order : memcmp(&a->event.id, id, sizeof *id);
}

static int compare_events(const void *left, const void *right)
{
    const new_event *a = *(new_event *const *)left, *b = *(new_event *const *)right;
    int order = compare_keys(a, &b->user_id, &b->event.id);
    return order ? order : (a > b) - (a < b);
}

/* By learner and id, so that two statements that share several events cannot wait for one another in a circle; of a
 * repeated id the first stays first, and so the one that counts. */
static new_event **sort_events(arena *a, new_event *events, size_t count)
{
    new_event **sorted = ARENA_ARRAY(a, new_event *, count);
    for (size_t i = 0; i < count; i++)
        sorted[i] = &events[i];
    qsort(sorted, count, sizeof *sorted, compare_events);
    return sorted;
}

/* Each field of the events as an array of its own. */
typedef struct event_columns {
    uuid *users, *ids, *graphs;
    const char **topics;
    int32_t *kinds, *grades, *durations;
    int64_t *instants;
} event_columns;

static event_columns make_columns(arena *a, new_event *const *events, size_t count)
{
    event_columns c = {
        .users = ARENA_ARRAY(a, uuid, count),
        .ids = ARENA_ARRAY(a, uuid, count),
        .graphs = ARENA_ARRAY(a, uuid, count),
        .topics = ARENA_ARRAY(a, const char *, count),
        .kinds = ARENA_ARRAY(a, int32_t, count),
        .grades = ARENA_ARRAY(a, int32_t, count),
        .durations = ARENA_ARRAY(a, int32_t, count),
        .instants = ARENA_ARRAY(a, int64_t, count),
    };
    for (size_t i = 0; i < count; i++) {
        const study_event *e = &events[i]->event;
        c.users[i] = events[i]->user_id;
        c.ids[i] = e->id;
        c.graphs[i] = e->graph_id;
        c.topics[i] = e->topic_key;
        c.kinds[i] = e->kind;
        c.grades[i] = e->grade;
        c.durations[i] = e->duration_seconds;
        c.instants[i] = e->occurred_at_us;
    }
    return c;
}

/* The rows come in any order that PostgreSQL likes; as a rule in that of the events, so the search begins behind the
 * last one found. */
static void mark_added(new_event *const *sorted, size_t count, const db_rows *rows)
{
    for (size_t i = 0; i < count; i++)
        sorted[i]->added = false;
    for (size_t row = 0, at = 0; row < db_row_count(rows); row++) {
        uuid user = db_get_uuid(rows, row, 0), id = db_get_uuid(rows, row, 1);
        if (at == count || compare_keys(sorted[at], &user, &id) > 0)
            at = 0;
        while (at < count && compare_keys(sorted[at], &user, &id) < 0)
            at++;
        if (at < count)
            sorted[at++]->added = true;
    }
}

status progress_store_record(db *d, new_event *events, size_t count)
{
    arena *a = fiber_arena();
    new_event **sorted = sort_events(a, events, count);
    event_columns c = make_columns(a, sorted, count);
    db_rows *rows;
    status s = PROGRESS_CONTENDED;
    for (int tries = 0; s == PROGRESS_CONTENDED && tries < RECORD_TRIES; tries++)
        s = progress_store_run(d, &record,
                               DB_VALUES(db_uuid_array(c.users, count), db_uuid_array(c.ids, count),
                                         db_uuid_array(c.graphs, count), db_text_array(c.topics, count),
                                         db_int4_array(c.kinds, count), db_int4_array(c.grades, count),
                                         db_int4_array(c.durations, count), db_timestamp_array(c.instants, count)),
                               &rows);
    if (s == STATUS_OK)
        mark_added(sorted, count, rows);
    return s;
}

/* ---- reading it ---- */

#define EVENT_COLUMNS "id, graph_id, topic_key, kind, grade, duration_seconds, occurred_at"

/* The event that stands in EVENT_COLUMNS from column on. */
static study_event read_event(arena *a, const db_rows *rows, size_t row, size_t column)
{
    return (study_event){
        .id = db_get_uuid(rows, row, column),
        .graph_id = db_get_uuid(rows, row, column + 1),
        .topic_key = arena_strdup(a, db_get_text(rows, row, column + 2)),
        .kind = db_get_int4(rows, row, column + 3),
        .grade = db_get_int4(rows, row, column + 4),
        .duration_seconds = db_get_int4(rows, row, column + 5),
        .occurred_at_us = db_get_timestamp(rows, row, column + 6),
    };
}

static const db_statement list_events = {
    .name = "progress.list_events",
    .kind = DB_READ,
    .operation = "select",
    .table = "events",
    .sql = "SELECT " EVENT_COLUMNS " FROM events"
           " WHERE user_id = $1::uuid AND (occurred_at, id) < ($2::timestamptz, $3::uuid)"
           " ORDER BY occurred_at DESC, id DESC LIMIT $4::int4",
};

/* Behind every event that can be recorded: the year 9999. */
static const event_position newest = {.occurred_at_us = INT64_C(253402300799) * 1000000};

status progress_store_list_events(db *d, arena *a, const uuid *user, const event_position *before, int limit,
                                  event_list *out)
{
    if (!before)
        before = &newest;
    db_rows *rows;
    status s = progress_store_run(d, &list_events,
                                  DB_VALUES(db_uuid(user), db_timestamp(before->occurred_at_us), db_uuid(&before->id),
                                            db_int4(limit)),
                                  &rows);
    if (s != STATUS_OK)
        return s;
    size_t count = db_row_count(rows);
    study_event *events = ARENA_ARRAY(a, study_event, count);
    for (size_t i = 0; i < count; i++)
        events[i] = read_event(a, rows, i, 0);
    db_rows_release(rows);
    *out = (event_list){events, count};
    return STATUS_OK;
}

static const db_statement pull = {
    .name = "progress.pull",
    .kind = DB_READ,
    .operation = "select",
    .table = "events",
    .sql = "SELECT user_id, xid, seq, " EVENT_COLUMNS " FROM events"
           " WHERE (xid, seq) > ($1::text::xid8, $2::int8) AND xid < pg_snapshot_xmin(pg_current_snapshot())"
           " ORDER BY xid, seq LIMIT $3::int4",
};

status progress_store_pull(db *d, arena *a, feed_position after, int limit, feed_page *out)
{
    char xid[24];
    snprintf(xid, sizeof xid, "%lld", (long long)after.xid);
    db_rows *rows;
    status s = progress_store_run(d, &pull, DB_VALUES(db_text(xid), db_int8(after.seq), db_int4(limit)), &rows);
    if (s != STATUS_OK)
        return s;
    size_t count = db_row_count(rows);
    feed_event *events = ARENA_ARRAY(a, feed_event, count);
    for (size_t i = 0; i < count; i++)
        events[i] = (feed_event){
            .user_id = db_get_uuid(rows, i, 0),
            .position = {.xid = db_get_int8(rows, i, 1), .seq = db_get_int8(rows, i, 2)},
            .event = read_event(a, rows, i, 3),
        };
    db_rows_release(rows);
    *out = (feed_page){events, count};
    return STATUS_OK;
}
