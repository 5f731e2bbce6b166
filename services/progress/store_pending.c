#include "fiber.h"
#include "store_internal.h"

#include <string.h>

static const db_statement list_pending = {
    .name = "progress.list_pending",
    .kind = DB_READ,
    .operation = "select",
    .table = "pending_events",
    .sql = "SELECT p.seq, p.occurred_at, p.graph_id, p.topic_key, " STATE_COLUMNS
           " FROM (SELECT graph_id, topic_key, seq, occurred_at FROM pending_events WHERE user_id = $1::uuid"
           "       ORDER BY graph_id, topic_key, seq LIMIT $2::int4) p"
           " LEFT JOIN topic_states s"
           "   ON s.user_id = $1::uuid AND s.graph_id = p.graph_id AND s.topic_key = p.topic_key"
           " ORDER BY p.graph_id, p.topic_key, p.seq",
};

status progress_store_list_pending(db *d, arena *a, const uuid *user, int limit, pending_list *out)
{
    db_rows *rows;
    status s = progress_store_run(d, &list_pending, DB_VALUES(db_uuid(user), db_int4(limit)), &rows);
    if (s != STATUS_OK)
        return s;
    size_t count = db_row_count(rows);
    pending_event *events = ARENA_ARRAY(a, pending_event, count);
    for (size_t i = 0; i < count; i++)
        events[i] = (pending_event){
            .seq = db_get_int8(rows, i, 0),
            .occurred_at_us = db_get_timestamp(rows, i, 1),
            .topic = progress_store_read_topic(a, rows, i, 2),
        };
    db_rows_release(rows);
    *out = (pending_list){events, count};
    return STATUS_OK;
}

/* For each cursor a walk along the index of its topic, which the limit ends. */
static const db_statement read_log = {
    .name = "progress.read_log",
    .kind = DB_READ,
    .operation = "select",
    .table = "events",
    .sql = "SELECT c.position, e.id, e.occurred_at, e.kind, e.grade, e.duration_seconds"
           " FROM unnest($2::uuid[], $3::text[], $4::timestamptz[], $5::uuid[])"
           "   WITH ORDINALITY AS c(graph_id, topic_key, after_at, after_id, position)"
           " CROSS JOIN LATERAL (SELECT id, occurred_at, kind, grade, duration_seconds FROM events"
           "   WHERE user_id = $1::uuid AND graph_id = c.graph_id AND topic_key = c.topic_key"
           "     AND (occurred_at, id) > (c.after_at, c.after_id)"
           "   ORDER BY occurred_at, id LIMIT $6::int4) e"
           " ORDER BY c.position, e.occurred_at, e.id LIMIT $6::int4",
};

static topic_event read_logged(const db_rows *rows, size_t row)
{
    topic_event event = {
        .occurred_at_us = db_get_timestamp(rows, row, 2),
        .review = db_get_int4(rows, row, 3) == 2,
        .grade = db_get_int4(rows, row, 4),
        .duration_seconds = db_get_int4(rows, row, 5),
    };
    uuid id = db_get_uuid(rows, row, 1);
    memcpy(event.id, id.bytes, sizeof event.id);
    return event;
}

status progress_store_read_log(db *d, arena *a, const uuid *user, const log_cursor *cursors, size_t cursor_count,
                               int limit, logged_events *out)
{
    uuid *graphs = ARENA_ARRAY(a, uuid, cursor_count);
    const char **topics = ARENA_ARRAY(a, const char *, cursor_count);
    int64_t *instants = ARENA_ARRAY(a, int64_t, cursor_count);
    uuid *ids = ARENA_ARRAY(a, uuid, cursor_count);
    for (size_t i = 0; i < cursor_count; i++) {
        graphs[i] = cursors[i].graph_id;
        topics[i] = cursors[i].topic_key;
        instants[i] = cursors[i].after_at_us;
        ids[i] = cursors[i].after_id;
    }
    db_rows *rows;
    status s =
        progress_store_run(d, &read_log,
                           DB_VALUES(db_uuid(user), db_uuid_array(graphs, cursor_count),
                                     db_text_array(topics, cursor_count), db_timestamp_array(instants, cursor_count),
                                     db_uuid_array(ids, cursor_count), db_int4(limit)),
                           &rows);
    if (s != STATUS_OK)
        return s;
    size_t count = db_row_count(rows);
    *out = (logged_events){ARENA_ARRAY(a, topic_event, count), ARENA_ARRAY(a, size_t, count), count};
    for (size_t i = 0; i < count; i++) {
        out->cursor_of[i] = (size_t)db_get_int8(rows, i, 0) - 1;
        out->events[i] = read_logged(rows, i);
    }
    db_rows_release(rows);
    return STATUS_OK;
}

/* Two that take in the same events meet on the topics' rows, in one order; the second finds another version than it
 * read and leaves that topic and its events alone. It may wait for the first, hence not in a group with others. */
