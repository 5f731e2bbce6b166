#include "store_internal.h"

#define GRAPH_COLUMNS                                                                                                  \
    "g.id, g.title, g.source, g.license, g.visibility, g.version, g.topic_count, g.edge_count, g.default_minutes, "    \
    "g.topics_without_minutes, g.total_minutes, g.create_time, g.user_id = $1 AS owned"

static void read_graph(const db_rows *rows, size_t row, graph_row *out)
{
    *out = (graph_row){
        .id = db_get_uuid(rows, row, 0),
        .title = db_get_text(rows, row, 1),
        .source = db_get_text(rows, row, 2),
        .license = db_get_text(rows, row, 3),
        .visibility = db_get_text(rows, row, 4),
        .version = db_get_int4(rows, row, 5),
        .topic_count = db_get_int4(rows, row, 6),
        .edge_count = db_get_int4(rows, row, 7),
        .default_minutes = db_get_int4(rows, row, 8),
        .topics_without_minutes = db_get_int4(rows, row, 9),
        .total_minutes = db_get_int8(rows, row, 10),
        .create_us = db_get_timestamp(rows, row, 11),
        .owned = db_get_bool(rows, row, 12),
    };
}

static const db_statement add_graph = {
    .name = "plan.add_graph",
    .kind = DB_ALONE,
    .operation = "insert",
    .table = "graphs",
    .sql =
        "WITH made AS ("
        "  INSERT INTO graphs (id, user_id, title, source, license, visibility, topic_count, edge_count,"
        "                      default_minutes, topics_without_minutes, total_minutes)"
        "  VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)"
        "  ON CONFLICT (id) DO NOTHING RETURNING id, version, create_time"
        "), outcome AS ("
        "  SELECT o.topic, array_agg(o.text ORDER BY o.number) AS texts"
        "  FROM unnest($12::int4[], $13::text[]) WITH ORDINALITY o(topic, text, number) GROUP BY o.topic"
        "), topic AS ("
        "  INSERT INTO topics (graph_id, position, key, title, summary, outcomes, minutes, minutes_by_default)"
        "  SELECT made.id, t.number - 1, t.key, t.title, t.summary, COALESCE(outcome.texts, '{}'), t.minutes, t.guessed"
        "  FROM made CROSS JOIN unnest($14::text[], $15::text[], $16::text[], $17::int4[], $18::bool[])"
        "         WITH ORDINALITY t(key, title, summary, minutes, guessed, number)"
        "  LEFT JOIN outcome ON outcome.topic = t.number - 1"
        "), edge AS ("
        "  INSERT INTO edges (graph_id, topic, prerequisite, hard, reason)"
        "  SELECT made.id, e.topic, e.prerequisite, e.hard, e.reason"
        "  FROM made CROSS JOIN unnest($19::int4[], $20::int4[], $21::bool[], $22::text[])"
        "         e(topic, prerequisite, hard, reason)"
        ") SELECT version, create_time FROM made",
};

/* Only the owner's: others learn nothing about an id that is taken. */
static const db_statement get_own_graph = {
    .name = "plan.get_own_graph",
    .kind = DB_READ,
    .operation = "select",
    .table = "graphs",
    .sql = "SELECT " GRAPH_COLUMNS " FROM graphs g WHERE g.id = $2 AND g.user_id = $1",
};

status plan_store_add_graph(db *d, const uuid *user, graph_row *row, const graph_content *c)
{
    db_rows *rows;
    status s = RUN(d, &add_graph, &rows, db_uuid(&row->id), db_uuid(user), db_text(row->title), db_text(row->source),
                   db_text(row->license), db_text(row->visibility), db_int4(row->topic_count), db_int4(row->edge_count),
                   db_int4(row->default_minutes), db_int4(row->topics_without_minutes), db_int8(row->total_minutes),
                   db_int4_array(c->outcome_topics, c->outcome_count), db_text_array(c->outcomes, c->outcome_count),
                   db_text_array(c->keys, c->topic_count), db_text_array(c->titles, c->topic_count),
                   db_text_array(c->summaries, c->topic_count), db_int4_array(c->minutes, c->topic_count),
                   db_bool_array(c->by_default, c->topic_count), db_int4_array(c->edge_topics, c->edge_count),
                   db_int4_array(c->edge_prerequisites, c->edge_count), db_bool_array(c->edge_hard, c->edge_count),
                   db_text_array(c->edge_reasons, c->edge_count));
    if (s != STATUS_OK)
        return s;
    if (db_row_count(rows) == 1) {
        row->version = db_get_int4(rows, 0, 0);
        row->create_us = db_get_timestamp(rows, 0, 1);
        row->owned = true;
        return STATUS_OK;
    }
    s = RUN(d, &get_own_graph, &rows, db_uuid(user), db_uuid(&row->id));
    if (s != STATUS_OK)
        return s;
    if (db_row_count(rows) == 0)
        return PLAN_ID_TAKEN;
    read_graph(rows, 0, row);
    return STATUS_OK;
}

