/*
 * Bytes from anywhere as JSON for messages of several shapes. What is read must be written and read again as the same
 * message; what is refused must come with faults.
 */
#include "fuzz.h"

#include "transcode.h"

#include "auth.pb-c.h"
#include "google/protobuf/descriptor.pb-c.h"
#include "plan.pb-c.h"
#include "progress.pb-c.h"

#include <string.h>

/* The first byte of the input chooses. */
static const ProtobufCMessageDescriptor *const types[] = {
    &sical__plan__v1__import_graph_request__descriptor,      &sical__plan__v1__plan__descriptor,
    &sical__plan__v1__update_goal_request__descriptor,       &sical__progress__v1__record_events_request__descriptor,
    &sical__progress__v1__list_mastery_response__descriptor, &google__protobuf__file_descriptor_proto__descriptor,
};

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    if (size == 0)
        return 0;
    arena a;
    arena_init(&a, 256 << 20);
    transcode_faults faults = {0};
    const ProtobufCMessageDescriptor *type = types[bytes[0] % (sizeof types / sizeof types[0])];
    ProtobufCMessage *m = transcode_read(&a, type, (const char *)bytes + 1, size - 1, &faults);
    require((m == NULL) == (faults.count > 0));
    if (m) {
        size_t first_size, second_size;
        char *first = transcode_write(&a, m, NULL, &first_size);
        ProtobufCMessage *again = transcode_read(&a, type, first, first_size, &faults);
        require(again != NULL);
        char *second = transcode_write(&a, again, NULL, &second_size);
        require(first_size == second_size && memcmp(first, second, first_size) == 0);
    }
    arena_finish(&a);
    return 0;
}
