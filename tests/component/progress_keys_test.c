/* Events that come with an idempotency key are recorded with it, apart from the groups of other callers. */
#include "progress.pb-c.h"
#include "rpc_story.h"
#include "uuid.h"

#include "clock.h"
#include "fiber.h"

#include <criterion/criterion.h>
#include <string.h>

#define ADA    "01890000-0000-7000-8000-00000000ada0"
#define RECORD "/sical.progress.v1.ProgressService/RecordEvents"

static struct {
    test_postgres *pg;
    story_program program;
    rpc_client *client;
} stage;

static long long number(const char *sql)
{
    return test_postgres_number(stage.pg, sql);
}

/* One review with an id of its own. */
static const Sical__Progress__V1__RecordEventsRequest *review(void)
{
    arena *a = fiber_arena();
    Sical__Progress__V1__RecordEventsRequest *r = ARENA_NEW(a, Sical__Progress__V1__RecordEventsRequest);
    Sical__Progress__V1__StudyEvent *e = ARENA_NEW(a, Sical__Progress__V1__StudyEvent);
    uuid id = uuid_make();
    sical__progress__v1__record_events_request__init(r);
    sical__progress__v1__study_event__init(e);
    e->id = uuid_format(&id, arena_alloc(a, UUID_TEXT_SIZE));
    e->graph_id = arena_strdup(a, ADA);
    e->topic_key = arena_strdup(a, "topic");
    e->kind = SICAL__PROGRESS__V1__STUDY_EVENT__KIND__REVIEW;
    e->grade = SICAL__PROGRESS__V1__STUDY_EVENT__GRADE__GOOD;
    e->occurred_at = ARENA_NEW(a, Google__Protobuf__Timestamp);
    google__protobuf__timestamp__init(e->occurred_at);
    e->occurred_at->seconds = clock_wall_us() / CLOCK_US_PER_S - 60;
    r->events = ARENA_ARRAY(a, Sical__Progress__V1__StudyEvent *, 1);
    r->events[0] = e;
    r->n_events = 1;
    return r;
}

static int record(const char *key, const Sical__Progress__V1__RecordEventsRequest *request, rpc_reply *reply,
                  int32_t *accepted)
{
    rpc_metadata metadata = {.user_id = ADA, .role = "student", .idempotency_key = key};
    size_t size;
    const uint8_t *bytes = rpc_message_pack(fiber_arena(), &request->base, &size);
    rpc_call_bytes(stage.client, RECORD, &metadata, bytes, size, reply);
    if (reply->code != CODE_OK)
        return reply->code;
    const Sical__Progress__V1__RecordEventsResponse *r =
        (const void *)rpc_message_unpack(fiber_arena(), &sical__progress__v1__record_events_response__descriptor,
                                         reply->payload, reply->payload_size, NULL);
    *accepted = r->accepted;
    return CODE_OK;
}

static void on_fiber(void *story)
{
    stage.client = story_connect("progress", stage.program.address);
    (*(void (**)(void))story)();
    rpc_client_destroy(stage.client);
}

static void play(void (*story)(void))
{
    stage.pg = test_postgres_start();
    test_migrate(stage.pg);
    story_start(&stage.program, "progress", stage.pg, NULL);
    story_run(on_fiber, &story);
    story_stop(&stage.program);
    test_postgres_stop(stage.pg);
}

/* Without the key the second answer would be another one: nothing accepted, one duplicate. */
static void repeat(void)
{
    const Sical__Progress__V1__RecordEventsRequest *request = review();
    rpc_reply first, again;
    int32_t accepted = 0;
    cr_assert_eq(record("k", request, &first, &accepted), CODE_OK, "%s", first.message);
    cr_assert_eq(accepted, 1);
    cr_assert_eq(record("k", request, &again, &accepted), CODE_OK);
    cr_assert(again.payload_size == first.payload_size && !memcmp(again.payload, first.payload, first.payload_size));
    cr_assert_eq(record("", request, &again, &accepted), CODE_OK);
    cr_assert_eq(accepted, 0);
    cr_assert_eq(record("k", review(), &again, &accepted), CODE_FAILED_PRECONDITION);
    cr_assert_str_eq(again.faults[0].field, "idempotency_key");
    cr_assert_eq(number("SELECT count(*) FROM progress.events"), 1);
    cr_assert_eq(number("SELECT count(*) FROM progress.idempotency_keys"), 1);
    cr_assert_eq(number("SELECT count(*) FROM progress.events e, progress.idempotency_keys k WHERE e.xmin = k.xmin"), 1,
                 "not one transaction");
}

Test(progress_keys, the_same_events_again_get_the_same_answer)
{
    play(repeat);
}

typedef struct attempt {
    const char *key;
    int code;
    int32_t accepted;
} attempt;

static status try(void *arg)
{
    attempt *a = arg;
    rpc_reply reply;
    a->code = record(a->key, review(), &reply, &a->accepted);
    return STATUS_OK;
}

/* With and without keys at the same time, so that groups and transactions meet. */
static void mix(void)
{
    enum { CROWD = 60 };
    static attempt attempts[CROWD];
    fiber_group group = FIBER_GROUP_INIT;
    for (int i = 0; i < CROWD; i++) {
        attempts[i].key = i % 3 ? "" : arena_printf(fiber_arena(), "key %d", i);
        fiber_group_spawn(&group, "try", try, &attempts[i]);
    }
    fiber_group_wait(&group);
    for (int i = 0; i < CROWD; i++)
        cr_assert(attempts[i].code == CODE_OK && attempts[i].accepted == 1, "%d: %d", i, attempts[i].code);
    cr_assert_eq(number("SELECT count(*) FROM progress.events"), CROWD);
    cr_assert_eq(number("SELECT count(*) FROM progress.pending_events"), CROWD);
    cr_assert_eq(number("SELECT count(*) FROM progress.idempotency_keys"), CROWD / 3);
}

Test(progress_keys, callers_with_and_without_a_key_do_not_disturb_each_other)
{
    play(mix);
}
