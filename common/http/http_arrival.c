/*
 * When a request arrived. Nobody says: the kernel has kept its bytes since some instant, and what is found at a look
 * came between the look before and this one. The earlier of the two counts, for a latency that is told too low would
 * hide exactly the wait that a busy loop makes its clients wait. Where the loop has waited in between nothing had come
 * before it woke.
 */
#include "http_internal.h"

#include "clock.h"

/* What libuv's clock, in whole milliseconds, cannot tell from no wait. */
static const uint64_t shortest_wait_ns = 2 * CLOCK_NS_PER_MS;

void http_arrival_init(http_arrivals *a)
{
    a->turn_ended_ns = a->nothing_there_ns = clock_monotonic_ns();
}

void http_arrival_readable(http_server *s)
{
    http_arrivals *a = &s->arrivals;
    uint64_t woke_ns = uv_now(loop_uv(s->loop)) * CLOCK_NS_PER_MS;
    a->readable = true;
    if (woke_ns > a->turn_ended_ns + shortest_wait_ns)
        a->nothing_there_ns = woke_ns;
}

/* After the poll: what was not told readable had nothing when the poll began. */
void http_arrival_on_check(uv_check_t *check)
{
    http_arrivals *a = &((http_server *)check->data)->arrivals;
    if (!a->readable)
        a->nothing_there_ns = a->turn_ended_ns;
    a->readable = false;
}

void http_arrival_turn_ends(http_server *s)
{
    s->arrivals.turn_ended_ns = clock_monotonic_ns();
}

void http_arrival_look(http_server *s)
{
    http_arrivals *a = &s->arrivals;
    a->earliest_ns = a->nothing_there_ns;
    a->nothing_there_ns = clock_monotonic_ns();
}
