#include "metrics_service.h"

#include "clock.h"
#include "domain/date_range.h"
#include "domain/streak.h"
#include "fiber.h"
#include "metrics.pb-c.h"
#include "outcome.h"
#include "progress_client.h"
#include "store.h"
#include "time_zones.h"

#include <stdlib.h>

enum { SUMMARY_TIMEOUT_MS = 500 };

struct metrics_service {
    db *database;
    rpc_client *progress;
    rpc_client *plan;
    feed *feed;
};

metrics_service *metrics_service_create(loop *l, const metrics_service_options *options)
{
    metrics_service *m = calloc(1, sizeof *m);
    if (!m)
        abort();
    m->database = options->database;
    m->progress = options->progress;
    m->plan = options->plan;
    feed_options feed_of = {.database = options->database,
                            .progress = options->progress,
                            .plan = options->plan,
                            .interval_ms = options->pull_interval_ms,
                            .metrics = options->metrics};
    m->feed = feed_create(l, &feed_of);
    return m;
}

void metrics_service_stop(metrics_service *m)
{
    feed_stop(m->feed);
}

unsigned metrics_service_in_flight(const metrics_service *m)
{
    return feed_running(m->feed);
}

void metrics_service_destroy(metrics_service *m)
{
    if (!m)
        return;
    feed_destroy(m->feed);
    rpc_client_destroy(m->progress);
    rpc_client_destroy(m->plan);
    free(m);
}

/* ---- reading ---- */

/* The caller's days, as they stand after what was recorded before the call. */
static status read_days(rpc_call *call, study_days *out)
{
    metrics_service *m = call->service;
    feed_catch_up(m->feed);
    plan_time_zones known;
    const char *zone = NULL;
    if (time_zones_ask(m->plan, &call->user, 1, &known))
        zone = known.count == 1 ? known.zones[0].time_zone : "UTC";
    return metrics_store_read_days(m->database, &call->user, zone, clock_wall_us(), out);
}

static char *to_date(arena *a, int64_t day)
{
    char *text = arena_alloc(a, CLOCK_DATE_SIZE);
    text[clock_format_date(day, text)] = '\0';
    return text;
}

static int32_t to_int32(int64_t n)
{
    return n > INT32_MAX ? INT32_MAX : (int32_t)n;
}

static Sical__Metrics__V1__DayActivity *to_day(arena *a, const day_activity *day)
{
    Sical__Metrics__V1__DayActivity *to = ARENA_NEW(a, Sical__Metrics__V1__DayActivity);
    sical__metrics__v1__day_activity__init(to);
    to->date = to_date(a, day->day);
    to->events = to_int32(day->events);
    to->reviews = to_int32(day->reviews);
    to->lessons = to_int32(day->lessons);
    to->studied_minutes = to_int32(day->studied_seconds / 60);
    return to;
}

static Sical__Metrics__V1__Streak *to_streak(arena *a, const study_days *from)
{
    streak s = streak_of(from->activity, from->today);
    Sical__Metrics__V1__Streak *to = ARENA_NEW(a, Sical__Metrics__V1__Streak);
    sical__metrics__v1__streak__init(to);
    to->current_days = s.current_days;
    to->longest_days = s.longest_days;
    to->studied_today = s.studied_today;
    to->last_date = s.ever ? to_date(a, s.last_day) : "";
    to->today = to_date(a, from->today);
    to->time_zone = (char *)from->time_zone;
    return to;
}

/* ---- methods ---- */

static status get_streak(rpc_call *call, const Sical__Metrics__V1__GetStreakRequest *request,
                         Sical__Metrics__V1__Streak **reply)
{
    (void)request;
    study_days days;
    status s = read_days(call, &days);
    if (s != STATUS_OK)
        return s;
    *reply = to_streak(call->arena, &days);
    return STATUS_OK;
}

/* "" is not given: *out stays NULL. What is no date becomes a fault. */
static void read_date(rpc_call *call, const char *field, const char *text, int64_t *day, const int64_t **out)
{
    *out = NULL;
    if (!*text)
        return;
    if (clock_parse_date(text, day) != 0 || *day < 0)
        rpc_add_fault(call, field, "is not a date like 2026-03-08, from 1970 on");
    else
        *out = day;
}

static status check_range(rpc_call *call, const int64_t *from, const int64_t *to, int64_t today, date_range *range)
{
    switch (date_range_make(from, to, today, range)) {
    case DATE_RANGE_GOOD:
        return STATUS_OK;
    case DATE_RANGE_REVERSED:
        rpc_add_fault(call, "from", "is after to");
        break;
    case DATE_RANGE_TOO_LONG:
        rpc_add_fault(call, "from", "is more than %d days before the end", DATE_RANGE_DAYS_MAX - 1);
        break;
    }
    return METRICS_INVALID_INPUT;
}

