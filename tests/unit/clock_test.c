#include "clock.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* ---- dates, against libc's calendar ---- */

Test(clock, dates_agree_with_libc)
{
    for (int64_t days = -719162; days <= 2932896; days += 13) {
        int year, month, day;
        clock_civil_from_days(days, &year, &month, &day);
        struct tm t = {.tm_year = year - 1900, .tm_mon = month - 1, .tm_mday = day};
        cr_assert_eq(timegm(&t), days * 86400, "%d-%d-%d", year, month, day);
        cr_assert_eq(t.tm_mday, day);
        cr_assert_eq(clock_days_from_civil(year, month, day), days);
        cr_assert_geq(clock_days_in_month(year, month), day);
    }
}

Test(clock, february_knows_its_years)
{
    cr_assert_eq(clock_days_in_month(2024, 2), 29);
    cr_assert_eq(clock_days_in_month(2023, 2), 28);
    cr_assert_eq(clock_days_in_month(1900, 2), 28);
    cr_assert_eq(clock_days_in_month(2000, 2), 29);
}

Test(clock, dates_as_text)
{
    char text[CLOCK_DATE_SIZE];
    int64_t days;
    cr_assert_eq(clock_parse_date("2026-03-08", &days), 0);
    cr_assert_eq(days, 20520);
    cr_assert_eq(clock_format_date(days, text), 10);
    cr_assert_str_eq(text, "2026-03-08");
    cr_assert_eq(clock_parse_date("0001-01-01", &days), 0);
    cr_assert_eq(clock_format_date(days, text), 10);
    cr_assert_str_eq(text, "0001-01-01");
    cr_assert_eq(clock_format_date(days - 1, text), 0);
    cr_assert_eq(clock_parse_date("9999-12-31", &days), 0);
    cr_assert_eq(clock_format_date(days, text), 10);
    cr_assert_eq(clock_format_date(days + 1, text), 0);
    cr_assert_eq(clock_format_date(INT64_MIN, text), 0);
    cr_assert_eq(clock_format_date(INT64_MAX, text), 0);
}

Test(clock, what_is_no_date_is_refused)
{
    static const char *const others[] = {"",           "2026",        "2026-3-8",    "2026-02-29", "2026-13-01",
                                         "2026-00-01", "2026-01-00",  "2026-04-31",  "0000-01-01", "10000-01-01",
                                         "2026/01/01", "2026-01-01 ", " 2026-01-01", "2026-01-0a", "-026-01-01"};
    int64_t days = 42;
    for (size_t i = 0; i < sizeof others / sizeof *others; i++)
        cr_assert_eq(clock_parse_date(others[i], &days), -1, "'%s' was taken", others[i]);
    cr_assert_eq(days, 42);
}

/* ---- instants ---- */

Test(clock, instants_as_text)
{
    static const struct {
        const char *text;
        int64_t wall_us;
    } cases[] = {
        {"1970-01-01T00:00:00Z", 0},
        {"2026-03-08T10:00:00Z", INT64_C(1772964000000000)},
        {"2026-03-08T10:00:00.000001Z", INT64_C(1772964000000001)},
        {"1969-12-31T23:59:59.999999Z", -1},
        {"0001-01-01T00:00:00Z", INT64_C(-62135596800000000)},
        {"9999-12-31T23:59:59.999999Z", INT64_C(253402300799999999)},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char text[CLOCK_RFC3339_SIZE];
        int64_t wall_us;
        cr_assert_eq(clock_format_rfc3339(cases[i].wall_us, text), (int)strlen(cases[i].text));
        cr_assert_str_eq(text, cases[i].text);
        cr_assert_eq(clock_parse_rfc3339(text, &wall_us), 0);
        cr_assert_eq(wall_us, cases[i].wall_us);
    }
    char text[CLOCK_RFC3339_SIZE];
    cr_assert_eq(clock_format_rfc3339(cases[4].wall_us - 1, text), 0);
    cr_assert_eq(clock_format_rfc3339(cases[5].wall_us + 1, text), 0);
    cr_assert_eq(clock_format_rfc3339(INT64_MIN, text), 0);
    cr_assert_eq(clock_format_rfc3339(INT64_MAX, text), 0);
}

