#include "plan_story.h"

#include "network.h"
#include "progress.pb-c.h"
#include "scratch_folder.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

plan_stage stage;
rpc_reply last_reply;

/* ---- progress ---- */

static status list_mastered(rpc_call *call, const Sical__Progress__V1__ListMasteredTopicsRequest *request,
                            Sical__Progress__V1__ListMasteredTopicsResponse **reply)
{
    size_t count = 0;
    Sical__Progress__V1__ListMasteredTopicsResponse *r =
        ARENA_NEW(call->arena, Sical__Progress__V1__ListMasteredTopicsResponse);
    stage.asked++;
    while (stage.mastered && stage.mastered[count])
        count++;
    sical__progress__v1__list_mastered_topics_response__init(r);
    r->topics = ARENA_ARRAY(call->arena, Sical__Progress__V1__MasteredTopic *, count * request->n_graph_ids);
    for (size_t g = 0; g < request->n_graph_ids; g++)
        for (size_t i = 0; i < count; i++) {
            Sical__Progress__V1__MasteredTopic *t = ARENA_NEW(call->arena, Sical__Progress__V1__MasteredTopic);
            sical__progress__v1__mastered_topic__init(t);
            t->graph_id = request->graph_ids[g];
            t->topic_key = (char *)stage.mastered[i];
            r->topics[r->n_topics++] = t;
        }
    *reply = r;
    return STATUS_OK;
}

RPC_HANDLER(list_mastered, Sical__Progress__V1__ListMasteredTopicsRequest,
            Sical__Progress__V1__ListMasteredTopicsResponse)

static status list_reviews(rpc_call *call, const Sical__Progress__V1__ListReviewScheduleRequest *request,
                           Sical__Progress__V1__ListReviewScheduleResponse **reply)
{
    Sical__Progress__V1__ListReviewScheduleResponse *r =
        ARENA_NEW(call->arena, Sical__Progress__V1__ListReviewScheduleResponse);
    (void)request;
    sical__progress__v1__list_review_schedule_response__init(r);
    r->decay = 0.1542;
    r->minutes_a_review = stage.minutes_a_review > 0 ? stage.minutes_a_review : 5;
    r->reviews = ARENA_ARRAY(call->arena, Sical__Progress__V1__ScheduledReview *, stage.review_count);
    for (size_t i = 0; i < stage.review_count; i++) {
        r->reviews[i] = ARENA_NEW(call->arena, Sical__Progress__V1__ScheduledReview);
        sical__progress__v1__scheduled_review__init(r->reviews[i]);
        r->reviews[i]->graph_id = (char *)stage.reviews[i].graph;
        r->reviews[i]->topic_key = (char *)stage.reviews[i].key;
        r->reviews[i]->due = stage.reviews[i].due;
        r->reviews[i]->stability_days = stage.reviews[i].stability_days;
        r->reviews[i]->last_review = ARENA_NEW(call->arena, wire_time);
        *r->reviews[i]->last_review = *stage.reviews[i].due;
        r->reviews[i]->last_review->seconds -= (int64_t)(stage.reviews[i].stability_days * 86400);
        r->n_reviews++;
    }
    *reply = r;
    return STATUS_OK;
}

RPC_HANDLER(list_reviews, Sical__Progress__V1__ListReviewScheduleRequest,
            Sical__Progress__V1__ListReviewScheduleResponse)

static status not_played(rpc_call *call, const ProtobufCMessage *request, ProtobufCMessage **reply)
{
    (void)call, (void)request, (void)reply;
    return STATUS_INTERNAL;
}

static rpc_method play(const char *name)
{
    if (strcmp(name, "ListMasteredTopics") == 0)
        return (rpc_method){name, RPC_USER, list_mastered_rpc};
    if (strcmp(name, "ListReviewSchedule") == 0)
        return (rpc_method){name, RPC_USER, list_reviews_rpc};
    return (rpc_method){name, RPC_PUBLIC, not_played};
}

static enum code no_outcome(status outcome, const char **message)
{
    (void)outcome;
    *message = "";
    return CODE_INTERNAL;
}

