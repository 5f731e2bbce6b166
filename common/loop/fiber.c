#include "fiber_internal.h"

#include "clock.h"

#include <stdlib.h>

/* Pooled stacks keep the pages they touched, so a burst's worth of them is not kept for ever. */
enum { POOL_LIMIT = 512 };

fiber *fiber_self(void)
{
    loop *l = loop_current();
    return l ? l->running : NULL;
}

static fiber *self(void)
{
    fiber *f = fiber_self();
    if (!f)
        abort(); /* a function that waits was called outside of fibers */
    return f;
}

const char *fiber_name(const fiber *f)
{
    return f->name;
}

arena *fiber_arena(void)
{
    return &self()->arena;
}

void fiber_defer(void (*fn)(void *arg), void *arg)
{
    fiber *f = self();
    fiber_deferred *d = ARENA_NEW(&f->arena, fiber_deferred);
    *d = (fiber_deferred){.fn = fn, .arg = arg, .next = f->deferred};
    f->deferred = d;
}

void fiber_set_local(void *local)
{
    self()->local = local;
}

void *fiber_local(void)
{
    fiber *f = fiber_self();
    return f ? f->local : NULL;
}

/* ---- life ---- */

static void finish(fiber *f)
{
    while (f->deferred) {
        fiber_deferred *d = f->deferred;
        f->deferred = d->next;
        d->fn(d->arg);
    }
    arena_reset(&f->arena);
    f->state = FIBER_POOLED;
}

/* The whole life of a stack: one fiber after another. */
static void run_fibers(void)
{
    fiber *f = loop_current()->running;
    fiber_switch_arrived(f);
    while (f->fn) {
        f->fn(f->arg);
        finish(f);
        fiber_switch_back(f);
    }
    fiber_switch_last(f);
}

static fiber *fiber_create(loop *l)
{
    fiber *f = calloc(1, sizeof *f);
    if (!f)
        abort();
    f->loop = l;
    fiber_stack_create(f);
    arena_init(&f->arena, 0);
    uv_timer_init(loop_uv(l), &f->timer);
    f->timer.data = f;
    fiber_context_make(&f->context, f->stack.bottom, f->stack.size, run_fibers);
    return f;
}

static void on_timer_closed(uv_handle_t *handle)
{
    fiber *f = handle->data;
    fiber_stack_destroy(f);
    free(f);
}

static void enlist(fiber *f)
{
    loop *l = f->loop;
    f->next_alive = l->alive;
    if (f->next_alive)
        f->next_alive->alive_link = &f->next_alive;
    f->alive_link = &l->alive;
    l->alive = f;
    l->fiber_count++;
}

static void delist(fiber *f)
{
    *f->alive_link = f->next_alive;
    if (f->next_alive)
        f->next_alive->alive_link = f->alive_link;
    f->loop->fiber_count--;
}

void fiber_destroy_pooled(fiber *f)
{
    f->fn = NULL; /* run_fibers leaves its stack for the last time, which the sanitizers want to see */
    fiber_resume(f);
    arena_finish(&f->arena);
    uv_close((uv_handle_t *)&f->timer, on_timer_closed);
}

fiber *fiber_spawn(loop *l, const char *name, void (*fn)(void *arg), void *arg)
{
    fiber *f = l->pool;
    if (f) {
        l->pool = f->next;
        l->pool_count--;
    } else {
        f = fiber_create(l);
    }
    f->name = name;
    f->fn = fn;
    f->arg = arg;
    f->local = NULL;
    f->woken = false;
    f->cancelled = false;
    f->deadline_ns = fiber_deadline_ns();
    enlist(f);
    loop_make_ready(l, f);
    return f;
}

static void retire(fiber *f)
{
    loop *l = f->loop;
    delist(f);
    if (l->pool_count >= POOL_LIMIT) {
        fiber_destroy_pooled(f);
        return;
    }
    f->next = l->pool;
    l->pool = f;
    l->pool_count++;
}

