/*
 * Fibers: stackful coroutines on the loop. Code on a fiber reads as straight-line code; what waits (fiber_sleep,
 * db_query, cache_get, rpc_call, fiber_offload) switches back to the loop and returns when the answer is there.
 *
 * A fiber runs until it waits: between two waits nothing else of the program runs, so no locks are needed, and what was
 * read before a wait may have changed after it.
 *
 * Every fiber has a deadline. It reaches everything the fiber waits for: a wait ends at the latest then, with
 * STATUS_DEADLINE_EXCEEDED, and fibers it spawns inherit it. What was begun and not awaited any more is the business of
 * whoever does it (see fiber_offload).
 *
 * A stack is FIBER_STACK_BYTES with a guard page below; an overflow ends the program with a line that names the fiber.
 * Large arrays belong into the arena, not onto the stack. Stacks are pooled.
 *
 * All functions: only on the loop's thread.
 */
#pragma once

#include "arena.h"
#include "loop.h"
#include "status.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct fiber fiber;

enum { FIBER_STACK_BYTES = 64 * 1024 };
#define FIBER_NO_DEADLINE UINT64_MAX

/* Starts fn(arg) on a fiber of its own in this turn of the loop (not inside this call). name: a string that outlives
 * the fiber; shown in logs and in an overflow's message. The deadline is inherited from the calling fiber; outside of
 * fibers there is none. Returns the fiber, valid until fn returns. */
fiber *fiber_spawn(loop *l, const char *name, void (*fn)(void *arg), void *arg);

/* The running fiber, NULL on the loop itself. */
fiber *fiber_self(void);

const char *fiber_name(const fiber *f);

/* An arena that is freed when the running fiber ends. */
arena *fiber_arena(void);

/* Runs fn(arg) when the running fiber ends, last deferred first, before its arena is freed. */
void fiber_defer(void (*fn)(void *arg), void *arg);

/* One pointer that travels with the running fiber, for what must be known without being passed (the request id of log
 * lines). NULL at first; the members of a fiber_group inherit it, because they end before the fiber that waits for
 * them. fiber_local() is NULL on the loop itself. */
void fiber_set_local(void *local);
void *fiber_local(void);

/* ---- deadlines: instants of clock_monotonic_ns() ---- */

uint64_t fiber_deadline_ns(void); /* of the running fiber, FIBER_NO_DEADLINE on the loop itself */

/* Sets the running fiber's deadline. A later one than it had is allowed: only the owner of a fiber calls this. */
void fiber_set_deadline_ns(uint64_t deadline_ns);

/* Narrows the running fiber's deadline to at most timeout_ms from now and returns the old one, to be put back with
 * fiber_set_deadline_ns. */
uint64_t fiber_limit_ms(uint32_t timeout_ms);

/* Milliseconds left, rounded up; 0 when passed; UINT32_MAX when there is no deadline. */
uint32_t fiber_left_ms(void);

/* ---- waiting ---- */

/* Waits timeout_ms. STATUS_OK; STATUS_DEADLINE_EXCEEDED when the deadline came first; STATUS_CANCELLED after
 * fiber_cancel. */
status fiber_sleep(uint32_t timeout_ms);

/* Lets every other ready fiber run once. */
void fiber_yield(void);

/* The primitive under every wait: suspends the running fiber until fiber_wake. STATUS_OK when woken,
 * STATUS_DEADLINE_EXCEEDED, STATUS_CANCELLED. The one who would have woken it must then be told that nobody waits any
 * more: it is the waiter's duty to withdraw.
 * Wakes are remembered, so one that was meant for an earlier wait may end this one: check the condition in a loop. */
status fiber_park(void);

/* Makes a parked fiber ready. Waking one that is not parked is remembered: its next fiber_park returns at once. */
void fiber_wake(fiber *f);

/* Makes the fiber's present wait, or its next one, and all later ones return STATUS_CANCELLED. */
void fiber_cancel(fiber *f);

/* ---- wait for all ---- */

typedef struct fiber_group {
    unsigned running;
    status first_failure; /* the first status other than STATUS_OK, in the order of ending */
    fiber *waiter;
} fiber_group;

#define FIBER_GROUP_INIT                                                                                               \
    {                                                                                                                  \
        0                                                                                                              \
    }

/* Runs fn(arg) on a fiber that belongs to the group. */
void fiber_group_spawn(fiber_group *g, const char *name, status (*fn)(void *arg), void *arg);

/* Waits until every fiber of the group has ended; members inherit the caller's deadline, so this ends soon after it.
 * Returns first_failure. Does not return before all have ended, because they may use the caller's stack. */
status fiber_group_wait(fiber_group *g);

/* ---- CPU work ---- */

/* Runs work(arg) on libuv's thread pool and waits for it. work is pure: it reads and writes only what arg points to,
 * calls nothing of the loop, logs nothing. STATUS_OK: done, arg is the caller's again. STATUS_DEADLINE_EXCEEDED,
 * STATUS_CANCELLED: given up; the work may still be running and arg belongs to it: release(arg) is called on the loop
 * when it is over, so arg (and all it points to) must be heap memory of its own, never the fiber's stack or arena.
 * STATUS_RESOURCE_EXHAUSTED: the queue is full (FIBER_OFFLOAD_QUEUE); nothing was begun, arg is the caller's. */
enum { FIBER_OFFLOAD_QUEUE = 256 };
status fiber_offload(void (*work)(void *arg), void *arg, void (*release)(void *arg));

/* ---- bounding what may happen at once ---- */

/* A counting semaphore; waiters are served in order. */
typedef struct fiber_semaphore {
    unsigned free;
    struct fiber_wait *first;
    struct fiber_wait **last;
} fiber_semaphore;

void fiber_semaphore_init(fiber_semaphore *s, unsigned count);

/* Takes one, waiting for it if need be. STATUS_OK, or the failed wait's status with nothing taken. */
status fiber_semaphore_acquire(fiber_semaphore *s);
void fiber_semaphore_release(fiber_semaphore *s);
