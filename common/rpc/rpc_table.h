/* Names to pointers: open addressing over a power of two, filled once and then only read (methods of a server), or
 * filled slowly (methods a client has called). Internal to this room. */
#pragma once

#include "wire.h"

typedef struct rpc_table_entry {
    const char *name; /* borrowed; NULL = free */
    void *value;
} rpc_table_entry;

typedef struct rpc_table {
    rpc_table_entry *entries;
    size_t capacity;
    size_t count;
} rpc_table;

void rpc_table_finish(rpc_table *t);

/* NULL when the name is not there. */
void *rpc_table_find(const rpc_table *t, wire_span name);

/* The name must not be empty, not be there yet and must outlive the table. */
void rpc_table_add(rpc_table *t, const char *name, void *value);
