/* Calls with an idempotency key: carried out once, answered alike, however often and however badly they come. */
#include "plan_story.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef Sical__Plan__V1__CreateGoalRequest create_request;

#define METHOD(NAME) "/sical.plan.v1.PlanService/" NAME

static create_request *goal_request(const char *graph, const char *title)
{
    static char *targets[] = {"c"};
    create_request *r = ARENA_NEW(fiber_arena(), create_request);
    sical__plan__v1__create_goal_request__init(r);
    r->graph_id = (char *)graph;
    r->title = (char *)title;
    r->targets = targets;
    r->n_targets = 1;
    r->due = plan_time("2027-05-01T12:00:00Z");
    return r;
}

/* The code; what came is in the reply, as bytes. */
static int keyed(const char *user, const char *key, const char *method, const void *request, rpc_reply *reply)
{
    rpc_metadata metadata = {.request_id = "test", .user_id = user, .role = "student", .idempotency_key = key};
    size_t size;
    const uint8_t *bytes = rpc_message_pack(fiber_arena(), request, &size);
    rpc_call_bytes(stage.client, method, &metadata, bytes, size, reply);
    last_reply = *reply;
    return reply->code;
}

static bool same_answer(const rpc_reply *a, const rpc_reply *b)
{
    return a->payload_size == b->payload_size && !memcmp(a->payload, b->payload, a->payload_size);
}

static long long number(const char *sql)
{
    return test_postgres_number(stage.pg, sql);
}

static long long goals(void)
{
    return number("SELECT count(*) FROM plan.goals");
}

PLAN_STORY(plan_keys, the_same_request_again_gets_the_same_answer)
{
    const char *graph = plan_import_chain(ADA, NULL, "public");
    const create_request *create = goal_request(graph, "Learn it");
    rpc_reply first, again;

    cr_assert_eq(keyed(ADA, "k", METHOD("CreateGoal"), create, &first), CODE_OK, "%s", first.message);
    cr_assert_gt(first.payload_size, 0u);
    for (int i = 0; i < 3; i++) {
        cr_assert_eq(keyed(ADA, "k", METHOD("CreateGoal"), create, &again), CODE_OK);
        cr_assert(same_answer(&first, &again));
    }
    cr_assert_eq(goals(), 1);
    cr_assert_eq(keyed(BOB, "k", METHOD("CreateGoal"), create, &again), CODE_OK, "a key is its user's own");
    cr_assert_not(same_answer(&first, &again));
    cr_assert_eq(keyed(ADA, "l", METHOD("CreateGoal"), create, &again), CODE_OK);
    cr_assert_eq(keyed(ADA, "", METHOD("CreateGoal"), create, &again), CODE_OK);
    cr_assert_eq(goals(), 4);
    cr_assert_eq(number("SELECT count(*) FROM plan.idempotency_keys"), 3);
}

PLAN_STORY(plan_keys, a_key_of_another_request_is_refused)
{
    const char *graph = plan_import_chain(ADA, NULL, "private");
    Sical__Plan__V1__GetGoalRequest get = SICAL__PLAN__V1__GET_GOAL_REQUEST__INIT;
    Sical__Plan__V1__DeleteGraphRequest delete = SICAL__PLAN__V1__DELETE_GRAPH_REQUEST__INIT;
    char long_key[300];
    rpc_reply reply;

    cr_assert_eq(keyed(ADA, "k", METHOD("CreateGoal"), goal_request(graph, "one"), &reply), CODE_OK);
    cr_assert_eq(keyed(ADA, "k", METHOD("CreateGoal"), goal_request(graph, "two"), &reply), CODE_FAILED_PRECONDITION);
    cr_assert(plan_has_fault("idempotency_key", "another request"));
    delete.id = (char *)graph;
    cr_assert_eq(keyed(ADA, "k", METHOD("DeleteGraph"), &delete, &reply), CODE_FAILED_PRECONDITION);
    cr_assert(plan_has_fault("idempotency_key", "another request"));
    get.id = (char *)graph;
    cr_assert_eq(keyed(ADA, "k", METHOD("GetGoal"), &get, &reply), CODE_NOT_FOUND, "reads do not look at it");
    memset(long_key, 'k', sizeof long_key);
    long_key[256] = '\0';
    cr_assert_eq(keyed(ADA, long_key, METHOD("CreateGoal"), goal_request(graph, "three"), &reply),
                 CODE_INVALID_ARGUMENT);
    cr_assert(plan_has_fault("idempotency_key", "255"));
    cr_assert_eq(goals(), 1);
}

