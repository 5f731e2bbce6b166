/* Tests whose code waits: a loop of its own for one fiber. */
#pragma once

#include "fiber.h"
#include "loop.h"

/* Makes a loop, runs body(arg) on a fiber, then the loop until no fiber is left, and destroys it, which ends the test
 * when a handle was left open. Under AddressSanitizer it also fails the test when memory was lost. */
void test_on_fiber(void (*body)(void *arg), void *arg);

/* Sleeps in small steps until condition(arg); false when that took longer than any machine needs. */
bool test_until(bool (*condition)(void *arg), void *arg);

/* Ends the test when memory was lost and AddressSanitizer is there to tell. */
void test_expect_no_leak(void);