static void progress_open(void)
{
    enum { METHODS_MAX = 32 };
    static rpc_method methods[METHODS_MAX];
    static rpc_service service;
    const ProtobufCServiceDescriptor *d = &sical__progress__v1__progress_service__descriptor;
    char address[64];

    cr_assert_leq(d->n_methods, (unsigned)METHODS_MAX);
    for (unsigned i = 0; i < d->n_methods; i++)
        methods[i] = play(d->methods[i].name);
    service = (rpc_service){d, methods, d->n_methods, no_outcome};
    snprintf(address, sizeof address, "tcp://127.0.0.1:%u", stage.progress_port);
    stage.progress = rpc_server_create(loop_current(), &(rpc_server_options){.address = address, .version = "test"});
    if (!rpc_server_add(stage.progress, &service, NULL) || rpc_server_listen(stage.progress) != STATUS_OK)
        test_fail("cannot serve at %s", address);
}

static bool progress_is_quiet(void)
{
    return rpc_server_calls_in_flight(stage.progress) == 0;
}

void plan_progress_close(void)
{
    if (!stage.progress)
        return;
    plan_wait(progress_is_quiet, "the end of the calls at progress");
    rpc_server_destroy(stage.progress);
    stage.progress = NULL;
}

/* ---- the stage ---- */

void plan_wait(bool (*condition)(void), const char *what)
{
    fiber_limit_ms(TEST_WAIT_MS);
    while (!condition())
        cr_assert_eq(fiber_sleep(2), STATUS_OK, "%s never came; the program says:\n%s", what,
                     test_program_errors(stage.program.program));
    fiber_set_deadline_ns(FIBER_NO_DEADLINE);
}

static bool progress_is_connected(void)
{
    char *log = test_program_errors(stage.program.program);
    bool connected = strstr(log, "\"peer\":\"progress\"") != NULL;
    free(log);
    return connected;
}

static void on_fiber(void *story)
{
    progress_open();
    stage.client = story_connect("plan", stage.program.address);
    plan_wait(progress_is_connected, "a connection to progress");
    (*(void (**)(void))story)();
    rpc_client_destroy(stage.client);
    plan_progress_close();
}

void plan_play(void (*story)(void))
{
    char progress[96];
    const char *const environment[] = {progress, NULL};

    stage = (plan_stage){.progress_port = test_free_port()};
    snprintf(progress, sizeof progress, "PROGRESS_ADDRESS=tcp://127.0.0.1:%u", stage.progress_port);
    stage.pg = test_postgres_start();
    test_migrate(stage.pg);
    story_start(&stage.program, "plan", stage.pg, environment);
    story_run(on_fiber, &story);
    story_stop(&stage.program);
    test_postgres_stop(stage.pg);
}

/* ---- calls ---- */

int plan_call(const char *user, const char *method, const void *request, void *answer)
{
    rpc_metadata metadata = {.request_id = "test", .user_id = user, .role = "student"};

    return story_call(stage.client, &sical__plan__v1__plan_service__descriptor, method, &metadata, request, answer,
                      &last_reply);
}

bool plan_has_fault(const char *field, const char *text)
{
    for (size_t i = 0; i < last_reply.fault_count; i++)
        if (strcmp(last_reply.faults[i].field, field) == 0 && strstr(last_reply.faults[i].message, text))
            return true;
    for (size_t i = 0; i < last_reply.fault_count; i++)
        fprintf(stderr, "fault: %s: %s\n", last_reply.faults[i].field, last_reply.faults[i].message);
    return false;
}

static wire_time *time_at(int64_t us)
{
    wire_time *t = ARENA_NEW(fiber_arena(), wire_time);

    google__protobuf__timestamp__init(t);
    t->seconds = us / CLOCK_US_PER_S;
    t->nanos = (int32_t)(us % CLOCK_US_PER_S) * 1000;
    return t;
}

wire_time *plan_time(const char *rfc3339)
{
    int64_t us = 0;

    cr_assert_eq(clock_parse_rfc3339(rfc3339, &us), 0, "%s is no instant", rfc3339);
    return time_at(us);
}

wire_time *plan_days_from_now(double days)
{
    return time_at(clock_wall_us() + (int64_t)(days * 86400e6));
}

int64_t plan_time_us(const wire_time *t)
{
    return t->seconds * CLOCK_US_PER_S + t->nanos / 1000;
}

Google__Protobuf__Int32Value *plan_int32(int32_t value)
{
    Google__Protobuf__Int32Value *v = ARENA_NEW(fiber_arena(), Google__Protobuf__Int32Value);

    google__protobuf__int32_value__init(v);
    v->value = value;
    return v;
}

/* ---- graphs ---- */

import_request *plan_import_request(void)
{
    import_request *r = ARENA_NEW(fiber_arena(), import_request);

    sical__plan__v1__import_graph_request__init(r);
    return r;
}

