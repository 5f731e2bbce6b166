#include "store_internal.h"

void plan_read_goal(const db_rows *rows, size_t row, size_t first, goal_row *out)
{
    *out = (goal_row){
        .id = db_get_uuid(rows, row, first),
        .graph_id = db_get_uuid(rows, row, first + 1),
        .title = db_get_text(rows, row, first + 2),
        .description = db_get_text(rows, row, first + 3),
        .due_us = db_get_timestamp(rows, row, first + 5),
        .has_not_before = !db_is_null(rows, row, first + 6),
        .not_before_us = db_get_timestamp(rows, row, first + 6),
        .weight = db_get_int4(rows, row, first + 7),
        .status = db_get_int4(rows, row, first + 8),
        .create_us = db_get_timestamp(rows, row, first + 9),
        .update_us = db_get_timestamp(rows, row, first + 10),
        .version = db_get_int8(rows, row, first + 11),
        .thorough = db_get_bool(rows, row, first + 12),
        .retention_percent = db_get_int4(rows, row, first + 13),
    };
    out->target_count = db_get_text_array(rows, row, first + 4, &out->targets);
}

static const db_statement get_goal = {
    .name = "plan.get_goal",
    .kind = DB_READ,
    .operation = "select",
    .table = "goals",
    .sql = "SELECT " GOAL_COLUMNS " FROM goals g WHERE g.id = $1 AND g.user_id = $2",
};

status plan_store_get_goal(db *d, const uuid *user, const uuid *id, goal_row *row)
{
    db_rows *rows;
    status s = RUN(d, &get_goal, &rows, db_uuid(id), db_uuid(user));
    if (s != STATUS_OK)
        return s;
    if (db_row_count(rows) == 0)
        return PLAN_NO_GOAL;
    plan_read_goal(rows, 0, 0, row);
    return STATUS_OK;
}

#define GOAL_FIELDS                                                                                                    \
    "id, graph_id, title, description, targets, due, not_before, weight, status, create_time, update_time, version, "  \
    "thorough, retention_percent"

/* Always one row: whether the graph is there, the indexes of unknown targets, and the goal that was made or changed
 * (NULLs: none). */
#define UNKNOWN_TARGETS                                                                                                \
    "SELECT t.number::int4 - 1 AS number FROM unnest($6::text[]) WITH ORDINALITY t(key, number)"                       \
    " WHERE NOT EXISTS (SELECT FROM topics WHERE topics.graph_id = graph.id AND topics.key = t.key)"

static const db_statement add_goal = {
    .name = "plan.add_goal",
    .kind = DB_WRITE,
    .operation = "insert",
    .table = "goals",
    .sql = "WITH graph AS ("
           "  SELECT id FROM graphs WHERE id = $3 AND (user_id = $2 OR visibility = 'public')"
           "), unknown AS ("
           "  SELECT number FROM graph CROSS JOIN LATERAL (" UNKNOWN_TARGETS ") missing"
           "), g AS ("
           "  INSERT INTO goals (id, user_id, graph_id, title, description, targets, due, not_before, weight,"
           "                     thorough, retention_percent)"
           "  SELECT $1::uuid, $2::uuid, graph.id, $4::text, $5::text, $6::text[], $7::timestamptz, $8::timestamptz,"
           "         $9::int4, $10::bool, $11::int4"
           "  FROM graph WHERE NOT EXISTS (SELECT FROM unknown)"
           "  ON CONFLICT (id) DO NOTHING RETURNING " GOAL_FIELDS
           ") SELECT EXISTS (SELECT FROM graph), ARRAY(SELECT number FROM unknown ORDER BY number), " GOAL_COLUMNS
           " FROM (SELECT) one LEFT JOIN g ON true",
};

static bool has_unknown_targets(const db_rows *rows, unknown_targets *unknown)
{
    unknown->count = db_get_int4_array(rows, 0, 1, &unknown->indexes);
    return unknown->count > 0;
}

status plan_store_add_goal(db *d, const uuid *user, goal_row *row, unknown_targets *unknown)
{
    db_rows *rows;
    status s = db_query(d, &add_goal,
                        DB_VALUES(db_uuid(&row->id), db_uuid(user), db_uuid(&row->graph_id), db_text(row->title),
                                  db_text(row->description), db_text_array(row->targets, row->target_count),
                                  db_timestamp(row->due_us),
                                  row->has_not_before ? db_timestamp(row->not_before_us) : db_null(),
                                  db_int4(row->weight), db_bool(row->thorough),
                                  row->retention_percent > 0 ? db_int4(row->retention_percent) : db_null()),
                        &rows);
    if (s == DB_LOCKED)
        return STATUS_UNAVAILABLE;
    if (s == DB_CONFLICT)
        return PLAN_NO_GRAPH; /* deleted at the same moment */
    if (s != STATUS_OK)
        return s;
    if (!db_get_bool(rows, 0, 0))
        return PLAN_NO_GRAPH;
    if (has_unknown_targets(rows, unknown))
        return PLAN_UNKNOWN_TARGETS;
    if (db_is_null(rows, 0, 2)) {
        s = plan_store_get_goal(d, user, &row->id, row);
        return s == PLAN_NO_GOAL ? PLAN_ID_TAKEN : s;
    }
    plan_read_goal(rows, 0, 2, row);
    return STATUS_OK;
}

