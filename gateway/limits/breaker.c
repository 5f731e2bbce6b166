#include "breaker.h"

static const uint64_t ns_per_ms = 1000000;

bool breaker_refuses(const breaker *b, uint64_t now_ns)
{
    return now_ns < b->next_probe_ns;
}

void breaker_begin(breaker *b, uint64_t now_ns)
{
    if (b->next_probe_ns)
        b->next_probe_ns = now_ns + BREAKER_PROBE_MS * ns_per_ms;
}

void breaker_note(breaker *b, bool succeeded, uint64_t now_ns)
{
    if (succeeded) {
        *b = (breaker){0};
        return;
    }
    if (b->failures == 0)
        b->failing_since_ns = now_ns;
    if (b->failures < BREAKER_FAILURES)
        b->failures++;
    bool lasting = now_ns - b->failing_since_ns >= BREAKER_FAILING_MS * ns_per_ms;
    if (!b->next_probe_ns && b->failures == BREAKER_FAILURES && lasting)
        b->next_probe_ns = now_ns + BREAKER_PROBE_MS * ns_per_ms;
}
