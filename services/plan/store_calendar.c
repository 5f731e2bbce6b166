#include "store_calendar.h"
#include "store_internal.h"

/* It reads the zone files, which takes some milliseconds. */
static const db_statement find_unknown_zone = {
    .name = "plan.find_unknown_zone",
    .kind = DB_ALONE,
    .operation = "select",
    .table = "pg_timezone_names",
    .sql = "SELECT asked.name FROM unnest($1::text[]) WITH ORDINALITY AS asked (name, place)"
           " WHERE lower(asked.name) NOT IN (SELECT lower(name) FROM pg_timezone_names)"
           " ORDER BY asked.place LIMIT 1",
};

status plan_store_find_unknown_zone(db *d, const char *const *names, size_t count, const char **unknown)
{
    db_rows *rows;

    *unknown = NULL;
    if (count == 0)
        return STATUS_OK;
    status s = RUN(d, &find_unknown_zone, &rows, db_text_array(names, count));
    if (s == STATUS_OK && db_row_count(rows) > 0)
        *unknown = db_get_text(rows, 0, 0);
    return s;
}

/* Two imports of one calendar at once would each keep its own rows: the second waits here, and the next statement sees
 * what the first has done. */
static const db_statement lock_calendars = {
    .name = "plan.lock_calendars",
    .kind = DB_ALONE,
    .operation = "select",
    .table = "availability",
    .sql = "SELECT FROM availability WHERE user_id = $1::uuid FOR UPDATE",
};

#define INSTANT(CLOCK, ZONE)                                                                                           \
    "to_timestamp(" CLOCK ") AT TIME ZONE 'UTC' AT TIME ZONE coalesce(nullif(" ZONE ", ''), learner.time_zone)"

static const db_statement import_calendar = {
    .name = "plan.import_calendar",
    .kind = DB_ALONE,
    .operation = "insert",
    .table = "busy_times",
    .sql = "WITH learner AS (SELECT time_zone FROM availability WHERE user_id = $1::uuid),"
           " excluded AS ("
           "  SELECT series, " INSTANT(
               "start",
               "zone") " AS start"
                       "  FROM learner, unnest($10::int4[], $11::int8[], $12::text[]) AS e (series, start, zone)"
                       "), occurrence AS ("
                       "  SELECT series, until, " INSTANT(
                           "start",
                           "start_zone") " AS start,"
                                         "    (" INSTANT(
                                             "last",
                                             "end_zone") ") + make_interval(secs => more) AS last"
                                                         "  FROM learner, unnest($3::int4[], $4::int8[], $5::text[], "
                                                         "$6::int8[], $7::text[], $8::int8[], $9::int8[])"
                                                         "    AS o (series, start, start_zone, last, end_zone, more, "
                                                         "until)"
                                                         "), stretch AS ("
                                                         "  SELECT unnest(range_agg(tstzrange(greatest(start, "
                                                         "$13::timestamptz), least(last, $14::timestamptz))))"
                                                         "    AS at"
                                                         "  FROM occurrence WHERE start < last AND start < $14 AND "
                                                         "last > $13 AND start <= to_timestamp(until)"
                                                         "    AND (series, start) NOT IN (SELECT series, start FROM "
                                                         "excluded)"
                                                         "), fits AS ("
                                                         "  SELECT (SELECT count(*) FROM stretch) + (SELECT count(*) "
                                                         "FROM busy_times"
                                                         "    WHERE user_id = $1 AND calendar <> $2::text) <= "
                                                         "$15::int8 AS fits FROM learner"
                                                         "), gone AS ("
                                                         "  DELETE FROM busy_times WHERE user_id = $1 AND calendar = "
                                                         "$2 AND (SELECT fits FROM fits)"
                                                         "), made AS ("
                                                         "  INSERT INTO busy_times (id, user_id, calendar, start_time, "
                                                         "end_time, note)"
                                                         "  SELECT gen_random_uuid(), $1, $2, lower(at), upper(at), '' "
                                                         "FROM stretch, fits WHERE fits RETURNING id"
                                                         ") SELECT fits, (SELECT count(*) FROM made)::int4 FROM fits",
};

status plan_store_import_calendar(db *d, const uuid *user, const char *calendar, int64_t from_us, int64_t to_us,
                                  const calendar_rows *c, int32_t *busy_count)
{
    const db_value who = db_uuid(user);
    const db_value values[] = {
        who,
        db_text(calendar),
        db_int4_array(c->series, c->count),
        db_int8_array(c->starts, c->count),
        db_text_array(c->start_zones, c->count),
        db_int8_array(c->ends, c->count),
        db_text_array(c->end_zones, c->count),
        db_int8_array(c->seconds_more, c->count),
        db_int8_array(c->until, c->count),
        db_int4_array(c->excluded_series, c->excluded_count),
        db_int8_array(c->excluded_starts, c->excluded_count),
        db_text_array(c->excluded_zones, c->excluded_count),
        db_timestamp(from_us),
        db_timestamp(to_us),
        db_int8(BUSY_TIMES_LIMIT),
    };
    const db_step steps[] = {{&lock_calendars, &who, 1}, {&import_calendar, values, sizeof values / sizeof values[0]}};
    db_rows *rows[2];
    status s = db_batch(d, steps, 2, rows);

    if (s != STATUS_OK)
        return s < 0 ? s : STATUS_INTERNAL;
    if (db_row_count(rows[1]) == 0)
        return PLAN_AVAILABILITY_NEEDED;
    if (!db_get_bool(rows[1], 0, 0))
        return PLAN_TOO_BUSY;
    *busy_count = db_get_int4(rows[1], 0, 1);
    return STATUS_OK;
}
