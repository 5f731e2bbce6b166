#include "fiber.h"
#include "outcome.h"
#include "store_internal.h"

#define COLUMNS "id, graph_id, keys, titles, edge_topics, edge_prerequisites, asked, answers, finished, create_time"

static void read_placement(const db_rows *rows, placement_row *out)
{
    *out = (placement_row){
        .id = db_get_uuid(rows, 0, 0),
        .graph_id = db_get_uuid(rows, 0, 1),
        .finished = db_get_bool(rows, 0, 8),
        .create_us = db_get_timestamp(rows, 0, 9),
    };
    out->topic_count = db_get_text_array(rows, 0, 2, &out->keys);
    db_get_text_array(rows, 0, 3, &out->titles);
    out->edge_count = db_get_int4_array(rows, 0, 4, &out->edge_topics);
    db_get_int4_array(rows, 0, 5, &out->edge_prerequisites);
    out->answer_count = db_get_int4_array(rows, 0, 6, &out->asked);
    db_get_int4_array(rows, 0, 7, &out->answers);
}

static const db_statement get_placement = {
    .name = "progress.get_placement",
    .kind = DB_READ,
    .operation = "select",
    .table = "placements",
    .sql = "SELECT " COLUMNS " FROM placements WHERE user_id = $1 AND id = $2",
};

status progress_store_get_placement(db *d, const uuid *user, const uuid *id, placement_row *row)
{
    db_rows *rows;
    status s = progress_store_run(d, &get_placement, DB_VALUES(db_uuid(user), db_uuid(id)), &rows);
    if (s != STATUS_OK)
        return s;
    if (db_row_count(rows) == 0)
        return PROGRESS_NO_PLACEMENT;
    read_placement(rows, row);
    return STATUS_OK;
}

static const db_statement add_placement = {
    .name = "progress.add_placement",
    .kind = DB_WRITE,
    .operation = "insert",
    .table = "placements",
    .sql = "INSERT INTO placements (user_id, id, graph_id, keys, titles, edge_topics, edge_prerequisites)"
           " VALUES ($1::uuid, $2::uuid, $3::uuid, $4::text[], $5::text[], $6::int4[], $7::int4[])"
           " ON CONFLICT (user_id, id) DO NOTHING RETURNING " COLUMNS,
};

status progress_store_add_placement(db *d, const uuid *user, placement_row *row)
{
    db_rows *rows;
    status s = progress_store_run(d, &add_placement,
                                  DB_VALUES(db_uuid(user), db_uuid(&row->id), db_uuid(&row->graph_id),
                                            db_text_array(row->keys, row->topic_count),
                                            db_text_array(row->titles, row->topic_count),
                                            db_int4_array(row->edge_topics, row->edge_count),
                                            db_int4_array(row->edge_prerequisites, row->edge_count)),
                                  &rows);
    if (s != STATUS_OK)
        return s;
    if (db_row_count(rows) == 0)
        return progress_store_get_placement(d, user, &row->id, row);
    read_placement(rows, row);
    return STATUS_OK;
}

/* Only when it is still as it was read. */
static const db_statement answer_placement = {
    .name = "progress.answer_placement",
    .kind = DB_ALONE,
    .operation = "update",
    .table = "placements",
    .sql = "WITH answered AS ("
           "  UPDATE placements SET asked = asked || $4::int4, answers = answers || $5::int4, finished = $6::bool"
           "  WHERE user_id = $1::uuid AND id = $2::uuid AND cardinality(asked) = $3::int4 AND NOT finished"
           "  RETURNING user_id, graph_id"
           "), unknown AS ("
           "  DELETE FROM placed_topics p USING answered a"
           "  WHERE p.user_id = a.user_id AND p.graph_id = a.graph_id AND p.topic_key = ANY ($8::text[])"
           "), known AS ("
           "  INSERT INTO placed_topics (user_id, graph_id, topic_key)"
           "  SELECT a.user_id, a.graph_id, key FROM answered a, unnest($7::text[]) key"
           "  ON CONFLICT (user_id, graph_id, topic_key) DO UPDATE SET placed_at = now()"
           ") SELECT count(*) FROM answered",
};

status progress_store_answer_placement(db *d, const uuid *user, const placement_row *row, int32_t asked, bool right,
                                       const placement_result *result)
{
    const placement_result none = {0}, *r = result ? result : &none;
    db_rows *rows;
    status s = progress_store_run(d, &answer_placement,
                                  DB_VALUES(db_uuid(user), db_uuid(&row->id), db_int4((int32_t)row->answer_count),
                                            db_int4(asked), db_int4(right), db_bool(result != NULL),
                                            db_text_array(r->known, r->known_count),
                                            db_text_array(r->unknown, r->unknown_count)),
                                  &rows);
    if (s != STATUS_OK)
        return s;
    return db_get_int8(rows, 0, 0) == 1 ? STATUS_OK : PROGRESS_OTHER_QUESTION;
}

static const db_statement list_placed = {
    .name = "progress.list_placed",
    .kind = DB_READ,
    .operation = "select",
    .table = "placed_topics",
    .sql = "SELECT graph_id, topic_key FROM placed_topics p WHERE user_id = $1 AND graph_id = ANY ($2::uuid[])"
           " AND NOT EXISTS (SELECT FROM topic_states s WHERE s.user_id = p.user_id AND s.graph_id = p.graph_id"
           "   AND s.topic_key = p.topic_key AND s.phase <> 0)"
           " ORDER BY graph_id, topic_key LIMIT $3::int4",
};

status progress_store_list_placed(db *d, const uuid *user, const uuid *graphs, size_t graph_count, int limit,
                                  const placed_topic **out, size_t *count)
{
    db_rows *rows;
    status s = progress_store_run(d, &list_placed,
                                  DB_VALUES(db_uuid(user), db_uuid_array(graphs, graph_count), db_int4(limit)), &rows);
    if (s != STATUS_OK)
        return s;
    *count = db_row_count(rows);
    placed_topic *list = ARENA_ARRAY(fiber_arena(), placed_topic, *count);
    for (size_t i = 0; i < *count; i++)
        list[i] = (placed_topic){db_get_uuid(rows, i, 0), db_get_text(rows, i, 1)};
    *out = list;
    return STATUS_OK;
}
