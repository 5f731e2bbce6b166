/*
 * The stage for stories of metrics: a database, one or two replicas of the real program, and plan and progress played
 * by the test (fake_peers.h).
 */
#pragma once

#include "fake_peers.h"
#include "metrics.pb-c.h"
#include "rpc_story.h"

#include <criterion/criterion.h>

typedef Sical__Metrics__V1__Streak streak_reply;
typedef Sical__Metrics__V1__Heatmap heatmap_reply;
typedef Sical__Metrics__V1__Dashboard dashboard_reply;

enum { ADA = 1, BOB = 2, EVE = 3 };

extern test_postgres *pg;
extern story_program replicas[2];
extern const char *const metrics_environment[];

/* Runs story on a fiber while so many replicas serve; pull_interval: "1h" leaves counting to who reads. */
void metrics_play(void (*story)(void), size_t replica_count, const char *pull_interval);

#define STORY(SUITE, NAME, REPLICAS, INTERVAL)                                                                         \
    static void NAME##_story(void);                                                                                    \
    Test(SUITE, NAME)                                                                                                  \
    {                                                                                                                  \
        metrics_play(NAME##_story, REPLICAS, INTERVAL);                                                                \
    }                                                                                                                  \
    static void NAME##_story(void)

/* Waits on the story's fiber, so that the peers go on serving; fails the test when it never comes. */
void wait_until(bool (*condition)(void *arg), void *arg, const char *what);

/* Waits until the whole feed is counted. settle: makes it count by reading, too. */
void wait_counted(void);
void settle(void);

/* Closes the fake progress once no call is at work there. */
void progress_close(void);

/* Calls for a user; metadata NULL: for nobody. call and ask_heatmap answer with the code, the others must succeed. */
int call(const char *method, const rpc_metadata *metadata, const void *request, void *answer, rpc_reply *reply);
int ask_heatmap(unsigned user, const char *from, const char *to, heatmap_reply **heatmap, rpc_reply *reply);
streak_reply *get_streak(unsigned user);
dashboard_reply *get_dashboard(unsigned user);

/* The heat map as one text: "2026-03-08:2 2026-03-09:1". */
const char *heatmap_text(unsigned user, const char *from, const char *to);

#define EXPECT_DAYS(USER, FROM, TO, DAYS)                                                                              \
    do {                                                                                                               \
        const char *shown = heatmap_text((USER), (FROM), (TO));                                                        \
        cr_assert_str_eq(shown, (DAYS), "%s", shown);                                                                  \
    } while (0)
