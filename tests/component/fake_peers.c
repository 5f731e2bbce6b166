#include "fake_peers.h"

#include "clock.h"
#include "network.h"
#include "plan.pb-c.h"
#include "progress.pb-c.h"
#include "scratch_folder.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { METHODS_MAX = 64 };

fake_peers peers;

void fake_peers_choose_ports(void)
{
    peers = (fake_peers){.plan_port = test_free_port(), .progress_port = test_free_port(), .page_limit = 1000};
}

const char *fake_user_id(unsigned user)
{
    static char ids[FAKE_USERS_MAX][UUID_TEXT_SIZE];
    snprintf(ids[user], sizeof ids[user], "01890000-0000-7000-8000-%012x", user);
    return ids[user];
}

static int user_of(const char *id)
{
    for (unsigned user = 0; user < FAKE_USERS_MAX; user++)
        if (strcmp(fake_user_id(user), id) == 0)
            return (int)user;
    return -1;
}

void fake_feed_append(unsigned user, const char *occurred_at, bool is_review, int seconds)
{
    if (peers.event_count == FAKE_EVENTS_MAX)
        test_fail("the feed is full");
    peers.events[peers.event_count++] = (fake_event){user, occurred_at, is_review, seconds};
}

/* ---- the methods that metrics calls ---- */

static Google__Protobuf__Timestamp *to_timestamp(arena *a, const char *text)
{
    int64_t us;
    if (clock_parse_rfc3339(text, &us) != 0)
        test_fail("%s is no instant", text);
    Google__Protobuf__Timestamp *t = ARENA_NEW(a, Google__Protobuf__Timestamp);
    google__protobuf__timestamp__init(t);
    t->seconds = us / CLOCK_US_PER_S;
    return t;
}

static Sical__Progress__V1__FeedEvent *to_feed_event(arena *a, size_t index)
{
    const fake_event *from = &peers.events[index];
    Sical__Progress__V1__FeedEvent *to = ARENA_NEW(a, Sical__Progress__V1__FeedEvent);
    sical__progress__v1__feed_event__init(to);
    to->user_id = (char *)fake_user_id(from->user);
    to->event = ARENA_NEW(a, Sical__Progress__V1__StudyEvent);
    sical__progress__v1__study_event__init(to->event);
    to->event->id = arena_printf(a, "01890000-0000-7000-9000-%012zx", index);
    to->event->graph_id = "01890000-0000-7000-a000-000000000000";
    to->event->topic_key = "topic";
    to->event->kind = from->is_review ? SICAL__PROGRESS__V1__STUDY_EVENT__KIND__REVIEW
                                      : SICAL__PROGRESS__V1__STUDY_EVENT__KIND__LESSON;
    to->event->duration_seconds = from->seconds;
    to->event->occurred_at = to_timestamp(a, from->occurred_at);
    return to;
}

static size_t least(size_t a, size_t b)
{
    return a < b ? a : b;
}

static status pull_events(rpc_call *call, const Sical__Progress__V1__PullEventsRequest *request,
                          Sical__Progress__V1__PullEventsResponse **reply)
{
    peers.pulls++;
    if (peers.on_pull)
        peers.on_pull(request->cursor);
    size_t from = strtoul(request->cursor, NULL, 10);
    size_t count = least(peers.event_count - from, least((size_t)request->page_size, peers.page_limit));
    Sical__Progress__V1__PullEventsResponse *r = ARENA_NEW(call->arena, Sical__Progress__V1__PullEventsResponse);
    sical__progress__v1__pull_events_response__init(r);
    r->n_events = count;
    r->events = ARENA_ARRAY(call->arena, Sical__Progress__V1__FeedEvent *, count);
    for (size_t i = 0; i < count; i++)
        r->events[i] = to_feed_event(call->arena, from + i);
    r->next_cursor = count ? arena_printf(call->arena, "%zu", from + count) : request->cursor;
    r->more = from + count < peers.event_count;
    *reply = r;
    return STATUS_OK;
}

static status get_summary(rpc_call *call, const Sical__Progress__V1__GetSummaryRequest *request,
                          Sical__Progress__V1__Summary **reply)
{
    (void)request;
    *reply = ARENA_NEW(call->arena, Sical__Progress__V1__Summary);
    sical__progress__v1__summary__init(*reply);
    (*reply)->topics_started = FAKE_TOPICS_STARTED;
    (*reply)->topics_mastered = FAKE_TOPICS_MASTERED;
    (*reply)->reviews_due = FAKE_REVIEWS_DUE;
    return STATUS_OK;
}

