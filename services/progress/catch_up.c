/*
 * How states follow the log.
 *
 * Recording leaves a row in topic_changes for each topic that it touched, in the same transaction as the events. Here
 * the changes are read first, then the logs of their topics, then the new states are stored and exactly those changes
 * removed. So every event that belongs to a removed change was visible when the log was read; what is recorded
 * meanwhile leaves a change that stays.
 *
 * A state is stored only over the version that it was read with. Whoever loses against another replica reads again.
 *
 * New events mostly lie behind all that the state has taken in: then the log is read from there. An event that comes
 * late, or a change whose events have been read already, begins the topic anew from an empty state. Both ways give the
 * same bits (topic_progress.h).
 *
 * A pass takes a bounded number of changes and a bounded page of the log at a time: an imported history of years is
 * worked off in many passes, and each one counts even when the deadline ends the next.
 */
#include "catch_up.h"

#include "fiber.h"
#include "outcome.h"
#include "store.h"

#include <string.h>

enum { CHANGES_IN_PASS = 1000, EVENTS_IN_PAGE = 5000, LOST_PASSES = 10 };

typedef struct pass {
    const progress_service *service;
    const uuid *user;
    arena arena; /* of the whole pass */
    arena page;  /* of one page of the log */
    topic_row *topics;
    log_cursor *cursors; /* of each topic */
    size_t topic_count;
    int64_t *changes;
    size_t change_count;
    size_t stored_count;
} pass;

static bool same_topic(const topic_row *a, const topic_row *b)
{
    return memcmp(&a->graph_id, &b->graph_id, sizeof a->graph_id) == 0 && strcmp(a->topic_key, b->topic_key) == 0;
}

/* Where reading begins for a topic whose changes begin at first_at_us. */
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

static void gather_topics(pass *p, const change_list *list)
{
    p->topics = ARENA_ARRAY(&p->arena, topic_row, list->count);
    p->cursors = ARENA_ARRAY(&p->arena, log_cursor, list->count);
    p->changes = ARENA_ARRAY(&p->arena, int64_t, list->count);
    p->change_count = list->count;
    for (size_t i = 0; i < list->count;) {
        const topic_row *topic = &list->changes[i].topic;
        int64_t first_at_us = INT64_MAX;
        for (; i < list->count && same_topic(topic, &list->changes[i].topic); i++) {
            p->changes[i] = list->changes[i].n;
            if (list->changes[i].first_at_us < first_at_us)
                first_at_us = list->changes[i].first_at_us;
        }
        size_t t = p->topic_count++;
        p->topics[t] = *topic;
        begin_topic(&p->topics[t], &p->cursors[t], first_at_us);
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
        first += log.cursor_of[log.count - 1];
    }
}

static status run_pass(pass *p)
{
    change_list list;
    status s = progress_store_list_changes(p->service->database, &p->arena, p->user, CHANGES_IN_PASS, &list);
    if (s != STATUS_OK || list.count == 0)
        return s;
    gather_topics(p, &list);
    s = replay_log(p);
    if (s != STATUS_OK)
        return s;
    return progress_store_save_topics(p->service->database, &p->arena, p->user, p->topics, p->topic_count, p->changes,
                                      p->change_count, &p->stored_count);
}

status progress_catch_up(const progress_service *service, const uuid *user)
{
    for (int lost = 0; lost < LOST_PASSES;) {
        pass p = {.service = service, .user = user};
        arena_init(&p.arena, 0);
        arena_init(&p.page, 0);
        status s = run_pass(&p);
        arena_finish(&p.page);
        arena_finish(&p.arena);
        if (s != STATUS_OK && s != PROGRESS_CONTENDED)
            return s;
        if (s == PROGRESS_CONTENDED || p.stored_count < p.topic_count)
            lost++;
        else if (p.change_count < CHANGES_IN_PASS)
            return STATUS_OK;
    }
    return PROGRESS_CONTENDED;
}
