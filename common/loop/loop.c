#include "fiber_internal.h"

#include <poll.h>
#include <stdio.h>
#include <stdlib.h>

/* How often fibers that wake each other may follow one another before I/O gets its turn. */
enum { ROUNDS_PER_TURN = 8 };

/* How many turns of a millisecond loop_destroy gives to what is closing. */
enum { CLOSING_TURNS = 2000 };

static _Thread_local loop *current;

loop *loop_current(void)
{
    return current;
}

static void die(const char *what, int error)
{
    fprintf(stderr, "sical: %s: %s\n", what, uv_strerror(error));
    abort();
}

static void on_idle(uv_idle_t *idle)
{
    (void)idle; /* its being active is all: the loop then polls without waiting */
}

static void keep_turning(loop *l)
{
    if (l->idling)
        return;
    uv_idle_start(&l->idle, on_idle);
    l->idling = true;
}

void loop_make_ready(loop *l, fiber *f)
{
    f->state = FIBER_READY;
    f->next = NULL;
    *l->ready_last = f;
    l->ready_last = &f->next;
    keep_turning(l);
}

static void run_ready_round(loop *l)
{
    fiber *f = l->ready_first;
    l->ready_first = NULL;
    l->ready_last = &l->ready_first;
    while (f) {
        fiber *next = f->next;
        fiber_resume(f);
        f = next;
    }
}

/* The end of a turn: fibers, then what they asked for leaves together. */
static void on_prepare(uv_prepare_t *prepare)
{
    loop *l = prepare->data;
    l->again = false;
    for (int round = 0; round < ROUNDS_PER_TURN; round++) {
        while (l->ready_first && round++ < ROUNDS_PER_TURN)
            run_ready_round(l);
        for (loop_hook *hook = l->hooks, *next; hook; hook = next) {
            next = hook->next;
            hook->flush(hook->arg);
        }
        if (!l->ready_first)
            break;
    }
    if (!l->ready_first && !l->again && l->idling) {
        uv_idle_stop(&l->idle);
        l->idling = false;
    }
}

loop *loop_create(void)
{
    loop *l = calloc(1, sizeof *l);
    if (!l)
        abort();
    int error = uv_loop_init(&l->uv);
    if (error)
        die("cannot start the event loop", error);
    l->uv.data = l;
    l->ready_last = &l->ready_first;
    uv_prepare_init(&l->uv, &l->prepare);
    l->prepare.data = l;
    uv_prepare_start(&l->prepare, on_prepare);
    uv_unref((uv_handle_t *)&l->prepare);
    uv_idle_init(&l->uv, &l->idle);
    fiber_stack_watch_overflow();
    current = l;
    return l;
}

static void name_open_handle(uv_handle_t *handle, void *arg)
{
    (void)arg;
    if (!uv_is_closing(handle))
        fprintf(stderr, "sical: loop_destroy: a %s handle is still open\n", uv_handle_type_name(handle->type));
}

void loop_destroy(loop *l)
{
    if (!l)
        return;
    for (fiber *f = l->alive; f; f = f->next_alive)
        fprintf(stderr, "sical: loop_destroy: the fiber '%s' has not ended\n", f->name);
    if (l->fiber_count)
        abort();
    while (l->offload_count) /* work that was given up still owns memory */
        uv_run(&l->uv, UV_RUN_ONCE);
    while (l->pool) {
        fiber *f = l->pool;
        l->pool = f->next;
        fiber_destroy_pooled(f);
    }
    uv_close((uv_handle_t *)&l->prepare, NULL);
    uv_close((uv_handle_t *)&l->idle, NULL);
    int error = UV_EBUSY;
    for (int turn = 0; turn < CLOSING_TURNS && error == UV_EBUSY; turn++) { /* closing callbacks need turns */
        if (uv_run(&l->uv, UV_RUN_NOWAIT))
            poll(NULL, 0, 1); /* and some wait for the thread pool */
        error = uv_loop_close(&l->uv);
    }
    if (error) {
        uv_walk(&l->uv, name_open_handle, NULL);
        die("loop_destroy", error);
    }
    if (current == l)
        current = NULL;
    free(l);
}

uv_loop_t *loop_uv(loop *l)
{
    return &l->uv;
}

void loop_run(loop *l)
{
    uv_run(&l->uv, UV_RUN_DEFAULT);
}

void loop_run_until_idle(loop *l)
{
    while (l->fiber_count)
        uv_run(&l->uv, UV_RUN_ONCE);
}

void loop_stop(loop *l)
{
    uv_stop(&l->uv);
}

unsigned loop_fiber_count(const loop *l)
{
    return l->fiber_count;
}

void loop_cancel_fibers(loop *l)
{
    for (fiber *f = l->alive; f; f = f->next_alive)
        if (f != l->running)
            fiber_cancel(f);
}

void loop_add_hook(loop *l, loop_hook *hook, void (*flush)(void *arg), void *arg)
{
    loop_hook **link = &l->hooks;
    while (*link)
        link = &(*link)->next;
    *hook = (loop_hook){.flush = flush, .arg = arg, .link = link};
    *link = hook;
}

void loop_remove_hook(loop *l, loop_hook *hook)
{
    (void)l;
    if (!hook->link)
        return;
    *hook->link = hook->next;
    if (hook->next)
        hook->next->link = hook->link;
    hook->link = NULL;
}

void loop_again(loop *l)
{
    l->again = true;
    keep_turning(l);
}
