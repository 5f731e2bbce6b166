#include "store_internal.h"

/* The report stands in the first row only; a plan whose sessions are all gone is one row of NULLs behind it. A plan has
 * the sessions that lay ahead when it was made and had not been acted on yet, as long as it is the newest. */
#define PLAN_COLUMNS                                                                                                   \
    "CASE WHEN row_number() OVER (ORDER BY s.start_time, s.id) = 1 THEN p.report END, " SESSION_COLUMNS                \
    " FROM plans p LEFT JOIN sessions s ON s.user_id = p.user_id AND s.start_time >= p.create_time"                    \
    " AND (s.status_time >= p.create_time) IS NOT FALSE"                                                               \
    " AND p.version = (SELECT max(version) FROM plans WHERE user_id = $1)"

static const db_statement get_plan = {
    .name = "plan.get_plan",
    .kind = DB_READ,
    .operation = "select",
    .table = "plans",
    .sql = "SELECT " PLAN_COLUMNS " WHERE p.user_id = $1 AND p.id = $2 ORDER BY s.start_time, s.id",
};

static const db_statement get_newest_plan = {
    .name = "plan.get_newest_plan",
    .kind = DB_READ,
    .operation = "select",
    .table = "plans",
    .sql = "SELECT " PLAN_COLUMNS " WHERE p.user_id = $1"
           " AND p.version = (SELECT max(version) FROM plans WHERE user_id = $1) ORDER BY s.start_time, s.id",
};

status plan_store_get_plan(db *d, const uuid *user, const uuid *id, plan_row *row)
{
    db_rows *rows;
    status s = id != NULL ? RUN(d, &get_plan, &rows, db_uuid(user), db_uuid(id))
                          : RUN(d, &get_newest_plan, &rows, db_uuid(user));
    if (s != STATUS_OK)
        return s;
    if (db_row_count(rows) == 0)
        return PLAN_NO_PLAN;
    *row = (plan_row){0};
    row->report = db_get_bytes(rows, 0, 0, &row->report_size);
    row->session_count = db_is_null(rows, 0, 1) ? 0 : db_row_count(rows);
    session_row *list = ARENA_ARRAY(fiber_arena(), session_row, row->session_count);
    for (size_t i = 0; i < row->session_count; i++)
        plan_read_session(rows, i, 1, &list[i]);
    row->sessions = list;
    return STATUS_OK;
}

static const db_statement list_plans = {
    .name = "plan.list_plans",
    .kind = DB_READ,
    .operation = "select",
    .table = "plans",
    .sql = "SELECT id, version, create_time, work_minutes, lateness_minutes, kept, moved, shortened, added, removed"
           " FROM plans WHERE user_id = $1 AND version < $2 ORDER BY version DESC LIMIT $3",
};

status plan_store_list_plans(db *d, const uuid *user, int32_t before, int32_t limit, const plan_summary_row **out,
                             size_t *count)
{
    db_rows *rows;
    status s = RUN(d, &list_plans, &rows, db_uuid(user), db_int4(before), db_int8(limit));
    if (s != STATUS_OK)
        return s;
    *count = db_row_count(rows);
    plan_summary_row *list = ARENA_ARRAY(fiber_arena(), plan_summary_row, *count);
    for (size_t i = 0; i < *count; i++)
        list[i] = (plan_summary_row){
            .id = db_get_uuid(rows, i, 0),
            .version = db_get_int4(rows, i, 1),
            .create_us = db_get_timestamp(rows, i, 2),
            .work_minutes = db_get_int4(rows, i, 3),
            .lateness_minutes = db_get_int4(rows, i, 4),
            .counts = {db_get_int4(rows, i, 5), db_get_int4(rows, i, 6), db_get_int4(rows, i, 7),
                       db_get_int4(rows, i, 8), db_get_int4(rows, i, 9)},
        };
    *out = list;
    return STATUS_OK;
}

static const db_statement last_mastered = {
    .name = "plan.last_mastered",
    .kind = DB_READ,
    .operation = "select",
    .table = "plans",
    .sql = "SELECT m.graph_id, m.topic_key"
           " FROM plans p, unnest(p.mastered_graphs, p.mastered_keys) m(graph_id, topic_key)"
           " WHERE p.user_id = $1 AND p.version = (SELECT max(version) FROM plans WHERE user_id = $1)",
};