PLAN_STORY(plan_keys, what_failed_is_not_kept)
{
    const char *graph = plan_import_chain(ADA, NULL, "private");
    rpc_reply reply;

    cr_assert_eq(keyed(ADA, "k", METHOD("CreateGoal"), goal_request(graph, ""), &reply), CODE_INVALID_ARGUMENT);
    cr_assert_eq(keyed(BOB, "k", METHOD("CreateGoal"), goal_request(graph, "one"), &reply), CODE_NOT_FOUND);
    cr_assert_eq(number("SELECT count(*) FROM plan.idempotency_keys"), 0);
    cr_assert_eq(keyed(ADA, "k", METHOD("CreateGoal"), goal_request(graph, "one"), &reply), CODE_OK);
    cr_assert_eq(goals(), 1);
}

/* ---- at once ---- */

typedef struct attempt {
    const char *key, *method;
    const void *request;
    rpc_reply reply;
    const uint8_t *payload;
} attempt;

/* The fiber's arena ends with it: what is compared later is copied. */
static status try(void *arg)
{
    attempt *a = arg;
    keyed(ADA, a->key, a->method, a->request, &a->reply);
    uint8_t *copy = malloc(a->reply.payload_size + 1);
    memcpy(copy, a->reply.payload, a->reply.payload_size);
    a->reply.payload = copy;
    return STATUS_OK;
}

enum { CROWD = 24 };

static void all_at_once(const char *key, const char *method, const void *request)
{
    static attempt attempts[CROWD];
    fiber_group group = FIBER_GROUP_INIT;
    for (int i = 0; i < CROWD; i++) {
        attempts[i] = (attempt){.key = key, .method = method, .request = request};
        fiber_group_spawn(&group, "try", try, &attempts[i]);
    }
    fiber_group_wait(&group);
    for (int i = 0; i < CROWD; i++) {
        cr_assert_eq(attempts[i].reply.code, CODE_OK, "%d", attempts[i].reply.code);
        cr_assert(same_answer(&attempts[0].reply, &attempts[i].reply));
    }
    for (int i = 0; i < CROWD; i++)
        free((void *)(uintptr_t)attempts[i].reply.payload);
}

PLAN_STORY(plan_keys, of_many_at_once_one_is_carried_out)
{
    const char *graph = plan_import_chain(ADA, NULL, "private");
    Sical__Plan__V1__DeleteGoalRequest delete = SICAL__PLAN__V1__DELETE_GOAL_REQUEST__INIT;
    rpc_reply reply;

    all_at_once("made", METHOD("CreateGoal"), goal_request(graph, "one"));
    cr_assert_eq(goals(), 1);
    delete.id = test_postgres_text(stage.pg, "SELECT id FROM plan.goals");
    all_at_once("deleted", METHOD("DeleteGoal"), &delete);
    cr_assert_eq(goals(), 0);
    cr_assert_eq(keyed(ADA, "other", METHOD("DeleteGoal"), &delete, &reply), CODE_NOT_FOUND);
    free(delete.id);
}

/* Every kind of write goes through the transaction: batches, those that run alone, those that compute in between. */
PLAN_STORY(plan_keys, a_plan_and_what_it_needs_are_made_once)
{
    const char *graph = plan_import_chain(ADA, NULL, "private");
    Sical__Plan__V1__CreatePlanRequest plan = SICAL__PLAN__V1__CREATE_PLAN_REQUEST__INIT;
    rpc_reply first, again;

    plan_set_mornings(ADA);
    cr_assert_eq(keyed(ADA, "goal", METHOD("CreateGoal"), goal_request(graph, "one"), &first), CODE_OK);
    cr_assert_eq(keyed(ADA, "plan", METHOD("CreatePlan"), &plan, &first), CODE_OK, "%s", first.message);
    cr_assert_eq(keyed(ADA, "plan", METHOD("CreatePlan"), &plan, &again), CODE_OK);
    cr_assert(same_answer(&first, &again));
    cr_assert_eq(number("SELECT count(*) FROM plan.plans"), 1);
}

