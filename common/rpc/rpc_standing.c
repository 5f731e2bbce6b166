#include "rpc_standing.h"

#define SECOND_NS UINT64_C(1000000000)

#define HALF_LIFE_NS (SECOND_NS / 4)

enum { LONGEST_PAUSE_SHIFT = 3, FORGET_S = 60, AVERAGE_WEIGHT = 8 };

void rpc_standing_succeed(rpc_standing *s, uint64_t latency_ns, uint64_t now_ns)
{
    bool fresh = s->latency_ns && now_ns - s->latency_at_ns < SECOND_NS;
    s->latency_ns = fresh ? s->latency_ns - s->latency_ns / AVERAGE_WEIGHT + latency_ns / AVERAGE_WEIGHT : latency_ns;
    s->latency_at_ns = now_ns;
    s->failures = 0;
    s->ejected_until_ns = 0;
    s->probing = false;
}

bool rpc_standing_fail(rpc_standing *s, uint64_t begun_ns)
{
    if (s->ejected_until_ns)
        return s->probing && begun_ns >= s->ejected_at_ns; /* else it was under way when the replica was ejected */
    return ++s->failures >= RPC_FAILURES_TO_EJECT;
}

void rpc_standing_eject(rpc_standing *s, uint64_t now_ns)
{
    if (s->ejections && now_ns - s->ejected_at_ns > FORGET_S * SECOND_NS)
        s->ejections = 0;
    unsigned shift = s->ejections < LONGEST_PAUSE_SHIFT ? s->ejections : LONGEST_PAUSE_SHIFT;
    s->ejections++;
    s->failures = 0;
    s->probing = false;
    s->ejected_at_ns = now_ns;
    s->ejected_until_ns = now_ns + (SECOND_NS << shift);
}

bool rpc_standing_is_ejected(const rpc_standing *s, uint64_t now_ns)
{
    return s->ejected_until_ns > now_ns;
}

void rpc_standing_begin(rpc_standing *s, uint64_t now_ns)
{
    if (s->ejected_until_ns == 0 || s->ejected_until_ns > now_ns)
        return;
    s->probing = true;
    s->ejected_at_ns = now_ns; /* what began before is no probe */
    s->ejected_until_ns = now_ns + SECOND_NS;
}

uint64_t rpc_standing_latency_ns(const rpc_standing *s, uint64_t now_ns)
{
    uint64_t half_lives = (now_ns - s->latency_at_ns) / HALF_LIFE_NS;
    return half_lives < 64 ? s->latency_ns >> half_lives : 0;
}
