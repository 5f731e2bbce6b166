/*
 * Bytes from anywhere against the scan, the unpacking behind it and the envelope. What the scan accepts must unpack
 * within the arena's limit, and pack again; nothing may be read past the input's end.
 *
 *   CC=clang-14 cmake -S . -B build-fuzz -DSICAL_FUZZ=ON && ninja -C build-fuzz rpc_message_fuzz
 *   build-fuzz/tests/rpc_message_fuzz -max_total_time=60
 */
#include "rpc_envelope.h"
#include "rpc_message.h"

#include "envelope.pb-c.h"
#include "google/protobuf/descriptor.pb-c.h"
#include "plan.pb-c.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

static void require(bool condition)
{
    if (!condition)
        abort();
}

/* The first byte of the input chooses. None has required fields: the scan does not look for them. */
static const ProtobufCMessageDescriptor *const types[] = {
    &sical__plan__v1__import_graph_request__descriptor, &sical__plan__v1__plan__descriptor,
    &sical__plan__v1__update_goal_request__descriptor,  &sical__rpc__v1__request_batch__descriptor,
    &sical__rpc__v1__response_batch__descriptor,        &google__protobuf__source_code_info__descriptor,
};

static void unpack(const ProtobufCMessageDescriptor *type, const uint8_t *bytes, size_t size)
{
    arena a;
    arena_init(&a, 64 << 20);
    const char *why = NULL, *refusal = rpc_message_scan(type, bytes, size);
    const ProtobufCMessage *message = rpc_message_unpack(&a, type, bytes, size, &why);
    require((message != NULL) == (refusal == NULL));
    require((why != NULL) == (message == NULL));
    if (message) {
        size_t packed;
        require(rpc_message_pack(&a, message, &packed) != NULL);
    }
    arena_finish(&a);
}

static void read_envelopes(const uint8_t *bytes, size_t size)
{
    arena a;
    arena_init(&a, 0);
    wire_reader batch = {.at = bytes, .end = bytes + size};
    wire_span one;
    while (envelope_next(&batch, &one) > 0) {
        envelope_request request;
        envelope_response response;
        bool call_id_read;
        if (!envelope_read_request(one, &request, &call_id_read)) {
            size_t written = envelope_request_size(&request);
            uint8_t *out = arena_alloc(&a, written);
            require(envelope_write_request(out, &request) == out + written);
        }
        if (envelope_read_response(one, &response))
            envelope_copy_faults(&a, one, response.fault_count);
    }
    arena_finish(&a);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    if (size == 0)
        return 0;
    unpack(types[bytes[0] % (sizeof types / sizeof *types)], bytes + 1, size - 1);
    read_envelopes(bytes + 1, size - 1);
    return 0;
}