/* An array with room for one more. */
static void *grown(void *array, size_t count)
{
    void **larger = ARENA_ARRAY(fiber_arena(), void *, count + 1);

    if (count > 0)
        memcpy(larger, array, count * sizeof *larger);
    return larger;
}

void plan_add_topic(import_request *r, const char *key, int minutes)
{
    topic_input *t = ARENA_NEW(fiber_arena(), topic_input);

    sical__plan__v1__topic_input__init(t);
    t->key = (char *)key;
    t->minutes = minutes >= 0 ? plan_int32(minutes) : NULL;
    r->topics = grown(r->topics, r->n_topics);
    r->topics[r->n_topics++] = t;
}

void plan_add_edge(import_request *r, const char *topic, const char *prerequisite, const char *strength)
{
    edge_input *e = ARENA_NEW(fiber_arena(), edge_input);

    sical__plan__v1__edge_input__init(e);
    e->topic = (char *)topic;
    e->prerequisite = (char *)prerequisite;
    e->strength = (char *)strength;
    r->edges = grown(r->edges, r->n_edges);
    r->edges[r->n_edges++] = e;
}

const char *plan_import_chain(const char *user, const char *id, const char *visibility)
{
    import_request *r = plan_import_request();
    wire_graph *graph;

    r->id = id ? (char *)id : r->id;
    r->visibility = (char *)visibility;
    plan_add_topic(r, "c", 120);
    plan_add_topic(r, "a", 60);
    plan_add_topic(r, "d", 30);
    plan_add_topic(r, "b", 90);
    plan_add_edge(r, "b", "a", "");
    plan_add_edge(r, "c", "b", "hard");
    cr_assert_eq(plan_call(user, "ImportGraph", r, &graph), CODE_OK, "%s", last_reply.message);
    return graph->id;
}

/* ---- goals, hours, plans ---- */

int plan_add_goal(const char *user, const char *graph, const char *target, wire_time *due, char **id)
{
    Sical__Plan__V1__CreateGoalRequest r = SICAL__PLAN__V1__CREATE_GOAL_REQUEST__INIT;
    wire_goal *goal;

    r.graph_id = (char *)graph;
    r.title = "a goal";
    r.n_targets = 1;
    r.targets = (char *[]){(char *)target};
    r.due = due;
    int code = plan_call(user, "CreateGoal", &r, &goal);
    if (id && code == CODE_OK)
        *id = goal->id;
    return code;
}

int plan_set_hours(const char *user, const char *zone, int cap, const char *const *windows)
{
    static const char *const days[] = {"", "MON", "TUE", "WED", "THU", "FRI", "SAT", "SUN"};
    Sical__Plan__V1__SetAvailabilityRequest r = SICAL__PLAN__V1__SET_AVAILABILITY_REQUEST__INIT;
    Sical__Plan__V1__Availability a = SICAL__PLAN__V1__AVAILABILITY__INIT, *saved;

    r.availability = &a;
    a.time_zone = (char *)zone;
    a.daily_cap_minutes = cap ? plan_int32(cap) : NULL;
    for (; *windows; windows++) {
        Sical__Plan__V1__WeeklyWindow *w = ARENA_NEW(fiber_arena(), Sical__Plan__V1__WeeklyWindow);
        sical__plan__v1__weekly_window__init(w);
        for (int day = 1; day <= 7; day++)
            if (strncmp(*windows, days[day], 3) == 0)
                w->day = (Sical__Plan__V1__WeeklyWindow__Day)day;
        w->start = arena_strndup(fiber_arena(), *windows + 4, 5);
        w->end = arena_strndup(fiber_arena(), *windows + 10, 5);
        a.windows = grown(a.windows, a.n_windows);
        a.windows[a.n_windows++] = w;
    }
    return plan_call(user, "SetAvailability", &r, &saved);
}

void plan_set_mornings(const char *user)
{
    const char *const windows[] = {"MON 08:00-10:00", "TUE 08:00-10:00", "WED 08:00-10:00", "THU 08:00-10:00",
                                   "FRI 08:00-10:00", "SAT 08:00-10:00", "SUN 08:00-10:00", NULL};

    cr_assert_eq(plan_set_hours(user, "UTC", 0, windows), CODE_OK, "%s", last_reply.message);
}

int plan_create(const char *user, const char *id, wire_plan **plan)
{
    Sical__Plan__V1__CreatePlanRequest r = SICAL__PLAN__V1__CREATE_PLAN_REQUEST__INIT;

    r.id = id ? (char *)id : r.id;
    return plan_call(user, "CreatePlan", &r, plan);
}
