/* Fibers: waiting, waking, cancelling. */
#include "on_fiber.h"

#include "clock.h"

#include <criterion/criterion.h>

static unsigned ended;

static fiber *parked;
static status park_result = -1000;

static void park(void *arg)
{
    (void)arg;
    parked = fiber_self();
    park_result = fiber_park();
}

static void wake_parked(void *arg)
{
    (void)arg;
    fiber_spawn(loop_current(), "parked", park, NULL);
    fiber_yield();
    cr_assert_eq(park_result, -1000);
    fiber_wake(parked);
    fiber_wake(parked); /* twice is once */
    cr_assert_eq(park_result, -1000, "it must not run inside the wake");
    fiber_yield();
    cr_assert_eq(park_result, STATUS_OK);
}

Test(fiber, wakes)
{
    test_on_fiber(wake_parked, NULL);
}

static void wake_before_park(void *arg)
{
    (void)arg;
    fiber_wake(fiber_self());
    cr_assert_eq(fiber_park(), STATUS_OK);
    fiber_limit_ms(5);
    cr_assert_eq(fiber_park(), STATUS_DEADLINE_EXCEEDED, "a wake ends one wait only");
}

Test(fiber, remembers_a_wake_that_comes_early)
{
    test_on_fiber(wake_before_park, NULL);
}

static void sleep_woken(void *arg)
{
    (void)arg;
    fiber_wake(fiber_self());
    uint64_t before = clock_monotonic_ns();
    cr_assert_eq(fiber_sleep(20), STATUS_OK);
    cr_assert_geq(clock_monotonic_ns() - before, 20 * CLOCK_NS_PER_MS, "a stray wake ended a sleep");
}

Test(fiber, sleeps_through_stray_wakes)
{
    test_on_fiber(sleep_woken, NULL);
}

static void cancel_parked(void *arg)
{
    (void)arg;
    fiber_spawn(loop_current(), "parked", park, NULL);
    fiber_yield();
    fiber_cancel(parked);
    fiber_yield();
    cr_assert_eq(park_result, STATUS_CANCELLED);
}

Test(fiber, cancel_ends_a_wait)
{
    test_on_fiber(cancel_parked, NULL);
}

static void cancel_self(void *arg)
{
    (void)arg;
    fiber_cancel(fiber_self());
    cr_assert_eq(fiber_sleep(3600000), STATUS_CANCELLED);
    cr_assert_eq(fiber_park(), STATUS_CANCELLED, "and every later one");
}

Test(fiber, cancel_ends_the_waits_to_come)
{
    test_on_fiber(cancel_self, NULL);
}

static void sleep_until_cancelled(void *arg)
{
    (void)arg;
    if (fiber_sleep(3600000) == STATUS_CANCELLED)
        ended++;
}

static void cancel_all(void *arg)
{
    (void)arg;
    for (int i = 0; i < 100; i++)
        fiber_spawn(loop_current(), "sleeper", sleep_until_cancelled, NULL);
    fiber_yield();
    loop_cancel_fibers(loop_current());
    cr_assert_eq(fiber_sleep(1), STATUS_OK, "who cancels goes on");
}

Test(fiber, all_can_be_cancelled)
{
    test_on_fiber(cancel_all, NULL);
    cr_assert_eq(ended, 100);
}

static void not_cancelled(void *arg)
{
    (void)arg;
    cr_assert_eq(fiber_sleep(1), STATUS_OK);
}

static void reuse_cancelled(void *arg)
{
    (void)arg;
    fiber_spawn(loop_current(), "cancelled", cancel_self, NULL);
    fiber_sleep(1);
    fiber_spawn(loop_current(), "fresh", not_cancelled, NULL);
}

Test(fiber, a_used_stack_brings_no_cancel_along)
{
    test_on_fiber(reuse_cancelled, NULL);
}

static void wake_self(void *arg)
{
    (void)arg;
    fiber_wake(fiber_self());
}

static void not_woken(void *arg)
{
    (void)arg;
    fiber_limit_ms(2);
    cr_assert_eq(fiber_park(), STATUS_DEADLINE_EXCEEDED);
}

static void reuse_woken(void *arg)
{
    (void)arg;
    fiber_spawn(loop_current(), "woken", wake_self, NULL);
    fiber_sleep(1);
    fiber_spawn(loop_current(), "fresh", not_woken, NULL);
}

Test(fiber, a_used_stack_brings_no_wake_along)
{
    test_on_fiber(reuse_woken, NULL);
}
