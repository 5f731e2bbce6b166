#include "store.h"

#include "fiber.h"

static status run(db *d, const db_statement *statement, const db_value *values, size_t count, db_rows **rows)
{
    status s = db_query(d, statement, values, count, rows);
    if (s == DB_LOCKED)
        return STATUS_UNAVAILABLE;
    return s == DB_CONFLICT ? STATUS_INTERNAL : s;
}

static const db_statement get_cursor = {
    .name = "metrics.get_cursor",
    .kind = DB_READ,
    .operation = "select",
    .table = "feed_cursors",
    .sql = "SELECT cursor FROM feed_cursors WHERE feed = 'progress'",
};

status metrics_store_get_cursor(db *d, const char **cursor)
{
    db_rows *rows;
    status s = run(d, &get_cursor, NULL, 0, &rows);
    if (s == STATUS_OK)
        *cursor = db_get_text(rows, 0, 0);
    return s;
}

/* The step is what keeps replicas apart: the second one waits for the first one's row, then finds another cursor, and
 * joins its events with nothing. Alone, because it may wait for that lock. */
static const db_statement count_page = {
    .name = "metrics.count_page",
    .kind = DB_ALONE,
    .operation = "insert",
    .table = "study_quarters",
    .sql = "WITH step AS ("
           "  UPDATE feed_cursors SET cursor = $2, updated_at = now()"
           "  WHERE feed = 'progress' AND cursor = $1 RETURNING feed"
           "), event AS ("
           "  SELECT user_id, date_bin('15 minutes', occurred_at, 'epoch'::timestamptz) AS quarter, is_review, seconds"
           "  FROM unnest($3::uuid[], $4::timestamptz[], $5::bool[], $6::int4[])"
           "    AS e (user_id, occurred_at, is_review, seconds)"
           "), zone AS ("
           "  SELECT user_id, time_zone FROM unnest($7::uuid[], $8::text[]) AS z (user_id, time_zone)"
           ") INSERT INTO study_quarters AS q"
           "    (user_id, quarter, time_zone, events, reviews, lessons, studied_seconds)"
           "  SELECT e.user_id, e.quarter, max(z.time_zone), count(*), count(*) FILTER (WHERE e.is_review),"
           "    count(*) FILTER (WHERE NOT e.is_review), sum(e.seconds)"
           "  FROM step CROSS JOIN event e LEFT JOIN zone z ON z.user_id = e.user_id"
           "  GROUP BY e.user_id, e.quarter"
           "  ON CONFLICT (user_id, quarter) DO UPDATE SET"
           "    time_zone = coalesce(q.time_zone, excluded.time_zone), events = q.events + excluded.events,"
           "    reviews = q.reviews + excluded.reviews, lessons = q.lessons + excluded.lessons,"
           "    studied_seconds = q.studied_seconds + excluded.studied_seconds",
};

status metrics_store_count_page(db *d, const study_page *page)
{
    return run(
        d, &count_page,
        DB_VALUES(db_text(page->cursor), db_text(page->next_cursor), db_uuid_array(page->user_ids, page->event_count),
                  db_timestamp_array(page->occurred_us, page->event_count),
                  db_bool_array(page->is_review, page->event_count), db_int4_array(page->seconds, page->event_count),
                  db_uuid_array(page->zone_users, page->zone_count), db_text_array(page->zones, page->zone_count)),
        NULL);
}

/* One row a day, or a single one without a day. Ten years of two hours a day are some 30,000 quarters. */
static const db_statement read_days = {
    .name = "metrics.read_days",
    .kind = DB_READ,
    .operation = "select",
    .table = "study_quarters",
    .sql = "WITH zone AS ("
           "  SELECT coalesce($2::text, (SELECT time_zone FROM study_quarters WHERE user_id = $1"
           "    AND time_zone IS NOT NULL ORDER BY quarter DESC LIMIT 1), 'UTC') AS name"
           ") SELECT z.name, ($3::timestamptz AT TIME ZONE z.name)::date, d.day,"
           "    d.events, d.reviews, d.lessons, d.seconds"
           "  FROM zone z LEFT JOIN LATERAL ("
           "    SELECT (q.quarter AT TIME ZONE coalesce(q.time_zone, z.name))::date AS day,"
           "      sum(q.events)::int8 AS events, sum(q.reviews)::int8 AS reviews, sum(q.lessons)::int8 AS lessons,"
           "      sum(q.studied_seconds)::int8 AS seconds"
           "    FROM study_quarters q WHERE q.user_id = $1 GROUP BY 1"
           "  ) d ON true ORDER BY d.day",
};

status metrics_store_read_days(db *d, const uuid *user_id, const char *zone, int64_t now_us, study_days *out)
{
    db_rows *rows;
    status s = run(d, &read_days, DB_VALUES(db_uuid(user_id), db_text(zone), db_timestamp(now_us)), &rows);
    if (s != STATUS_OK)
        return s;
    size_t count = db_is_null(rows, 0, 2) ? 0 : db_row_count(rows);
    day_activity *days = ARENA_ARRAY(fiber_arena(), day_activity, count);
    for (size_t i = 0; i < count; i++)
        days[i] = (day_activity){
            .day = db_get_date(rows, i, 2),
            .events = db_get_int8(rows, i, 3),
            .reviews = db_get_int8(rows, i, 4),
            .lessons = db_get_int8(rows, i, 5),
            .studied_seconds = db_get_int8(rows, i, 6),
        };
    *out = (study_days){{days, count}, db_get_text(rows, 0, 0), db_get_date(rows, 0, 1)};
    return STATUS_OK;
}
