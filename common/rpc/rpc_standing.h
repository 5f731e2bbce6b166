/*
 * How a replica has done lately: how fast it answered, and whether it is ejected. Pure: the time is passed in, as an
 * instant of clock_monotonic_ns(). Internal to this room.
 *
 * Outlier detection as in Envoy and gRPC (proposal A50), reduced to failures in a row: RPC_FAILURES_TO_EJECT of them
 * eject a replica for a second, and for twice as long each time until 8 s. When the pause is over one call is let
 * through as a probe: its success ends the ejection, its failure begins the next. A minute of peace forgets the past.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

enum { RPC_FAILURES_TO_EJECT = 5 };

typedef struct rpc_standing {
    uint64_t latency_ns; /* moving average of answers; 0 = not known */
    uint64_t latency_at_ns;
    unsigned failures;  /* in a row */
    unsigned ejections; /* of late */
    uint64_t ejected_at_ns;
    uint64_t ejected_until_ns; /* 0 = it is not ejected */
    bool probing;
} rpc_standing;

/* A call was answered by what is no failure of the replica. */
void rpc_standing_succeed(rpc_standing *s, uint64_t latency_ns, uint64_t now_ns);

/* A call that was begun at begun_ns failed: its connection broke, it was not answered in time, or the answer was
 * UNAVAILABLE. true: it is time to eject the replica. */
bool rpc_standing_fail(rpc_standing *s, uint64_t begun_ns);
void rpc_standing_eject(rpc_standing *s, uint64_t now_ns);

/* Others are to be preferred. */
bool rpc_standing_is_ejected(const rpc_standing *s, uint64_t now_ns);

/* A call goes to it: the probe, when the pause of an ejection is over. Until its end, a second at most, the replica
 * counts as ejected. */
void rpc_standing_begin(rpc_standing *s, uint64_t now_ns);

/* What to expect of its next answer. It halves with every quarter of a second in which nothing was heard: who is
 * avoided for having been slow once is tried again soon. */
uint64_t rpc_standing_latency_ns(const rpc_standing *s, uint64_t now_ns);
