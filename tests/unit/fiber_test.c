/* Fibers: their life, their end, their stacks. */
#include "on_fiber.h"

#include <criterion/criterion.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

static char story[256];

static void tell(const char *what)
{
    strncat(story, what, sizeof story - strlen(story) - 1);
}

static void tell_arg(void *arg)
{
    tell(arg);
}

/* ---- life ---- */

static void spawn_two(void *arg)
{
    (void)arg;
    fiber_spawn(loop_current(), "a", tell_arg, "a");
    fiber_spawn(loop_current(), "b", tell_arg, "b");
    tell("1");
    fiber_yield();
    tell("2");
}

Test(fiber, runs_after_its_spawn_in_order)
{
    test_on_fiber(spawn_two, NULL);
    cr_assert_str_eq(story, "1ab2");
}

static void know_yourself(void *arg)
{
    (void)arg;
    cr_assert_not_null(fiber_self());
    cr_assert_str_eq(fiber_name(fiber_self()), "test");
    cr_assert_eq(fiber_deadline_ns(), FIBER_NO_DEADLINE);
    cr_assert_eq(fiber_left_ms(), UINT32_MAX);
}

Test(fiber, knows_itself_and_the_loop_is_none)
{
    cr_assert_null(fiber_self());
    test_on_fiber(know_yourself, NULL);
    cr_assert_null(fiber_self());
    cr_assert_eq(fiber_deadline_ns(), FIBER_NO_DEADLINE);
}

static char *remembered;

static void look_at_arena(void *arg)
{
    tell(arg);
    tell(remembered);
}

static void defer_three(void *arg)
{
    (void)arg;
    remembered = arena_strdup(fiber_arena(), "!");
    fiber_defer(look_at_arena, "first");
    fiber_defer(look_at_arena, "second");
    fiber_yield();
    fiber_defer(look_at_arena, "third");
}

Test(fiber, what_was_deferred_runs_last_first_while_the_arena_is_there)
{
    test_on_fiber(defer_three, NULL);
    cr_assert_str_eq(story, "third!second!first!");
}

static void defer_from_deferred(void *arg)
{
    tell(arg);
    fiber_defer(tell_arg, "inner");
}

static void defer_nested(void *arg)
{
    (void)arg;
    fiber_defer(tell_arg, "outer");
    fiber_defer(defer_from_deferred, "middle");
}

Test(fiber, what_is_deferred_while_it_ends_still_runs)
{
    test_on_fiber(defer_nested, NULL);
    cr_assert_str_eq(story, "middleinnerouter");
}

static void use_arena(void *arg)
{
    (void)arg;
    static size_t used_before = SIZE_MAX;
    if (used_before == SIZE_MAX)
        used_before = fiber_arena()->used_bytes;
    cr_assert_eq(fiber_arena()->used_bytes, used_before, "an arena kept what another fiber had");
    arena_alloc(fiber_arena(), 100000);
}

static void spawn_arena_users(void *arg)
{
    (void)arg;
    for (int i = 0; i < 50; i++) {
        fiber_spawn(loop_current(), "user", use_arena, NULL);
        if (i % 5 == 0)
            fiber_yield();
    }
}

Test(fiber, starts_with_an_empty_arena)
{
    test_on_fiber(spawn_arena_users, NULL);
}

static void expect_local(void *arg)
{
    (void)arg;
    cr_assert_null(fiber_local());
    fiber_set_local("mine");
    fiber_yield();
    cr_assert_str_eq(fiber_local(), "mine");
}

static void spawn_with_local(void *arg)
{
    (void)arg;
    fiber_set_local("outer");
    for (int i = 0; i < 3; i++) {
        fiber_spawn(loop_current(), "local", expect_local, NULL);
        fiber_sleep(1); /* so that the same stack serves again */
    }
    cr_assert_str_eq(fiber_local(), "outer");
}

Test(fiber, carries_one_pointer_of_its_own)
{
    test_on_fiber(spawn_with_local, NULL);
    cr_assert_null(fiber_local());
}

