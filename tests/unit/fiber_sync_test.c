/* Groups, semaphores and work on the thread pool. */
#include "on_fiber.h"

#include <criterion/criterion.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

/* ---- groups ---- */

static status fail_after(void *arg)
{
    intptr_t ms = (intptr_t)arg;
    fiber_sleep((uint32_t)ms);
    return ms == 2 ? STATUS_UNAVAILABLE : ms == 40 ? 7 : STATUS_OK;
}

static void group_outcome(void *arg)
{
    (void)arg;
    fiber_group g = FIBER_GROUP_INIT;
    cr_assert_eq(fiber_group_wait(&g), STATUS_OK, "an empty group is done");
    fiber_group_spawn(&g, "late", fail_after, (void *)40);
    fiber_group_spawn(&g, "early", fail_after, (void *)2);
    fiber_group_spawn(&g, "well", fail_after, (void *)0);
    cr_assert_eq(g.running, 3);
    cr_assert_eq(fiber_group_wait(&g), STATUS_UNAVAILABLE, "the first that failed in time");
    cr_assert_eq(g.running, 0, "all have ended");
}

Test(fiber_sync, group_waits_for_all_and_tells_the_first_failure)
{
    test_on_fiber(group_outcome, NULL);
}

static status inherit(void *arg)
{
    *(void **)arg = fiber_local();
    return STATUS_OK;
}

static void group_local(void *arg)
{
    (void)arg;
    void *seen = NULL;
    fiber_group g = FIBER_GROUP_INIT;
    fiber_set_local("request");
    fiber_group_spawn(&g, "member", inherit, &seen);
    fiber_group_wait(&g);
    cr_assert_str_eq(seen, "request");
}

Test(fiber_sync, group_members_inherit_the_local)
{
    test_on_fiber(group_local, NULL);
}

/* ---- semaphores ---- */

static fiber_semaphore semaphore;
static unsigned inside, most_inside, entered;
static char order[64];

static void enter(void *arg)
{
    cr_assert_eq(fiber_semaphore_acquire(&semaphore), STATUS_OK);
    strncat(order, arg, 1);
    inside++;
    entered++;
    most_inside = inside > most_inside ? inside : most_inside;
    fiber_sleep(1);
    inside--;
    fiber_semaphore_release(&semaphore);
}

static void bound(void *arg)
{
    (void)arg;
    static char names[] = "abcdefghijklmnopqrstuvwxyz";
    fiber_semaphore_init(&semaphore, 3);
    for (int i = 0; i < 26; i++)
        fiber_spawn(loop_current(), "visitor", enter, names + i);
}

Test(fiber_sync, semaphore_bounds_and_serves_in_order)
{
    test_on_fiber(bound, NULL);
    cr_assert_eq(entered, 26);
    cr_assert_eq(most_inside, 3);
    cr_assert_str_eq(order, "abcdefghijklmnopqrstuvwxyz");
    cr_assert_eq(semaphore.free, 3);
}

static void wait_briefly(void *arg)
{
    fiber_limit_ms((uint32_t)(intptr_t)arg);
    if (fiber_semaphore_acquire(&semaphore) == STATUS_DEADLINE_EXCEEDED)
        strcat(order, "x");
    else
        strcat(order, "!");
}

static void withdraw(void *arg)
{
    (void)arg;
    fiber_semaphore_init(&semaphore, 0);
    /* The first, one in the middle and the last give up; the others are served in their order. */
    fiber_spawn(loop_current(), "first", wait_briefly, (void *)3);
    fiber_spawn(loop_current(), "a", enter, "a");
    fiber_spawn(loop_current(), "middle", wait_briefly, (void *)3);
    fiber_spawn(loop_current(), "b", enter, "b");
    fiber_spawn(loop_current(), "last", wait_briefly, (void *)3);
    fiber_sleep(20);
    cr_assert_str_eq(order, "xxx");
    fiber_spawn(loop_current(), "c", enter, "c"); /* joins behind the right one */
    fiber_yield();
    fiber_semaphore_release(&semaphore);
    while (loop_fiber_count(loop_current()) > 1)
        fiber_sleep(1);
    cr_assert_str_eq(order, "xxxabc");
    cr_assert_eq(semaphore.free, 1);
}

Test(fiber_sync, semaphore_forgets_who_gave_up)
{
    test_on_fiber(withdraw, NULL);
}

static void grant_and_cancel(void *arg)
{
    (void)arg;
    fiber_semaphore_init(&semaphore, 0);
    fiber *waiter = fiber_spawn(loop_current(), "a", enter, "a");
    fiber_yield();
    fiber_semaphore_release(&semaphore); /* granted ... */
    fiber_cancel(waiter);                /* ... and cancelled before it ran: the grant counts */
    fiber_sleep(5);
    cr_assert_str_eq(order, "a");
    cr_assert_eq(semaphore.free, 1, "nothing was lost");
}

