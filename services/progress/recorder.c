/*
 * A caller puts an entry into the list of those that wait and parks. The first one starts a fiber that takes the list,
 * as far as it fits into one group, copies the events (a caller may give up meanwhile, and its memory with it), runs
 * the statement and tells each caller its share. At most two groups are on their way, so that PostgreSQL has the next
 * one when it is done with one, and the others grow until then.
 */
#include "recorder.h"

#include "fiber.h"
#include "outcome.h"

#include <stdlib.h>

enum { GROUPS_AT_ONCE = 2, EVENTS_IN_GROUP = 1000 };

/* A caller; on the stack of its fiber. */
typedef struct entry {
    fiber *caller;
    const uuid *user;
    const study_event *events;
    size_t count;
    uint64_t deadline_ns;
    status result;
    int32_t added;
    bool done;
    bool unknown;         /* the events may have been recorded although result says no */
    struct entry **place; /* in the group that has taken it; NULL while it waits */
    struct entry *next, **link;
} entry;

struct recorder {
    loop *loop;
    db *database;
    entry *first, **last; /* those that wait */
    bool scheduled;       /* a group will take them */
    unsigned running;
    fiber_semaphore lanes;
};

/* What one statement records. */
typedef struct group {
    entry **entries; /* NULL: it has given up */
    size_t entry_count;
    new_event *events; /* those of an entry stand together, in the order of the entries */
    size_t event_count;
    uint64_t deadline_ns; /* the latest of its callers' */
} group;

/* ---- the list ---- */

static void append(recorder *r, entry *e)
{
    e->link = r->last;
    *r->last = e;
    r->last = &e->next;
}

static void take_out(recorder *r, entry *e)
{
    *e->link = e->next;
    if (e->next)
        e->next->link = e->link;
    else
        r->last = e->link;
}

/* ---- a group ---- */

static size_t count_entries(const recorder *r, size_t *event_count)
{
    size_t entries = 0;
    *event_count = 0;
    for (const entry *e = r->first; e && (!entries || *event_count + e->count <= EVENTS_IN_GROUP); e = e->next) {
        *event_count += e->count;
        entries++;
    }
    return entries;
}

static group take_group(recorder *r, arena *a)
{
    group g = {.entry_count = count_entries(r, &g.event_count)};
    g.entries = ARENA_ARRAY(a, entry *, g.entry_count);
    g.events = ARENA_ARRAY(a, new_event, g.event_count);
    new_event *to = g.events;
    for (size_t i = 0; i < g.entry_count; i++) {
        entry *e = g.entries[i] = r->first;
        take_out(r, e);
        e->place = &g.entries[i];
        g.deadline_ns = e->deadline_ns > g.deadline_ns ? e->deadline_ns : g.deadline_ns;
        for (size_t k = 0; k < e->count; k++, to++) {
            *to = (new_event){.user_id = *e->user, .event = e->events[k], .bringer = i};
            to->event.topic_key = arena_strdup(a, e->events[k].topic_key);
        }
    }
    return g;
}

static void tell(entry **place, status result, bool unknown, const new_event *events, size_t count)
{
    entry *e = *place;
    if (!e)
        return;
    for (size_t k = 0; k < count; k++)
        e->added += events[k].added;
    e->result = result;
    e->unknown = unknown;
    e->done = true;
    fiber_wake(e->caller);
}

/* The number of events that the entry brought which brought the first of these. */
static size_t events_of_entry(const group *g, const new_event *first)
{
    size_t count = 1;
    while (first + count < g->events + g->event_count && first[count].bringer == first->bringer)
        count++;
    return count;
}

/* What one caller brought can make the whole group fail: then each is recorded by itself. */
static bool is_worth_dividing(const group *g, status s)
{
    return g->entry_count > 1 && (s == STATUS_INTERNAL || s == PROGRESS_CONTENDED);
}

static void record(recorder *r, group *g)
{
    status s = progress_store_record(r->database, g->events, g->event_count);
    bool divided = is_worth_dividing(g, s);
    size_t count;
    for (new_event *e = g->events; e < g->events + g->event_count; e += count) {
        count = events_of_entry(g, e);
        if (divided)
            s = progress_store_record(r->database, e, count);
        tell(&g->entries[e->bringer], s, s < 0 && db_outcome_unknown(), e, count);
    }
}

static void run(void *arg);

static void schedule(recorder *r)
{
    if (r->scheduled || !r->first)
        return;
    r->scheduled = true;
    r->running++;
    fiber_spawn(r->loop, "record events", run, r);
}

/* Its deadline is its callers' business: a lane is free when an earlier group has ended, and that has one. */
static void run(void *arg)
{
    recorder *r = arg;
    fiber_set_deadline_ns(FIBER_NO_DEADLINE);
    status s = fiber_semaphore_acquire(&r->lanes);
    group g = take_group(r, fiber_arena());
    r->scheduled = false;
    schedule(r);
    if (s != STATUS_OK) {
        for (size_t i = 0; i < g.entry_count; i++)
            tell(&g.entries[i], s, false, NULL, 0);
    } else {
        fiber_set_deadline_ns(g.deadline_ns);
        if (g.entry_count)
            record(r, &g);
        fiber_semaphore_release(&r->lanes);
    }
    r->running--;
}

/* ---- callers ---- */

static void give_up(recorder *r, entry *e)
{
    if (e->place)
        *e->place = NULL;
    else
        take_out(r, e);
}

/* On the caller's own fiber, so that it is part of the caller's transaction. */
static status add_alone(recorder *r, const uuid *user, const study_event *events, size_t count, int32_t *added)
{
    new_event *copies = ARENA_ARRAY(fiber_arena(), new_event, count);
    for (size_t i = 0; i < count; i++)
        copies[i] = (new_event){.user_id = *user, .event = events[i]};
    status s = progress_store_record(r->database, copies, count);
    *added = 0;
    for (size_t i = 0; i < count; i++)
        *added += copies[i].added;
    return s;
}

status recorder_add(recorder *r, const uuid *user, const study_event *events, size_t count, int32_t *added)
{
    if (db_in_transaction(r->database))
        return add_alone(r, user, events, count, added);
    entry e = {
        .caller = fiber_self(), .user = user, .events = events, .count = count, .deadline_ns = fiber_deadline_ns()};
    append(r, &e);
    schedule(r);
    while (!e.done) {
        status s = fiber_park();
        if (s == STATUS_OK || e.done)
            continue;
        if (e.place)
            db_set_outcome_unknown();
        give_up(r, &e);
        return s;
    }
    if (e.unknown)
        db_set_outcome_unknown();
    *added = e.added;
    return e.result;
}

/* ---- life ---- */

recorder *recorder_create(loop *l, db *d)
{
    recorder *r = calloc(1, sizeof *r);
    if (!r)
        abort();
    r->loop = l;
    r->database = d;
    r->last = &r->first;
    fiber_semaphore_init(&r->lanes, GROUPS_AT_ONCE);
    return r;
}

unsigned recorder_running(const recorder *r)
{
    return r->running;
}

void recorder_destroy(recorder *r)
{
    free(r);
}
