#include "rpc_internal.h"

#include "clock.h"
#include "event_rules.h"
#include "feed_cursor.h"
#include "outcome.h"

enum { FEED_PAGE_SIZE = 500, FEED_PAGE_SIZE_HIGHEST = 1000 };

/* ---- recording ---- */

typedef struct event_check {
    rpc_call *call;
    size_t index;
    int64_t now_us;
} event_check;

static void require(const event_check *check, bool holds, const char *field, const char *sentence)
{
    if (!holds)
        rpc_add_fault(check->call, arena_printf(check->call->arena, "events[%zu].%s", check->index, field), "%s",
                      sentence);
}

static void check_instant(const event_check *check, const Google__Protobuf__Timestamp *from, int64_t *to)
{
    if (!from || !event_instant_is_valid(from->seconds, from->nanos, check->now_us)) {
        require(check, false, "occurred_at", "must be an instant from 2000-01-01T00:00:00Z to 24 hours from now");
        return;
    }
    *to = from->seconds * CLOCK_US_PER_S + from->nanos / 1000;
}

/* Fills to and adds a fault for each field that is wrong. */
static void check_event(const event_check *check, const wire_event *from, study_event *to)
{
    *to = (study_event){
        .topic_key = from->topic_key,
        .kind = (int32_t)from->kind,
        .grade = (int32_t)from->grade,
        .duration_seconds = from->duration_seconds,
    };
    bool review = to->kind == SICAL__PROGRESS__V1__STUDY_EVENT__KIND__REVIEW;
    require(check, uuid_parse(from->id, &to->id), "id", "must be a UUID, made by the client");
    require(check, uuid_parse(from->graph_id, &to->graph_id), "graph_id", "must be a UUID");
    require(check, topic_key_is_valid(to->topic_key), "topic_key", "must be 1 to 100 characters of a-z, 0-9, _ . -");
    require(check, review || to->kind == SICAL__PROGRESS__V1__STUDY_EVENT__KIND__LESSON, "kind",
            "must be LESSON or REVIEW");
    require(check, to->grade >= 0 && to->grade <= MEMORY_EASY, "grade", "must be AGAIN, HARD, GOOD or EASY, or absent");
    require(check, !review || to->grade != 0, "grade", "is required for a REVIEW");
    require(check, to->duration_seconds >= 0 && to->duration_seconds <= EVENT_LONGEST_SECONDS, "duration_seconds",
            "must be 0 to 86400");
    check_instant(check, from->occurred_at, &to->occurred_at_us);
}

status progress_record_events(rpc_call *call, const Sical__Progress__V1__RecordEventsRequest *request,
                              Sical__Progress__V1__RecordEventsResponse **reply)
{
    const progress_service *p = call->service;
    if (request->n_events < 1 || request->n_events > EVENTS_IN_BATCH) {
        rpc_add_fault(call, "events", "must be 1 to %d events", EVENTS_IN_BATCH);
        return PROGRESS_INVALID_INPUT;
    }
    study_event *events = ARENA_ARRAY(call->arena, study_event, request->n_events);
    event_check check = {.call = call, .now_us = clock_wall_us()};
    for (; check.index < request->n_events; check.index++)
        check_event(&check, request->events[check.index], &events[check.index]);
    if (rpc_fault_count(call) > 0)
        return PROGRESS_INVALID_INPUT;

    int32_t added;
    status s = recorder_add(p->recorder, &call->user, events, request->n_events, &added);
    if (s != STATUS_OK)
        return s;
    Sical__Progress__V1__RecordEventsResponse *response =
        ARENA_NEW(call->arena, Sical__Progress__V1__RecordEventsResponse);
    sical__progress__v1__record_events_response__init(response);
    response->accepted = added;
    response->duplicates = (int32_t)request->n_events - added;
    *reply = response;
    return STATUS_OK;
}

/* ---- reading the log ---- */