static status get_heatmap(rpc_call *call, const Sical__Metrics__V1__GetHeatmapRequest *request,
                          Sical__Metrics__V1__Heatmap **reply)
{
    int64_t from_day, to_day_number;
    const int64_t *from, *to;
    read_date(call, "from", request->from, &from_day, &from);
    read_date(call, "to", request->to, &to_day_number, &to);
    if (rpc_fault_count(call) > 0)
        return METRICS_INVALID_INPUT;
    study_days days;
    status s = read_days(call, &days);
    if (s != STATUS_OK)
        return s;
    date_range range;
    s = check_range(call, from, to, days.today, &range);
    if (s != STATUS_OK)
        return s;

    activity shown = activity_between(days.activity, range.from, range.to);
    Sical__Metrics__V1__Heatmap *heatmap = ARENA_NEW(call->arena, Sical__Metrics__V1__Heatmap);
    sical__metrics__v1__heatmap__init(heatmap);
    heatmap->from = to_date(call->arena, range.from);
    heatmap->to = to_date(call->arena, range.to);
    heatmap->time_zone = (char *)days.time_zone;
    heatmap->n_days = shown.count;
    heatmap->days = ARENA_ARRAY(call->arena, Sical__Metrics__V1__DayActivity *, shown.count);
    for (size_t i = 0; i < shown.count; i++)
        heatmap->days[i] = to_day(call->arena, &shown.days[i]);
    *reply = heatmap;
    return STATUS_OK;
}

static Sical__Metrics__V1__DayActivity *sum_of_last(arena *a, const study_days *days, int count)
{
    int64_t first = days->today - count + 1;
    day_activity sum = activity_sum(activity_between(days->activity, first, days->today), first);
    return to_day(a, &sum);
}

static bool ask_summary(rpc_call *call, progress_summary *out)
{
    metrics_service *m = call->service;
    if (!rpc_client_ready(m->progress))
        return false;
    uint64_t deadline_ns = fiber_limit_ms(SUMMARY_TIMEOUT_MS);
    status s = progress_client_get_summary(m->progress, &call->metadata, out);
    fiber_set_deadline_ns(deadline_ns);
    return s == STATUS_OK;
}

static status get_dashboard(rpc_call *call, const Sical__Metrics__V1__GetDashboardRequest *request,
                            Sical__Metrics__V1__Dashboard **reply)
{
    (void)request;
    study_days days;
    status s = read_days(call, &days);
    if (s != STATUS_OK)
        return s;
    Sical__Metrics__V1__Dashboard *dashboard = ARENA_NEW(call->arena, Sical__Metrics__V1__Dashboard);
    sical__metrics__v1__dashboard__init(dashboard);
    dashboard->streak = to_streak(call->arena, &days);
    dashboard->today = sum_of_last(call->arena, &days, 1);
    dashboard->last_7_days = sum_of_last(call->arena, &days, 7);
    dashboard->last_30_days = sum_of_last(call->arena, &days, 30);
    progress_summary summary;
    if (ask_summary(call, &summary)) {
        dashboard->topics_started = summary.topics_started;
        dashboard->topics_mastered = summary.topics_mastered;
        dashboard->reviews_due = summary.reviews_due;
        dashboard->complete = true;
    }
    *reply = dashboard;
    return STATUS_OK;
}

/* ---- the service ---- */

RPC_HANDLER(get_streak, Sical__Metrics__V1__GetStreakRequest, Sical__Metrics__V1__Streak)
RPC_HANDLER(get_heatmap, Sical__Metrics__V1__GetHeatmapRequest, Sical__Metrics__V1__Heatmap)
RPC_HANDLER(get_dashboard, Sical__Metrics__V1__GetDashboardRequest, Sical__Metrics__V1__Dashboard)

static const rpc_method methods[] = {
    {"GetStreak", RPC_USER, get_streak_rpc},
    {"GetHeatmap", RPC_USER, get_heatmap_rpc},
    {"GetDashboard", RPC_USER, get_dashboard_rpc},
};

static enum code to_code(status outcome, const char **message)
{
    switch ((enum metrics_outcome)outcome) {
    case METRICS_INVALID_INPUT:
        *message = "the input has faults";
        return CODE_INVALID_ARGUMENT;
    }
    *message = "unexpected outcome";
    return CODE_INTERNAL;
}

const rpc_service metrics_rpc = {
    .descriptor = &sical__metrics__v1__metrics_service__descriptor,
    .methods = methods,
    .method_count = sizeof methods / sizeof methods[0],
    .outcome = to_code,
};
