/*
 * How many calls may be in flight to one service: additive increase, multiplicative decrease (Chiu and Jain, 1989), as
 * TCP finds its window. Latency tells: by Little's law calls in flight = rate x latency, so past a service's capacity
 * each further call in flight only makes all of them wait longer. Time is cut into windows. After one in which more
 * than a tenth of the calls took longer than the target the limit is cut by a fifth; after any other it grows by a
 * constant, up to its maximum. Only windows in which at least half of the limit was used count: a service that is slow
 * with few calls in flight is not slow because of them, and what nobody needs need not grow.
 * Pure: instants are the caller's, in nanoseconds.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

enum { CONCURRENCY_MIN = 32, CONCURRENCY_STEP = 32, CONCURRENCY_WINDOW_MS = 100, CONCURRENCY_SAMPLES_MIN = 10 };

typedef struct concurrency_limit {
    unsigned maximum, limit;
    unsigned in_flight;
    uint64_t target_ns;
    uint64_t window_end_ns; /* 0: none yet */
    unsigned peak;          /* of in_flight, in this window */
    unsigned ended, slow;   /* calls, in this window */
} concurrency_limit;

/* Begins at maximum: an idle service is believed to be able. */
void concurrency_limit_init(concurrency_limit *c, unsigned maximum, uint64_t target_ns);

/* false: the limit is reached, nothing has begun. Each true is followed by one concurrency_limit_leave. */
bool concurrency_limit_enter(concurrency_limit *c);
void concurrency_limit_leave(concurrency_limit *c);

/* A call has ended that took so long. */
void concurrency_limit_note(concurrency_limit *c, uint64_t latency_ns, uint64_t now_ns);