void fiber_resume(fiber *f)
{
    loop *l = f->loop;
    f->state = FIBER_RUNNING;
    l->running = f;
    fiber_switch_to(l, f);
    l->running = NULL;
    if (f->state == FIBER_POOLED)
        retire(f);
}

/* ---- deadlines ---- */

uint64_t fiber_deadline_ns(void)
{
    fiber *f = fiber_self();
    return f ? f->deadline_ns : FIBER_NO_DEADLINE;
}

void fiber_set_deadline_ns(uint64_t deadline_ns)
{
    self()->deadline_ns = deadline_ns;
}

uint64_t fiber_limit_ms(uint32_t timeout_ms)
{
    fiber *f = self();
    uint64_t old = f->deadline_ns;
    uint64_t limit = clock_monotonic_ns() + timeout_ms * CLOCK_NS_PER_MS;
    if (limit < old)
        f->deadline_ns = limit;
    return old;
}

static uint64_t left_ms_until(uint64_t end_ns)
{
    uint64_t now = clock_monotonic_ns();
    return end_ns <= now ? 0 : (end_ns - now + CLOCK_NS_PER_MS - 1) / CLOCK_NS_PER_MS;
}

uint32_t fiber_left_ms(void)
{
    uint64_t deadline = fiber_deadline_ns();
    if (deadline == FIBER_NO_DEADLINE)
        return UINT32_MAX;
    uint64_t left = left_ms_until(deadline);
    return left < UINT32_MAX ? (uint32_t)left : UINT32_MAX - 1;
}

/* ---- waiting ---- */

static void on_timer(uv_timer_t *timer)
{
    fiber *f = timer->data;
    if (f->state == FIBER_PARKED)
        loop_make_ready(f->loop, f);
}

static void suspend(fiber *f, uint64_t end_ns)
{
    if (end_ns != FIBER_NO_DEADLINE) {
        uv_update_time(loop_uv(f->loop));
        uv_timer_start(&f->timer, on_timer, left_ms_until(end_ns), 0);
    }
    f->state = FIBER_PARKED;
    fiber_switch_back(f);
    uv_timer_stop(&f->timer);
}

/* Parks until woken or end_ns, whatever the fiber's own deadline. */
static status park_until(uint64_t end_ns)
{
    fiber *f = self();
    for (;;) {
        if (f->cancelled)
            return STATUS_CANCELLED;
        if (f->woken) {
            f->woken = false;
            return STATUS_OK;
        }
        if (end_ns != FIBER_NO_DEADLINE && left_ms_until(end_ns) == 0)
            return STATUS_DEADLINE_EXCEEDED;
        suspend(f, end_ns);
    }
}

status fiber_park(void)
{
    return park_until(self()->deadline_ns);
}

void fiber_park_uninterruptible(void)
{
    fiber *f = self();
    while (!f->woken)
        suspend(f, FIBER_NO_DEADLINE);
    f->woken = false;
}

void fiber_wake(fiber *f)
{
    f->woken = true;
    if (f->state == FIBER_PARKED)
        loop_make_ready(f->loop, f);
}

void fiber_cancel(fiber *f)
{
    f->cancelled = true;
    if (f->state == FIBER_PARKED)
        loop_make_ready(f->loop, f);
}

status fiber_sleep(uint32_t timeout_ms)
{
    fiber *f = self();
    uint64_t end = clock_monotonic_ns() + timeout_ms * CLOCK_NS_PER_MS;
    bool cut_short = f->deadline_ns < end;
    status s;
    do
        s = park_until(cut_short ? f->deadline_ns : end);
    while (s == STATUS_OK); /* a wake meant for an earlier wait */
    return s == STATUS_DEADLINE_EXCEEDED && !cut_short ? STATUS_OK : s;
}

void fiber_yield(void)
{
    fiber *f = self();
    loop_make_ready(f->loop, f);
    fiber_switch_back(f);
}
