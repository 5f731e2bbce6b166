#include "latency.h"

/* Below 64 a bucket for each number; above it 64 buckets for each power of two. */
static unsigned bucket_of(uint64_t ns)
{
    unsigned shift = ns < LATENCY_STEPS ? 0 : 63 - (unsigned)__builtin_clzll(ns) - 6;
    return shift * LATENCY_STEPS + (unsigned)(ns >> shift);
}

/* The largest duration of a bucket. */
static uint64_t end_of(unsigned bucket)
{
    unsigned shift = bucket < 2 * LATENCY_STEPS ? 0 : bucket / LATENCY_STEPS - 1;
    uint64_t first = (uint64_t)(bucket - shift * LATENCY_STEPS) << shift;
    return first + ((uint64_t)1 << shift) - 1;
}

void latency_add(latency *l, uint64_t ns)
{
    l->counts[bucket_of(ns)]++;
    l->total++;
    if (ns > l->max_ns)
        l->max_ns = ns;
}

uint64_t latency_quantile_ns(const latency *l, double share)
{
    uint64_t passed = 0;
    for (unsigned i = 0; i < LATENCY_BUCKETS; i++) {
        passed += l->counts[i];
        if (passed && (double)passed >= share * (double)l->total)
            return end_of(i) < l->max_ns ? end_of(i) : l->max_ns;
    }
    return 0;
}
