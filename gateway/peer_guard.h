/*
 * What stands between the gateway and one service, so that a service that is slow, overloaded or away costs nobody but
 * those who ask for it. Two bounds of calls in flight: an adaptive one (limits/concurrency_limit.h), and a fixed one
 * for what computes (log-in, registration, plans, imports), which is slow by nature, so its latency says nothing, and
 * which must not crowd out the rest of the same service. And a breaker (limits/breaker.h) for a service that does not
 * answer.
 */
#pragma once

#include "breaker.h"
#include "concurrency_limit.h"
#include "config.h"
#include "metrics.h"
#include "route.h"
#include "status.h"

typedef struct peer_guard_options {
    unsigned calls_limit;   /* the adaptive bound's maximum */
    unsigned compute_limit; /* the fixed bound */
    uint64_t target_ns;     /* latency that is too much */
} peer_guard_options;

extern const config_table peer_guard_config;
peer_guard_options peer_guard_options_read(const config *c);

typedef struct peer_guard {
    peer_guard_options options;
    concurrency_limit calls;
    unsigned computing;
    breaker breaker;
    const char *peer;
    metrics_series *shed, *compute_shed, *broken;
    metrics_family *limits, *open;
} peer_guard;

/* peer: a constant, for metrics. */
void peer_guard_init(peer_guard *g, const peer_guard_options *o, const char *peer, metrics_registry *metrics);

/* A request begins, before anything was spent on it. false: too many are in flight; answer 503. Each true is followed
 * by one leave. */
bool peer_guard_enter(peer_guard *g, bool computes);
void peer_guard_leave(peer_guard *g, bool computes);

/* One more was shed: it came again too soon. */
void peer_guard_note_shed(peer_guard *g, bool computes);

/* Whether the service does not answer; answer 503 then. */
bool peer_guard_is_broken(peer_guard *g, uint64_t now_ns);

/* Around the call itself. latency_ns: of the whole request so far, for waits in the gateway grow with what is let in as
 * well as waits in the service. */
void peer_guard_call_begins(peer_guard *g, uint64_t now_ns);
void peer_guard_call_ends(peer_guard *g, bool computes, status outcome, uint64_t latency_ns, uint64_t now_ns);
