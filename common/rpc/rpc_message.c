#include "rpc_message.h"

static void *arena_allocator_alloc(void *a, size_t size)
{
    return arena_alloc(a, size);
}

static void arena_allocator_free(void *a, void *p)
{
    (void)a;
    (void)p;
}

ProtobufCAllocator rpc_arena_allocator(arena *a)
{
    return (ProtobufCAllocator){.alloc = arena_allocator_alloc, .free = arena_allocator_free, .allocator_data = a};
}

ProtobufCMessage *rpc_message_unpack(arena *a, const ProtobufCMessageDescriptor *type, const uint8_t *bytes,
                                     size_t size, const char **why)
{
    const char *fault = rpc_message_scan(type, bytes, size);
    ProtobufCMessage *message = NULL;
    if (!fault) {
        ProtobufCAllocator allocator = rpc_arena_allocator(a);
        message = protobuf_c_message_unpack(type, &allocator, size, bytes);
        if (!message)
            fault = "message needs too much memory";
    }
    if (fault && why)
        *why = fault;
    return message;
}

uint8_t *rpc_message_pack(arena *a, const ProtobufCMessage *message, size_t *size)
{
    *size = protobuf_c_message_get_packed_size(message);
    uint8_t *bytes = arena_alloc(a, *size);
    if (bytes)
        protobuf_c_message_pack(message, bytes);
    return bytes;
}
