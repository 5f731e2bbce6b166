/*
 * How states follow the log.
 *
 * Recording leaves each new event in pending_events too, in the same transaction. Here the pending ones are read first,
 * then the logs of their topics, then the new states are stored and exactly those events stop being pending. So each of
 * them was visible when the log was read; what is recorded meanwhile stays pending.
 *
 * A state is stored only over the version that it was read with. Whoever loses a topic to another replica reads again;
 * whoever loses it twice is done with it: the second winner had read what the first one stored, so it began after this
 * call did, and took in all that was there then.
 *
 * New events mostly lie behind all that the state has taken in: then the log is read from there. An event that comes
 * late, or is still pending though its log was read already, begins the topic anew from an empty state. Both ways give
 * the same bits (topic_progress.h).
 *
 * A pass takes a bounded number of pending events and a bounded page of the log at a time: an imported history of years
 * is worked off in many passes, and each one counts even when the deadline ends the next.
 */
#include "catch_up.h"

#include "fiber.h"
#include "outcome.h"
#include "store.h"

#include <string.h>

enum { PENDING_IN_PASS = 5000, EVENTS_IN_PAGE = 5000, LOST_PASSES = 2, LOCKED_PASSES = 3 };

typedef struct pass {
    const progress_service *service;
    const uuid *user;
    arena arena; /* of the whole pass */
    arena page;  /* of one page of the log */
    pending_list pending;
    topic_row *topics;
    log_cursor *cursors; /* of each topic */
    size_t topic_count;
    size_t stored_count;
} pass;

static bool same_topic(const topic_row *a, const topic_row *b)
{
    return memcmp(&a->graph_id, &b->graph_id, sizeof a->graph_id) == 0 && strcmp(a->topic_key, b->topic_key) == 0;
}

/* Where reading begins for a topic whose earliest pending event is of first_at_us. */
static void begin_topic(topic_row *topic, log_cursor *cursor, int64_t first_at_us)
{
    *cursor = (log_cursor){.graph_id = topic->graph_id, .topic_key = topic->topic_key};
    if (topic->version == 0 || first_at_us <= topic->progress.last_event_us) {
        topic->progress = (topic_progress){0};
        return;
    }
    cursor->after_at_us = topic->progress.last_event_us;
    memset(&cursor->after_id, 0xff, sizeof cursor->after_id);
}

static void gather_topics(pass *p)
{
    const pending_event *events = p->pending.events;
    size_t count = p->pending.count;
    p->topics = ARENA_ARRAY(&p->arena, topic_row, count);
    p->cursors = ARENA_ARRAY(&p->arena, log_cursor, count);
    for (size_t i = 0; i < count;) {
        topic_row *topic = &p->topics[p->topic_count];
        int64_t first_at_us = INT64_MAX;
        *topic = events[i].topic;
        for (; i < count && same_topic(topic, &events[i].topic); i++)
            if (events[i].occurred_at_us < first_at_us)
                first_at_us = events[i].occurred_at_us;
        begin_topic(topic, &p->cursors[p->topic_count++], first_at_us);
    }
}

/* first: the topic that the page's cursors begin with. Leaves each cursor behind its last event. */
static void replay_page(pass *p, const logged_events *log, size_t first)
{
    for (size_t i = 0; i < log->count;) {
        size_t end = i + 1;
        while (end < log->count && log->cursor_of[end] == log->cursor_of[i])
            end++;
        size_t t = first + log->cursor_of[i];
        topic_progress_replay(&p->service->model, &p->topics[t].progress, p->topics[t].topic_key, log->events + i,
                              end - i);
        p->cursors[t].after_at_us = log->events[end - 1].occurred_at_us;
        memcpy(p->cursors[t].after_id.bytes, log->events[end - 1].id, sizeof p->cursors[t].after_id.bytes);
        i = end;
    }
}

static status replay_log(pass *p)
{
    size_t first = 0;
    for (;;) {
        logged_events log;
        arena_reset(&p->page);
        status s = progress_store_read_log(p->service->database, &p->page, p->user, p->cursors + first,
                                           p->topic_count - first, EVENTS_IN_PAGE, &log);
        if (s != STATUS_OK)
            return s;
        replay_page(p, &log, first);
        if (log.count < EVENTS_IN_PAGE)
            return STATUS_OK;
        first += log.cursor_of[log.count - 1]; /* go on with the topic that the page ended in */
    }
}

static status run_pass(pass *p)
{
    db *d = p->service->database;
    status s = progress_store_list_pending(d, &p->arena, p->user, PENDING_IN_PASS, &p->pending);
    if (s != STATUS_OK || p->pending.count == 0)
        return s;
    gather_topics(p);
    s = replay_log(p);
    if (s != STATUS_OK)
        return s;
    return progress_store_save_topics(d, &p->arena, p->user, p->topics, p->topic_count, &p->pending, &p->stored_count);
}

status progress_catch_up(const progress_service *service, const uuid *user)
{
    int lost = 0, locked = 0;
    for (;;) {
        pass p = {.service = service, .user = user};
        arena_init(&p.arena, 0);
        arena_init(&p.page, 0);
        status s = run_pass(&p);
        arena_finish(&p.page);
        arena_finish(&p.arena);
        if (s == PROGRESS_CONTENDED && ++locked < LOCKED_PASSES)
            continue;
        if (s != STATUS_OK)
            return s;
        bool whole = p.pending.count < PENDING_IN_PASS;
        if (whole && (p.stored_count == p.topic_count || ++lost == LOST_PASSES))
            return STATUS_OK;
    }
}
