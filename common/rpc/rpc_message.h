/*
 * Protobuf messages on arenas, and the check that comes before unpacking.
 *
 * protobuf-c unpacks what it is given without bounds: 4 MiB of empty sub-messages become 560 MiB, and a depth of 10,000
 * ends the program. So one scan of the wire, led by the descriptor, first checks depth (RPC_MESSAGE_DEPTH), element
 * count, UTF-8 and NUL in strings, and varint and length bounds.
 */
#pragma once

#include "arena.h"
#include "status.h"

#include <protobuf-c/protobuf-c.h>
#include <stddef.h>
#include <stdint.h>

enum { RPC_MESSAGE_DEPTH = 32, RPC_MESSAGE_ELEMENTS = 1000000 };

/* An allocator whose memory is the arena's; free does nothing. Valid as long as the arena. A passed arena limit gives
 * NULL, which protobuf-c reports as failure. */
ProtobufCAllocator rpc_arena_allocator(arena *a);

/* Scans and unpacks into the arena. NULL when the bytes are no such message; *why (may be NULL) then points to a
 * constant sentence ("string is not UTF-8"). */
ProtobufCMessage *rpc_message_unpack(arena *a, const ProtobufCMessageDescriptor *type, const uint8_t *bytes,
                                     size_t size, const char **why);

/* The scan alone: NULL when all is well, else a constant sentence. */
const char *rpc_message_scan(const ProtobufCMessageDescriptor *type, const uint8_t *bytes, size_t size);

/* Packs into the arena. NULL when the arena's limit would be passed. */
uint8_t *rpc_message_pack(arena *a, const ProtobufCMessage *message, size_t *size);

/* Who asks and why: the Metadata of the envelope. NULL counts as "". */
typedef struct rpc_metadata {
    const char *request_id;
    const char *traceparent;
    const char *user_id;
    const char *role;
    const char *session_id;
    const char *idempotency_key;
} rpc_metadata;

/* A fault in one field of the input. */
typedef struct rpc_fault {
    const char *field;
    const char *message;
} rpc_fault;
