#include "rpc_table.h"

#include <stdlib.h>

static uint32_t hash(wire_span name)
{
    uint32_t h = 2166136261u; /* FNV-1a */
    for (size_t i = 0; i < name.size; i++)
        h = (h ^ name.at[i]) * 16777619u;
    return h ^ h >> 15;
}

/* The entry that holds the name, or the free one where it would go. */
static rpc_table_entry *probe(const rpc_table *t, wire_span name)
{
    for (size_t i = hash(name);; i++) {
        rpc_table_entry *e = &t->entries[i & (t->capacity - 1)];
        if (!e->name || (strncmp(e->name, (const char *)name.at, name.size) == 0 && !e->name[name.size]))
            return e;
    }
}

void *rpc_table_find(const rpc_table *t, wire_span name)
{
    return t->count && name.size ? probe(t, name)->value : NULL;
}

static void grow(rpc_table *t)
{
    rpc_table old = *t;
    t->capacity = old.capacity ? old.capacity * 2 : 64;
    t->entries = calloc(t->capacity, sizeof *t->entries);
    if (!t->entries)
        abort();
    for (size_t i = 0; i < old.capacity; i++)
        if (old.entries[i].name)
            *probe(t, wire_span_of(old.entries[i].name)) = old.entries[i];
    free(old.entries);
}

void rpc_table_add(rpc_table *t, const char *name, void *value)
{
    if (t->count * 2 >= t->capacity)
        grow(t);
    *probe(t, wire_span_of(name)) = (rpc_table_entry){.name = name, .value = value};
    t->count++;
}

void rpc_table_finish(rpc_table *t)
{
    free(t->entries);
    *t = (rpc_table){0};
}
