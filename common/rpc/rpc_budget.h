/* A token bucket that success fills and need empties, so that retries and hedges stay a small part of all calls. Pure.
 * Internal to this room. */
#pragma once

#include <stdbool.h>

typedef struct rpc_budget {
    double tokens, limit;
} rpc_budget;

static inline rpc_budget rpc_budget_full(double limit)
{
    return (rpc_budget){.tokens = limit, .limit = limit};
}

static inline void rpc_budget_give(rpc_budget *b, double tokens)
{
    b->tokens = b->tokens + tokens < b->limit ? b->tokens + tokens : b->limit;
}

/* Takes one token; false when there is none. */
static inline bool rpc_budget_take(rpc_budget *b)
{
    if (b->tokens < 1)
        return false;
    b->tokens -= 1;
    return true;
}
