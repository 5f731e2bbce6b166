#include "store_calendar.h"
#include "store_internal.h"

#define BUSY_COLUMNS "id, start_time, end_time, note, calendar"

static void read_busy(const db_rows *rows, size_t row, busy_row *out)
{
    *out = (busy_row){
        .id = db_get_uuid(rows, row, 0),
        .start_us = db_get_timestamp(rows, row, 1),
        .end_us = db_get_timestamp(rows, row, 2),
        .note = db_get_text(rows, row, 3),
        .calendar = db_get_text(rows, row, 4),
    };
}

/* Two at once may pass the limit by one each: it bounds the work of a plan, nothing hangs on the last row. */
static const db_statement add_busy = {
    .name = "plan.add_busy",
    .kind = DB_WRITE,
    .operation = "insert",
    .table = "busy_times",
    .sql = "WITH old AS (SELECT user_id FROM busy_times WHERE id = $1::uuid),"
           " room AS (SELECT count(*) < $6::int8 AS left FROM busy_times WHERE user_id = $2::uuid),"
           " made AS ("
           "  INSERT INTO busy_times (id, user_id, calendar, start_time, end_time, note)"
           "  SELECT $1::uuid, $2::uuid, '', $3::timestamptz, $4::timestamptz, $5::text FROM room WHERE room.left"
           "  ON CONFLICT (id) DO NOTHING RETURNING id"
           ") SELECT EXISTS (SELECT FROM made), EXISTS (SELECT FROM old) OR room.left FROM room",
};

static const db_statement get_busy = {
    .name = "plan.get_busy",
    .kind = DB_READ,
    .operation = "select",
    .table = "busy_times",
    .sql = "SELECT " BUSY_COLUMNS " FROM busy_times WHERE id = $1 AND user_id = $2",
};

status plan_store_add_busy(db *d, const uuid *user, busy_row *row)
{
    db_rows *rows;
    status s = RUN(d, &add_busy, &rows, db_uuid(&row->id), db_uuid(user), db_timestamp(row->start_us),
                   db_timestamp(row->end_us), db_text(row->note), db_int8(BUSY_TIMES_LIMIT));
    if (s != STATUS_OK || db_get_bool(rows, 0, 0))
        return s;
    if (!db_get_bool(rows, 0, 1))
        return PLAN_TOO_BUSY;
    s = RUN(d, &get_busy, &rows, db_uuid(&row->id), db_uuid(user));
    if (s != STATUS_OK)
        return s;
    if (db_row_count(rows) == 0)
        return PLAN_ID_TAKEN;
    read_busy(rows, 0, row);
    return STATUS_OK;
}

static const db_statement list_busy = {
    .name = "plan.list_busy",
    .kind = DB_READ,
    .operation = "select",
    .table = "busy_times",
    .sql = "SELECT " BUSY_COLUMNS " FROM busy_times"
           " WHERE user_id = $1 AND (start_time, id) > ($2::timestamptz, $3::uuid) ORDER BY start_time, id LIMIT $4",
};

status plan_store_list_busy(db *d, const uuid *user, int64_t after_us, const uuid *after_id, int32_t limit,
                            const busy_row **out, size_t *count)
{
    db_rows *rows;
    status s = RUN(d, &list_busy, &rows, db_uuid(user), db_timestamp(after_us), db_uuid(after_id), db_int8(limit));
    if (s != STATUS_OK)
        return s;
    *count = db_row_count(rows);
    busy_row *list = ARENA_ARRAY(fiber_arena(), busy_row, *count);
    for (size_t i = 0; i < *count; i++)
        read_busy(rows, i, &list[i]);
    *out = list;
    return STATUS_OK;
}

static const db_statement delete_busy = {
    .name = "plan.delete_busy",
    .kind = DB_WRITE,
    .operation = "delete",
    .table = "busy_times",
    .sql = "DELETE FROM busy_times WHERE id = $1 AND user_id = $2",
};

status plan_store_delete_busy(db *d, const uuid *user, const uuid *id)
{
    db_rows *rows;
    status s = RUN(d, &delete_busy, &rows, db_uuid(id), db_uuid(user));
    if (s != STATUS_OK)
        return s;
    return db_affected_count(rows) == 1 ? STATUS_OK : PLAN_NO_BUSY_TIME;
}
