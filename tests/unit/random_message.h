/* Messages of any type with random content, for round trips. Seeded: the same seed gives the same messages. */
#pragma once

#include "arena.h"

#include <protobuf-c/protobuf-c.h>
#include <stdint.h>

typedef struct random_source {
    uint64_t state;
} random_source;

uint64_t random_next(random_source *r);
uint64_t random_below(random_source *r, uint64_t limit); /* limit > 0 */

/* Sub-messages go at most depth levels down. Strings are UTF-8; timestamps lie in the years 0001 to 9999 and have whole
 * microseconds; enums have known values. */
ProtobufCMessage *random_message(random_source *r, arena *a, const ProtobufCMessageDescriptor *type, int depth);
