/*
 * The instants of many keys in bounded memory: a set-associative table, 16 bytes a place. A place whose instant has
 * passed holds nothing that matters. A set full of instants to come gives up the nearest one, so that under a flood of
 * keys somebody may get more than the rate, nobody less.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

typedef struct rate_table rate_table;

/* capacity: a power of two of at least 8. */
rate_table *rate_table_create(size_t capacity);
void rate_table_destroy(rate_table *t); /* NULL is allowed */

/* The instant of a key, 0 when it is new; to be read and written until the next call. key: a keyed hash, which
 * strangers cannot aim. */
int64_t *rate_table_find(rate_table *t, uint64_t key);