static void restart(const char *setting)
{
    char progress[96];
    const char *const environment[] = {progress, setting, NULL};
    snprintf(progress, sizeof progress, "PROGRESS_ADDRESS=tcp://127.0.0.1:%u", stage.progress_port);
    story_stop(&stage.program);
    story_start_again(&stage.program, "plan", stage.pg, environment);
}

/* ---- size ---- */

enum { MANY_TOPICS = 5000, LONG_TITLE = 150 };

static const char *import_much(void)
{
    import_request *r = plan_import_request();
    wire_graph *graph;
    char *title = ARENA_ARRAY(fiber_arena(), char, LONG_TITLE + 1);
    memset(title, 'x', LONG_TITLE);
    r->topics = ARENA_ARRAY(fiber_arena(), topic_input *, MANY_TOPICS);
    for (int i = 0; i < MANY_TOPICS; i++) {
        topic_input *t = r->topics[r->n_topics++] = ARENA_NEW(fiber_arena(), topic_input);
        sical__plan__v1__topic_input__init(t);
        t->key = arena_printf(fiber_arena(), "t%04d", i);
        t->title = title;
        t->minutes = plan_int32(1);
        if (i)
            plan_add_edge(r, t->key, r->topics[i - 1]->key, "hard");
    }
    cr_assert_eq(plan_call(ADA, "ImportGraph", r, &graph), CODE_OK, "%s", last_reply.message);
    return graph->id;
}

/* A plan of a megabyte and more is told and kept like any other; one that cannot be told is not made. */
PLAN_STORY(plan_keys, an_answer_that_cannot_be_sent_leaves_nothing)
{
    Sical__Plan__V1__CreatePlanRequest plan = SICAL__PLAN__V1__CREATE_PLAN_REQUEST__INIT;
    rpc_reply first, again;

    plan_set_mornings(ADA);
    cr_assert_eq(plan_add_goal(ADA, import_much(), "t4999", plan_days_from_now(300), NULL), CODE_OK);
    restart("RPC_MESSAGE_LIMIT=1MiB");
    cr_assert_eq(keyed(ADA, "plan", METHOD("CreatePlan"), &plan, &first), CODE_RESOURCE_EXHAUSTED, "%d", first.code);
    cr_assert_eq(number("SELECT count(*) FROM plan.plans"), 0);
    cr_assert_eq(number("SELECT count(*) FROM plan.idempotency_keys"), 0);
    restart(NULL);
    cr_assert_eq(keyed(ADA, "plan", METHOD("CreatePlan"), &plan, &first), CODE_OK, "%s", first.message);
    cr_assert_gt(first.payload_size, 1u << 20);
    cr_assert_eq(keyed(ADA, "plan", METHOD("CreatePlan"), &plan, &again), CODE_OK);
    cr_assert(same_answer(&first, &again));
    cr_assert_eq(number("SELECT count(*) FROM plan.plans"), 1);
}

/* ---- time ---- */

PLAN_STORY(plan_keys, a_key_is_forgotten_after_a_day)
{
    const char *graph = plan_import_chain(ADA, NULL, "private");
    const create_request *create = goal_request(graph, "one");
    rpc_reply first, again;

    cr_assert_eq(keyed(ADA, "k", METHOD("CreateGoal"), create, &first), CODE_OK);
    test_postgres_run(stage.pg, "UPDATE plan.idempotency_keys SET create_time = now() - interval '23 hours'");
    cr_assert_eq(keyed(ADA, "k", METHOD("CreateGoal"), create, &again), CODE_OK);
    cr_assert(same_answer(&first, &again));
    test_postgres_run(stage.pg, "UPDATE plan.idempotency_keys SET create_time = now() - interval '25 hours'");
    cr_assert_eq(keyed(ADA, "k", METHOD("CreateGoal"), create, &again), CODE_OK);
    cr_assert_not(same_answer(&first, &again));
    cr_assert_eq(goals(), 2);
    cr_assert_eq(number("SELECT count(*) FROM plan.idempotency_keys"), 1);
}

static bool only_the_young_is_left(void)
{
    return number("SELECT count(*) FROM plan.idempotency_keys") == 1;
}

