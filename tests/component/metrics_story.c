#include "metrics_story.h"

#include "fiber.h"
#include "network.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

test_postgres *pg;
story_program replicas[2];
static rpc_client *client;
static char plan_address[64], progress_address[64], pull_interval[64];

const char *const metrics_environment[] = {plan_address, progress_address, pull_interval, NULL};

/* ---- waiting ---- */

void wait_until(bool (*condition)(void *arg), void *arg, const char *what)
{
    fiber_limit_ms(TEST_WAIT_MS);
    while (!condition(arg))
        cr_assert_eq(fiber_sleep(2), STATUS_OK, "%s never came", what);
    fiber_set_deadline_ns(FIBER_NO_DEADLINE);
}

/* Before that the first replica would take every zone as unknown. */
static bool peers_are_connected(void *arg)
{
    (void)arg;
    char *log = test_program_errors(replicas[0].program);
    bool connected = strstr(log, "\"peer\":\"plan\"") && strstr(log, "\"peer\":\"progress\"");
    free(log);
    return connected;
}

static bool no_call_at_progress(void *arg)
{
    (void)arg;
    return rpc_server_calls_in_flight(peers.progress) == 0;
}

void progress_close(void)
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

void wait_counted(void)
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

int call(const char *method, const rpc_metadata *metadata, const void *request, void *answer, rpc_reply *reply)
{
    return story_call(client, &sical__metrics__v1__metrics_service__descriptor, method, metadata, request, answer,
                      reply);
}

int ask_heatmap(unsigned user, const char *from, const char *to, heatmap_reply **heatmap, rpc_reply *reply)
{
    Sical__Metrics__V1__GetHeatmapRequest request = SICAL__METRICS__V1__GET_HEATMAP_REQUEST__INIT;
    request.from = (char *)from;
    request.to = (char *)to;
    return call("GetHeatmap", as(user), &request, heatmap, reply);
}

streak_reply *get_streak(unsigned user)
{
    Sical__Metrics__V1__GetStreakRequest request = SICAL__METRICS__V1__GET_STREAK_REQUEST__INIT;
    streak_reply *streak;
    cr_assert_eq(call("GetStreak", as(user), &request, &streak, NULL), CODE_OK);
    return streak;
}

dashboard_reply *get_dashboard(unsigned user)
{
    Sical__Metrics__V1__GetDashboardRequest request = SICAL__METRICS__V1__GET_DASHBOARD_REQUEST__INIT;
    dashboard_reply *dashboard;
    cr_assert_eq(call("GetDashboard", as(user), &request, &dashboard, NULL), CODE_OK);
    return dashboard;
}

const char *heatmap_text(unsigned user, const char *from, const char *to)
{
    heatmap_reply *heatmap;
    cr_assert_eq(ask_heatmap(user, from, to, &heatmap, NULL), CODE_OK);
    const char *text = "";
    for (size_t i = 0; i < heatmap->n_days; i++)
        text = arena_printf(fiber_arena(), "%s%s%s:%d", text, i ? " " : "", heatmap->days[i]->date,
                            heatmap->days[i]->events);
    return text;
}

void settle(void)
{
    get_streak(ADA);
    wait_counted();
}

/* ---- the stage ---- */

static void on_fiber(void *arg)
{
    void (**story)(void) = arg;
    fake_plan_open();
    fake_progress_open();
    client = story_connect("metrics", replicas[0].address);
    wait_until(peers_are_connected, NULL, "a connection to the peers");
    (*story)();
    rpc_client_destroy(client);
    peers_close();
}

void metrics_play(void (*story)(void), size_t count, const char *interval)
{
    fake_peers_choose_ports();
    snprintf(plan_address, sizeof plan_address, "PLAN_ADDRESS=tcp://127.0.0.1:%u", peers.plan_port);
    snprintf(progress_address, sizeof progress_address, "PROGRESS_ADDRESS=tcp://127.0.0.1:%u", peers.progress_port);
    snprintf(pull_interval, sizeof pull_interval, "PULL_INTERVAL=%s", interval);
    pg = test_postgres_start();
    test_migrate(pg);
    for (size_t i = 0; i < count; i++)
        story_start(&replicas[i], "metrics", pg, metrics_environment);
    story_run(on_fiber, &story);
    for (size_t i = 0; i < count; i++)
        story_stop(&replicas[i]);
    test_postgres_stop(pg);
}
