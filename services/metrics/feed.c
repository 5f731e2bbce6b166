#include "feed.h"

#include "clock.h"
#include "fiber.h"
#include "log.h"
#include "metrics.h"
#include "progress_client.h"
#include "rpc_client.h"
#include "store.h"
#include "time_zones.h"

#include <stdlib.h>
#include <string.h>

enum { PAGE_EVENTS = 1000, PAGE_TIMEOUT_MS = 5000, CONNECT_TIMEOUT_MS = 500, PAUSE_MAX_MS = 10000 };

typedef struct reader {
    fiber *waiting;
    struct reader *next;
} reader;

struct feed {
    feed_options options;
    fiber *runner; /* NULL once ended */
    bool stopping;
    bool failing;      /* the last round ended early */
    uint64_t begun;    /* rounds, counted from 1 */
    uint64_t finished; /* the last round that is over */
    uint64_t wanted;   /* readers wait for this round */
    bool more;         /* the last page was not the end of the feed */
    reader *readers;
    metrics_series *rounds;
    metrics_series *failures;
};

/* ---- a page ---- */

static int compare_ids(const void *a, const void *b)
{
    return memcmp(a, b, sizeof(uuid));
}

static size_t distinct_users(const uuid *all, size_t count, uuid *users)
{
    memcpy(users, all, count * sizeof *users);
    qsort(users, count, sizeof *users, compare_ids);
    size_t kept = 0;
    for (size_t i = 0; i < count; i++)
        if (kept == 0 || compare_ids(&users[kept - 1], &users[i]) != 0)
            users[kept++] = users[i];
    return kept;
}

/* While plan is away quarters are counted without a zone; reading settles that. */
static void find_zones(feed *f, study_page *page)
{
    arena *a = fiber_arena();
    uuid *users = ARENA_ARRAY(a, uuid, page->event_count);
    plan_time_zones known;
    if (!time_zones_ask(f->options.plan, users, distinct_users(page->user_ids, page->event_count, users), &known))
        return;
    uuid *zone_users = ARENA_ARRAY(a, uuid, known.count);
    const char **zones = ARENA_ARRAY(a, const char *, known.count);
    for (size_t i = 0; i < known.count; i++) {
        zone_users[i] = known.zones[i].user_id;
        zones[i] = known.zones[i].time_zone;
    }
    page->zone_users = zone_users;
    page->zones = zones;
    page->zone_count = known.count;
}

static status count_page(feed *f, const char *cursor, const progress_feed_page *from)
{
    arena *a = fiber_arena();
    uuid *users = ARENA_ARRAY(a, uuid, from->count);
    int64_t *occurred = ARENA_ARRAY(a, int64_t, from->count);
    bool *is_review = ARENA_ARRAY(a, bool, from->count);
    int32_t *seconds = ARENA_ARRAY(a, int32_t, from->count);
    for (size_t i = 0; i < from->count; i++) {
        users[i] = from->events[i].user_id;
        occurred[i] = from->events[i].occurred_at_us;
        is_review[i] = from->events[i].kind == PROGRESS_REVIEW;
        seconds[i] = from->events[i].duration_seconds;
    }
    study_page page = {.cursor = cursor,
                       .next_cursor = from->next_cursor,
                       .event_count = from->count,
                       .user_ids = users,
                       .occurred_us = occurred,
                       .is_review = is_review,
                       .seconds = seconds};
    find_zones(f, &page);
    return metrics_store_count_page(f->options.database, &page);
}

/* Runs on a fiber of its own, so that a page's memory is freed with it. */
static status pull_page(void *arg)
{
    feed *f = arg;
    f->more = false;
    fiber_limit_ms(rpc_client_ready(f->options.progress) ? PAGE_TIMEOUT_MS : CONNECT_TIMEOUT_MS);
    const char *cursor;
    status s = metrics_store_get_cursor(f->options.database, &cursor);
    if (s != STATUS_OK)
        return s;
    progress_feed_page page;
    s = progress_client_pull_events(f->options.progress, NULL, cursor, PAGE_EVENTS, &page);
    if (s != STATUS_OK) {
        if (s > 0)
            log_error("progress refuses the feed's cursor", log_text("code", code_name(s)));
        return s;
    }
    if (strcmp(page.next_cursor, cursor) == 0)
        return page.count == 0 ? STATUS_OK : STATUS_INTERNAL; /* events without a step would be counted for ever */
    s = count_page(f, cursor, &page);
    f->more = s == STATUS_OK; /* perhaps another replica was first: the next page tells */
    return s;
}