status plan_store_last_mastered(db *d, const uuid *user, const mastered_row **out, size_t *count)
{
    db_rows *rows;
    status s = RUN(d, &last_mastered, &rows, db_uuid(user));
    if (s != STATUS_OK)
        return s;
    *count = db_row_count(rows);
    mastered_row *list = ARENA_ARRAY(fiber_arena(), mastered_row, *count);
    for (size_t i = 0; i < *count; i++)
        list[i] = (mastered_row){db_get_uuid(rows, i, 0), db_get_text(rows, i, 1)};
    *out = list;
    return STATUS_OK;
}

static const db_statement last_reviews = {
    .name = "plan.last_reviews",
    .kind = DB_READ,
    .operation = "select",
    .table = "sessions",
    .sql = "SELECT graph_id, topic_key::text, min(start_time), sum(minutes)::int4 FROM sessions"
           " WHERE user_id = $1 AND kind = 2 AND status = 1"
           "   AND start_time >= (SELECT create_time FROM plans WHERE user_id = $1 ORDER BY version DESC LIMIT 1)"
           " GROUP BY graph_id, topic_key ORDER BY 3, 1, 2",
};

status plan_store_last_reviews(db *d, const uuid *user, const review_row **out, size_t *count)
{
    db_rows *rows;
    status s = RUN(d, &last_reviews, &rows, db_uuid(user));
    if (s != STATUS_OK)
        return s;
    *count = db_row_count(rows);
    review_row *list = ARENA_ARRAY(fiber_arena(), review_row, *count);
    for (size_t i = 0; i < *count; i++)
        list[i] = (review_row){.graph_id = db_get_uuid(rows, i, 0),
                               .topic_key = db_get_text(rows, i, 1),
                               .due_us = db_get_timestamp(rows, i, 2),
                               .minutes = db_get_int4(rows, i, 3)};
    *out = list;
    return STATUS_OK;
}

static const db_statement offsets_of_zone = {
    .name = "plan.offsets",
    .kind = DB_READ,
    .operation = "select",
    .table = "availability",
    .sql = "SELECT (extract(epoch FROM (t AT TIME ZONE $1) - (t AT TIME ZONE 'UTC')) / 60)::int4"
           " FROM unnest($2::int8[]) WITH ORDINALITY u(minute, number), to_timestamp(u.minute * 60.0) t"
           " ORDER BY u.number",
};

status plan_store_offsets(db *d, const char *time_zone, const int64_t *instants, size_t count, int32_t *offsets)
{
    db_rows *rows;
    status s = RUN(d, &offsets_of_zone, &rows, db_text(time_zone), db_int8_array(instants, count));
    if (s != STATUS_OK)
        return s;
    for (size_t i = 0; i < count && i < db_row_count(rows); i++)
        offsets[i] = db_get_int4(rows, i, 0);
    return STATUS_OK;
}

/* What was read decides. The newest plan is locked as it was read, and all else hangs on it; of two who save a first
 * plan one inserts it. What was acted on meanwhile is let alone in any case. */
static const db_statement save_plan = {
    .name = "plan.save_plan",
    .kind = DB_ALONE,
    .operation = "insert",
    .table = "plans",
    .sql = "WITH newest AS ("
           "  SELECT id FROM plans WHERE user_id = $1 AND version = $3::int4 - 1 AND calendar_version = $13::int8"
           "  FOR UPDATE"
           "), made AS ("
           "  INSERT INTO plans (id, user_id, version, create_time, horizon, time_zone, work_minutes,"
           "                     lateness_minutes, mastery_known, report, mastered_graphs, mastered_keys,"
           "                     kept, moved, shortened, added, removed)"
           "  SELECT $2::uuid, $1::uuid, $3::int4, $4::timestamptz, $5::timestamptz, $6::text, $7::int4, $8::int4,"
           "         $9::bool, $10::bytea, $11::uuid[], $12::text[], ($14::int4[])[1], ($14::int4[])[2],"
           "         ($14::int4[])[3], ($14::int4[])[4], ($14::int4[])[5]"
           "  WHERE $3::int4 = 1 OR EXISTS (SELECT FROM newest)"
           "  ON CONFLICT DO NOTHING RETURNING id"
           "), drawn AS ("
           "  SELECT nextval('row_versions') AS version"
           "), forgotten AS ("
           "  DELETE FROM plans USING made WHERE user_id = $1 AND version <= $3::int4 - $15::int4"
           "), gone AS ("
           "  DELETE FROM sessions s USING made WHERE s.user_id = $1 AND s.id = ANY ($16::uuid[]) AND s.status = 1"
           "), placed AS ("
           "  INSERT INTO sessions AS s (id, user_id, plan_id, graph_id, topic_key, topic_title, start_time, end_time,"
           "                             minutes, kind, version)"
           "  SELECT p.id, $1::uuid, made.id, p.graph_id, p.topic_key, p.topic_title, p.start_time, p.end_time,"
           "         p.minutes, p.kind, drawn.version"
           "  FROM made CROSS JOIN drawn CROSS JOIN unnest($17::uuid[], $18::uuid[], $19::text[], $20::text[], "
           "$21::timestamptz[],"
           "                                               $22::timestamptz[], $23::int4[], $24::int4[])"
           "         p(id, graph_id, topic_key, topic_title, start_time, end_time, minutes, kind)"
           "  ON CONFLICT (id) DO UPDATE SET plan_id = excluded.plan_id, start_time = excluded.start_time,"
           "    end_time = excluded.end_time, minutes = excluded.minutes, version = excluded.version"
           "  WHERE s.user_id = $1 AND s.status = 1"
           ") SELECT EXISTS (SELECT FROM made), EXISTS (SELECT FROM plans WHERE id = $2),"
           "         (SELECT version FROM drawn)",
};

