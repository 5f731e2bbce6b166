/* Durations counted in buckets that are at most 1.6 % wide, so that any number of them takes 30 KiB. */
#pragma once

#include <stdint.h>

enum { LATENCY_STEPS = 64, LATENCY_BUCKETS = 59 * LATENCY_STEPS }; /* steps of each power of two */

typedef struct latency {
    uint64_t counts[LATENCY_BUCKETS];
    uint64_t total;
    uint64_t max_ns;
} latency;

/* To begin: all zero. */
void latency_add(latency *l, uint64_t ns);

/* The duration that this share of all did not exceed, rounded up to its bucket's end; share 0 to 1. 0 when there is
 * none. */
uint64_t latency_quantile_ns(const latency *l, double share);
