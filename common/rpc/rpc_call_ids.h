/*
 * Call ids: a place in a table, and above it the generation of that place, which rises with every call. So a late
 * answer to an earlier call never finds a later one. Internal to this room.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

struct rpc_pending;

typedef struct rpc_call_place {
    uint64_t generation;
    struct rpc_pending *call; /* NULL = free */
    uint32_t next_free;
} rpc_call_place;

typedef struct rpc_call_ids {
    rpc_call_place *places;
    uint32_t count;
    uint32_t first_free; /* count = none */
    unsigned used;
} rpc_call_ids;

void rpc_call_ids_finish(rpc_call_ids *ids);

/* Never 0: that is what a request without an id has. */
uint64_t rpc_call_ids_take(rpc_call_ids *ids, struct rpc_pending *call);

/* The call with this id, NULL when it is over or was never there. */
struct rpc_pending *rpc_call_ids_find(const rpc_call_ids *ids, uint64_t id);

void rpc_call_ids_release(rpc_call_ids *ids, uint64_t id);
