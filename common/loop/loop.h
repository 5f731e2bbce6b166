/*
 * The loop: one libuv loop on one thread; every program has one. A turn of the loop is
 *
 *     wait for I/O -> callbacks (they wake fibers) -> run every fiber that is ready -> flush hooks -> wait ...
 *
 * The flush hooks are where everything that the fibers of one turn asked for leaves together: one Sync per database
 * connection, one nng message per peer. That is why fibers are not run inside callbacks but at the turn's end.
 *
 * All functions: only on the loop's own thread.
 */
#pragma once

#include "status.h"

#include <stdint.h>

typedef struct loop loop;
struct uv_loop_s;

/* Ends the program when libuv cannot start (no descriptors left). The loop also becomes loop_current() of this thread.
 */
loop *loop_create(void);

/* Frees the pooled fibers and the loop. Every fiber must have ended and every handle been closed: what is still open
 * ends the program with its name, so that a leak cannot hide. NULL is allowed. */
void loop_destroy(loop *l);

/* The loop of this thread, NULL before loop_create. */
loop *loop_current(void);

/* For the few files that own handles (db, cache, rpc, gateway). */
struct uv_loop_s *loop_uv(loop *l);

/* Runs until loop_stop, or until no handle and no fiber is alive. */
void loop_run(loop *l);

/* Runs turns until no fiber is left; for tests and tools that have one job to do. */
void loop_run_until_idle(loop *l);

void loop_stop(loop *l);

/* Number of fibers that have not ended. */
unsigned loop_fiber_count(const loop *l);

/* fiber_cancel for every fiber that has not ended but the running one: the last resort of a program that must stop. */
void loop_cancel_fibers(loop *l);

/* A function that runs at the end of each turn, after the fibers. Embedded in its owner; hooks run in order of their
 * addition. A hook may wake fibers: they run before the loop waits again, followed by another round of hooks. */
typedef struct loop_hook {
    void (*flush)(void *arg);
    void *arg;
    struct loop_hook *next;
    struct loop_hook **link;
} loop_hook;

void loop_add_hook(loop *l, loop_hook *hook, void (*flush)(void *arg), void *arg);
void loop_remove_hook(loop *l, loop_hook *hook);

/* Asks for one more turn without waiting: for code that knows of work which no descriptor will announce. */
void loop_again(loop *l);