static const db_statement get_graph = {
    .name = "plan.get_graph",
    .kind = DB_READ,
    .operation = "select",
    .table = "graphs",
    .sql = "SELECT " GRAPH_COLUMNS " FROM graphs g WHERE g.id = $2 AND (g.user_id = $1 OR g.visibility = 'public')",
};

status plan_store_get_graph(db *d, const uuid *user, const uuid *id, graph_row *row)
{
    db_rows *rows;
    status s = RUN(d, &get_graph, &rows, db_uuid(user), db_uuid(id));
    if (s != STATUS_OK)
        return s;
    if (db_row_count(rows) == 0)
        return PLAN_NO_GRAPH;
    read_graph(rows, 0, row);
    return STATUS_OK;
}

/* Two halves, each along its own index. */
static const db_statement list_graphs = {
    .name = "plan.list_graphs",
    .kind = DB_READ,
    .operation = "select",
    .table = "graphs",
    .sql = "(SELECT " GRAPH_COLUMNS " FROM graphs g WHERE g.user_id = $1 AND g.id < $2 ORDER BY g.id DESC LIMIT $3)"
           " UNION ALL "
           "(SELECT " GRAPH_COLUMNS " FROM graphs g WHERE g.visibility = 'public' AND g.user_id <> $1 AND g.id < $2"
           " ORDER BY g.id DESC LIMIT $3)"
           " ORDER BY id DESC LIMIT $3",
};

status plan_store_list_graphs(db *d, const uuid *user, const uuid *before, int32_t limit, const graph_row **out,
                              size_t *count)
{
    db_rows *rows;
    status s = RUN(d, &list_graphs, &rows, db_uuid(user), db_uuid(before), db_int8(limit));
    if (s != STATUS_OK)
        return s;
    *count = db_row_count(rows);
    graph_row *list = ARENA_ARRAY(fiber_arena(), graph_row, *count);
    for (size_t i = 0; i < *count; i++)
        read_graph(rows, i, &list[i]);
    *out = list;
    return STATUS_OK;
}

/* A goal that is added at the same moment is met by the foreign key. */
static const db_statement delete_graph = {
    .name = "plan.delete_graph",
    .kind = DB_ALONE,
    .operation = "delete",
    .table = "graphs",
    .sql = "WITH gone AS (DELETE FROM graphs WHERE id = $2 AND user_id = $1"
           "   AND NOT EXISTS (SELECT FROM goals WHERE graph_id = $2) RETURNING id)"
           " SELECT EXISTS (SELECT FROM graphs WHERE id = $2 AND user_id = $1), EXISTS (SELECT FROM gone)",
};

status plan_store_delete_graph(db *d, const uuid *user, const uuid *id)
{
    db_rows *rows;
    status s = db_query(d, &delete_graph, DB_VALUES(db_uuid(user), db_uuid(id)), &rows);
    if (s == DB_LOCKED)
        return STATUS_UNAVAILABLE;
    if (s == DB_CONFLICT)
        return PLAN_GRAPH_IN_USE;
    if (s != STATUS_OK)
        return s;
    if (!db_get_bool(rows, 0, 0))
        return PLAN_NO_GRAPH;
    return db_get_bool(rows, 0, 1) ? STATUS_OK : PLAN_GRAPH_IN_USE;
}

#define TOPIC_COLUMNS                                                                                                  \
    "t.position, t.key, t.title, t.summary, t.outcomes, t.minutes, t.minutes_by_default,"                              \
    " p.keys, p.strengths, p.reasons"
#define PREREQUISITES                                                                                                  \
    " LEFT JOIN LATERAL (SELECT array_agg(q.key ORDER BY q.position) AS keys,"                                         \
    "   array_agg(CASE WHEN e.hard THEN 'hard' ELSE 'soft' END ORDER BY q.position) AS strengths,"                     \
    "   array_agg(e.reason ORDER BY q.position) AS reasons"                                                            \
    "   FROM edges e JOIN topics q ON q.graph_id = e.graph_id AND q.position = e.prerequisite"                         \
    "   WHERE e.graph_id = t.graph_id AND e.topic = t.position) p ON true "

