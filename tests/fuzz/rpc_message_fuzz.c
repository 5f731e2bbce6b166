/* Bytes from anywhere against the scan and the unpacking behind it. What the scan accepts must unpack within the
 * arena's limit, and pack again; nothing may be read past the input's end. */
#include "fuzz.h"

#include "rpc_message.h"

#include "envelope.pb-c.h"
#include "google/protobuf/descriptor.pb-c.h"
#include "plan.pb-c.h"

/* The first byte of the input chooses. None has required fields: the scan does not look for them. */
static const ProtobufCMessageDescriptor *const types[] = {
    &sical__plan__v1__import_graph_request__descriptor, &sical__plan__v1__plan__descriptor,
    &sical__plan__v1__update_goal_request__descriptor,  &sical__rpc__v1__request_batch__descriptor,
    &sical__rpc__v1__response_batch__descriptor,        &google__protobuf__source_code_info__descriptor,
};

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    if (size == 0)
        return 0;
    arena a;
    arena_init(&a, 64 << 20);
    const ProtobufCMessageDescriptor *type = types[*bytes++ % (sizeof types / sizeof *types)];
    const char *why = NULL, *refusal = rpc_message_scan(type, bytes, --size);
    const ProtobufCMessage *message = rpc_message_unpack(&a, type, bytes, size, &why);
    require((message != NULL) == (refusal == NULL));
    require((why != NULL) == (message == NULL));
    if (message) {
        size_t packed;
        require(rpc_message_pack(&a, message, &packed) != NULL);
    }
    arena_finish(&a);
    return 0;
}