static const db_statement save_topics = {
    .name = "progress.save_topics",
    .kind = DB_ALONE,
    .operation = "update",
    .table = "topic_states",
    .sql = "WITH stored AS ("
           "  INSERT INTO topic_states AS s (user_id, graph_id, topic_key, " STATE_COLUMNS ")"
           "  SELECT $1::uuid, t.graph_id, t.topic_key, t.version + 1, t.phase, t.step, t.stability_days, t.difficulty,"
           "    CASE WHEN t.phase <> 0 THEN t.last_review_at END, CASE WHEN t.phase <> 0 THEN t.due_at END,"
           "    t.review_count, t.lapse_count, t.studied_seconds, t.last_event_at"
           "  FROM unnest($2::uuid[], $3::text[], $4::int8[], $5::int4[], $6::int4[], $7::float8[], $8::float8[],"
           "    $9::timestamptz[], $10::timestamptz[], $11::int4[], $12::int4[], $13::int8[], $14::timestamptz[])"
           "    AS t(graph_id, topic_key, " STATE_COLUMNS ")"
           "  ORDER BY t.graph_id, t.topic_key COLLATE \"C\""
           "  ON CONFLICT (user_id, graph_id, topic_key) DO UPDATE SET (" STATE_COLUMNS ") ="
           "    ROW (excluded.version, excluded.phase, excluded.step, excluded.stability_days, excluded.difficulty,"
           "      excluded.last_review_at, excluded.due_at, excluded.review_count, excluded.lapse_count,"
           "      excluded.studied_seconds, excluded.last_event_at)"
           "  WHERE s.version = excluded.version - 1"
           "  RETURNING graph_id, topic_key"
           "), taken_in AS ("
           "  DELETE FROM pending_events p USING stored s"
           "    JOIN unnest($15::uuid[], $16::text[], $17::int8[]) AS q(graph_id, topic_key, seq)"
           "      USING (graph_id, topic_key)"
           "  WHERE p.user_id = $1::uuid AND p.graph_id = q.graph_id AND p.topic_key = q.topic_key AND p.seq = q.seq"
           ") SELECT count(*) FROM stored",
};

/* Each column of the topics as an array of its own. */
typedef struct topic_columns {
    uuid *graphs;
    const char **keys;
    int64_t *versions, *last_reviews, *dues, *studied, *last_events;
    int32_t *phases, *steps, *reviews, *lapses;
    double *stabilities, *difficulties;
} topic_columns;

static topic_columns make_columns(arena *a, const topic_row *topics, size_t n)
{
    topic_columns c = {
        .graphs = ARENA_ARRAY(a, uuid, n),
        .keys = ARENA_ARRAY(a, const char *, n),
        .versions = ARENA_ARRAY(a, int64_t, n),
        .last_reviews = ARENA_ARRAY(a, int64_t, n),
        .dues = ARENA_ARRAY(a, int64_t, n),
        .studied = ARENA_ARRAY(a, int64_t, n),
        .last_events = ARENA_ARRAY(a, int64_t, n),
        .phases = ARENA_ARRAY(a, int32_t, n),
        .steps = ARENA_ARRAY(a, int32_t, n),
        .reviews = ARENA_ARRAY(a, int32_t, n),
        .lapses = ARENA_ARRAY(a, int32_t, n),
        .stabilities = ARENA_ARRAY(a, double, n),
        .difficulties = ARENA_ARRAY(a, double, n),
    };
    for (size_t i = 0; i < n; i++) {
        const topic_progress *p = &topics[i].progress;
        c.graphs[i] = topics[i].graph_id;
        c.keys[i] = topics[i].topic_key;
        c.versions[i] = topics[i].version;
        c.last_reviews[i] = p->memory.last_review_us;
        c.dues[i] = p->memory.due_us;
        c.studied[i] = p->studied_seconds;
        c.last_events[i] = p->last_event_us;
        c.phases[i] = (int32_t)p->memory.phase;
        c.steps[i] = p->memory.step;
        c.reviews[i] = p->review_count;
        c.lapses[i] = p->lapse_count;
        c.stabilities[i] = p->memory.stability_days;
        c.difficulties[i] = p->memory.difficulty;
    }
    return c;
}

/* The same for pending events. */
typedef struct pending_columns {
    uuid *graphs;
    const char **keys;
    int64_t *seqs;
} pending_columns;

static pending_columns make_pending_columns(arena *a, const pending_list *list)
{
    pending_columns c = {
        .graphs = ARENA_ARRAY(a, uuid, list->count),
        .keys = ARENA_ARRAY(a, const char *, list->count),
        .seqs = ARENA_ARRAY(a, int64_t, list->count),
    };
    for (size_t i = 0; i < list->count; i++) {
        c.graphs[i] = list->events[i].topic.graph_id;
        c.keys[i] = list->events[i].topic.topic_key;
        c.seqs[i] = list->events[i].seq;
    }
    return c;
}

status progress_store_save_topics(db *d, arena *a, const uuid *user, const topic_row *topics, size_t topic_count,
                                  const pending_list *taken_in, size_t *stored)
{
    size_t n = topic_count;
    topic_columns c = make_columns(a, topics, n);
    pending_columns p = make_pending_columns(a, taken_in);
    db_rows *rows;
    status s =
        progress_store_run(d, &save_topics,
                           DB_VALUES(db_uuid(user), db_uuid_array(c.graphs, n), db_text_array(c.keys, n),
                                     db_int8_array(c.versions, n), db_int4_array(c.phases, n),
                                     db_int4_array(c.steps, n), db_float8_array(c.stabilities, n),
                                     db_float8_array(c.difficulties, n), db_timestamp_array(c.last_reviews, n),
                                     db_timestamp_array(c.dues, n), db_int4_array(c.reviews, n),
                                     db_int4_array(c.lapses, n), db_int8_array(c.studied, n),
                                     db_timestamp_array(c.last_events, n), db_uuid_array(p.graphs, taken_in->count),
                                     db_text_array(p.keys, taken_in->count), db_int8_array(p.seqs, taken_in->count)),
                           &rows);
    if (s != STATUS_OK)
        return s;
    *stored = (size_t)db_get_int8(rows, 0, 0);
    db_rows_release(rows);
    return STATUS_OK;
}