/* No call with a key is needed for that: a service sweeps with its start, and again and again. */
PLAN_STORY(plan_keys, old_keys_do_not_pile_up)
{
    test_postgres_run(stage.pg, "INSERT INTO plan.idempotency_keys (user_id, key, method, request_hash, answer,"
                                "   create_time)"
                                " SELECT gen_random_uuid(), 'old', 'm', '', '', now() - interval '25 hours'"
                                " FROM generate_series(1, 2500);"
                                "INSERT INTO plan.idempotency_keys (user_id, key, method, request_hash, answer)"
                                " VALUES (gen_random_uuid(), 'young', 'm', '', '')");
    restart(NULL);
    plan_wait(only_the_young_is_left, "the old keys are there still");
}

/* ---- death ---- */

/* The answer waits for its commit, so that something can die before it. */
static void slow_down(void)
{
    test_postgres_run(stage.pg, "CREATE FUNCTION plan.nap() RETURNS trigger LANGUAGE plpgsql AS"
                                " 'BEGIN PERFORM pg_sleep(1); RETURN NEW; END';"
                                "CREATE TRIGGER nap BEFORE INSERT ON plan.idempotency_keys"
                                " FOR EACH ROW EXECUTE FUNCTION plan.nap()");
}

static void speed_up(void)
{
    test_postgres_run(stage.pg, "DROP TRIGGER nap ON plan.idempotency_keys");
}

static bool naps(void)
{
    return number("SELECT count(*) FROM pg_stat_activity WHERE wait_event = 'PgSleep'") == 1;
}

static bool rests(void)
{
    return number("SELECT count(*) FROM pg_stat_activity WHERE wait_event = 'PgSleep'") == 0;
}

static void try_later(void *arg)
{
    try(arg);
    ((attempt *)arg)->payload = ((attempt *)arg)->reply.payload;
}

static attempt tried;

static bool is_told(void)
{
    return tried.payload;
}

PLAN_STORY(plan_keys, a_backend_that_dies_before_the_commit_leaves_nothing)
{
    const char *graph = plan_import_chain(ADA, NULL, "private");

    slow_down();
    tried = (attempt){.key = "k", .method = METHOD("CreateGoal"), .request = goal_request(graph, "one")};
    fiber_spawn(loop_current(), "try later", try_later, &tried);
    plan_wait(naps, "the nap before the commit");
    cr_assert_eq(number("SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE wait_event = 'PgSleep'"),
                 1);
    plan_wait(is_told, "the answer");
    cr_assert_eq(tried.reply.code, CODE_OK, "the call is made again: the key says which one it is");
    cr_assert_eq(goals(), 1);
    free((void *)(uintptr_t)tried.payload);
}

PLAN_STORY(plan_keys, a_service_that_dies_has_carried_it_out_or_not_but_never_twice)
{
    const char *graph = plan_import_chain(ADA, NULL, "private");
    const create_request *create = goal_request(graph, "one");
    rpc_reply first, again;
    char progress[96];
    const char *const environment[] = {progress, NULL};

    snprintf(progress, sizeof progress, "PROGRESS_ADDRESS=tcp://127.0.0.1:%u", stage.progress_port);
    slow_down();
    tried = (attempt){.key = "k", .method = METHOD("CreateGoal"), .request = create};
    fiber_spawn(loop_current(), "try later", try_later, &tried);
    plan_wait(naps, "the nap before the commit");
    test_program_signal(stage.program.program, SIGKILL);
    cr_assert_eq(test_program_wait(stage.program.program, 10000), 128 + SIGKILL);
    test_program_destroy(stage.program.program);
    story_start_again(&stage.program, "plan", stage.pg, environment);
    plan_wait(is_told, "the answer");
    free((void *)(uintptr_t)tried.payload);
    plan_wait(rests, "the end of the nap");
    speed_up();
    cr_assert_eq(keyed(ADA, "k", METHOD("CreateGoal"), create, &first), CODE_OK, "%s", first.message);
    cr_assert_eq(keyed(ADA, "k", METHOD("CreateGoal"), create, &again), CODE_OK);
    cr_assert(same_answer(&first, &again));
    cr_assert_eq(goals(), 1);
}
