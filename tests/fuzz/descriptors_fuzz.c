/* Bytes from anywhere as a FileDescriptorSet that a server's reflection answered, read by the command line tool. What
 * it makes of it is used as the tool uses it: messages are made, written, packed and read. */
#include "fuzz.h"

#include "dynamic_descriptors.h"
#include "transcode.h"

static void use(arena *a, const ProtobufCMessageDescriptor *type)
{
    ProtobufCMessage *empty = transcode_new_message(a, type);
    size_t size;
    transcode_faults faults = {0};
    if (!empty || !transcode_write(a, empty, NULL, &size))
        return;
    const uint8_t *packed = rpc_message_pack(a, empty, &size);
    if (packed)
        rpc_message_unpack(a, type, packed, size, NULL);
    transcode_read(a, type, "{\"a\": [1, {}], \"b\": \"c\"}", 24, &faults);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    arena a;
    arena_init(&a, 64 << 20);
    const char *why = NULL;
    const dynamic_services *services = dynamic_descriptors_read(&a, bytes, size, &why);
    require(services || why);
    for (size_t i = 0; services && i < services->count; i++)
        for (unsigned m = 0; m < services->list[i].n_methods; m++) {
            use(&a, services->list[i].methods[m].input);
            use(&a, services->list[i].methods[m].output);
        }
    arena_finish(&a);
    return 0;
}
