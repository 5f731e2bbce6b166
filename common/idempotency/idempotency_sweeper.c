#include "idempotency_sweeper.h"

#include "fiber.h"
#include "idempotency_store.h"

#include <stdlib.h>
#include <uv.h>

enum { SWEEPS_IN_LIFE = 24, SWEEP_LIMIT_MS = 60000 };

struct idempotency_sweeper {
    loop *loop;
    idempotency idempotency;
    uv_timer_t timer;
    bool running;
};

/* Until there is no more, or PostgreSQL does not answer: then the next sweep goes on. */
static void sweep(void *arg)
{
    idempotency_sweeper *s = arg;
    size_t forgotten = IDEMPOTENCY_SWEEP_ROWS;
    fiber_limit_ms(SWEEP_LIMIT_MS);
    while (forgotten == IDEMPOTENCY_SWEEP_ROWS && idempotency_store_forget(&s->idempotency, &forgotten) == STATUS_OK)
        ;
    s->running = false;
}

static void on_timer(uv_timer_t *timer)
{
    idempotency_sweeper *s = timer->data;
    if (s->running)
        return;
    s->running = true;
    fiber_spawn(s->loop, "forget keys", sweep, s);
}

idempotency_sweeper *idempotency_sweeper_create(loop *l, const idempotency *i)
{
    idempotency_sweeper *s = calloc(1, sizeof *s);
    if (!s)
        abort();
    *s = (idempotency_sweeper){.loop = l, .idempotency = *i};
    s->timer.data = s;
    uv_timer_init(loop_uv(l), &s->timer);
    uv_timer_start(&s->timer, on_timer, 0, (uint64_t)i->life_ms / SWEEPS_IN_LIFE);
    return s;
}

void idempotency_sweeper_stop(idempotency_sweeper *s)
{
    uv_timer_stop(&s->timer);
}

bool idempotency_sweeper_running(const idempotency_sweeper *s)
{
    return s->running;
}

static void on_closed(uv_handle_t *handle)
{
    free(handle->data);
}

void idempotency_sweeper_destroy(idempotency_sweeper *s)
{
    if (s)
        uv_close((uv_handle_t *)&s->timer, on_closed);
}
