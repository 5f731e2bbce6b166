#include "clock.h"
#include "fiber.h"
#include "metrics_story.h"
#include "network.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- local days ---- */

static void expect_day(const Sical__Metrics__V1__DayActivity *day, int events, int reviews, int minutes)
{
    cr_assert_eq(day->events, events, "%d events", day->events);
    cr_assert_eq(day->reviews, reviews, "%d reviews", day->reviews);
    cr_assert_eq(day->lessons, events - reviews, "%d lessons", day->lessons);
    cr_assert_eq(day->studied_minutes, minutes, "%d minutes", day->studied_minutes);
}

/* Calls at 12:00 local time would be lost near midnight: a zone in which it is between 11 and 13 o'clock now. */
static const char *zone_of_noon(void)
{
    int hour = (int)(clock_wall_us() / CLOCK_US_PER_S / 3600 % 24);
    int ahead = 12 - hour; /* Etc/GMT-8 is eight hours ahead of UTC */
    return arena_printf(fiber_arena(), "Etc/GMT%+d", -ahead);
}

/* Now, some days ago. */
static const char *days_ago(int days)
{
    char *text = arena_alloc(fiber_arena(), CLOCK_RFC3339_SIZE);
    clock_format_rfc3339(clock_wall_us() - days * INT64_C(86400) * CLOCK_US_PER_S, text);
    return text;
}

STORY(metrics_service, a_day_ends_at_the_learners_midnight, 1, "1h")
{
    peers.zones[ADA] = "Asia/Shanghai";
    peers.zones[BOB] = "Asia/Kathmandu";
    for (unsigned user = ADA; user <= EVE; user++) {
        fake_feed_append(user, "2026-03-08T15:59:59Z", true, 60);
        fake_feed_append(user, "2026-03-08T16:00:00Z", true, 60);
        fake_feed_append(user, "2026-03-08T18:14:59Z", false, 60);
        fake_feed_append(user, "2026-03-08T18:15:00Z", true, 60);
        fake_feed_append(user, "2026-03-08T23:59:59Z", true, 60);
        fake_feed_append(user, "2026-03-09T00:00:00Z", true, 60);
    }
    settle();
    EXPECT_DAYS(ADA, "2026-03-01", "2026-03-31", "2026-03-08:1 2026-03-09:5");
    EXPECT_DAYS(BOB, "2026-03-01", "2026-03-31", "2026-03-08:3 2026-03-09:3");
    EXPECT_DAYS(EVE, "2026-03-01", "2026-03-31", "2026-03-08:5 2026-03-09:1");
    EXPECT_DAYS(4, "2026-03-01", "2026-03-31", "");
    heatmap_reply *heatmap;
    cr_assert_eq(ask_heatmap(ADA, "2026-03-09", "2026-03-09", &heatmap, NULL), CODE_OK);
    cr_assert_str_eq(heatmap->time_zone, "Asia/Shanghai");
    cr_assert_str_eq(heatmap->from, "2026-03-09");
    cr_assert_str_eq(heatmap->to, "2026-03-09");
    cr_assert_eq(heatmap->n_days, 1u);
    expect_day(heatmap->days[0], 5, 4, 5);
    cr_assert_eq(ask_heatmap(EVE, "", "2026-03-09", &heatmap, NULL), CODE_OK);
    cr_assert_str_eq(heatmap->time_zone, "UTC");
    cr_assert_str_eq(heatmap->from, "2025-03-10", "364 days before");
}

/* 2026-11-01 has 25 hours in New York (04:00Z to 05:00Z), 2027-03-14 has 23 (05:00Z to 04:00Z). */
STORY(metrics_service, days_of_25_and_23_hours_are_right, 1, "1h")
{
    peers.zones[ADA] = "America/New_York";
    static const char *const instants[] = {
        "2026-11-01T03:59:59Z", "2026-11-01T04:00:00Z", "2026-11-01T05:30:00Z", "2026-11-01T06:30:00Z",
        "2026-11-02T04:59:59Z", "2026-11-02T05:00:00Z", "2027-03-14T04:59:59Z", "2027-03-14T05:00:00Z",
        "2027-03-14T06:59:59Z", "2027-03-14T07:00:00Z", "2027-03-15T03:59:59Z", "2027-03-15T04:00:00Z",
    };
    for (size_t i = 0; i < sizeof instants / sizeof instants[0]; i++)
        fake_feed_append(ADA, instants[i], true, 60);
    settle();
    EXPECT_DAYS(ADA, "2026-10-01", "2027-04-01",
                "2026-10-31:1 2026-11-01:4 2026-11-02:1 2027-03-13:1 2027-03-14:4 2027-03-15:1");
}

