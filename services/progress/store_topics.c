#include "outcome.h"
#include "store_internal.h"

status progress_store_run(db *d, const db_statement *statement, const db_value *values, size_t count, db_rows **rows)
{
    status s = db_query(d, statement, values, count, rows);
    if (s == DB_LOCKED)
        return PROGRESS_CONTENDED;
    return s == DB_CONFLICT ? STATUS_INTERNAL : s;
}

/* ---- rows ---- */

topic_row progress_store_read_topic(arena *a, const db_rows *rows, size_t row, size_t column)
{
    return (topic_row){
        .graph_id = db_get_uuid(rows, row, column),
        .topic_key = arena_strdup(a, db_get_text(rows, row, column + 1)),
        .version = db_get_int8(rows, row, column + 2),
        .progress =
            {
                .memory =
                    {
                        .phase = (memory_phase)db_get_int4(rows, row, column + 3),
                        .step = db_get_int4(rows, row, column + 4),
                        .stability_days = db_get_float8(rows, row, column + 5),
                        .difficulty = db_get_float8(rows, row, column + 6),
                        .last_review_us = db_get_timestamp(rows, row, column + 7),
                        .due_us = db_get_timestamp(rows, row, column + 8),
                    },
                .review_count = db_get_int4(rows, row, column + 9),
                .lapse_count = db_get_int4(rows, row, column + 10),
                .studied_seconds = db_get_int8(rows, row, column + 11),
                .last_event_us = db_get_timestamp(rows, row, column + 12),
            },
    };
}

/* Takes the rows over. */
static topic_list read_topics(arena *a, db_rows *rows, size_t count, size_t column)
{
    topic_row *topics = ARENA_ARRAY(a, topic_row, count);
    for (size_t i = 0; i < count; i++)
        topics[i] = progress_store_read_topic(a, rows, i, column);
    db_rows_release(rows);
    return (topic_list){topics, count};
}

/* ---- lists ---- */

/* Before every topic: keys are not empty. */
static const topic_row first_topic = {.topic_key = ""};

static const db_statement list_topics = {
    .name = "progress.list_topics",
    .kind = DB_READ,
    .operation = "select",
    .table = "topic_states",
    .sql = "SELECT graph_id, topic_key, " STATE_COLUMNS " FROM topic_states"
           " WHERE user_id = $1::uuid AND ($2::uuid[] IS NULL OR graph_id = ANY ($2::uuid[]))"
           "   AND (graph_id, topic_key) > ($3::uuid, $4::text)"
           " ORDER BY graph_id, topic_key LIMIT $5::int4",
};

status progress_store_list_topics(db *d, arena *a, const uuid *user, const uuid *graphs, size_t graph_count,
                                  const topic_row *after, int limit, topic_list *out)
{
    if (!after)
        after = &first_topic;
    db_rows *rows;
    status s = progress_store_run(d, &list_topics,
                                  DB_VALUES(db_uuid(user), graphs ? db_uuid_array(graphs, graph_count) : db_null(),
                                            db_uuid(&after->graph_id), db_text(after->topic_key), db_int4(limit)),
                                  &rows);
    if (s == STATUS_OK)
        *out = read_topics(a, rows, db_row_count(rows), 0);
    return s;
}

/* The total stands in every row; without a due topic on the page there is one row with nothing else. */
static const db_statement list_due = {
    .name = "progress.list_due",
    .kind = DB_READ,
    .operation = "select",
    .table = "topic_states",
    .sql = "SELECT t.total, d.graph_id, d.topic_key, " STATE_COLUMNS
           " FROM (SELECT count(*) AS total FROM topic_states WHERE user_id = $1::uuid AND due_at <= $2::timestamptz) t"
           " LEFT JOIN LATERAL (SELECT graph_id, topic_key, " STATE_COLUMNS " FROM topic_states"
           "   WHERE user_id = $1::uuid AND due_at <= $2::timestamptz"
           "     AND (due_at, graph_id, topic_key) > ($3::timestamptz, $4::uuid, $5::text)"
           "   ORDER BY due_at, graph_id, topic_key LIMIT $6::int4) d ON true"
           " ORDER BY d.due_at, d.graph_id, d.topic_key",
};

status progress_store_list_due(db *d, arena *a, const uuid *user, int64_t at_us, const topic_row *after, int limit,
                               topic_list *out, int64_t *total)
{
    if (!after)
        after = &first_topic;
    db_rows *rows;
    status s =
        progress_store_run(d, &list_due,
                           DB_VALUES(db_uuid(user), db_timestamp(at_us), db_timestamp(after->progress.memory.due_us),
                                     db_uuid(&after->graph_id), db_text(after->topic_key), db_int4(limit)),
                           &rows);
    if (s != STATUS_OK)
        return s;
    *total = db_get_int8(rows, 0, 0);
    *out = read_topics(a, rows, db_is_null(rows, 0, 1) ? 0 : db_row_count(rows), 1);
    return STATUS_OK;
}

static const db_statement review_seconds = {
    .name = "progress.review_seconds",
    .kind = DB_READ,
    .operation = "select",
    .table = "events",
    .sql = "SELECT COALESCE(percentile_disc(0.5) WITHIN GROUP (ORDER BY duration_seconds), 300)::int8 FROM ("
           "  SELECT duration_seconds FROM ("
           "    SELECT kind, duration_seconds FROM events WHERE user_id = $1::uuid"
           "    ORDER BY occurred_at DESC, id DESC LIMIT 1000) newest"
           "  WHERE kind = 2 AND duration_seconds > 0 LIMIT 100) reviews",
};

status progress_store_review_seconds(db *d, const uuid *user, int64_t *seconds)
{
    db_rows *rows;
    status s = progress_store_run(d, &review_seconds, DB_VALUES(db_uuid(user)), &rows);
    if (s != STATUS_OK)
        return s;
    *seconds = db_get_int8(rows, 0, 0);
    db_rows_release(rows);
    return STATUS_OK;
}