static status batch_get_time_zones(rpc_call *call, const Sical__Plan__V1__BatchGetTimeZonesRequest *request,
                                   Sical__Plan__V1__BatchGetTimeZonesResponse **reply)
{
    Sical__Plan__V1__BatchGetTimeZonesResponse *r = ARENA_NEW(call->arena, Sical__Plan__V1__BatchGetTimeZonesResponse);
    sical__plan__v1__batch_get_time_zones_response__init(r);
    r->time_zones = ARENA_ARRAY(call->arena, Sical__Plan__V1__UserTimeZone *, request->n_user_ids);
    for (size_t i = 0; i < request->n_user_ids; i++) {
        int user = user_of(request->user_ids[i]);
        if (user < 0 || !peers.zones[user])
            continue;
        Sical__Plan__V1__UserTimeZone *zone = ARENA_NEW(call->arena, Sical__Plan__V1__UserTimeZone);
        sical__plan__v1__user_time_zone__init(zone);
        zone->user_id = request->user_ids[i];
        zone->time_zone = (char *)peers.zones[user];
        r->time_zones[r->n_time_zones++] = zone;
    }
    *reply = r;
    return STATUS_OK;
}

/* ---- serving ---- */

RPC_HANDLER(pull_events, Sical__Progress__V1__PullEventsRequest, Sical__Progress__V1__PullEventsResponse)
RPC_HANDLER(get_summary, Sical__Progress__V1__GetSummaryRequest, Sical__Progress__V1__Summary)
RPC_HANDLER(batch_get_time_zones, Sical__Plan__V1__BatchGetTimeZonesRequest, Sical__Plan__V1__BatchGetTimeZonesResponse)

static status not_played(rpc_call *call, const ProtobufCMessage *request, ProtobufCMessage **reply)
{
    (void)call, (void)request, (void)reply;
    return STATUS_INTERNAL;
}

static enum code no_outcome(status outcome, const char **message)
{
    (void)outcome;
    *message = "";
    return CODE_INTERNAL;
}

static const rpc_method played[] = {
    {"PullEvents", RPC_PEER, pull_events_rpc},
    {"GetSummary", RPC_USER, get_summary_rpc},
    {"BatchGetTimeZones", RPC_PEER, batch_get_time_zones_rpc},
};

/* A service needs a handler for each of its methods. */
static void fill(const ProtobufCServiceDescriptor *descriptor, rpc_method *methods, rpc_service *service)
{
    if (descriptor->n_methods > METHODS_MAX)
        test_fail("METHODS_MAX is too small");
    for (unsigned i = 0; i < descriptor->n_methods; i++) {
        methods[i] = (rpc_method){descriptor->methods[i].name, RPC_PUBLIC, not_played};
        for (size_t k = 0; k < sizeof played / sizeof played[0]; k++)
            if (strcmp(played[k].name, methods[i].name) == 0)
                methods[i] = played[k];
    }
    *service = (rpc_service){descriptor, methods, descriptor->n_methods, no_outcome};
}

static rpc_server *serve(unsigned port, const rpc_service *service)
{
    char address[64];
    snprintf(address, sizeof address, "tcp://127.0.0.1:%u", port);
    rpc_server *s = rpc_server_create(loop_current(), &(rpc_server_options){.address = address, .version = "test"});
    if (!rpc_server_add(s, service, NULL) || rpc_server_listen(s) != STATUS_OK)
        test_fail("cannot serve at %s", address);
    return s;
}

void fake_plan_open(void)
{
    static rpc_method methods[METHODS_MAX];
    static rpc_service service;
    fill(&sical__plan__v1__plan_service__descriptor, methods, &service);
    peers.plan = serve(peers.plan_port, &service);
}

void fake_progress_open(void)
{
    static rpc_method methods[METHODS_MAX];
    static rpc_service service;
    fill(&sical__progress__v1__progress_service__descriptor, methods, &service);
    peers.progress = serve(peers.progress_port, &service);
}

void fake_plan_close(void)
{
    rpc_server_destroy(peers.plan);
    peers.plan = NULL;
}

void fake_progress_close(void)
{
    rpc_server_destroy(peers.progress);
    peers.progress = NULL;
}
