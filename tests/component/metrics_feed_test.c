#include "fiber.h"
#include "metrics_story.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

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

STORY(metrics_feed, late_and_disordered_events_of_many_pages_are_all_counted, 1, "1h")
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

STORY(metrics_feed, two_replicas_that_pull_at_once_count_once, 2, "10ms")
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

STORY(metrics_feed, kill_9_at_any_moment_neither_loses_nor_repeats, 1, "10ms")
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
        story_start_again(&replicas[0], "metrics", pg, metrics_environment);
    }
    wait_counted();
    expect_counted_once(seconds);
}

/* ---- trouble ---- */

STORY(metrics_feed, without_its_database_it_says_unavailable_and_recovers, 1, "50ms")
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
