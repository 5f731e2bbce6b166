#include "store_internal.h"

void plan_read_session(const db_rows *rows, size_t row, size_t first, session_row *out)
{
    *out = (session_row){
        .id = db_get_uuid(rows, row, first),
        .graph_id = db_get_uuid(rows, row, first + 1),
        .topic_key = db_get_text(rows, row, first + 2),
        .topic_title = db_get_text(rows, row, first + 3),
        .start_us = db_get_timestamp(rows, row, first + 4),
        .end_us = db_get_timestamp(rows, row, first + 5),
        .minutes = db_get_int4(rows, row, first + 6),
        .status = db_get_int4(rows, row, first + 7),
        .status_us = db_get_timestamp(rows, row, first + 8),
        .kind = db_get_int4(rows, row, first + 9),
        .pinned = db_get_bool(rows, row, first + 10),
        .version = db_get_int8(rows, row, first + 11),
    };
}

static const db_statement list_sessions = {
    .name = "plan.list_sessions",
    .kind = DB_READ,
    .operation = "select",
    .table = "sessions",
    .sql = "SELECT " SESSION_COLUMNS " FROM sessions s WHERE s.user_id = $1 AND s.start_time >= $2"
           " AND s.start_time < $3 AND (s.start_time, s.id) > ($4, $5) ORDER BY s.start_time, s.id LIMIT $6",
};

status plan_store_list_sessions(db *d, const uuid *user, const session_range *range, int32_t limit,
                                const session_row **out, size_t *count)
{
    db_rows *rows;
    status s = RUN(d, &list_sessions, &rows, db_uuid(user), db_timestamp(range->from_us), db_timestamp(range->to_us),
                   db_timestamp(range->after_us), db_uuid(&range->after_id), db_int8(limit));
    if (s != STATUS_OK)
        return s;
    *count = db_row_count(rows);
    session_row *list = ARENA_ARRAY(fiber_arena(), session_row, *count);
    for (size_t i = 0; i < *count; i++)
        plan_read_session(rows, i, 0, &list[i]);
    *out = list;
    return STATUS_OK;
}

static const db_statement mark_session = {
    .name = "plan.mark_session",
    .kind = DB_ALONE, /* it waits for a plan that is being saved */
    .operation = "update",
    .table = "sessions",
    .sql = TOUCH_NEWEST_PLAN("$2") " UPDATE sessions s SET status = $3,"
                                   " status_time = CASE WHEN s.status = $3 THEN s.status_time ELSE $4 END"
                                   " FROM (SELECT count(*) FROM newest) locked"
                                   " WHERE s.id = $1 AND s.user_id = $2 RETURNING " SESSION_COLUMNS,
};

status plan_store_mark_session(db *d, const uuid *user, const uuid *id, int32_t session_status, int64_t now_us,
                               session_row *row)
{
    db_rows *rows;
    status s = RUN(d, &mark_session, &rows, db_uuid(id), db_uuid(user), db_int4(session_status), db_timestamp(now_us));
    if (s != STATUS_OK)
        return s;
    if (db_row_count(rows) == 0)
        return PLAN_NO_SESSION;
    plan_read_session(rows, 0, 0, row);
    return STATUS_OK;
}

static const db_statement get_session = {
    .name = "plan.get_session",
    .kind = DB_READ,
    .operation = "select",
    .table = "sessions",
    .sql = "SELECT " SESSION_COLUMNS " FROM sessions s WHERE s.id = $1 AND s.user_id = $2",
};

status plan_store_get_session(db *d, const uuid *user, const uuid *id, session_row *row)
{
    db_rows *rows;
    status s = RUN(d, &get_session, &rows, db_uuid(id), db_uuid(user));
    if (s != STATUS_OK)
        return s;
    if (db_row_count(rows) == 0)
        return PLAN_NO_SESSION;
    plan_read_session(rows, 0, 0, row);
    return STATUS_OK;
}

static const db_statement start_session = {
    .name = "plan.start_session",
    .kind = DB_ALONE,
    .operation = "update",
    .table = "sessions",
    .sql = TOUCH_NEWEST_PLAN(
        "$2") " UPDATE sessions s SET status = 4, status_time = $3::timestamptz,"
              " start_time = CASE WHEN runs THEN s.start_time ELSE date_trunc('minute', $3::timestamptz) END,"
              " end_time = CASE WHEN runs THEN s.end_time"
              "   ELSE date_trunc('minute', $3::timestamptz) + s.minutes * interval '1 minute' END"
              " FROM (SELECT count(*) FROM newest) locked, (SELECT id, start_time <= $3 AND end_time > $3 AS runs"
              "   FROM sessions WHERE id = $1 AND user_id = $2) own"
              " WHERE s.id = own.id AND s.user_id = $2 AND s.status = 1 RETURNING " SESSION_COLUMNS,
};

static status take_changed(const db_rows *rows, session_row *row)
{
    if (db_row_count(rows) == 0)
        return PLAN_OVERTAKEN;
    plan_read_session(rows, 0, 0, row);
    return STATUS_OK;
}

status plan_store_start_session(db *d, const uuid *user, const uuid *id, int64_t now_us, session_row *row)
{
    db_rows *rows;
    status s = RUN(d, &start_session, &rows, db_uuid(id), db_uuid(user), db_timestamp(now_us));

    return s == STATUS_OK ? take_changed(rows, row) : s;
}

static const db_statement change_session = {
    .name = "plan.change_session",
    .kind = DB_ALONE,
    .operation = "update",
    .table = "sessions",
    .sql = TOUCH_NEWEST_PLAN(
        "$2") " UPDATE sessions s SET start_time = $3, end_time = $4, pinned = $5"
              " FROM (SELECT count(*) FROM newest) locked"
              " WHERE s.id = $1 AND s.user_id = $2 AND s.version = $6 AND s.status = 1 RETURNING " SESSION_COLUMNS,
};

/* The same when the calendar was looked at. */
static const db_statement place_session = {
    .name = "plan.place_session",
    .kind = DB_ALONE,
    .operation = "update",
    .table = "sessions",
    .sql = "WITH newest AS ("
           "  UPDATE plans SET calendar_version = nextval('row_versions') WHERE user_id = $2"
           "    AND version = (SELECT max(version) FROM plans WHERE user_id = $2) AND calendar_version = $7"
           "  RETURNING id"
           ") UPDATE sessions s SET start_time = $3, end_time = $4, pinned = $5 FROM newest"
           " WHERE s.id = $1 AND s.user_id = $2 AND s.version = $6 AND s.status = 1 RETURNING " SESSION_COLUMNS,
};

status plan_store_change_session(db *d, const uuid *user, const int64_t *calendar_version, session_row *row)
{
    const db_value values[] = {db_uuid(&row->id),
                               db_uuid(user),
                               db_timestamp(row->start_us),
                               db_timestamp(row->end_us),
                               db_bool(row->pinned),
                               db_int8(row->version),
                               db_int8(calendar_version != NULL ? *calendar_version : 0)};
    size_t count = sizeof values / sizeof values[0];
    db_rows *rows;
    status s = calendar_version != NULL ? plan_run(d, &place_session, values, count, &rows)
                                        : plan_run(d, &change_session, values, count - 1, &rows);

    return s == STATUS_OK ? take_changed(rows, row) : s;
}