Test(fiber_sync, semaphore_loses_no_grant_to_a_cancel)
{
    test_on_fiber(grant_and_cancel, NULL);
}

/* ---- work on the thread pool ---- */

typedef struct sum {
    int64_t upto, result;
    pthread_t thread;
} sum;

static unsigned released;

static void add_up(void *arg)
{
    sum *s = arg;
    s->thread = pthread_self();
    for (int64_t i = 1; i <= s->upto; i++)
        s->result += i;
}

static void release(void *arg)
{
    released++;
    free(arg);
}

static void offload_once(void *arg)
{
    (void)arg;
    sum s = {.upto = 100000};
    cr_assert_eq(fiber_offload(add_up, &s, release), STATUS_OK);
    cr_assert_eq(s.result, INT64_C(5000050000));
    cr_assert_not(pthread_equal(s.thread, pthread_self()), "it ran on the loop's thread");
    cr_assert_eq(released, 0, "what is done is the caller's");
}

Test(fiber_sync, offload_runs_elsewhere_and_returns)
{
    test_on_fiber(offload_once, NULL);
}

static unsigned gate_open, begun;

static void wait_at_gate(void *arg)
{
    (void)arg;
    __atomic_fetch_add(&begun, 1, __ATOMIC_RELAXED);
    while (!__atomic_load_n(&gate_open, __ATOMIC_ACQUIRE))
        sched_yield();
}

static void open_gate(void)
{
    __atomic_store_n(&gate_open, 1, __ATOMIC_RELEASE);
}

static void give_up(void *arg)
{
    (void)arg;
    fiber_limit_ms(5);
    cr_assert_eq(fiber_offload(wait_at_gate, malloc(16), release), STATUS_DEADLINE_EXCEEDED);
    cr_assert_eq(released, 0, "the work still owns it");
    open_gate();
}

Test(fiber_sync, offload_that_is_given_up_releases_its_argument)
{
    test_on_fiber(give_up, NULL); /* loop_destroy waits for the work */
    cr_assert_eq(released, 1);
}

static unsigned results[3]; /* done, given up, refused */

static void queue_one(void *arg)
{
    (void)arg;
    void *argument = malloc(16);
    status s = fiber_offload(wait_at_gate, argument, release);
    results[s == STATUS_OK ? 0 : s == STATUS_RESOURCE_EXHAUSTED ? 2 : 1]++;
    if (s == STATUS_OK || s == STATUS_RESOURCE_EXHAUSTED)
        free(argument);
}

static void overfill(void *arg)
{
    (void)arg;
    for (int i = 0; i < FIBER_OFFLOAD_QUEUE + 50; i++)
        fiber_spawn(loop_current(), "work", queue_one, NULL);
    fiber_yield();
    cr_assert_eq(results[2], 50, "refused at once");
    open_gate();
    while (loop_fiber_count(loop_current()) > 1)
        fiber_sleep(1);
    cr_assert_eq(results[0], FIBER_OFFLOAD_QUEUE);
    queue_one(NULL);
    cr_assert_eq(results[0], FIBER_OFFLOAD_QUEUE + 1, "and there is room again");
}

Test(fiber_sync, offload_queue_is_bounded)
{
    test_on_fiber(overfill, NULL);
}

/* What is given up before a thread took it is never run, and yet released. */
static void abandon_queue(void *arg)
{
    (void)arg;
    fiber_limit_ms(20);
    for (int i = 0; i < 100; i++)
        fiber_spawn(loop_current(), "work", queue_one, NULL);
    fiber_set_deadline_ns(FIBER_NO_DEADLINE);
    while (loop_fiber_count(loop_current()) > 1)
        fiber_sleep(1);
    cr_assert_eq(results[1], 100);
    open_gate();
}

Test(fiber_sync, offload_releases_what_was_never_begun)
{
    test_on_fiber(abandon_queue, NULL);
    cr_assert_eq(released, 100);
    cr_assert_lt(begun, 100, "what nobody waits for was begun all the same");
}

static void cancel_offload(void *arg)
{
    (void)arg;
    fiber *f = fiber_spawn(loop_current(), "work", queue_one, NULL);
    fiber_yield();
    fiber_cancel(f);
    fiber_yield();
    cr_assert_eq(results[1], 1);
    open_gate();
}

Test(fiber_sync, offload_can_be_cancelled)
{
    test_on_fiber(cancel_offload, NULL);
    cr_assert_eq(released, 1);
}
