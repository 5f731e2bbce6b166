#include "fiber_internal.h"

#include <stdlib.h>

/* ---- groups ---- */

typedef struct member {
    fiber_group *group;
    status (*fn)(void *arg);
    void *arg;
} member;

static void run_member(void *arg)
{
    member m = *(member *)arg;
    free(arg);
    status s = m.fn(m.arg);
    if (s != STATUS_OK && m.group->first_failure == STATUS_OK)
        m.group->first_failure = s;
    if (--m.group->running == 0 && m.group->waiter)
        fiber_wake(m.group->waiter);
}

void fiber_group_spawn(fiber_group *g, const char *name, status (*fn)(void *arg), void *arg)
{
    member *m = malloc(sizeof *m);
    if (!m)
        abort();
    *m = (member){.group = g, .fn = fn, .arg = arg};
    g->running++;
    fiber *f = fiber_spawn(loop_current(), name, run_member, m);
    f->local = fiber_local();
}

status fiber_group_wait(fiber_group *g)
{
    g->waiter = fiber_self();
    while (g->running)
        fiber_park_uninterruptible();
    g->waiter = NULL;
    return g->first_failure;
}

/* ---- semaphores ---- */

struct fiber_wait {
    fiber *waiter;
    bool granted;
    struct fiber_wait *next;
};

void fiber_semaphore_init(fiber_semaphore *s, unsigned count)
{
    s->free = count;
    s->first = NULL;
    s->last = &s->first;
}

static void withdraw(fiber_semaphore *s, struct fiber_wait *wait)
{
    struct fiber_wait **link = &s->first;
    while (*link != wait)
        link = &(*link)->next;
    *link = wait->next;
    if (s->last == &wait->next)
        s->last = link;
}

status fiber_semaphore_acquire(fiber_semaphore *s)
{
    if (s->free) {
        s->free--;
        return STATUS_OK;
    }
    struct fiber_wait wait = {.waiter = fiber_self()};
    *s->last = &wait;
    s->last = &wait.next;
    while (!wait.granted) {
        status parked = fiber_park();
        if (parked == STATUS_OK || wait.granted)
            continue;
        withdraw(s, &wait);
        return parked;
    }
    return STATUS_OK;
}

void fiber_semaphore_release(fiber_semaphore *s)
{
    struct fiber_wait *wait = s->first;
    if (!wait) {
        s->free++;
        return;
    }
    s->first = wait->next;
    if (!s->first)
        s->last = &s->first;
    wait->granted = true; /* handed over, so that nobody can slip in before the waiter runs */
    fiber_wake(wait->waiter);
}