static const db_statement list_goals = {
    .name = "plan.list_goals",
    .kind = DB_READ,
    .operation = "select",
    .table = "goals",
    .sql = "SELECT " GOAL_COLUMNS " FROM goals g WHERE g.user_id = $1 AND g.id < $2 ORDER BY g.id DESC LIMIT $3",
};

status plan_store_list_goals(db *d, const uuid *user, const uuid *before, int32_t limit, const goal_row **out,
                             size_t *count)
{
    db_rows *rows;
    status s = RUN(d, &list_goals, &rows, db_uuid(user), db_uuid(before), db_int8(limit));
    if (s != STATUS_OK)
        return s;
    *count = db_row_count(rows);
    goal_row *list = ARENA_ARRAY(fiber_arena(), goal_row, *count);
    for (size_t i = 0; i < *count; i++)
        plan_read_goal(rows, i, 0, &list[i]);
    *out = list;
    return STATUS_OK;
}

/* The row is locked first and judged as it is then, so two changes at once cannot cross dates or miss one another. */
static const db_statement update_goal = {
    .name = "plan.update_goal",
    .kind = DB_WRITE,
    .operation = "update",
    .table = "goals",
    .sql = "WITH graph AS ("
           "  SELECT graph_id AS id, ($11::int8[] IS NULL OR version = ANY ($11::int8[])) AS matches,"
           "    (CASE WHEN $5::bool THEN $8::timestamptz ELSE not_before END < COALESCE($7::timestamptz, due))"
           "      IS NOT FALSE AS dated"
           "  FROM goals WHERE goals.id = $1 AND user_id = $2 FOR UPDATE"
           "), unknown AS ("
           "  SELECT number FROM graph CROSS JOIN LATERAL (" UNKNOWN_TARGETS ") missing"
           "), g AS ("
           "  UPDATE goals SET title = COALESCE($3::text, title), description = COALESCE($4::text, description),"
           "    targets = COALESCE($6::text[], targets), due = COALESCE($7::timestamptz, due),"
           "    not_before = CASE WHEN $5::bool THEN $8::timestamptz ELSE not_before END,"
           "    weight = COALESCE($9::int4, weight), status = COALESCE($10::int4, status), update_time = now(),"
           "    thorough = COALESCE($12::bool, thorough),"
           "    retention_percent = CASE WHEN $13::bool THEN $14::int4 ELSE retention_percent END,"
           "    version = nextval('row_versions')"
           "  WHERE id = $1 AND user_id = $2 AND NOT EXISTS (SELECT FROM unknown)"
           "    AND EXISTS (SELECT FROM graph WHERE matches AND dated)"
           "  RETURNING " GOAL_FIELDS
           ") SELECT (SELECT matches FROM graph), ARRAY(SELECT number FROM unknown ORDER BY number), " GOAL_COLUMNS
           " FROM (SELECT) one LEFT JOIN g ON true",
};

status plan_store_update_goal(db *d, const uuid *user, const goal_change *c, goal_row *row, unknown_targets *unknown)
{
    db_rows *rows;
    status s =
        RUN(d, &update_goal, &rows, db_uuid(&c->id), db_uuid(user), db_text(c->title), db_text(c->description),
            db_bool(c->sets_not_before), c->targets != NULL ? db_text_array(c->targets, c->target_count) : db_null(),
            c->due_us != NULL ? db_timestamp(*c->due_us) : db_null(),
            c->not_before_us != NULL ? db_timestamp(*c->not_before_us) : db_null(),
            c->weight != NULL ? db_int4(*c->weight) : db_null(), c->status != NULL ? db_int4(*c->status) : db_null(),
            plan_condition_value(&c->condition), c->thorough != NULL ? db_bool(*c->thorough) : db_null(),
            db_bool(c->sets_retention), c->retention_percent != NULL ? db_int4(*c->retention_percent) : db_null());
    if (s != STATUS_OK)
        return s;
    if (db_is_null(rows, 0, 0))
        return PLAN_NO_GOAL;
    if (!db_get_bool(rows, 0, 0))
        return PLAN_ANOTHER_VERSION;
    if (has_unknown_targets(rows, unknown))
        return PLAN_UNKNOWN_TARGETS;
    if (db_is_null(rows, 0, 2))
        return PLAN_DATES_CROSSED;
    plan_read_goal(rows, 0, 2, row);
    return STATUS_OK;
}

static const db_statement delete_goal = {
    .name = "plan.delete_goal",
    .kind = DB_WRITE,
    .operation = "delete",
    .table = "goals",
    .sql = "WITH goal AS ("
           "  SELECT id, ($3::int8[] IS NULL OR version = ANY ($3::int8[])) AS matches"
           "  FROM goals WHERE id = $1 AND user_id = $2 FOR UPDATE"
           "), gone AS ("
           "  DELETE FROM goals USING goal WHERE goals.id = goal.id AND goal.matches"
           ") SELECT matches FROM goal",
};

status plan_store_delete_goal(db *d, const uuid *user, const uuid *id, const row_condition *condition)
{
    db_rows *rows;
    status s = RUN(d, &delete_goal, &rows, db_uuid(id), db_uuid(user), plan_condition_value(condition));
    if (s != STATUS_OK)
        return s;
    if (db_row_count(rows) == 0)
        return PLAN_NO_GOAL;
    return db_get_bool(rows, 0, 0) ? STATUS_OK : PLAN_ANOTHER_VERSION;
}
