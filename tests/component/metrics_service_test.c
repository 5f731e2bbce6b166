#include "clock.h"
#include "fake_peers.h"
#include "fiber.h"
#include "metrics.pb-c.h"
#include "network.h"
#include "rpc_story.h"

#include <criterion/criterion.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef Sical__Metrics__V1__Streak streak_reply;
typedef Sical__Metrics__V1__Heatmap heatmap_reply;
typedef Sical__Metrics__V1__Dashboard dashboard_reply;

enum { ADA = 1, BOB = 2, EVE = 3 };

/* ---- the stage: a database, one or two replicas, plan and progress played by the test ---- */

static test_postgres *pg;
static story_program replicas[2];
static rpc_client *client;
static char plan_address[64], progress_address[64], pull_interval[64];

static const char *const environment[] = {plan_address, progress_address, pull_interval, NULL};

static void play(void (*story)(void *arg), size_t count, const char *interval)
{
    fake_peers_choose_ports();
    snprintf(plan_address, sizeof plan_address, "PLAN_ADDRESS=tcp://127.0.0.1:%u", peers.plan_port);
    snprintf(progress_address, sizeof progress_address, "PROGRESS_ADDRESS=tcp://127.0.0.1:%u", peers.progress_port);
    snprintf(pull_interval, sizeof pull_interval, "PULL_INTERVAL=%s", interval);
    pg = test_postgres_start();
    test_migrate(pg);
    for (size_t i = 0; i < count; i++)
        story_start(&replicas[i], "metrics", pg, environment);
    story_run(story, NULL);
    for (size_t i = 0; i < count; i++)
        story_stop(&replicas[i]);
    test_postgres_stop(pg);
}

/* Waits on the story's fiber, so that the peers go on serving. */
static void wait_until(bool (*condition)(void *arg), void *arg, const char *what)
{
    fiber_limit_ms(TEST_WAIT_MS);
    while (!condition(arg))
        cr_assert_eq(fiber_sleep(2), STATUS_OK, "%s never came", what);
    fiber_set_deadline_ns(FIBER_NO_DEADLINE);
}

/* The first replica's; what it has not asked yet it takes as unknown. */
static bool peers_are_connected(void *arg)
{
    (void)arg;
    char *log = test_program_errors(replicas[0].program);
    bool connected = strstr(log, "\"peer\":\"plan\"") && strstr(log, "\"peer\":\"progress\"");
    free(log);
    return connected;
}

static void peers_close(void);