/* Columns for unnest out of rows. */
typedef struct session_arrays {
    uuid *ids, *graphs;
    const char **keys, **titles;
    int64_t *starts, *ends;
    int32_t *minutes, *kinds;
} session_arrays;

static session_arrays session_columns(const session_row *rows, size_t count)
{
    arena *a = fiber_arena();
    session_arrays c = {
        .ids = ARENA_ARRAY(a, uuid, count),
        .graphs = ARENA_ARRAY(a, uuid, count),
        .keys = ARENA_ARRAY(a, const char *, count),
        .titles = ARENA_ARRAY(a, const char *, count),
        .starts = ARENA_ARRAY(a, int64_t, count),
        .ends = ARENA_ARRAY(a, int64_t, count),
        .minutes = ARENA_ARRAY(a, int32_t, count),
        .kinds = ARENA_ARRAY(a, int32_t, count),
    };

    for (size_t i = 0; i < count; i++) {
        c.ids[i] = rows[i].id;
        c.graphs[i] = rows[i].graph_id;
        c.keys[i] = rows[i].topic_key;
        c.titles[i] = rows[i].topic_title;
        c.starts[i] = rows[i].start_us;
        c.ends[i] = rows[i].end_us;
        c.minutes[i] = rows[i].minutes;
        c.kinds[i] = rows[i].kind;
    }
    return c;
}

status plan_store_save_plan(db *d, const uuid *user, const new_plan *p, int64_t *placed_version)
{
    const int64_t minute_us = 60 * INT64_C(1000000);
    const int32_t counts[] = {p->counts.kept, p->counts.moved, p->counts.shortened, p->counts.added, p->counts.removed};
    session_arrays c = session_columns(p->placed, p->placed_count);
    uuid *graphs = ARENA_ARRAY(fiber_arena(), uuid, p->mastered_count);
    const char **keys = ARENA_ARRAY(fiber_arena(), const char *, p->mastered_count);
    db_rows *rows;

    for (size_t i = 0; i < p->mastered_count; i++) {
        graphs[i] = p->mastered[i].graph_id;
        keys[i] = p->mastered[i].topic_key;
    }
    status s =
        RUN(d, &save_plan, &rows, db_uuid(user), db_uuid(&p->id), db_int4(p->version), db_timestamp(p->create_us),
            db_timestamp(p->horizon * minute_us), db_text(p->time_zone), db_int4((int32_t)p->work_minutes),
            db_int4((int32_t)p->lateness_minutes), db_bool(p->mastery_known), db_bytes(p->report, p->report_size),
            db_uuid_array(graphs, p->mastered_count), db_text_array(keys, p->mastered_count),
            db_int8(p->calendar_version), db_int4_array(counts, sizeof counts / sizeof counts[0]),
            db_int4(PLAN_HISTORY), db_uuid_array(p->removed, p->removed_count), db_uuid_array(c.ids, p->placed_count),
            db_uuid_array(c.graphs, p->placed_count), db_text_array(c.keys, p->placed_count),
            db_text_array(c.titles, p->placed_count), db_timestamp_array(c.starts, p->placed_count),
            db_timestamp_array(c.ends, p->placed_count), db_int4_array(c.minutes, p->placed_count),
            db_int4_array(c.kinds, p->placed_count));
    if (s != STATUS_OK)
        return s;
    *placed_version = db_get_int8(rows, 0, 2);
    if (db_get_bool(rows, 0, 0))
        return STATUS_OK;
    return db_get_bool(rows, 0, 1) ? PLAN_ID_TAKEN : PLAN_OVERTAKEN;
}