/* ---- rounds ---- */

static status pull_round(feed *f)
{
    status s;
    do {
        fiber_group page = FIBER_GROUP_INIT;
        fiber_group_spawn(&page, "feed page", pull_page, f);
        s = fiber_group_wait(&page);
    } while (s == STATUS_OK && f->more && !f->stopping);
    return s;
}

static void end_round(feed *f, status s)
{
    bool failing = s != STATUS_OK;
    if (failing) {
        metrics_add(f->failures, 1);
        if (!f->failing)
            log_warn("the feed of progress cannot be counted now", log_text("status", status_name(s)));
    } else if (f->failing) {
        log_info("the feed of progress is counted again");
    }
    f->failing = failing;
    f->finished = f->begun;
    metrics_add(f->rounds, 1);
    for (reader *r = f->readers; r; r = r->next)
        fiber_wake(r->waiting);
}

static uint32_t next_pause(const feed *f, uint32_t pause_ms)
{
    if (!f->failing)
        return f->options.interval_ms;
    uint32_t doubled = pause_ms * 2 < PAUSE_MAX_MS ? pause_ms * 2 : PAUSE_MAX_MS;
    return doubled / 2 + (uint32_t)(clock_monotonic_ns() / 1000 % doubled) / 2; /* replicas come back apart */
}

/* Until the pause is over, a reader wants a round, or the program stops. */
static void pause_between_rounds(feed *f, uint32_t pause_ms)
{
    fiber_limit_ms(pause_ms);
    while (!f->stopping && f->wanted <= f->finished) {
        status s = fiber_park();
        if (s == STATUS_CANCELLED)
            f->stopping = true;
        if (s != STATUS_OK)
            break;
    }
    fiber_set_deadline_ns(FIBER_NO_DEADLINE);
}

static void run(void *arg)
{
    feed *f = arg;
    fiber_set_deadline_ns(FIBER_NO_DEADLINE);
    uint32_t pause_ms = f->options.interval_ms;
    while (!f->stopping) {
        f->begun++;
        end_round(f, pull_round(f));
        pause_ms = next_pause(f, pause_ms);
        pause_between_rounds(f, pause_ms);
    }
    f->runner = NULL;
}

void feed_catch_up(feed *f)
{
    if (f->stopping || (f->failing && !rpc_client_ready(f->options.progress)))
        return;
    uint64_t round = f->begun + 1;
    f->wanted = round;
    fiber_wake(f->runner);
    reader self = {.waiting = fiber_self(), .next = f->readers};
    f->readers = &self;
    uint64_t deadline_ns = fiber_limit_ms(FEED_WAIT_MS);
    while (f->finished < round && fiber_park() == STATUS_OK)
        ;
    fiber_set_deadline_ns(deadline_ns);
    reader **link = &f->readers;
    while (*link != &self)
        link = &(*link)->next;
    *link = self.next;
}

/* ---- life ---- */

feed *feed_create(loop *l, const feed_options *options)
{
    feed *f = calloc(1, sizeof *f);
    if (!f)
        abort();
    f->options = *options;
    f->rounds = metrics_with(metrics_register(options->metrics, METRICS_COUNTER, "feed_rounds_total", "",
                                              "Rounds in which the feed of progress was pulled"),
                             NULL);
    f->failures = metrics_with(metrics_register(options->metrics, METRICS_COUNTER, "feed_failures_total", "",
                                                "Rounds that ended early: progress or the database was away"),
                               NULL);
    f->runner = fiber_spawn(l, "feed", run, f);
    return f;
}

void feed_stop(feed *f)
{
    f->stopping = true;
    if (f->runner)
        fiber_wake(f->runner);
}

bool feed_running(const feed *f)
{
    return f->runner != NULL;
}

void feed_destroy(feed *f)
{
    free(f);
}