/* An hour of study at 23:30 local time each evening, over both changes: no day is missed, none is double. */
STORY(metrics_service, a_streak_goes_on_over_dst_and_the_end_of_the_year, 1, "1h")
{
    peers.zones[ADA] = "America/New_York";
    int64_t first = clock_days_from_civil(2025, 10, 20), last = clock_days_from_civil(2026, 3, 20);
    int64_t winter = clock_days_from_civil(2025, 11, 2), summer = clock_days_from_civil(2026, 3, 8);
    for (int64_t day = first; day <= last; day++) {
        int offset = day >= winter && day < summer ? 5 : 4;
        char *text = arena_alloc(fiber_arena(), CLOCK_RFC3339_SIZE);
        clock_format_rfc3339((day * 86400 + 23 * 3600 + 1800 + offset * 3600) * CLOCK_US_PER_S, text);
        fake_feed_append(ADA, text, true, 60);
    }
    settle();
    streak_reply *streak = get_streak(ADA);
    cr_assert_eq(streak->longest_days, last - first + 1, "%d", streak->longest_days);
    cr_assert_str_eq(streak->last_date, "2026-03-20");
    cr_assert_eq(streak->current_days, 0);
}

STORY(metrics_service, a_streak_stays_alive_while_today_is_open, 1, "1h")
{
    peers.zones[ADA] = zone_of_noon();
    streak_reply *streak = get_streak(ADA);
    cr_assert(streak->current_days == 0 && streak->longest_days == 0 && !streak->studied_today);
    cr_assert_str_eq(streak->last_date, "");
    static const int days[] = {9, 8, 7, 6, 5, 3, 2, 1};
    for (size_t i = 0; i < sizeof days / sizeof days[0]; i++)
        fake_feed_append(ADA, days_ago(days[i]), true, 600);
    settle();
    streak = get_streak(ADA);
    cr_assert(streak->current_days == 3 && streak->longest_days == 5 && !streak->studied_today);
    cr_assert_str_eq(streak->time_zone, peers.zones[ADA]);

    fake_feed_append(ADA, days_ago(0), false, 90);
    settle();
    streak = get_streak(ADA);
    cr_assert(streak->current_days == 4 && streak->longest_days == 5 && streak->studied_today);
    cr_assert_str_eq(streak->last_date, streak->today);
    fake_feed_append(ADA, days_ago(4), true, 600);
    settle();
    streak = get_streak(ADA);
    cr_assert(streak->current_days == 10 && streak->longest_days == 10, "a late event closes the gap");
}

STORY(metrics_service, the_dashboard_sums_up_and_says_when_progress_is_away, 1, "1h")
{
    peers.zones[ADA] = zone_of_noon();
    fake_feed_append(ADA, days_ago(0), true, 100);
    fake_feed_append(ADA, days_ago(0), false, 50);
    fake_feed_append(ADA, days_ago(6), true, 600);
    fake_feed_append(ADA, days_ago(7), true, 6000);
    fake_feed_append(ADA, days_ago(29), false, 60);
    fake_feed_append(ADA, days_ago(30), true, 60);
    fake_feed_append(BOB, days_ago(0), true, 60);
    settle();
    dashboard_reply *dashboard = get_dashboard(ADA);
    expect_day(dashboard->today, 2, 1, 2);
    expect_day(dashboard->last_7_days, 3, 2, 12);
    expect_day(dashboard->last_30_days, 5, 3, 113);
    cr_assert_str_eq(dashboard->today->date, dashboard->streak->today);
    cr_assert(dashboard->complete);
    cr_assert_eq(dashboard->topics_started, FAKE_TOPICS_STARTED);
    cr_assert_eq(dashboard->topics_mastered, FAKE_TOPICS_MASTERED);
    cr_assert_eq(dashboard->reviews_due, FAKE_REVIEWS_DUE);

    progress_close();
    dashboard = get_dashboard(ADA);
    expect_day(dashboard->today, 2, 1, 2);
    cr_assert_not(dashboard->complete);
    cr_assert_eq(dashboard->topics_started, 0);

    fake_progress_open();
    fake_feed_append(ADA, days_ago(0), true, 60);
    fiber_limit_ms(TEST_WAIT_MS);
    do {
        dashboard = get_dashboard(ADA);
        cr_assert_gt(fiber_left_ms(), 0u, "progress never came back");
    } while (!dashboard->complete || dashboard->today->events < 3);
    expect_day(dashboard->today, 3, 2, 3);
}

static void be_slow(const char *cursor)
{
    (void)cursor;
    fiber_sleep(100);
}

