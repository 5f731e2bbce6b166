/* Every type goes to the server and comes back, and the server agrees with its text. */
#include "db_fixture.h"

#include <float.h>
#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

static const char *const ends[] = {NULL};

/* Runs a SELECT of one row; ends the test when it fails. */
static db_rows *select_row(const db_statement *s, const db_value *values, size_t count)
{
    db_rows *rows;
    status outcome = db_query(fixture.db, s, values, count, &rows);
    cr_assert_eq(outcome, STATUS_OK, "%s: %s", s->sql, status_name(outcome));
    cr_assert_eq(db_row_count(rows), 1);
    return rows;
}

static void integers(void *arg)
{
    (void)arg;
    static const db_statement s =
        STATEMENT(DB_READ, "select", "SELECT $1, $2, $3, $1::text, $2::text, 7::int2, '18446744073709551615'::xid8");
    const int32_t fours[] = {0, 1, -1, INT32_MIN, INT32_MAX};
    const int64_t eights[] = {0, 1, -1, INT64_MIN, INT64_MAX};
    for (size_t i = 0; i < 5; i++) {
        db_rows *r = select_row(&s, DB_VALUES(db_int4(fours[i]), db_int8(eights[i]), db_bool(i % 2)));
        char text[32];
        cr_assert_eq(db_get_int4(r, 0, 0), fours[i]);
        cr_assert_eq(db_get_int8(r, 0, 0), fours[i]);
        cr_assert_eq(db_get_int8(r, 0, 1), eights[i]);
        cr_assert_eq(db_get_bool(r, 0, 2), i % 2);
        snprintf(text, sizeof text, "%d", fours[i]);
        cr_assert_str_eq(db_get_text(r, 0, 3), text);
        snprintf(text, sizeof text, "%lld", (long long)eights[i]);
        cr_assert_str_eq(db_get_text(r, 0, 4), text);
        cr_assert_eq(db_get_int4(r, 0, 5), 7);
        cr_assert_eq((uint64_t)db_get_int8(r, 0, 6), UINT64_MAX);
    }
}

static void reals(void *arg)
{
    (void)arg;
    static const db_statement s = STATEMENT(DB_READ, "select", "SELECT $1, 0.5::float4");
    const double values[] = {0, -0.0, 1.5, -DBL_MAX, DBL_MIN, DBL_TRUE_MIN, INFINITY, -INFINITY};
    for (size_t i = 0; i < sizeof values / sizeof *values; i++) {
        db_rows *r = select_row(&s, DB_VALUES(db_float8(values[i])));
        double back = db_get_float8(r, 0, 0);
        cr_assert_eq(memcmp(&back, &values[i], sizeof back), 0, "%a", values[i]);
        cr_assert_eq(db_get_float8(r, 0, 1), 0.5);
    }
    cr_assert(isnan(db_get_float8(select_row(&s, DB_VALUES(db_float8(NAN))), 0, 0)));
}

static void texts(void *arg)
{
    (void)arg;
    static const db_statement s =
        STATEMENT(DB_READ, "select",
                  "SELECT $1, $2, $3, $1::varchar, 'sad'::mood, $1::name, octet_length($2), $3 ->> 'a'");
    const char *text = "Größe 学习 \x7f 'quoted' \\";
    const char bytes[] = {0, 1, -1, 0, 'x'};
    db_rows *r = select_row(&s, DB_VALUES(db_text(text), db_bytes(bytes, sizeof bytes), db_json("{\"a\": \"b\"}")));
    size_t size;
    cr_assert_str_eq(db_get_text(r, 0, 0), text);
    cr_assert_eq(memcmp(db_get_bytes(r, 0, 1, &size), bytes, sizeof bytes), 0);
    cr_assert_eq(size, sizeof bytes);
    cr_assert_str_eq(db_get_text(r, 0, 2), "{\"a\": \"b\"}");
    cr_assert_str_eq(db_get_text(r, 0, 3), text);
    cr_assert_str_eq(db_get_text(r, 0, 4), "sad");
    cr_assert_str_eq(db_get_text(r, 0, 5), text);
    cr_assert_eq(db_get_int4(r, 0, 6), 5);
    cr_assert_str_eq(db_get_text(r, 0, 7), "b");
    r = select_row(&s, DB_VALUES(db_text(""), db_bytes(NULL, 0), db_json("null")));
    cr_assert_str_eq(db_get_text(r, 0, 0), "");
    cr_assert_not_null(db_get_bytes(r, 0, 1, &size));
    cr_assert_eq(size, 0);
    cr_assert_str_eq(db_get_text(r, 0, 2), "null");
}