static wire_event *event_to_wire(arena *a, const study_event *from)
{
    wire_event *to = ARENA_NEW(a, wire_event);
    sical__progress__v1__study_event__init(to);
    to->id = progress_uuid(a, &from->id);
    to->graph_id = progress_uuid(a, &from->graph_id);
    to->topic_key = (char *)from->topic_key;
    to->kind = (Sical__Progress__V1__StudyEvent__Kind)from->kind;
    to->grade = (Sical__Progress__V1__StudyEvent__Grade)from->grade;
    to->duration_seconds = from->duration_seconds;
    to->occurred_at = progress_timestamp(a, from->occurred_at_us);
    return to;
}

status progress_list_events(rpc_call *call, const Sical__Progress__V1__ListEventsRequest *request,
                            Sical__Progress__V1__ListEventsResponse **reply)
{
    const progress_service *p = call->service;
    rpc_page page;
    if (!rpc_take_page(call, LIST_OF_EVENTS, request->page_size, request->page_token, &page))
        return PROGRESS_INVALID_INPUT;

    event_list list;
    event_position before = {page.after.number, page.after.id};
    status s = progress_store_list_events(p->database, call->arena, &call->user, page.first ? NULL : &before,
                                          page.size + 1, &list);
    if (s != STATUS_OK)
        return s;
    Sical__Progress__V1__ListEventsResponse *response = ARENA_NEW(call->arena, Sical__Progress__V1__ListEventsResponse);
    sical__progress__v1__list_events_response__init(response);
    response->n_events = list.count > (size_t)page.size ? (size_t)page.size : list.count;
    response->events = ARENA_ARRAY(call->arena, wire_event *, response->n_events);
    for (size_t i = 0; i < response->n_events; i++)
        response->events[i] = event_to_wire(call->arena, &list.events[i]);
    if (list.count > response->n_events) {
        const study_event *last = &list.events[response->n_events - 1];
        rpc_page_key key = {.number = last->occurred_at_us, .id = last->id};
        response->next_page_token = rpc_page_token_make(call->arena, LIST_OF_EVENTS, &key);
    }
    *reply = response;
    return STATUS_OK;
}

static Sical__Progress__V1__FeedEvent *feed_event_to_wire(arena *a, const feed_event *from)
{
    Sical__Progress__V1__FeedEvent *to = ARENA_NEW(a, Sical__Progress__V1__FeedEvent);
    sical__progress__v1__feed_event__init(to);
    to->user_id = progress_uuid(a, &from->user_id);
    to->event = event_to_wire(a, &from->event);
    return to;
}

status progress_pull_events(rpc_call *call, const Sical__Progress__V1__PullEventsRequest *request,
                            Sical__Progress__V1__PullEventsResponse **reply)
{
    const progress_service *p = call->service;
    feed_position after;
    int32_t limit = rpc_take_page_size(call, request->page_size, FEED_PAGE_SIZE, FEED_PAGE_SIZE_HIGHEST);
    if (!feed_cursor_read(call->arena, request->cursor, &after))
        rpc_add_fault(call, "cursor", "is no cursor of this feed: pass next_cursor as it came, or nothing");
    if (rpc_fault_count(call) > 0)
        return PROGRESS_INVALID_INPUT;

    feed_page page;
    status s = progress_store_pull(p->database, call->arena, after, limit + 1, &page);
    if (s != STATUS_OK)
        return s;
    Sical__Progress__V1__PullEventsResponse *response = ARENA_NEW(call->arena, Sical__Progress__V1__PullEventsResponse);
    sical__progress__v1__pull_events_response__init(response);
    response->more = page.count > (size_t)limit;
    response->n_events = response->more ? (size_t)limit : page.count;
    response->events = ARENA_ARRAY(call->arena, Sical__Progress__V1__FeedEvent *, response->n_events);
    for (size_t i = 0; i < response->n_events; i++)
        response->events[i] = feed_event_to_wire(call->arena, &page.events[i]);
    response->next_cursor = response->n_events
                                ? feed_cursor_make(call->arena, page.events[response->n_events - 1].position)
                                : request->cursor;
    *reply = response;
    return STATUS_OK;
}
