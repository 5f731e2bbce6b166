#include "concurrency_limit.h"

static const uint64_t ns_per_ms = 1000000;

void concurrency_limit_init(concurrency_limit *c, unsigned maximum, uint64_t target_ns)
{
    *c = (concurrency_limit){.maximum = maximum, .limit = maximum, .target_ns = target_ns};
}

bool concurrency_limit_enter(concurrency_limit *c)
{
    if (c->in_flight >= c->limit)
        return false;
    if (++c->in_flight > c->peak)
        c->peak = c->in_flight;
    return true;
}

void concurrency_limit_leave(concurrency_limit *c)
{
    c->in_flight--;
}

static unsigned less(const concurrency_limit *c)
{
    unsigned least = c->maximum < CONCURRENCY_MIN ? c->maximum : CONCURRENCY_MIN;
    unsigned cut = c->limit - c->limit / 5;
    return cut > least ? cut : least;
}

static unsigned more(const concurrency_limit *c)
{
    return c->maximum - c->limit > CONCURRENCY_STEP ? c->limit + CONCURRENCY_STEP : c->maximum;
}

static void end_window(concurrency_limit *c)
{
    bool used = c->peak >= c->limit - c->limit / 2;
    if (used && c->ended >= CONCURRENCY_SAMPLES_MIN)
        c->limit = c->slow > c->ended / 10 ? less(c) : more(c);
}

void concurrency_limit_note(concurrency_limit *c, uint64_t latency_ns, uint64_t now_ns)
{
    if (now_ns >= c->window_end_ns) {
        end_window(c);
        c->window_end_ns = now_ns + CONCURRENCY_WINDOW_MS * ns_per_ms;
        c->peak = c->in_flight;
        c->ended = c->slow = 0;
    }
    c->ended++;
    c->slow += latency_ns > c->target_ns;
}