/* A page takes so long that who does not wait for it misses it. The wait is bounded, so on a machine that is very busy
 * one read or another may be too early all the same. */
STORY(metrics_service, a_learner_sees_what_was_just_recorded, 1, "1h")
{
    enum { TRIES = 5 };
    peers.zones[ADA] = zone_of_noon();
    peers.on_pull = be_slow;
    bool seen = false;
    for (int try = 1; try <= TRIES && !seen; try++) {
        settle();
        fake_feed_append(ADA, days_ago(0), true, 60);
        seen = get_dashboard(ADA)->today->events == try;
    }
    cr_assert(seen);
}

/* ---- zones that come and change ---- */

STORY(metrics_service, days_follow_a_zone_that_is_set_later_and_stay_when_it_changes, 1, "1h")
{
    fake_feed_append(ADA, "2026-03-10T20:00:00Z", true, 60);
    settle();
    EXPECT_DAYS(ADA, "2026-03-01", "2026-03-31", "2026-03-10:1");
    peers.zones[ADA] = "Asia/Shanghai";
    EXPECT_DAYS(ADA, "2026-03-01", "2026-03-31", "2026-03-11:1");
    fake_feed_append(ADA, "2026-03-11T20:00:00Z", true, 60);
    settle();
    EXPECT_DAYS(ADA, "2026-03-01", "2026-03-31", "2026-03-11:1 2026-03-12:1");

    peers.zones[ADA] = "America/New_York";
    fake_feed_append(ADA, "2026-03-13T20:00:00Z", true, 60);
    settle();
    EXPECT_DAYS(ADA, "2026-03-11", "2026-03-31", "2026-03-12:1 2026-03-13:1");
}

STORY(metrics_service, with_plan_away_the_last_known_zone_holds, 1, "1h")
{
    peers.zones[ADA] = "Asia/Shanghai";
    fake_feed_append(ADA, "2026-03-10T20:00:00Z", true, 60);
    settle();
    EXPECT_DAYS(ADA, "2026-03-01", "2026-03-31", "2026-03-11:1");
    fake_plan_close();
    fake_feed_append(ADA, "2026-03-11T20:00:00Z", true, 60);
    fake_feed_append(BOB, "2026-03-11T20:00:00Z", true, 60);
    settle();
    EXPECT_DAYS(ADA, "2026-03-01", "2026-03-31", "2026-03-11:1 2026-03-12:1");
    EXPECT_DAYS(BOB, "2026-03-01", "2026-03-31", "2026-03-11:1");
    cr_assert_str_eq(get_streak(ADA)->time_zone, "Asia/Shanghai");
    cr_assert_str_eq(get_streak(BOB)->time_zone, "UTC");
}

/* ---- refusals ---- */

STORY(metrics_service, dates_are_checked, 1, "1h")
{
    static const struct {
        const char *from, *to, *field;
        size_t faults;
    } bad[] = {{"2026-02-30", "", "from", 1},
               {"", "yesterday", "to", 1},
               {"x", "y", "from", 2},
               {"2026-03-02", "2026-03-01", "from", 1},
               {"9999-12-31", "", "from", 1},
               {"2020-01-01", "2023-01-05", "from", 1},
               {"1969-12-31", "1970-01-01", "from", 1},
               {"2026-03-01T00:00:00Z", "", "from", 1},
               {"0000-01-01", "10000-01-01", "from", 2}};
    heatmap_reply *heatmap;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        rpc_reply reply;
        cr_assert_eq(ask_heatmap(ADA, bad[i].from, bad[i].to, &heatmap, &reply), CODE_INVALID_ARGUMENT, "case %zu", i);
        cr_assert_eq(reply.fault_count, bad[i].faults, "case %zu", i);
        cr_assert_str_eq(reply.faults[0].field, bad[i].field, "case %zu", i);
    }
    cr_assert_eq(ask_heatmap(ADA, "2020-01-01", "2023-01-04", &heatmap, NULL), CODE_OK, "1,100 days");
    cr_assert_eq(ask_heatmap(ADA, "", "1970-01-01", &heatmap, NULL), CODE_OK);
    cr_assert_str_eq(heatmap->from, "1969-01-02");
    cr_assert_eq(ask_heatmap(ADA, "9999-12-31", "9999-12-31", &heatmap, NULL), CODE_OK);
    Sical__Metrics__V1__GetStreakRequest request = SICAL__METRICS__V1__GET_STREAK_REQUEST__INIT;
    streak_reply *streak;
    cr_assert_eq(call("GetStreak", NULL, &request, &streak, NULL), CODE_UNAUTHENTICATED);
}
