#include "progress_replicas.h"

#include "catch_up.h"
#include "fiber.h"
#include "log.h"
#include "rpc_server.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

test_postgres *postgres;
progress_replica replicas[REPLICAS];
const int64_t day_zero_us = INT64_C(1700000000) * 1000000;

static void open_replica(loop *l, progress_replica *r)
{
    r->database = db_create(l, &(db_options){.conninfo = test_postgres_url(postgres, "sical_progress")});
    r->service = (progress_service){.database = r->database, .mastery_threshold = 0.7};
    r->service.recorder = recorder_create(l, r->database);
    cr_assert_null(memory_model_init(&r->service.model, &memory_default_parameters));
    r->server = rpc_server_create(l, &(rpc_server_options){.address = "tcp://127.0.0.1:0"});
    cr_assert(rpc_server_add(r->server, &progress_rpc, &r->service));
    cr_assert_eq(rpc_server_listen(r->server), STATUS_OK);
    char address[64];
    snprintf(address, sizeof address, "tcp://127.0.0.1:%d", rpc_server_port(r->server));
    r->client =
        rpc_client_create(l, &(rpc_client_options){.service = "progress", .addresses = address, .timeout_ms = 20000});
}

static void close_replica(progress_replica *r)
{
    rpc_client_destroy(r->client);
    rpc_server_destroy(r->server);
    recorder_destroy(r->service.recorder);
    db_destroy(r->database);
}

static void wait_until_ready(progress_replica *r)
{
    fiber_limit_ms(20000);
    while (!db_ready(r->database) || !rpc_client_ready(r->client))
        cr_assert_eq(fiber_sleep(2), STATUS_OK, "not ready within 20 s");
    fiber_set_deadline_ns(FIBER_NO_DEADLINE);
}

static void run_body(void *arg)
{
    void (*const *body)(void *) = arg;
    for (int i = 0; i < REPLICAS; i++)
        wait_until_ready(&replicas[i]);
    (*body)(NULL);
    for (int i = 0; i < REPLICAS; i++)
        close_replica(&replicas[i]);
}

void run_with_replicas(void (*body)(void *arg))
{
    log_threshold = LOG_ERROR;
    postgres = test_postgres_start();
    test_migrate(postgres);
    loop *l = loop_create();
    for (int i = 0; i < REPLICAS; i++)
        open_replica(l, &replicas[i]);
    fiber_spawn(l, "test", run_body, &body);
    loop_run_until_idle(l);
    loop_destroy(l);
    test_postgres_stop(postgres);
}

status call_as(progress_replica *replica, const uuid *user, const char *method, const ProtobufCMessage *request,
               void *answer, rpc_reply *reply)
{
    char text[UUID_TEXT_SIZE];
    rpc_metadata metadata = {.user_id = user ? uuid_format(user, text) : NULL, .role = "student"};
    rpc_reply own;
    ProtobufCMessage *message;
    status s = rpc_call_message(replica->client, &sical__progress__v1__progress_service__descriptor, method, &metadata,
                                request, &message, reply ? reply : &own);
    if (s == STATUS_OK && answer)
        *(ProtobufCMessage **)answer = message;
    return s;
}

static Sical__Progress__V1__StudyEvent *to_wire(arena *a, const study_event *from)
{
    Sical__Progress__V1__StudyEvent *to = ARENA_NEW(a, Sical__Progress__V1__StudyEvent);
    sical__progress__v1__study_event__init(to);
    to->id = uuid_format(&from->id, arena_alloc(a, UUID_TEXT_SIZE));
    to->graph_id = uuid_format(&from->graph_id, arena_alloc(a, UUID_TEXT_SIZE));
    to->topic_key = (char *)from->topic_key;
    to->kind = (Sical__Progress__V1__StudyEvent__Kind)from->kind;
    to->grade = (Sical__Progress__V1__StudyEvent__Grade)from->grade;
    to->duration_seconds = from->duration_seconds;
    to->occurred_at = ARENA_NEW(a, Google__Protobuf__Timestamp);
    google__protobuf__timestamp__init(to->occurred_at);
    to->occurred_at->seconds = from->occurred_at_us / 1000000;
    to->occurred_at->nanos = (int32_t)(from->occurred_at_us % 1000000 * 1000);
    return to;
}

status record_as(progress_replica *replica, const uuid *user, const study_event *events, size_t count,
                 int32_t *accepted, int32_t *duplicates)
{
    arena *a = fiber_arena();
    Sical__Progress__V1__RecordEventsRequest request = SICAL__PROGRESS__V1__RECORD_EVENTS_REQUEST__INIT;
    request.n_events = count;
    request.events = ARENA_ARRAY(a, Sical__Progress__V1__StudyEvent *, count);
    for (size_t i = 0; i < count; i++)
        request.events[i] = to_wire(a, &events[i]);
    Sical__Progress__V1__RecordEventsResponse *response;
    status s = call_as(replica, user, "RecordEvents", &request.base, &response, NULL);
    if (s == STATUS_OK && accepted)
        *accepted = response->accepted;
    if (s == STATUS_OK && duplicates)
        *duplicates = response->duplicates;
    return s;
}

study_event review_on(double day, memory_grade grade)
{
    return (study_event){
        .id = uuid_make(),
        .topic_key = "topic",
        .kind = 2,
        .grade = (int32_t)grade,
        .duration_seconds = 60,
        .occurred_at_us = day_zero_us + (int64_t)(day * 86400) * 1000000,
    };
}

/* ---- replaying the log by hand ---- */

static event_list whole_log(progress_replica *r, const uuid *user)
{
    event_list log;
    cr_assert_eq(progress_store_list_events(r->database, fiber_arena(), user, NULL, 1000000, &log), STATUS_OK);
    return log;
}

static topic_progress replay(const progress_replica *r, const event_list *log, const topic_row *topic)
{
    topic_event *events = ARENA_ARRAY(fiber_arena(), topic_event, log->count);
    size_t count = 0;
    for (size_t i = 0; i < log->count; i++) {
        const study_event *e = &log->events[i];
        if (memcmp(&e->graph_id, &topic->graph_id, sizeof e->graph_id) || strcmp(e->topic_key, topic->topic_key))
            continue;
        events[count] = (topic_event){.occurred_at_us = e->occurred_at_us,
                                      .review = e->kind == 2,
                                      .grade = e->grade,
                                      .duration_seconds = e->duration_seconds};
        memcpy(events[count++].id, e->id.bytes, sizeof e->id.bytes);
    }
    topic_progress progress = {0};
    topic_progress_replay(&r->service.model, &progress, topic->topic_key, events, count);
    return progress;
}

unsigned count_wrong_states(progress_replica *replica, const uuid *user)
{
    topic_list stored;
    cr_assert_eq(progress_catch_up(&replica->service, user), STATUS_OK);
    cr_assert_eq(progress_store_list_topics(replica->database, fiber_arena(), user, NULL, 0, NULL, 1000000, &stored),
                 STATUS_OK);
    event_list log = whole_log(replica, user);
    unsigned wrong = 0;
    for (size_t i = 0; i < stored.count; i++) {
        topic_progress expected = replay(replica, &log, &stored.topics[i]);
        wrong += memcmp(&expected, &stored.topics[i].progress, sizeof expected) != 0;
    }
    return wrong;
}