/* ---- many ---- */

static unsigned ended;

static void nap(void *arg)
{
    volatile char depth[2000];
    memset((char *)depth, (int)(intptr_t)arg, sizeof depth);
    fiber_sleep((uint32_t)((intptr_t)arg % 7));
    for (size_t i = 0; i < sizeof depth; i++)
        if (depth[i] != (char)(intptr_t)arg)
            abort(); /* another fiber wrote onto this stack */
    ended++;
}

static void spawn_ten_thousand(void *arg)
{
    (void)arg;
    for (intptr_t i = 0; i < 10000; i++)
        fiber_spawn(loop_current(), "nap", nap, (void *)i);
    cr_assert_eq(loop_fiber_count(loop_current()), 10001);
}

Test(fiber, ten_thousand_at_once)
{
    test_on_fiber(spawn_ten_thousand, NULL);
    cr_assert_eq(ended, 10000);
}

static void count_end(void *arg)
{
    (void)arg;
    ended++;
}

static long mapped_pages(void)
{
    long pages = 0;
    FILE *statm = fopen("/proc/self/statm", "r");
    if (!statm || fscanf(statm, "%ld", &pages) != 1)
        abort();
    fclose(statm);
    return pages;
}

static void spawn_one_after_another(void *arg)
{
    (void)arg;
    fiber_spawn(loop_current(), "first", count_end, NULL);
    fiber_yield();
    long before = mapped_pages();
    for (int i = 0; i < 100000; i++) {
        fiber_spawn(loop_current(), "short", count_end, NULL);
        fiber_yield();
    }
    cr_assert_leq(mapped_pages(), before + 16, "each fiber took memory of its own");
}

Test(fiber, stacks_are_used_again)
{
    test_on_fiber(spawn_one_after_another, NULL);
    cr_assert_eq(ended, 100001);
}

/* ---- overflow ---- */

static int __attribute__((noinline)) descend(int depth)
{
    volatile char frame[512];
    frame[0] = (char)depth;
    return depth ? descend(depth + 1) + frame[0] : 0;
}

static void overflow(void *arg)
{
    *(volatile int *)arg = descend(1);
}

static void overflow_in_child(int standard_error)
{
    int ignored;
    dup2(standard_error, STDERR_FILENO);
    loop *l = loop_create();
    fiber_spawn(l, "endless recursion", overflow, &ignored);
    loop_run_until_idle(l);
    _exit(0);
}

Test(fiber, overflow_names_the_fiber_and_ends_the_program)
{
    int file = memfd_create("stderr", 0), ended_as;
    pid_t child = fork();
    if (child == 0)
        overflow_in_child(file);
    cr_assert_eq(waitpid(child, &ended_as, 0), child);
    char text[4096] = "";
    cr_assert_geq(pread(file, text, sizeof text - 1, 0), 0);
    cr_assert(strstr(text, "sical: stack overflow in fiber 'endless recursion'\n"), "%s", text);
    cr_assert(WIFSIGNALED(ended_as) && WTERMSIG(ended_as) == SIGSEGV);
}

static void touch_null(void *arg)
{
    static int *volatile nowhere;
    (void)arg;
    *nowhere = 1;
}

Test(fiber, another_fault_is_no_overflow)
{
    int file = memfd_create("stderr", 0), ended_as;
    pid_t child = fork();
    if (child == 0) {
        dup2(file, STDERR_FILENO);
        test_on_fiber(touch_null, NULL);
        _exit(0);
    }
    cr_assert_eq(waitpid(child, &ended_as, 0), child);
    char text[4096] = "";
    cr_assert_geq(pread(file, text, sizeof text - 1, 0), 0);
    cr_assert_not(strstr(text, "stack overflow in fiber"));
    cr_assert_not(WIFEXITED(ended_as) && WEXITSTATUS(ended_as) == 0);
}

Test(fiber, waiting_outside_of_fibers_ends_the_program, .signal = SIGABRT)
{
    loop_create();
    fiber_sleep(1);
}