static void large_text(void *arg)
{
    (void)arg;
    static const db_statement s = STATEMENT(DB_READ, "select", "SELECT $1, md5($1)");
    enum { SIZE = 5 * 1000 * 1000 }; /* more than a socket's buffer: the flush has to wait for it */
    char *text = arena_alloc(fiber_arena(), SIZE + 1);
    memset(text, 'x', SIZE);
    text[SIZE] = '\0';
    db_rows *r = select_row(&s, DB_VALUES(db_text(text)));
    cr_assert_eq(strlen(db_get_text(r, 0, 0)), SIZE);
    db_rows_release(r);
}

static void ids_and_times(void *arg)
{
    (void)arg;
    static const db_statement s =
        STATEMENT(DB_READ, "select", "SELECT $1, $2, $3, $1::text, extract(epoch FROM $2)::int8, $3::text");
    uuid id = uuid_make();
    char text[UUID_TEXT_SIZE], date[CLOCK_DATE_SIZE];
    static const char *const moments[] = {"1970-01-01T00:00:00Z", "2000-01-01T00:00:00Z", "2026-03-08T10:00:00Z",
                                          "0001-01-01T00:00:00Z", "9999-12-31T23:59:59Z"};
    for (size_t i = 0; i < sizeof moments / sizeof *moments; i++) {
        int64_t us, days;
        cr_assert_eq(clock_parse_rfc3339(moments[i], &us), 0);
        days = us >= 0 ? us / 86400000000 : -((-us + 86399999999) / 86400000000);
        db_rows *r = select_row(&s, DB_VALUES(db_uuid(&id), db_timestamp(us), db_date(days)));
        uuid back = db_get_uuid(r, 0, 0);
        cr_assert_eq(memcmp(&back, &id, sizeof id), 0);
        cr_assert_str_eq(db_get_text(r, 0, 3), uuid_format(&id, text));
        cr_assert_eq(db_get_timestamp(r, 0, 1), us);
        cr_assert_eq(db_get_int8(r, 0, 4), us / 1000000);
        cr_assert_eq(db_get_date(r, 0, 2), days);
        clock_format_date(days, date);
        cr_assert_str_eq(db_get_text(r, 0, 5), date);
    }
}

static void infinities(void *arg)
{
    (void)arg;
    static const db_statement s = STATEMENT(DB_READ, "select", "SELECT $1, $2, $1::text, $2::text");
    const int64_t infinite[] = {INT64_MIN, INT64_MAX};
    for (size_t i = 0; i < 2; i++) {
        db_rows *r = select_row(&s, DB_VALUES(db_timestamp(infinite[i]), db_date(infinite[i])));
        cr_assert_eq(db_get_timestamp(r, 0, 0), infinite[i]);
        cr_assert_eq(db_get_date(r, 0, 1), infinite[i]);
        cr_assert_str_eq(db_get_text(r, 0, 2), i ? "infinity" : "-infinity");
        cr_assert_str_eq(db_get_text(r, 0, 3), i ? "infinity" : "-infinity");
    }
    cr_assert_eq(db_query(fixture.db, &s, DB_VALUES(db_timestamp(INT64_MIN + 1), db_date(0)), NULL), STATUS_INTERNAL);
    cr_assert_eq(db_query(fixture.db, &s, DB_VALUES(db_timestamp(0), db_date(INT64_C(1) << 40)), NULL),
                 STATUS_INTERNAL);
}

static void nulls(void *arg)
{
    (void)arg;
    static const db_statement s = STATEMENT(DB_READ, "select",
                                            "SELECT $1::bool, $2::int4, $3::int8, $4::float8, $5::text, $6::bytea, "
                                            "$7::uuid, $8::timestamptz, $9::date, $10::jsonb, $11::text[]");
    db_rows *r = select_row(&s, DB_VALUES(db_null(), db_null(), db_null(), db_null(), db_text(NULL), db_null(),
                                          db_uuid(NULL), db_null(), db_null(), db_json(NULL), db_null()));
    size_t size;
    const char *const *elements = ends;
    for (size_t i = 0; i < 11; i++)
        cr_assert(db_is_null(r, 0, i));
    cr_assert_not(db_get_bool(r, 0, 0));
    cr_assert_eq(db_get_int4(r, 0, 1), 0);
    cr_assert_eq(db_get_int8(r, 0, 2), 0);
    cr_assert_eq(db_get_float8(r, 0, 3), 0);
    cr_assert_null(db_get_text(r, 0, 4));
    cr_assert_null(db_get_bytes(r, 0, 5, &size));
    cr_assert_eq(db_get_uuid(r, 0, 6).bytes[0], 0);
    cr_assert_eq(db_get_timestamp(r, 0, 7), 0);
    cr_assert_eq(db_get_date(r, 0, 8), 0);
    cr_assert_null(db_get_text(r, 0, 9));
    cr_assert_eq(db_get_text_array(r, 0, 10, &elements), 0);
}

