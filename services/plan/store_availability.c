#include "store_internal.h"

static const db_statement get_availability = {
    .name = "plan.get_availability",
    .kind = DB_READ,
    .operation = "select",
    .table = "availability",
    .sql = "SELECT time_zone, daily_cap_minutes, window_days, window_starts, window_ends, update_time,"
           "  version, min_session_minutes, max_session_minutes, break_minutes FROM availability WHERE user_id = $1",
};

status plan_store_get_availability(db *d, const uuid *user, availability_row *row)
{
    db_rows *rows;
    status s = RUN(d, &get_availability, &rows, db_uuid(user));
    if (s != STATUS_OK)
        return s;
    if (db_row_count(rows) == 0)
        return PLAN_NO_AVAILABILITY;
    *row = (availability_row){
        .time_zone = db_get_text(rows, 0, 0),
        .daily_cap = db_get_int4(rows, 0, 1),
        .update_us = db_get_timestamp(rows, 0, 5),
        .version = db_get_int8(rows, 0, 6),
        .min_session = db_get_int4(rows, 0, 7),
        .max_session = db_get_int4(rows, 0, 8),
        .break_minutes = db_get_int4(rows, 0, 9),
    };
    row->window_count = db_get_int4_array(rows, 0, 2, &row->days);
    db_get_int4_array(rows, 0, 3, &row->starts);
    db_get_int4_array(rows, 0, 4, &row->ends);
    return STATUS_OK;
}

/* pg_timezone_names reads the zone files, which takes some milliseconds: not among the grouped writes. Only names of
 * places are taken, not the copies and defaults that stand in the same folder. */
static const db_statement set_availability = {
    .name = "plan.set_availability",
    .kind = DB_ALONE,
    .operation = "insert",
    .table = "availability",
    .sql = "WITH zone AS ("
           "  SELECT name FROM pg_timezone_names"
           "  WHERE name = $2::text AND name !~ '^(posix/|right/|posixrules|localtime|Factory)' LIMIT 1"
           "), saved AS ("
           "  INSERT INTO availability AS a (user_id, time_zone, daily_cap_minutes, window_days, window_starts,"
           "    window_ends, min_session_minutes, max_session_minutes, break_minutes)"
           "  SELECT $1::uuid, name, $3::int4, $4::int4[], $5::int4[], $6::int4[], $9::int4, $10::int4, $11::int4"
           "  FROM zone"
           "  WHERE NOT $7::bool OR EXISTS (SELECT FROM availability WHERE user_id = $1::uuid)"
           "  ON CONFLICT (user_id) DO UPDATE SET time_zone = excluded.time_zone,"
           "    daily_cap_minutes = excluded.daily_cap_minutes, window_days = excluded.window_days,"
           "    window_starts = excluded.window_starts, window_ends = excluded.window_ends, update_time = now(),"
           "    version = excluded.version, min_session_minutes = excluded.min_session_minutes,"
           "    max_session_minutes = excluded.max_session_minutes, break_minutes = excluded.break_minutes"
           "  WHERE $8::int8[] IS NULL OR a.version = ANY ($8::int8[])"
           "  RETURNING update_time, version"
           ") SELECT EXISTS (SELECT FROM zone), update_time, version FROM (SELECT) one LEFT JOIN saved ON true",
};

static db_value minutes_or_null(int32_t minutes)
{
    return minutes > 0 ? db_int4(minutes) : db_null();
}

status plan_store_set_availability(db *d, const uuid *user, const row_condition *condition, availability_row *row)
{
    db_rows *rows;
    status s =
        RUN(d, &set_availability, &rows, db_uuid(user), db_text(row->time_zone), minutes_or_null(row->daily_cap),
            db_int4_array(row->days, row->window_count), db_int4_array(row->starts, row->window_count),
            db_int4_array(row->ends, row->window_count), db_bool(condition->exists), plan_condition_value(condition),
            minutes_or_null(row->min_session), minutes_or_null(row->max_session), minutes_or_null(row->break_minutes));
    if (s != STATUS_OK)
        return s;
    if (!db_get_bool(rows, 0, 0))
        return PLAN_UNKNOWN_ZONE;
    if (db_is_null(rows, 0, 1))
        return PLAN_ANOTHER_VERSION;
    row->update_us = db_get_timestamp(rows, 0, 1);
    row->version = db_get_int8(rows, 0, 2);
    return STATUS_OK;
}

#define EXCEPTION_COLUMNS "id, first_day, last_day, start_minute, end_minute, note"