#define STORY(NAME, REPLICAS, INTERVAL)                                                                                \
    static void NAME##_story(void);                                                                                    \
    static void NAME##_fiber(void *arg)                                                                                \
    {                                                                                                                  \
        (void)arg;                                                                                                     \
        fake_plan_open();                                                                                              \
        fake_progress_open();                                                                                          \
        client = story_connect("metrics", replicas[0].address);                                                        \
        wait_until(peers_are_connected, NULL, "a connection to the peers");                                            \
        NAME##_story();                                                                                                \
        rpc_client_destroy(client);                                                                                    \
        peers_close();                                                                                                 \
    }                                                                                                                  \
    Test(metrics_service, NAME)                                                                                        \
    {                                                                                                                  \
        play(NAME##_fiber, REPLICAS, INTERVAL);                                                                        \
    }                                                                                                                  \
    static void NAME##_story(void)

static bool no_call_at_progress(void *arg)
{
    (void)arg;
    return rpc_server_calls_in_flight(peers.progress) == 0;
}

static void progress_close(void)
{
    wait_until(no_call_at_progress, NULL, "the end of the calls");
    fake_progress_close();
}

static void peers_close(void)
{
    if (peers.progress)
        progress_close();
    if (peers.plan)
        fake_plan_close();
}

/* The cursor of the fake feed is the number of events before it. */
static bool all_is_counted(void *arg)
{
    (void)arg;
    return test_postgres_number(pg, "SELECT coalesce(nullif(cursor, ''), '0')::int8 FROM metrics.feed_cursors") ==
           (long long)peers.event_count;
}

static void wait_counted(void)
{
    wait_until(all_is_counted, NULL, "the end of the feed");
}

/* ---- calls ---- */

static const rpc_metadata *as(unsigned user)
{
    rpc_metadata *m = ARENA_NEW(fiber_arena(), rpc_metadata);
    *m = (rpc_metadata){.user_id = fake_user_id(user), .role = "student"};
    return m;
}

static int call(const char *method, const rpc_metadata *metadata, const void *request, void *answer, rpc_reply *reply)
{
    return story_call(client, &sical__metrics__v1__metrics_service__descriptor, method, metadata, request, answer,
                      reply);
}

static int ask_heatmap(unsigned user, const char *from, const char *to, heatmap_reply **heatmap, rpc_reply *reply)
{
    Sical__Metrics__V1__GetHeatmapRequest request = SICAL__METRICS__V1__GET_HEATMAP_REQUEST__INIT;
    request.from = (char *)from;
    request.to = (char *)to;
    return call("GetHeatmap", as(user), &request, heatmap, reply);
}

static streak_reply *get_streak(unsigned user)
{
    Sical__Metrics__V1__GetStreakRequest request = SICAL__METRICS__V1__GET_STREAK_REQUEST__INIT;
    streak_reply *streak;
    cr_assert_eq(call("GetStreak", as(user), &request, &streak, NULL), CODE_OK);
    return streak;
}

static dashboard_reply *get_dashboard(unsigned user)
{
    Sical__Metrics__V1__GetDashboardRequest request = SICAL__METRICS__V1__GET_DASHBOARD_REQUEST__INIT;
    dashboard_reply *dashboard;
    cr_assert_eq(call("GetDashboard", as(user), &request, &dashboard, NULL), CODE_OK);
    return dashboard;
}

/* The heat map as one text: "2026-03-08:2 2026-03-09:1". */
static const char *heatmap_text(unsigned user, const char *from, const char *to)
{
    heatmap_reply *heatmap;
    cr_assert_eq(ask_heatmap(user, from, to, &heatmap, NULL), CODE_OK);
    const char *text = "";
    for (size_t i = 0; i < heatmap->n_days; i++)
        text = arena_printf(fiber_arena(), "%s%s%s:%d", text, i ? " " : "", heatmap->days[i]->date,
                            heatmap->days[i]->events);
    return text;
}

#define EXPECT_DAYS(USER, FROM, TO, DAYS)                                                                              \
    do {                                                                                                               \
        const char *shown = heatmap_text((USER), (FROM), (TO));                                                        \
        cr_assert_str_eq(shown, (DAYS), "%s", shown);                                                                  \
    } while (0)

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

/* No pause of the feed ends during a story of "1h": a reader makes it count, and the story goes on when all is counted.
 */
static void settle(void)
{
    get_streak(ADA);
    wait_counted();
}

/* ---- local days ---- */

STORY(a_day_ends_at_the_learners_midnight, 1, "1h")
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
STORY(days_of_25_and_23_hours_are_right, 1, "1h")
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
STORY(a_streak_goes_on_over_dst_and_the_end_of_the_year, 1, "1h")
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

STORY(a_streak_stays_alive_while_today_is_open, 1, "1h")
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

STORY(the_dashboard_sums_up_and_says_when_progress_is_away, 1, "1h")
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
STORY(a_learner_sees_what_was_just_recorded, 1, "1h")
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

STORY(days_follow_a_zone_that_is_set_later_and_stay_when_it_changes, 1, "1h")
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

STORY(with_plan_away_the_last_known_zone_holds, 1, "1h")
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

/* ---- counting once ---- */

enum { STREAM = 3000, STREAM_USERS = 20 };

static const char *const quarters[] = {"2026-03-08T10:00:00Z", "2026-03-08T10:14:59Z", "2026-03-08T10:15:00Z",
                                       "2025-12-31T23:59:59Z", "2026-01-01T00:00:00Z", "2026-03-07T00:00:00Z"};

/* Many users, in no order of time; returns what must be counted. */
static long long append_stream(size_t count)
{
    long long seconds = 0;
    srand(20261123);
    for (size_t i = 0; i < count; i++) {
        int duration = rand() % 86401;
        seconds += duration;
        fake_feed_append((unsigned)rand() % STREAM_USERS,
                         quarters[(size_t)rand() % (sizeof quarters / sizeof *quarters)], rand() % 3 > 0, duration);
    }
    return seconds;
}

static void expect_counted_once(long long seconds)
{
    long long reviews = 0;
    for (size_t i = 0; i < peers.event_count; i++)
        reviews += peers.events[i].is_review;
    cr_assert_eq(test_postgres_number(pg, "SELECT sum(events) FROM metrics.study_quarters"),
                 (long long)peers.event_count);
    cr_assert_eq(test_postgres_number(pg, "SELECT sum(reviews) FROM metrics.study_quarters"), reviews);
    cr_assert_eq(test_postgres_number(pg, "SELECT sum(studied_seconds) FROM metrics.study_quarters"), seconds);
}

STORY(late_and_disordered_events_of_many_pages_are_all_counted, 1, "1h")
{
    peers.zones[7] = "Asia/Tokyo";
    long long seconds = append_stream(STREAM);
    settle();
    expect_counted_once(seconds);
    int expected[3] = {0}; /* Tokyo: 2026-01-01, 2026-03-07, 2026-03-08 */
    for (size_t i = 0; i < peers.event_count; i++)
        if (peers.events[i].user == 7)
            expected[strncmp(peers.events[i].occurred_at, "2026-03", 7) ? 0
                     : peers.events[i].occurred_at[9] == '7'            ? 1
                                                                        : 2]++;
    const char *days =
        arena_printf(fiber_arena(), "2026-01-01:%d 2026-03-07:%d 2026-03-08:%d", expected[0], expected[1], expected[2]);
    EXPECT_DAYS(7, "2025-12-01", "2026-12-01", days);
}

/* Holds a page back until the other replica has asked for the same one, so that both count it at once. */
static fiber *held;
static char held_cursor[32];
static unsigned meetings;

static void meet(const char *cursor)
{
    if (held && strcmp(held_cursor, cursor) == 0) {
        meetings++;
        fiber_wake(held);
        held = NULL;
        return;
    }
    snprintf(held_cursor, sizeof held_cursor, "%s", cursor);
    fiber *self = held = fiber_self();
    uint64_t deadline_ns = fiber_limit_ms(200); /* the other one may be past this page already */
    while (held == self && fiber_park() == STATUS_OK)
        ;
    fiber_set_deadline_ns(deadline_ns);
    if (held == self)
        held = NULL;
}

STORY(two_replicas_that_pull_at_once_count_once, 2, "10ms")
{
    peers.page_limit = 100;
    peers.on_pull = meet;
    long long seconds = append_stream(STREAM);
    wait_counted();
    peers.on_pull = NULL;
    expect_counted_once(seconds);
    cr_assert_gt(meetings, 10u, "both pulled the same page %u times", meetings);
}

/* Kills the program while it counts a page, a little later each time. */
static unsigned kills;
static bool killer_is_out;

static void kill_soon(void *arg)
{
    (void)arg;
    fiber_sleep(kills % 6);
    test_program_signal(replicas[0].program, SIGKILL);
}

static void kill_after(const char *cursor)
{
    (void)cursor;
    if (killer_is_out || peers.pulls < 4)
        return;
    killer_is_out = true;
    fiber_spawn(loop_current(), "killer", kill_soon, NULL);
}

static bool is_dead(void *arg)
{
    (void)arg;
    return test_program_wait(replicas[0].program, 0) >= 0;
}

STORY(kill_9_at_any_moment_neither_loses_nor_repeats, 1, "10ms")
{
    enum { KILLS = 24 };
    peers.page_limit = 20;
    peers.on_pull = kill_after;
    long long seconds = append_stream(STREAM);
    for (kills = 0; kills < KILLS; kills++) {
        wait_until(is_dead, NULL, "the end of the program");
        test_program_destroy(replicas[0].program);
        if (kills == KILLS - 1)
            peers.on_pull = NULL;
        peers.pulls = 0;
        killer_is_out = false;
        story_start_again(&replicas[0], "metrics", pg, environment);
    }
    wait_counted();
    expect_counted_once(seconds);
}

/* ---- refusals and trouble ---- */

STORY(dates_are_checked, 1, "1h")
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

STORY(without_its_database_it_says_unavailable_and_recovers, 1, "50ms")
{
    peers.zones[ADA] = "Asia/Shanghai";
    fake_feed_append(ADA, "2026-03-10T20:00:00Z", true, 60);
    settle();
    EXPECT_DAYS(ADA, "2026-03-01", "2026-03-31", "2026-03-11:1");
    test_postgres_kill(pg);
    fake_feed_append(ADA, "2026-03-11T20:00:00Z", true, 60);
    heatmap_reply *heatmap;
    fiber_limit_ms(2000);
    int code = ask_heatmap(ADA, "", "", &heatmap, NULL);
    fiber_set_deadline_ns(FIBER_NO_DEADLINE);
    cr_assert(code == CODE_UNAVAILABLE || code == CODE_DEADLINE_EXCEEDED, "%s", code_name(code));
    test_postgres_restart(pg);
    wait_counted();
    EXPECT_DAYS(ADA, "2026-03-01", "2026-03-31", "2026-03-11:1 2026-03-12:1");
}
