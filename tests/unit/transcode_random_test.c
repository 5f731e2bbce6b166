/* Transcoding of messages made at random, of their JSON cut and spoilt, and by descriptors made at run time. */
#include "transcode.h"

#include "every_type.pb-c.h"
#include "google/protobuf/descriptor.pb-c.h"
#include "random_message.h"

#include <criterion/criterion.h>
#include <string.h>

static arena memory;

static void finish(void)
{
    arena_finish(&memory);
}

TestSuite(transcode_random, .fini = finish);

#define TYPE (&sical__test__every_type__descriptor)

static const char *written(const ProtobufCMessage *m)
{
    size_t size;
    char *json = transcode_write(&memory, m, NULL, &size);
    cr_assert_eq(strlen(json), size);
    return json;
}

static void expect_round_trip(const ProtobufCMessage *m)
{
    const char *json = written(m);
    transcode_faults faults = {0};
    ProtobufCMessage *again = transcode_read(&memory, m->descriptor, json, strlen(json), &faults);
    cr_assert(again, "%s: %s in %s", faults.count ? faults.list[0].field : "",
              faults.count ? faults.list[0].message : "", json);
    size_t size = protobuf_c_message_get_packed_size(m);
    cr_assert_eq(protobuf_c_message_get_packed_size(again), size, "%s", json);
    uint8_t *before = arena_alloc(&memory, size), *after = arena_alloc(&memory, size);
    protobuf_c_message_pack(m, before);
    protobuf_c_message_pack(again, after);
    cr_assert(!memcmp(before, after, size), "%s", json);
}

Test(transcode_random, random_messages_survive_the_round_trip)
{
    random_source r = {.state = 1};
    for (int i = 0; i < 3000; i++) {
        expect_round_trip(random_message(&r, &memory, TYPE, 3));
        arena_reset(&memory);
    }
}

Test(transcode_random, messages_of_the_older_syntax_survive_it_too)
{
    random_source r = {.state = 2};
    for (int i = 0; i < 500; i++) {
        expect_round_trip(random_message(&r, &memory, &google__protobuf__field_descriptor_proto__descriptor, 3));
        arena_reset(&memory);
    }
}

Test(transcode_random, every_truncation_is_a_fault)
{
    random_source r = {.state = 3};
    for (int i = 0; i < 20; i++) {
        const char *json = written(random_message(&r, &memory, TYPE, 2));
        for (size_t size = 0; size < strlen(json); size++) {
            transcode_faults faults = {0};
            cr_assert_null(transcode_read(&memory, TYPE, arena_memdup(&memory, json, size), size, &faults));
            cr_assert_eq(faults.count, 1);
        }
        arena_reset(&memory);
    }
}

Test(transcode_random, mutated_input_never_does_harm)
{
    static const char interesting[] = "{}[]\",:\\u0019.eE+-tfn \xff\xc3\x80";
    random_source r = {.state = 4};
    for (int i = 0; i < 8000; i++) {
        const char *json = written(random_message(&r, &memory, TYPE, 1));
        size_t size = strlen(json);
        char *mutated = arena_memdup(&memory, json, size);
        for (uint64_t n = 1 + random_below(&r, 4); n; n--)
            mutated[random_below(&r, size)] = interesting[random_below(&r, sizeof interesting - 1)];
        transcode_faults faults = {0};
        ProtobufCMessage *m = transcode_read(&memory, TYPE, mutated, size, &faults);
        cr_assert_eq(m == NULL, faults.count > 0);
        if (m)
            written(m);
        arena_reset(&memory);
    }
}

/* A descriptor as a tool makes it at run time: no init function. */
Test(transcode_random, descriptors_made_at_run_time_do)
{
    ProtobufCMessageDescriptor made = *TYPE;
    made.message_init = NULL;
    static const char json[] = "{\"anInt32\":5,\"strings\":[\"a\"],\"aTime\":\"2026-03-08T10:00:00Z\"}";
    transcode_faults faults = {0};
    ProtobufCMessage *m = transcode_read(&memory, &made, json, strlen(json), &faults);
    cr_assert_not_null(m);
    cr_expect(strstr(written(m), "\"anInt32\":5"));
    cr_expect(strstr(written(m), "\"aString\":\"\""));
}
