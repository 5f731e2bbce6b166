/*
 * A circuit breaker (M. Nygard, Release It!, 2nd ed., ch. 5). It opens when several calls in a row have failed over at
 * least a second and none has succeeded in between: what breaks at one instant, as when one of several replicas dies,
 * does not open it. While it is open one call at a time is let through as a probe, four a second, whether or not the
 * probe before has ended: a probe that was lost must not delay the return. The first success closes it.
 * Pure: instants are the caller's, in nanoseconds, never 0.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

enum { BREAKER_FAILURES = 5, BREAKER_FAILING_MS = 1000, BREAKER_PROBE_MS = 250 };

/* All zeros is closed. */
typedef struct breaker {
    unsigned failures;         /* in a row */
    uint64_t failing_since_ns; /* the first of them */
    uint64_t next_probe_ns;    /* 0: closed */
} breaker;

/* Whether a call may not be made now. */
bool breaker_refuses(const breaker *b, uint64_t now_ns);

/* A call that is not refused begins: when the breaker is open it is the probe. */
void breaker_begin(breaker *b, uint64_t now_ns);

/* A call has ended. */
void breaker_note(breaker *b, bool succeeded, uint64_t now_ns);
