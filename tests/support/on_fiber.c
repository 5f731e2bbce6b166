#include "on_fiber.h"

#include <stdio.h>
#include <stdlib.h>

#if defined(__SANITIZE_ADDRESS__)
#include <sanitizer/lsan_interface.h>
#endif

enum { PATIENCE_MS = 30000, STEP_MS = 2 };

void test_expect_no_leak(void)
{
#if defined(__SANITIZE_ADDRESS__)
    if (__lsan_do_recoverable_leak_check()) {
        fputs("memory was lost\n", stderr);
        abort();
    }
#endif
}

void test_on_fiber(void (*body)(void *arg), void *arg)
{
    loop *l = loop_create();
    fiber_spawn(l, "test", body, arg);
    loop_run_until_idle(l);
    loop_destroy(l);
    test_expect_no_leak();
}

bool test_until(bool (*condition)(void *arg), void *arg)
{
    uint64_t deadline = fiber_limit_ms(PATIENCE_MS);
    while (!condition(arg) && fiber_sleep(STEP_MS) == STATUS_OK)
        ;
    fiber_set_deadline_ns(deadline);
    return condition(arg);
}
