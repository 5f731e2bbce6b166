/* The loop: turns, hooks, and an end at which nothing may be left. */
#include "on_fiber.h"

#include <criterion/criterion.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>
#include <uv.h>

static char story[512];

static void tell(void *arg)
{
    strncat(story, arg, sizeof story - strlen(story) - 1);
}

/* ---- hooks ---- */

static void two_turns(void *arg)
{
    (void)arg;
    tell("f");
    fiber_sleep(1);
    tell("g");
}

Test(loop, hooks_run_after_the_fibers_in_order_of_addition)
{
    loop *l = loop_create();
    loop_hook first, second;
    loop_add_hook(l, &first, tell, "1");
    loop_add_hook(l, &second, tell, "2");
    fiber_spawn(l, "two turns", two_turns, NULL);
    uv_run(loop_uv(l), UV_RUN_NOWAIT);
    cr_assert_str_eq(story, "f12");
    loop_remove_hook(l, &first);
    loop_remove_hook(l, &first); /* twice is once */
    loop_run_until_idle(l);
    cr_assert(strstr(story, "g2") && !strstr(story + 3, "1"), "%s", story);
    loop_remove_hook(l, &second);
    loop_destroy(l);
}

static unsigned asked, flushed, asked_at_flush[8];

static void flush(void *arg)
{
    (void)arg;
    if (asked)
        asked_at_flush[flushed++ % 8] = asked;
    asked = 0;
}

static void ask(void *arg)
{
    (void)arg;
    asked++;
}

static void ask_in_two_rounds(void *arg)
{
    (void)arg;
    for (int i = 0; i < 100; i++)
        fiber_spawn(loop_current(), "ask", ask, NULL);
    fiber_yield();
    ask(NULL);
    fiber_yield(); /* still the same turn: fibers that follow one another share the flush */
    ask(NULL);
}

Test(loop, what_one_turn_asks_for_leaves_together)
{
    loop *l = loop_create();
    loop_hook hook;
    loop_add_hook(l, &hook, flush, NULL);
    fiber_spawn(l, "ask", ask_in_two_rounds, NULL);
    loop_run_until_idle(l);
    cr_assert_eq(flushed, 1, "%u flushes", flushed);
    cr_assert_eq(asked_at_flush[0], 102);
    loop_remove_hook(l, &hook);
    loop_destroy(l);
}

static fiber *sleeper;
static unsigned wakes;

static void sleep_on(void *arg)
{
    (void)arg;
    sleeper = fiber_self();
    fiber_park();
    sleeper = NULL;
    tell("woken");
}

static void wake_once(void *arg)
{
    (void)arg;
    if (sleeper && wakes++ == 0)
        fiber_wake(sleeper);
    tell("h");
}

Test(loop, what_a_hook_wakes_runs_before_the_loop_waits)
{
    loop *l = loop_create();
    loop_hook hook;
    loop_add_hook(l, &hook, wake_once, NULL);
    fiber_spawn(l, "sleeper", sleep_on, NULL);
    uv_run(loop_uv(l), UV_RUN_NOWAIT);
    cr_assert_str_eq(story, "hwokenh");
    loop_remove_hook(l, &hook);
    loop_destroy(l);
}

static unsigned turns;

static void ask_for_more(void *arg)
{
    if (++turns < 5)
        loop_again(arg);
}

Test(loop, again_gives_a_turn_without_waiting)
{
    loop *l = loop_create();
    loop_hook hook;
    loop_add_hook(l, &hook, ask_for_more, l);
    loop_again(l);
    while (uv_run(loop_uv(l), UV_RUN_NOWAIT))
        ;
    cr_assert_eq(turns, 5, "then nothing is left to run");
    loop_remove_hook(l, &hook);
    loop_destroy(l);
}

/* Two fibers that wake each other for ever must not keep I/O from its turn. */
static fiber *players[2];
static bool stop_playing;