static void read_topic(const db_rows *rows, size_t row, topic_row *out)
{
    *out = (topic_row){
        .position = db_get_int4(rows, row, 0),
        .key = db_get_text(rows, row, 1),
        .title = db_get_text(rows, row, 2),
        .summary = db_get_text(rows, row, 3),
        .minutes = db_get_int4(rows, row, 5),
        .minutes_by_default = db_get_bool(rows, row, 6),
    };
    out->outcome_count = db_get_text_array(rows, row, 4, &out->outcomes);
    out->prerequisite_count = db_get_text_array(rows, row, 7, &out->prerequisites);
    db_get_text_array(rows, row, 8, &out->strengths);
    db_get_text_array(rows, row, 9, &out->reasons);
}

/* One row without a topic when the graph has none to show; no row when there is no such graph. */
static const db_statement list_topics = {
    .name = "plan.list_topics",
    .kind = DB_READ,
    .operation = "select",
    .table = "topics",
    .sql = "SELECT " TOPIC_COLUMNS " FROM graphs g LEFT JOIN LATERAL ("
           "   SELECT graph_id, position, key, title, summary, outcomes, minutes, minutes_by_default"
           "   FROM topics WHERE graph_id = g.id AND position > $3 AND NOT EXISTS ("
           "     SELECT FROM unnest($4::text[]) word WHERE strpos(lower(key || ' ' || title), word) = 0)"
           "   ORDER BY position LIMIT $5) t ON true" PREREQUISITES
           "WHERE g.id = $2 AND (g.user_id = $1 OR g.visibility = 'public') ORDER BY t.position",
};

status plan_store_list_topics(db *d, const uuid *user, const uuid *graph, const char *const *words, size_t word_count,
                              int32_t after, int32_t limit, const topic_row **out, size_t *count)
{
    db_rows *rows;
    status s = RUN(d, &list_topics, &rows, db_uuid(user), db_uuid(graph), db_int4(after),
                   db_text_array(words, word_count), db_int8(limit));
    if (s != STATUS_OK)
        return s;
    if (db_row_count(rows) == 0)
        return PLAN_NO_GRAPH;
    *count = db_is_null(rows, 0, 0) ? 0 : db_row_count(rows);
    topic_row *list = ARENA_ARRAY(fiber_arena(), topic_row, *count);
    for (size_t i = 0; i < *count; i++)
        read_topic(rows, i, &list[i]);
    *out = list;
    return STATUS_OK;
}

static const db_statement get_topic = {
    .name = "plan.get_topic",
    .kind = DB_READ,
    .operation = "select",
    .table = "topics",
    .sql = "SELECT " TOPIC_COLUMNS " FROM graphs g"
           " LEFT JOIN topics t ON t.graph_id = g.id AND t.key = $3" PREREQUISITES
           "WHERE g.id = $2 AND (g.user_id = $1 OR g.visibility = 'public')",
};

status plan_store_get_topic(db *d, const uuid *user, const uuid *graph, const char *key, topic_row *row)
{
    db_rows *rows;
    status s = RUN(d, &get_topic, &rows, db_uuid(user), db_uuid(graph), db_text(key));
    if (s != STATUS_OK)
        return s;
    if (db_row_count(rows) == 0)
        return PLAN_NO_GRAPH;
    if (db_is_null(rows, 0, 0))
        return PLAN_NO_TOPIC;
    read_topic(rows, 0, row);
    return STATUS_OK;
}

static const db_statement get_structure = {
    .name = "plan.get_structure",
    .kind = DB_READ,
    .operation = "select",
    .table = "topics",
    .sql = "SELECT t.keys, t.titles, e.topics, e.prerequisites FROM graphs g"
           " CROSS JOIN LATERAL (SELECT array_agg(key::text ORDER BY position) AS keys,"
           "   array_agg(title ORDER BY position) AS titles FROM topics WHERE graph_id = g.id) t"
           " CROSS JOIN LATERAL (SELECT array_agg(topic ORDER BY topic, prerequisite) AS topics,"
           "   array_agg(prerequisite ORDER BY topic, prerequisite) AS prerequisites"
           "   FROM edges WHERE graph_id = g.id AND hard) e"
           " WHERE g.id = $2 AND (g.user_id = $1 OR g.visibility = 'public')",
};

status plan_store_get_structure(db *d, const uuid *user, const uuid *graph, graph_structure *out)
{
    db_rows *rows;
    status s = RUN(d, &get_structure, &rows, db_uuid(user), db_uuid(graph));
    if (s != STATUS_OK)
        return s;
    if (db_row_count(rows) == 0)
        return PLAN_NO_GRAPH;
    out->topic_count = db_get_text_array(rows, 0, 0, &out->keys);
    db_get_text_array(rows, 0, 1, &out->titles);
    out->edge_count = db_get_int4_array(rows, 0, 2, &out->edge_topics);
    db_get_int4_array(rows, 0, 3, &out->edge_prerequisites);
    return STATUS_OK;
}
