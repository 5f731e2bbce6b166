#include "fiber_internal.h"

#include <stdlib.h>

typedef struct offload {
    uv_work_t request;
    void (*work)(void *arg);
    void (*release)(void *arg);
    void *arg;
    fiber *waiter; /* NULL once given up */
    bool done;
} offload;

static void on_pool_thread(uv_work_t *request)
{
    offload *o = request->data;
    o->work(o->arg);
}

static void on_done(uv_work_t *request, int error)
{
    (void)error;
    offload *o = request->data;
    loop *l = request->loop->data;
    l->offload_count--;
    o->done = true;
    if (o->waiter) {
        fiber_wake(o->waiter);
    } else {
        o->release(o->arg);
        free(o);
    }
}

status fiber_offload(void (*work)(void *arg), void *arg, void (*release)(void *arg))
{
    loop *l = loop_current();
    if (l->offload_count >= FIBER_OFFLOAD_QUEUE)
        return STATUS_RESOURCE_EXHAUSTED;
    offload *o = malloc(sizeof *o);
    if (!o)
        abort();
    *o = (offload){.work = work, .release = release, .arg = arg, .waiter = fiber_self()};
    o->request.data = o;
    l->offload_count++;
    uv_queue_work(loop_uv(l), &o->request, on_pool_thread, on_done);
    while (!o->done) {
        status s = fiber_park();
        if (s == STATUS_OK || o->done)
            continue;
        o->waiter = NULL;
        uv_cancel((uv_req_t *)&o->request); /* work that has not begun never will; on_done comes all the same */
        return s;
    }
    free(o);
    return STATUS_OK;
}
