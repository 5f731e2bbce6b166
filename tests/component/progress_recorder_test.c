/* Callers that record at the same time share a statement, and each gets its own outcome. */
#include "progress_replicas.h"

#include "fiber.h"
#include "outcome.h"

#include <criterion/criterion.h>

enum { CALLERS = 64 };

typedef struct caller {
    uuid user;
    const study_event *events;
    size_t count;
    uint32_t timeout_ms; /* 0 = the test's */
    status result;
    int32_t added;
} caller;

static recorder *shared;

static status bring(void *arg)
{
    caller *c = arg;
    c->added = -1;
    if (c->timeout_ms)
        fiber_limit_ms(c->timeout_ms);
    c->result = recorder_add(shared, &c->user, c->events, c->count, &c->added);
    return STATUS_OK;
}

/* All in one turn of the loop. Returns into how many groups the first of them went. */
static unsigned bring_all(caller *callers, size_t count)
{
    fiber_group group = FIBER_GROUP_INIT;
    shared = replicas[0].service.recorder;
    for (size_t i = 0; i < count; i++)
        fiber_group_spawn(&group, "caller", bring, &callers[i]);
    fiber_yield();
    unsigned running = recorder_running(shared);
    fiber_group_wait(&group);
    return running;
}

static void callers_share(void *arg)
{
    (void)arg;
    static study_event events[CALLERS];
    static caller callers[CALLERS];
    for (int i = 0; i < CALLERS; i++) {
        events[i] = review_on(i, MEMORY_GOOD);
        callers[i] = (caller){.user = uuid_make(), .events = &events[i], .count = 1};
    }
    cr_expect_eq(bring_all(callers, CALLERS), 1);
    for (int i = 0; i < CALLERS; i++) {
        cr_expect_eq(callers[i].result, STATUS_OK);
        cr_expect_eq(callers[i].added, 1);
    }
    cr_expect_eq(test_postgres_number(postgres, "SELECT count(DISTINCT user_id) FROM progress.events"), CALLERS);
    cr_expect_eq(test_postgres_number(postgres, "SELECT count(*) FROM progress.pending_events"), CALLERS);
}

Test(progress_recorder, callers_of_one_turn_share_a_statement)
{
    run_with_replicas(callers_share);
}

/* The same learner on two devices, the same ids of two learners, an id twice in one call: all in one group. */
static void share_ids(void *arg)
{
    (void)arg;
    uuid ada = uuid_make(), bob = uuid_make();
    study_event phone[] = {review_on(0, MEMORY_GOOD), review_on(1, MEMORY_GOOD), review_on(2, MEMORY_GOOD)};
    study_event laptop[] = {phone[1], review_on(3, MEMORY_GOOD), phone[0], phone[1]};
    laptop[0].duration_seconds = laptop[3].duration_seconds = 999;
    caller callers[] = {{.user = ada, .events = phone, .count = 3},
                        {.user = ada, .events = laptop, .count = 4},
                        {.user = bob, .events = phone, .count = 3}};
    bring_all(callers, 3);
    cr_expect_eq(callers[0].added, 3);
    cr_expect_eq(callers[1].added, 1, "what the phone had brought is known: %d", callers[1].added);
    cr_expect_eq(callers[2].added, 3);
    cr_expect_eq(test_postgres_number(postgres, "SELECT count(*) FROM progress.events"), 7);
    cr_expect_eq(test_postgres_number(postgres, "SELECT max(duration_seconds) FROM progress.events"), 60,
                 "the first of two events with one id counts");

    bring_all(callers, 3);
    for (int i = 0; i < 3; i++)
        cr_expect_eq(callers[i].added, 0);
}

Test(progress_recorder, shared_ids_count_once)
{
    run_with_replicas(share_ids);
}

/* An event that the table refuses, which the service's checks would not have let through. */
static void one_is_refused(void *arg)
{
    (void)arg;
    static study_event events[8];
    static caller callers[8];
    for (int i = 0; i < 8; i++) {
        events[i] = review_on(i, MEMORY_GOOD);
        callers[i] = (caller){.user = uuid_make(), .events = &events[i], .count = 1};
    }
    events[3].kind = 7;
    bring_all(callers, 8);
    for (int i = 0; i < 8; i++) {
        cr_expect_eq(callers[i].result, i == 3 ? STATUS_INTERNAL : STATUS_OK);
        cr_expect_eq(callers[i].added, i == 3 ? 0 : 1);
    }
    cr_expect_eq(test_postgres_number(postgres, "SELECT count(*) FROM progress.events"), 7);
}

Test(progress_recorder, a_refused_event_harms_its_caller_only)
{
    run_with_replicas(one_is_refused);
}

static void callers_give_up(void *arg)
{
    (void)arg;
    static study_event events[6];
    static caller callers[6];
    for (int i = 0; i < 6; i++) {
        events[i] = review_on(i, MEMORY_GOOD);
        callers[i] = (caller){.user = uuid_make(), .events = &events[i], .count = 1, .timeout_ms = i < 4 ? 20 : 0};
    }
    test_postgres_freeze(postgres);
    fiber_group group = FIBER_GROUP_INIT;
    shared = replicas[0].service.recorder;
    for (int i = 0; i < 6; i++) { /* in groups of their own, so that some still wait for their turn */
        fiber_group_spawn(&group, "caller", bring, &callers[i]);
        fiber_yield();
        fiber_yield();
    }
    for (int i = 0; i < 4; i++)
        while (callers[i].result == STATUS_OK)
            fiber_sleep(1);
    test_postgres_thaw(postgres);
    fiber_group_wait(&group);
    for (int i = 0; i < 6; i++)
        cr_expect_eq(callers[i].result, i < 4 ? STATUS_DEADLINE_EXCEEDED : STATUS_OK, "%d: %d", i, callers[i].result);
    while (recorder_running(shared))
        fiber_sleep(1);
    caller again = {.user = callers[0].user, .events = &events[0], .count = 1};
    bring_all(&again, 1);
    cr_expect_eq(again.result, STATUS_OK, "the recorder goes on");
}

Test(progress_recorder, who_gives_up_harms_nobody)
{
    run_with_replicas(callers_give_up);
}

static void much_at_once(void *arg)
{
    (void)arg;
    enum { MANY = 9, EACH = 400 };
    static study_event events[MANY][EACH];
    static caller callers[MANY];
    for (int i = 0; i < MANY; i++) {
        for (int k = 0; k < EACH; k++)
            events[i][k] = review_on(k, MEMORY_GOOD);
        callers[i] = (caller){.user = uuid_make(), .events = events[i], .count = EACH};
    }
    bring_all(callers, MANY);
    for (int i = 0; i < MANY; i++)
        cr_expect_eq(callers[i].added, EACH);
    cr_expect_eq(test_postgres_number(postgres, "SELECT count(*) FROM progress.events"), MANY * EACH);
}

Test(progress_recorder, more_than_one_group_takes)
{
    run_with_replicas(much_at_once);
}