static void play(void *arg)
{
    intptr_t me = (intptr_t)arg;
    players[me] = fiber_self();
    while (!stop_playing) {
        if (players[1 - me])
            fiber_wake(players[1 - me]);
        fiber_yield();
    }
}

static void end_play(uv_timer_t *timer)
{
    stop_playing = true;
    uv_close((uv_handle_t *)timer, NULL);
}

Test(loop, busy_fibers_leave_room_for_io)
{
    loop *l = loop_create();
    uv_timer_t timer;
    uv_timer_init(loop_uv(l), &timer);
    uv_timer_start(&timer, end_play, 5, 0);
    fiber_spawn(l, "ping", play, (void *)0);
    fiber_spawn(l, "pong", play, (void *)1);
    loop_run_until_idle(l);
    cr_assert(stop_playing);
    loop_destroy(l);
}

/* ---- running and ending ---- */

static void stop_soon(void *arg)
{
    fiber_sleep(2);
    loop_stop(arg);
    fiber_sleep(2);
    tell("ended");
}

Test(loop, stop_ends_run_and_fibers_stay)
{
    loop *l = loop_create();
    cr_assert_eq(loop_current(), l);
    fiber_spawn(l, "stop", stop_soon, l);
    loop_run(l);
    cr_assert_eq(loop_fiber_count(l), 1);
    cr_assert_str_eq(story, "");
    loop_run_until_idle(l);
    cr_assert_str_eq(story, "ended");
    loop_destroy(l);
    cr_assert_null(loop_current());
    loop_destroy(NULL);
}

Test(loop, run_ends_when_nothing_is_left)
{
    loop *l = loop_create();
    fiber_spawn(l, "two turns", two_turns, NULL);
    loop_run(l);
    cr_assert_str_eq(story, "fg");
    loop_destroy(l);
    test_expect_no_leak();
}

Test(loop, one_after_another)
{
    for (int i = 0; i < 100; i++)
        test_on_fiber(two_turns, NULL);
}

/* Runs fn in a child; what it said on standard error in *text; its way to end. */
static int in_child(void (*fn)(void), char *text, size_t size)
{
    int file = memfd_create("stderr", 0), ended_as;
    pid_t child = fork();
    if (child == 0) {
        dup2(file, STDERR_FILENO);
        fn();
        _exit(0);
    }
    cr_assert_eq(waitpid(child, &ended_as, 0), child);
    ssize_t n = pread(file, text, size - 1, 0);
    text[n > 0 ? n : 0] = '\0';
    return ended_as;
}

static void sleep_for_ever(void *arg)
{
    (void)arg;
    fiber_park();
}

static void leave_fibers(void)
{
    loop *l = loop_create();
    fiber_spawn(l, "left", sleep_for_ever, NULL);
    fiber_spawn(l, "forgotten", sleep_for_ever, NULL);
    uv_run(loop_uv(l), UV_RUN_NOWAIT);
    loop_destroy(l);
}

Test(loop, fibers_that_are_left_end_the_program)
{
    char text[4096];
    int ended_as = in_child(leave_fibers, text, sizeof text);
    cr_assert(WIFSIGNALED(ended_as) && WTERMSIG(ended_as) == SIGABRT);
    cr_assert(strstr(text, "the fiber 'left' has not ended\n"), "%s", text);
    cr_assert(strstr(text, "the fiber 'forgotten' has not ended\n"), "%s", text);
}

static void leave_handle(void)
{
    loop *l = loop_create();
    static uv_timer_t timer;
    uv_timer_init(loop_uv(l), &timer);
    loop_destroy(l);
}

Test(loop, handles_that_are_left_end_the_program_by_name)
{
    char text[4096];
    int ended_as = in_child(leave_handle, text, sizeof text);
    cr_assert(WIFSIGNALED(ended_as) && WTERMSIG(ended_as) == SIGABRT);
    cr_assert(strstr(text, "a timer handle is still open"), "%s", text);
}
