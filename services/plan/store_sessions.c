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
