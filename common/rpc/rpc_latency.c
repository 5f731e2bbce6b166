#include "rpc_latency.h"

#include <stdlib.h>
#include <string.h>

enum { RENEW_EVERY = 32 };

static int by_size(const void *a, const void *b)
{
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
    return (x > y) - (x < y);
}

static void renew(rpc_latency *l)
{
    uint32_t sorted[RPC_LATENCY_SAMPLES];
    unsigned count = l->count < RPC_LATENCY_SAMPLES ? l->count : RPC_LATENCY_SAMPLES;
    memcpy(sorted, l->samples_us, count * sizeof *sorted);
    qsort(sorted, count, sizeof *sorted, by_size);
    l->p95_ns = sorted[count * 95 / 100] * UINT64_C(1000);
}

void rpc_latency_add(rpc_latency *l, uint64_t latency_ns)
{
    uint64_t us = latency_ns / 1000;
    l->samples_us[l->count++ % RPC_LATENCY_SAMPLES] = us < UINT32_MAX ? (uint32_t)us : UINT32_MAX;
    if (l->count % RENEW_EVERY == 0)
        renew(l);
}