Test(clock, offsets_and_fractions_are_read)
{
    const int64_t ten_o_clock = INT64_C(1772964000000000);
    static const struct {
        const char *text;
        int64_t after_ten_us;
    } cases[] = {
        {"2026-03-08T18:00:00+08:00", 0},   {"2026-03-08T04:30:00-05:30", 0},
        {"2026-03-08t10:00:00z", 0},        {"2026-03-08T10:00:00-00:00", 0},
        {"2026-03-08T10:00:00.5Z", 500000}, {"2026-03-08T10:00:00.1234567899Z", 123456},
        {"2026-03-09T00:59:00+14:59", 0},   {"2026-03-08T10:00:00.000000000000001Z", 0},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        int64_t wall_us;
        cr_assert_eq(clock_parse_rfc3339(cases[i].text, &wall_us), 0, "%s", cases[i].text);
        cr_assert_eq(wall_us, ten_o_clock + cases[i].after_ten_us, "%s", cases[i].text);
    }
}

Test(clock, what_is_no_instant_is_refused)
{
    static const char *const others[] = {"",
                                         "2026-03-08",
                                         "2026-03-08T10:00:00",
                                         "2026-03-08 10:00:00Z",
                                         "2026-03-08T24:00:00Z",
                                         "2026-03-08T10:60:00Z",
                                         "2026-03-08T10:00:60Z",
                                         "2026-03-08T10:00Z",
                                         "2026-03-08T10:00:00.Z",
                                         "2026-03-08T10:00:00+24:00",
                                         "2026-03-08T10:00:00+0800",
                                         "2026-03-08T10:00:00Zx",
                                         "2026-02-30T10:00:00Z",
                                         "2026-03-08T10:00:00,5Z",
                                         "+2026-03-08T10:00:00Z"};
    int64_t wall_us = 42;
    for (size_t i = 0; i < sizeof others / sizeof *others; i++)
        cr_assert_eq(clock_parse_rfc3339(others[i], &wall_us), -1, "'%s' was taken", others[i]);
    cr_assert_eq(wall_us, 42);
}

/* Any text that begins like an instant is taken or refused, without reading past its end (AddressSanitizer looks). */
Test(clock, broken_text_is_survived)
{
    static const char alphabet[] = "0123456789-:.TtZz+ \xff";
    uint32_t seed = 99;
    for (int i = 0; i < 200000; i++) {
        char *text = strdup("2026-03-08T10:00:00.123456+08:00");
        size_t size = strlen(text);
        for (int changes = 0; changes < 3; changes++) {
            seed = seed * 1664525 + 1013904223;
            text[(seed >> 8) % size] = alphabet[(seed >> 24) % (sizeof alphabet - 1)];
        }
        text[(seed >> 4) % (size + 1)] = '\0';
        char *exact = strdup(text); /* no room behind its end */
        int64_t wall_us, days;
        clock_parse_rfc3339(exact, &wall_us);
        clock_parse_date(exact, &days);
        free(exact);
        free(text);
    }
}

/* ---- the source ---- */

static int64_t noon(void *arg)
{
    return *(int64_t *)arg;
}

Test(clock, can_be_replaced_and_put_back)
{
    int64_t instant = 1234567;
    clock_set_source(&(clock_source){.wall_us = noon, .arg = &instant});
    cr_assert_eq(clock_wall_us(), 1234567);
    cr_assert_neq(clock_monotonic_ns(), 0, "what is not replaced is real");
    clock_set_source(NULL);
    cr_assert_gt(clock_wall_us(), INT64_C(1700000000000000));
}

Test(clock, monotonic_never_goes_back)
{
    uint64_t before = clock_monotonic_ns();
    for (int i = 0; i < 100000; i++) {
        uint64_t now = clock_monotonic_ns();
        cr_assert_geq(now, before);
        before = now;
    }
}