static void read_exception(const db_rows *rows, size_t row, exception_row *out)
{
    bool free = !db_is_null(rows, row, 3);

    *out = (exception_row){
        .id = db_get_uuid(rows, row, 0),
        .first_day = db_get_date(rows, row, 1),
        .last_day = db_get_date(rows, row, 2),
        .start = free ? db_get_int4(rows, row, 3) : -1,
        .end = free ? db_get_int4(rows, row, 4) : -1,
        .note = db_get_text(rows, row, 5),
    };
}

static const db_statement add_exception = {
    .name = "plan.add_exception",
    .kind = DB_WRITE,
    .operation = "insert",
    .table = "exceptions",
    .sql = "INSERT INTO exceptions (id, user_id, first_day, last_day, start_minute, end_minute, note)"
           " VALUES ($1::uuid, $2::uuid, $3::date, $4::date, $5::int4, $6::int4, $7::text)"
           " ON CONFLICT (id) DO NOTHING",
};

static const db_statement get_exception = {
    .name = "plan.get_exception",
    .kind = DB_READ,
    .operation = "select",
    .table = "exceptions",
    .sql = "SELECT " EXCEPTION_COLUMNS " FROM exceptions WHERE id = $1 AND user_id = $2",
};

status plan_store_add_exception(db *d, const uuid *user, exception_row *row)
{
    db_rows *rows;
    status s = RUN(d, &add_exception, &rows, db_uuid(&row->id), db_uuid(user), db_date(row->first_day),
                   db_date(row->last_day), row->start >= 0 ? db_int4(row->start) : db_null(),
                   row->start >= 0 ? db_int4(row->end) : db_null(), db_text(row->note));
    if (s != STATUS_OK || db_affected_count(rows) == 1)
        return s;
    s = RUN(d, &get_exception, &rows, db_uuid(&row->id), db_uuid(user));
    if (s != STATUS_OK)
        return s;
    if (db_row_count(rows) == 0)
        return PLAN_ID_TAKEN;
    read_exception(rows, 0, row);
    return STATUS_OK;
}

static const db_statement list_exceptions = {
    .name = "plan.list_exceptions",
    .kind = DB_READ,
    .operation = "select",
    .table = "exceptions",
    .sql = "SELECT " EXCEPTION_COLUMNS " FROM exceptions WHERE user_id = $1 AND (first_day, id) > ($2::date, $3::uuid)"
           " ORDER BY first_day, id LIMIT $4",
};

status plan_store_list_exceptions(db *d, const uuid *user, int64_t after_day, const uuid *after_id, int32_t limit,
                                  const exception_row **out, size_t *count)
{
    db_rows *rows;
    status s = RUN(d, &list_exceptions, &rows, db_uuid(user), db_date(after_day), db_uuid(after_id), db_int8(limit));
    if (s != STATUS_OK)
        return s;
    *count = db_row_count(rows);
    exception_row *list = ARENA_ARRAY(fiber_arena(), exception_row, *count);
    for (size_t i = 0; i < *count; i++)
        read_exception(rows, i, &list[i]);
    *out = list;
    return STATUS_OK;
}

static const db_statement delete_exception = {
    .name = "plan.delete_exception",
    .kind = DB_WRITE,
    .operation = "delete",
    .table = "exceptions",
    .sql = "DELETE FROM exceptions WHERE id = $1 AND user_id = $2",
};

status plan_store_delete_exception(db *d, const uuid *user, const uuid *id)
{
    db_rows *rows;
    status s = RUN(d, &delete_exception, &rows, db_uuid(id), db_uuid(user));
    if (s != STATUS_OK)
        return s;
    return db_affected_count(rows) == 1 ? STATUS_OK : PLAN_NO_EXCEPTION;
}

static const db_statement list_zones = {
    .name = "plan.list_zones",
    .kind = DB_READ,
    .operation = "select",
    .table = "availability",
    .sql = "SELECT user_id, time_zone FROM availability WHERE user_id = ANY($1::uuid[]) ORDER BY user_id",
};

status plan_store_list_zones(db *d, const uuid *users, size_t user_count, const zone_row **out, size_t *count)
{
    db_rows *rows;
    status s = RUN(d, &list_zones, &rows, db_uuid_array(users, user_count));
    if (s != STATUS_OK)
        return s;
    *count = db_row_count(rows);
    zone_row *list = ARENA_ARRAY(fiber_arena(), zone_row, *count);
    for (size_t i = 0; i < *count; i++)
        list[i] = (zone_row){db_get_uuid(rows, i, 0), db_get_text(rows, i, 1)};
    *out = list;
    return STATUS_OK;
}