/* A type that was NULL at first is learned later, and the statement is prepared anew with it. */
static void late_types(void *arg)
{
    (void)arg;
    static const db_statement s = STATEMENT(DB_READ, "select", "SELECT $1::int4 + 1, $2::text");
    cr_assert(db_is_null(select_row(&s, DB_VALUES(db_null(), db_null())), 0, 0));
    cr_assert_eq(db_get_int8(select_row(&s, DB_VALUES(db_int4(41), db_null())), 0, 0), 42);
    db_rows *r = select_row(&s, DB_VALUES(db_null(), db_text("x")));
    cr_assert(db_is_null(r, 0, 0));
    cr_assert_str_eq(db_get_text(r, 0, 1), "x");
    cr_assert_eq(db_query(fixture.db, &s, DB_VALUES(db_int8(41), db_text("x")), NULL), STATUS_INTERNAL);
    cr_assert_eq(db_query(fixture.db, &s, DB_VALUES(db_int4(41)), NULL), STATUS_INTERNAL);
}

static void arrays(void *arg)
{
    (void)arg;
    static const db_statement s =
        STATEMENT(DB_READ, "select",
                  "SELECT $1, $2, $1::text, $2::text, $3::text, $4::text, $5::text, "
                  "(extract(epoch FROM $6[2]) * 1000)::int8, $7::text, coalesce(array_length($8, 1), 0)");
    const char *words[] = {"a", NULL, "c \"quoted\", {}", ""};
    const int32_t fours[] = {INT32_MIN, 0, INT32_MAX};
    const int64_t eights[] = {INT64_MIN, 5, INT64_MAX}, moments[] = {0, 1500000};
    const double reals_given[] = {0.25, -1e300};
    const bool truths[] = {true, false}, second_null[] = {false, true, false};
    const uuid ids[] = {{{1}}, {{2}}};
    db_value with_null = db_int8_array(eights, 3);
    with_null.array.nulls = second_null;
    db_rows *r =
        select_row(&s, DB_VALUES(db_text_array(words, 4), db_int4_array(fours, 3), with_null,
                                 db_float8_array(reals_given, 2), db_bool_array(truths, 2),
                                 db_timestamp_array(moments, 2), db_uuid_array(ids, 2), db_text_array(NULL, 0)));
    const char *const *texts_back;
    const int32_t *fours_back;
    cr_assert_eq(db_get_text_array(r, 0, 0, &texts_back), 4);
    cr_assert_str_eq(texts_back[0], "a");
    cr_assert_null(texts_back[1]);
    cr_assert_str_eq(texts_back[2], words[2]);
    cr_assert_str_eq(texts_back[3], "");
    cr_assert_eq(db_get_int4_array(r, 0, 1, &fours_back), 3);
    cr_assert_eq(memcmp(fours_back, fours, sizeof fours), 0);
    cr_assert_str_eq(db_get_text(r, 0, 2), "{a,NULL,\"c \\\"quoted\\\", {}\",\"\"}");
    cr_assert_str_eq(db_get_text(r, 0, 3), "{-2147483648,0,2147483647}");
    cr_assert_str_eq(db_get_text(r, 0, 4), "{-9223372036854775808,NULL,9223372036854775807}");
    cr_assert_str_eq(db_get_text(r, 0, 5), "{0.25,-1e+300}");
    cr_assert_str_eq(db_get_text(r, 0, 6), "{t,f}");
    cr_assert_eq(db_get_int8(r, 0, 7), 1500);
    cr_assert_str_eq(db_get_text(r, 0, 8),
                     "{01000000-0000-0000-0000-000000000000,02000000-0000-0000-0000-000000000000}");
    cr_assert_eq(db_get_int4(r, 0, 9), 0);
}

static void run_with_types(void (*fn)(void *arg))
{
    db_fixture_start("CREATE TYPE mood AS ENUM ('sad', 'ok')");
    db_fixture_run(fn, NULL);
    db_fixture_stop();
}

#define VALUES_TEST(NAME)                                                                                              \
    Test(db_values, NAME)                                                                                              \
    {                                                                                                                  \
        run_with_types(NAME);                                                                                          \
    }
VALUES_TEST(integers)
VALUES_TEST(reals)
VALUES_TEST(texts)
VALUES_TEST(large_text)
VALUES_TEST(ids_and_times)
VALUES_TEST(infinities)
VALUES_TEST(nulls)
VALUES_TEST(late_types)
VALUES_TEST(arrays)

static void read_as_another_type(void *arg)
{
    (void)arg;
    static const db_statement s = STATEMENT(DB_READ, "select", "SELECT 1::int8");
    db_get_int4(select_row(&s, NULL, 0), 0, 0);
}

Test(db_rows, a_column_of_another_type_ends_the_program, .signal = SIGABRT)
{
    run_with_types(read_as_another_type);
}

static void read_outside(void *arg)
{
    (void)arg;
    static const db_statement s = STATEMENT(DB_READ, "select", "SELECT 1::int8");
    db_get_int8(select_row(&s, NULL, 0), 1, 0);
}

Test(db_rows, a_row_outside_ends_the_program, .signal = SIGABRT)
{
    run_with_types(read_outside);
}
