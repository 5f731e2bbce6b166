/* Deadlines: inherited, narrowed, and reaching everything that a fiber waits for. */
#include "on_fiber.h"

#include "clock.h"

#include <criterion/criterion.h>
#include <stdlib.h>

static uint64_t now_ns(void)
{
    return clock_monotonic_ns();
}

static void narrow(void *arg)
{
    (void)arg;
    cr_assert_eq(fiber_limit_ms(1000), FIBER_NO_DEADLINE);
    uint64_t outer = fiber_deadline_ns();
    cr_assert_leq(outer, now_ns() + 1000 * CLOCK_NS_PER_MS);
    cr_assert(fiber_left_ms() <= 1000 && fiber_left_ms() > 0);
    cr_assert_eq(fiber_limit_ms(60000), outer, "it returns what was");
    cr_assert_eq(fiber_deadline_ns(), outer, "a limit never widens");
    cr_assert_eq(fiber_limit_ms(10), outer);
    cr_assert_lt(fiber_deadline_ns(), outer);
    fiber_set_deadline_ns(outer);
    cr_assert_eq(fiber_deadline_ns(), outer);
    fiber_limit_ms(0);
    cr_assert_eq(fiber_left_ms(), 0);
    fiber_set_deadline_ns(FIBER_NO_DEADLINE);
    fiber_limit_ms(UINT32_MAX);
    cr_assert_geq(fiber_left_ms(), UINT32_MAX - 1000);
}

Test(fiber_deadline, is_narrowed_and_put_back)
{
    test_on_fiber(narrow, NULL);
}

static uint64_t inherited;

static void remember(void *arg)
{
    (void)arg;
    inherited = fiber_deadline_ns();
}

static void spawn_heir(void *arg)
{
    (void)arg;
    fiber_limit_ms(1000);
    fiber_spawn(loop_current(), "heir", remember, NULL);
    uint64_t deadline = fiber_deadline_ns();
    fiber_set_deadline_ns(FIBER_NO_DEADLINE);
    fiber_yield();
    cr_assert_eq(inherited, deadline, "what held at the spawn");
    fiber_spawn(loop_current(), "free", remember, NULL);
    fiber_yield();
    cr_assert_eq(inherited, FIBER_NO_DEADLINE, "a used stack brings no deadline along");
}

Test(fiber_deadline, is_inherited)
{
    test_on_fiber(spawn_heir, NULL);
}

/* Each wait ends because of the deadline, not before it, and with its status. */
static void expect_cut(status (*wait)(void))
{
    uint64_t old = fiber_limit_ms(15);
    uint64_t deadline = fiber_deadline_ns();
    cr_assert_eq(wait(), STATUS_DEADLINE_EXCEEDED);
    cr_assert_geq(now_ns(), deadline);
    cr_assert_eq(wait(), STATUS_DEADLINE_EXCEEDED, "a passed deadline ends a wait at once");
    fiber_set_deadline_ns(old);
    cr_assert_eq(fiber_sleep(1), STATUS_OK, "and no longer when it is put back");
}

static status sleep_long(void)
{
    return fiber_sleep(3600000);
}

static status sleep_forever(void)
{
    return fiber_sleep(UINT32_MAX);
}

static fiber_semaphore none_free;

static status acquire(void)
{
    return fiber_semaphore_acquire(&none_free);
}

static status member(void *arg)
{
    (void)arg;
    return fiber_sleep(3600000);
}

static status wait_for_group(void)
{
    fiber_group g = FIBER_GROUP_INIT;
    for (int i = 0; i < 5; i++)
        fiber_group_spawn(&g, "member", member, NULL);
    return fiber_group_wait(&g);
}

static void work_until_told(void *arg)
{
    while (!__atomic_load_n((int *)arg, __ATOMIC_ACQUIRE))
        ;
}

static int work_may_end;

static void let_go(void *arg)
{
    (void)arg;
}

static status offload(void)
{
    return fiber_offload(work_until_told, &work_may_end, let_go);
}

static void cut_all(void *arg)
{
    (void)arg;
    fiber_semaphore_init(&none_free, 0);
    expect_cut(sleep_long);
    expect_cut(sleep_forever);
    expect_cut(fiber_park);
    expect_cut(acquire);
    expect_cut(wait_for_group);
    expect_cut(offload);
    __atomic_store_n(&work_may_end, 1, __ATOMIC_RELEASE);
}

Test(fiber_deadline, reaches_every_wait)
{
    test_on_fiber(cut_all, NULL);
}

static void sleep_exactly(void *arg)
{
    (void)arg;
    for (uint32_t ms = 0; ms < 12; ms++) {
        uint64_t before = now_ns();
        cr_assert_eq(fiber_sleep(ms), STATUS_OK);
        cr_assert_geq(now_ns() - before, ms * CLOCK_NS_PER_MS, "a sleep of %u ms was short", ms);
    }
    fiber_limit_ms(60000);
    cr_assert_eq(fiber_sleep(1), STATUS_OK, "a far deadline does not turn a sleep into a failure");
}

Test(fiber_deadline, sleeps_are_never_short)
{
    test_on_fiber(sleep_exactly, NULL);
}
