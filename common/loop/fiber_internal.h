/* What loop.c, fiber.c and fiber_stack.c know of each other. */
#pragma once

#include "fiber.h"
#include "fiber_context.h"

#include <uv.h>

typedef enum fiber_state {
    FIBER_POOLED,  /* ended, waiting for reuse */
    FIBER_READY,   /* in the ready queue */
    FIBER_RUNNING, /* the one that runs */
    FIBER_PARKED,  /* waits for fiber_wake, its timer or fiber_cancel */
} fiber_state;

typedef struct fiber_deferred {
    void (*fn)(void *arg);
    void *arg;
    struct fiber_deferred *next;
} fiber_deferred;

/* A stack with its guard page, and what the sanitizers must know of it. */
typedef struct fiber_stack {
    char *mapping; /* guard page first */
    size_t mapping_bytes;
    char *bottom; /* lowest usable address */
    size_t size;
} fiber_stack;

struct fiber {
    fiber_context context;
    fiber_stack stack;
    void *asan_fake_stack;
    void *tsan_fiber;
    loop *loop;
    fiber_state state;
    const char *name;
    void (*fn)(void *arg);
    void *arg;
    void *local;
    uint64_t deadline_ns;
    uv_timer_t timer; /* runs while parked with an end */
    bool woken;       /* a wake that no park has taken yet */
    bool cancelled;
    arena arena;
    fiber_deferred *deferred;
    fiber *next;       /* in the ready queue or the pool */
    fiber *next_alive; /* in the list of those that have not ended */
    fiber **alive_link;
};

struct loop {
    uv_loop_t uv;
    uv_prepare_t prepare;
    uv_idle_t idle; /* active while something is ready, so that the loop does not wait */
    bool idling;
    bool again;
    fiber_context context; /* of the loop itself, while a fiber runs */
    fiber_stack thread_stack;
    void *asan_fake_stack;
    void *tsan_fiber;
    fiber *running;
    fiber *ready_first, **ready_last;
    fiber *alive;
    fiber *pool;
    unsigned pool_count;
    unsigned fiber_count;
    unsigned offload_count;
    loop_hook *hooks;
};

/* loop.c */
void loop_make_ready(loop *l, fiber *f);

/* fiber.c: runs f until it parks or ends. */
void fiber_resume(fiber *f);
void fiber_destroy_pooled(fiber *f);
/* Parks until woken, whatever the deadline or a cancel says; for waits on what uses the caller's stack. */
void fiber_park_uninterruptible(void);

/* fiber_stack.c */
void fiber_stack_create(fiber *f);
void fiber_stack_destroy(fiber *f);
void fiber_stack_watch_overflow(void);
void fiber_switch_to(loop *l, fiber *f); /* from the loop into a fiber */
void fiber_switch_back(fiber *f);        /* from a fiber to its loop */
void fiber_switch_arrived(fiber *f);     /* first thing on a new stack */
_Noreturn void fiber_switch_last(fiber *f);
