#include "rpc_call_ids.h"

#include <stdlib.h>

enum { PLACE_BITS = 20, FIRST_COUNT = 64 };

static void grow(rpc_call_ids *ids)
{
    uint32_t count = ids->count ? ids->count * 2 : FIRST_COUNT;
    ids->places = realloc(ids->places, count * sizeof *ids->places);
    if (!ids->places || count > 1u << PLACE_BITS)
        abort(); /* the bounds of calls in flight are far below */
    for (uint32_t i = ids->count; i < count; i++)
        ids->places[i] = (rpc_call_place){.generation = 1, .next_free = i + 1};
    ids->first_free = ids->count;
    ids->count = count;
}

uint64_t rpc_call_ids_take(rpc_call_ids *ids, struct rpc_pending *call)
{
    if (ids->first_free == ids->count)
        grow(ids);
    uint32_t i = ids->first_free;
    rpc_call_place *place = &ids->places[i];
    ids->first_free = place->next_free;
    place->call = call;
    ids->used++;
    return place->generation << PLACE_BITS | i;
}

static rpc_call_place *place_of(const rpc_call_ids *ids, uint64_t id)
{
    uint32_t i = id & ((1u << PLACE_BITS) - 1);
    if (i >= ids->count || ids->places[i].generation != id >> PLACE_BITS)
        return NULL;
    return &ids->places[i];
}

struct rpc_pending *rpc_call_ids_find(const rpc_call_ids *ids, uint64_t id)
{
    rpc_call_place *place = place_of(ids, id);
    return place ? place->call : NULL;
}

void rpc_call_ids_release(rpc_call_ids *ids, uint64_t id)
{
    rpc_call_place *place = place_of(ids, id);
    if (!place)
        return;
    place->call = NULL;
    place->generation++;
    place->next_free = ids->first_free;
    ids->first_free = (uint32_t)(place - ids->places);
    ids->used--;
}

void rpc_call_ids_finish(rpc_call_ids *ids)
{
    free(ids->places);
    *ids = (rpc_call_ids){0};
}
