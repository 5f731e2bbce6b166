/*
 * Free local hours as UTC, with a clock that the test sets: the store is called in the test's own process. Windows are
 * exactly the instants at which the learner's clock shows a time inside them.
 */
#include "clock.h"
#include "fiber.h"
#include "postgres.h"
#include "scratch_folder.h"
#include "store.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static test_postgres *pg;
static db *database;
static uuid learner;

static void play(void *story)
{
    database = db_create(loop_current(), &(db_options){.conninfo = test_postgres_url(pg, "sical_plan")});
    fiber_limit_ms(60000);
    learner = uuid_make();
    (*(void (**)(void))story)();
    db_destroy(database);
}

static void run_story(void (*story)(void))
{
    pg = test_postgres_start();
    test_migrate(pg);
    loop *l = loop_create();
    fiber_spawn(l, "story", play, &story);
    loop_run_until_idle(l);
    loop_destroy(l);
    test_postgres_stop(pg);
}

#define ZONE_STORY(NAME)                                                                                               \
    static void NAME##_story(void);                                                                                    \
    Test(plan_zones, NAME)                                                                                             \
    {                                                                                                                  \
        run_story(NAME##_story);                                                                                       \
    }                                                                                                                  \
    static void NAME##_story(void)

static int64_t minute(const char *rfc3339)
{
    int64_t us = 0;

    cr_assert_eq(clock_parse_rfc3339(rfc3339, &us), 0);
    return us / (60 * CLOCK_US_PER_S);
}

/* One window on each of some days of the week; days 1 Monday to 7 Sunday. */
static void set_windows(const char *zone, const int32_t *days, const int32_t *starts, const int32_t *ends, size_t count)
{
    availability_row row = {.time_zone = zone, .days = days, .starts = starts, .ends = ends, .window_count = count};

    cr_assert_eq(plan_store_set_availability(database, &learner, &(row_condition){0}, &row), STATUS_OK);
}

static void set_sunday(const char *zone, int32_t start, int32_t end)
{
    const int32_t sunday = 7;

    set_windows(zone, &sunday, &start, &end, 1);
}

typedef struct span {
    const char *start, *end;
} span;

/* The free time of a local day, from a week before it on; pieces that touch are one. */
static void expect_day(const char *date, const span *expected, size_t count)
{
    int64_t day;
    planning_state state;
    size_t found = 0;

    cr_assert_eq(clock_parse_date(date, &day), 0);
    cr_assert_eq(plan_store_read_planning(database, &learner, (day - 7) * 1440, &state), STATUS_OK);
    for (size_t i = 0; i < state.window_count; i++) {
        const planning_window *w = &state.windows[i];
        if (w->day != day)
            continue;
        int64_t end = w->end;
        while (i + 1 < state.window_count && state.windows[i + 1].start == end && state.windows[i + 1].day == day)
            end = state.windows[++i].end;
        cr_assert_lt(found, count, "%s: too much", date);
        cr_expect_eq(w->start, minute(expected[found].start), "%s: start %lld", date, (long long)w->start);
        cr_expect_eq(end, minute(expected[found].end), "%s: end %lld", date, (long long)end);
        found++;
    }
    cr_expect_eq(found, count, "%s: %zu spans", date, found);
}

#define EXPECT_DAY(DATE, ...)                                                                                          \
    expect_day((DATE), (const span[]){__VA_ARGS__}, sizeof((const span[]){__VA_ARGS__}) / sizeof(span))

ZONE_STORY(shanghai_has_no_changes)
{
    set_sunday("Asia/Shanghai", 18 * 60 + 30, 20 * 60);
    EXPECT_DAY("2026-11-01", {"2026-11-01T10:30:00Z", "2026-11-01T12:00:00Z"});
    EXPECT_DAY("2027-03-14", {"2027-03-14T10:30:00Z", "2027-03-14T12:00:00Z"});
    /* A local morning begins on the UTC day before. */
    set_sunday("Asia/Shanghai", 0, 24 * 60);
    EXPECT_DAY("2026-11-01", {"2026-10-31T16:00:00Z", "2026-11-01T16:00:00Z"});
}

ZONE_STORY(new_york_in_autumn_has_an_hour_twice)
{
    set_sunday("America/New_York", 30, 3 * 60 + 30);
    EXPECT_DAY("2026-10-25", {"2026-10-25T04:30:00Z", "2026-10-25T07:30:00Z"});
    EXPECT_DAY("2026-11-01", {"2026-11-01T04:30:00Z", "2026-11-01T08:30:00Z"});
    EXPECT_DAY("2026-11-08", {"2026-11-08T05:30:00Z", "2026-11-08T08:30:00Z"});
    set_sunday("America/New_York", 75, 105);
    EXPECT_DAY("2026-11-01", {"2026-11-01T05:15:00Z", "2026-11-01T05:45:00Z"},
               {"2026-11-01T06:15:00Z", "2026-11-01T06:45:00Z"});
    set_sunday("America/New_York", 0, 24 * 60); /* 25 hours */
    EXPECT_DAY("2026-11-01", {"2026-11-01T04:00:00Z", "2026-11-02T05:00:00Z"});
}

ZONE_STORY(new_york_in_spring_lacks_an_hour)
{
    set_sunday("America/New_York", 90, 210);
    EXPECT_DAY("2027-03-14", {"2027-03-14T06:30:00Z", "2027-03-14T07:30:00Z"});
    set_sunday("America/New_York", 0, 24 * 60); /* 23 hours */
    EXPECT_DAY("2027-03-14", {"2027-03-14T05:00:00Z", "2027-03-15T04:00:00Z"});
    set_sunday("America/New_York", 120, 180);
    planning_state state;
    cr_assert_eq(plan_store_read_planning(database, &learner, minute("2027-03-10T00:00:00Z"), &state), STATUS_OK);
    cr_expect_eq(state.windows[0].start, minute("2027-03-21T06:00:00Z"), "the hour is not there on the 14th");
}

ZONE_STORY(lord_howe_moves_half_an_hour)
{
    set_sunday("Australia/Lord_Howe", 60, 180);
    EXPECT_DAY("2026-10-04", {"2026-10-03T14:30:00Z", "2026-10-03T16:00:00Z"});
    EXPECT_DAY("2027-04-04", {"2027-04-03T14:00:00Z", "2027-04-03T16:30:00Z"});
    EXPECT_DAY("2027-04-11", {"2027-04-10T14:30:00Z", "2027-04-10T16:30:00Z"});
}

/* What the clock shows at each minute of 400 days, minute by minute: how many lie inside a window, and on which days.
 */
static const char minutes_by_the_clock[] =
    "SELECT count(*) || ' ' || sum(l::date - date '1970-01-01') FROM generate_series(timestamptz '2026-10-20 13:07+00',"
    " timestamptz '2026-10-20 13:06+00' + interval '400 days', '1 minute') t, LATERAL (SELECT t AT TIME ZONE '%s' AS "
    "l) l"
    " WHERE EXISTS (SELECT FROM plan.availability, unnest(window_days, window_starts, window_ends) w(d, s, e)"
    " WHERE d = extract(isodow FROM l) AND extract(hour FROM l) * 60 + extract(minute FROM l) >= s"
    " AND extract(hour FROM l) * 60 + extract(minute FROM l) < e)";

ZONE_STORY(every_minute_of_a_year_is_where_the_clock_says)
{
    static const char *const zones[] = {"America/New_York", "Australia/Lord_Howe", "America/Havana"};
    const int32_t days[] = {1, 1, 5, 6, 7, 7, 7}, starts[] = {0, 1110, 1, 0, 0, 90, 1380},
                  ends[] = {45, 1440, 1439, 1440, 61, 170, 1440};
    char sql[1000], expected[60];

    for (size_t z = 0; z < sizeof zones / sizeof zones[0]; z++) {
        planning_state state;
        int64_t total = 0, days_seen = 0;
        set_windows(zones[z], days, starts, ends, 7);
        cr_assert_eq(plan_store_read_planning(database, &learner, minute("2026-10-20T13:07:00Z"), &state), STATUS_OK);
        for (size_t i = 0; i < state.window_count; i++) {
            cr_assert(i == 0 || state.windows[i].start >= state.windows[i - 1].end);
            total += state.windows[i].end - state.windows[i].start;
            days_seen += (state.windows[i].end - state.windows[i].start) * state.windows[i].day;
        }
        snprintf(sql, sizeof sql, minutes_by_the_clock, zones[z]);
        snprintf(expected, sizeof expected, "%lld %lld", (long long)total, (long long)days_seen);
        char *counted = test_postgres_text(pg, sql);
        cr_expect_str_eq(counted, expected, "%s", zones[z]);
        free(counted);
    }
}

ZONE_STORY(exceptions_take_the_place_of_the_weekly_windows)
{
    exception_row holiday = {
        .id = uuid_make(), .first_day = 20758, .last_day = 20764, .start = -1, .end = -1, .note = ""};
    exception_row extra = {
        .id = uuid_make(), .first_day = 20758, .last_day = 20758, .start = 600, .end = 660, .note = ""};

    set_sunday("Europe/Berlin", 480, 540);
    EXPECT_DAY("2026-11-01", {"2026-11-01T07:00:00Z", "2026-11-01T08:00:00Z"});
    cr_assert_eq(plan_store_add_exception(database, &learner, &holiday), STATUS_OK);
    expect_day("2026-11-01", NULL, 0);
    EXPECT_DAY("2026-11-08", {"2026-11-08T07:00:00Z", "2026-11-08T08:00:00Z"});
    cr_assert_eq(plan_store_add_exception(database, &learner, &extra), STATUS_OK);
    EXPECT_DAY("2026-11-01", {"2026-11-01T09:00:00Z", "2026-11-01T10:00:00Z"});
    cr_assert_eq(plan_store_delete_exception(database, &learner, &holiday.id), STATUS_OK);
    EXPECT_DAY("2026-11-01", {"2026-11-01T09:00:00Z", "2026-11-01T10:00:00Z"});
}

ZONE_STORY(windows_end_with_the_horizon_and_begin_with_now)
{
    const int32_t days[] = {1, 2, 3, 4, 5, 6, 7}, starts[7] = {0}, ends[] = {1440, 1440, 1440, 1440, 1440, 1440, 1440};
    int64_t now = minute("2026-10-20T13:07:00Z");
    planning_state state;

    set_windows("Asia/Tokyo", days, starts, ends, 7);
    cr_assert_eq(plan_store_read_planning(database, &learner, now, &state), STATUS_OK);
    cr_expect_eq(state.horizon, now + 400 * 1440);
    cr_expect_eq(state.windows[0].start, now);
    cr_expect_eq(state.windows[state.window_count - 1].end, state.horizon);
}

ZONE_STORY(unknown_zones_are_refused_without_an_error)
{
    const int32_t one = 1, two = 2;
    static const char *const bad[] = {"Mars/Olympus", "europe/berlin", "UTC+3", "posix/Europe/Berlin", "", "x'; --"};

    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        availability_row row = {.time_zone = bad[i], .days = &one, .starts = &one, .ends = &two, .window_count = 1};
        cr_expect_eq(plan_store_set_availability(database, &learner, &(row_condition){0}, &row),
                     (status)PLAN_UNKNOWN_ZONE, "%s", bad[i]);
    }
    availability_row row;
    cr_expect_eq(plan_store_get_availability(database, &learner, &row), (status)PLAN_NO_AVAILABILITY);
}
