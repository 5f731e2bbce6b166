/* The scan before unpacking: what it refuses, and that what it accepts unpacks within bounds. */
#include "rpc_message.h"

#include "descriptor_set.h"
#include "google/protobuf/descriptor.pb-c.h"
#include "plan.pb-c.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TOPIC  (&sical__plan__v1__topic__descriptor)
#define PLAN   (&sical__plan__v1__plan__descriptor)
#define IMPORT (&sical__plan__v1__import_graph_request__descriptor)
#define NESTED (&google__protobuf__descriptor_proto__descriptor)

enum { ARENA_LIMIT = 64 << 20 };

/* What unpacking says, NULL when it accepts; that unpacking follows the scan is checked on the way. */
static const char *refusal(const ProtobufCMessageDescriptor *type, const uint8_t *bytes, size_t size)
{
    arena a;
    arena_init(&a, ARENA_LIMIT);
    const char *scanned = rpc_message_scan(type, bytes, size), *why = NULL;
    ProtobufCMessage *message = rpc_message_unpack(&a, type, bytes, size, &why);
    cr_assert_eq(message == NULL, why != NULL);
    cr_assert_eq(scanned == NULL, message != NULL, "the scan says %s, unpacking says %s", scanned ? scanned : "yes",
                 why ? why : "yes");
    arena_finish(&a);
    return scanned;
}

#define BYTES(...) (const uint8_t[]){__VA_ARGS__}, sizeof((const uint8_t[]){__VA_ARGS__})

Test(rpc_message, accepts_what_is_well_formed)
{
    cr_assert_null(refusal(TOPIC, NULL, 0));
    cr_assert_null(refusal(TOPIC, BYTES(0x0a, 3, 'a', 'b', 'c')));
    cr_assert_null(refusal(TOPIC, BYTES(0x0a, 4, 0xf0, 0x9f, 0x8e, 0x93)));
    cr_assert_null(refusal(TOPIC, BYTES(0x28, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01)));
    cr_assert_null(refusal(TOPIC, BYTES(0xf8, 0x7f, 1, 0xf9, 0x7f, 1, 2, 3, 4, 5, 6, 7, 8)), "unknown fields");
    cr_assert_null(refusal(TOPIC, BYTES(0xfa, 0x7f, 2, 0xff, 0xfe)), "an unknown field is opaque");
}

Test(rpc_message, says_what_is_wrong)
{
    cr_assert_str_eq(refusal(TOPIC, BYTES(0x0a, 5, 'a')), "message is cut short");
    cr_assert_str_eq(refusal(TOPIC, BYTES(0x0a)), "message is cut short");
    cr_assert_str_eq(refusal(TOPIC, BYTES(0x0a, 0xff, 0xff, 0xff, 0xff, 0x0f)), "message is cut short");
    cr_assert_str_eq(refusal(TOPIC, BYTES(0x0a, 2, 0xc0, 0x80)), "string is not UTF-8 or holds NUL");
    cr_assert_str_eq(refusal(TOPIC, BYTES(0x0a, 3, 0xed, 0xa0, 0x80)), "string is not UTF-8 or holds NUL");
    cr_assert_str_eq(refusal(TOPIC, BYTES(0x0a, 4, 0xf4, 0x90, 0x80, 0x80)), "string is not UTF-8 or holds NUL");
    cr_assert_str_eq(refusal(TOPIC, BYTES(0x0a, 1, 0xc3)), "string is not UTF-8 or holds NUL");
    cr_assert_str_eq(refusal(TOPIC, BYTES(0x0a, 3, 'a', 0, 'b')), "string is not UTF-8 or holds NUL");
    cr_assert_str_eq(refusal(TOPIC, BYTES(0x08, 1)), "field has another type");
    cr_assert_str_eq(refusal(TOPIC, BYTES(0x2a, 1, 1)), "field has another type");
    cr_assert_str_eq(refusal(TOPIC, BYTES(0x0b, 0x0c)), "groups are not supported");
    cr_assert_str_eq(refusal(TOPIC, BYTES(0x0e)), "wire type is unknown");
    cr_assert_str_eq(refusal(TOPIC, BYTES(0x02, 0)), "field tag is malformed");
    cr_assert_str_eq(refusal(TOPIC, BYTES(0xff, 0xff, 0xff, 0xff, 0xff, 0x01)), "field tag is malformed");
    cr_assert_str_eq(refusal(TOPIC, BYTES(0x28, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01)),
                     "message is cut short");
}

/* A message in a message, depth deep, in the field of this number. */
static uint8_t *nest(unsigned number, unsigned depth, size_t *size)
{
    uint8_t *bytes = malloc((size_t)depth * 6);
    uint8_t *at = bytes + depth * 6;
    size_t inner = 0;
    for (unsigned i = 0; i < depth; i++) {
        uint8_t head[6] = {(uint8_t)(number << 3 | 2)};
        size_t n = 1;
        for (size_t v = inner;; v >>= 7) {
            head[n++] = (uint8_t)((v & 0x7f) | (v > 0x7f ? 0x80 : 0));
            if (v <= 0x7f)
                break;
        }
        at -= n;
        memcpy(at, head, n);
        inner += n;
    }
    memmove(bytes, at, inner);
    *size = inner;
    return bytes;
}

Test(rpc_message, bounds_depth)
{
    size_t size;
    uint8_t *bytes = nest(3, RPC_MESSAGE_DEPTH - 1, &size);
    cr_assert_null(refusal(NESTED, bytes, size));
    free(bytes);
    bytes = nest(3, RPC_MESSAGE_DEPTH, &size);
    cr_assert_str_eq(refusal(NESTED, bytes, size), "message is nested too deeply");
    free(bytes);
    bytes = nest(3, 100000, &size);
    cr_assert_str_eq(refusal(NESTED, bytes, size), "message is nested too deeply");
    free(bytes);
}

Test(rpc_message, bounds_elements)
{
    size_t size = 2 * ((size_t)RPC_MESSAGE_ELEMENTS + 1);
    uint8_t *bytes = malloc(size);
    for (size_t i = 0; i < size; i += 2)
        memcpy(bytes + i, (uint8_t[]){0x3a, 0}, 2); /* empty topics of an import */
    cr_assert_str_eq(rpc_message_scan(IMPORT, bytes, size), "message has too many elements");
    cr_assert_null(rpc_message_scan(IMPORT, bytes, size - 2));
    arena a;
    arena_init(&a, ARENA_LIMIT);
    const char *why = NULL;
    cr_assert_null(rpc_message_unpack(&a, IMPORT, bytes, size - 2, &why));
    cr_assert_str_eq(why, "message needs too much memory");
    arena_finish(&a);
    free(bytes);
}

/* ---- valid messages, cut and mutated ---- */

static uint8_t *pack_import(arena *a, size_t *size)
{
    Sical__Plan__V1__ImportGraphRequest r = SICAL__PLAN__V1__IMPORT_GRAPH_REQUEST__INIT;
    Google__Protobuf__Int32Value minutes = GOOGLE__PROTOBUF__INT32_VALUE__INIT;
    minutes.value = -45;
    Sical__Plan__V1__TopicInput topics[3];
    Sical__Plan__V1__TopicInput *topic_list[3];
    char *goals[] = {"do it", "übe es", "做"};
    for (int i = 0; i < 3; i++) {
        sical__plan__v1__topic_input__init(&topics[i]);
        topics[i].key = arena_printf(a, "topic_%d", i);
        topics[i].title = "A title";
        topics[i].goals = goals;
        topics[i].n_goals = (size_t)i;
        topics[i].minutes = i ? &minutes : NULL;
        topic_list[i] = &topics[i];
    }
    Sical__Plan__V1__EdgeInput edge = SICAL__PLAN__V1__EDGE_INPUT__INIT, *edges[] = {&edge, &edge};
    edge.topic = "topic_1";
    edge.prerequisite = "topic_0";
    r.title = "A graph";
    r.default_minutes = &minutes;
    r.topics = topic_list;
    r.n_topics = 3;
    r.edges = edges;
    r.n_edges = 2;
    return rpc_message_pack(a, &r.base, size);
}

Test(rpc_message, packs_and_unpacks)
{
    arena a;
    arena_init(&a, 0);
    size_t size;
    uint8_t *bytes = pack_import(&a, &size);
    const Sical__Plan__V1__ImportGraphRequest *r =
        (Sical__Plan__V1__ImportGraphRequest *)rpc_message_unpack(&a, IMPORT, bytes, size, NULL);
    cr_assert_not_null(r);
    cr_assert_eq(r->n_topics, 3);
    cr_assert_str_eq(r->topics[2]->goals[1], "übe es");
    cr_assert_eq(r->topics[1]->minutes->value, -45);
    arena_finish(&a);
}

Test(rpc_message, survives_every_cut)
{
    arena a;
    arena_init(&a, 0);
    size_t size;
    uint8_t *bytes = pack_import(&a, &size);
    for (size_t n = 0; n <= size; n++) {
        uint8_t *exact = malloc(n ? n : 1); /* so that AddressSanitizer sees a byte too far */
        memcpy(exact, bytes, n);
        refusal(IMPORT, exact, n);
        free(exact);
    }
    arena_finish(&a);
}

static void mutate(uint8_t *bytes, size_t *size, size_t room)
{
    for (int changes = 1 + rand() % 4; changes > 0 && *size > 0; changes--) {
        size_t at = (size_t)rand() % *size;
        switch (rand() % 4) {
        case 0:
            bytes[at] = (uint8_t)rand();
            break;
        case 1:
            bytes[at] ^= (uint8_t)(1 << rand() % 8);
            break;
        case 2: /* cut some out */
            memmove(bytes + at, bytes + at + 1, *size - at - 1);
            --*size;
            break;
        default: /* repeat the end */
            if (*size + (*size - at) <= room) {
                memcpy(bytes + *size, bytes + at, *size - at);
                *size += *size - at;
            }
        }
    }
}

Test(rpc_message, whatever_it_accepts_unpacks)
{
    static const ProtobufCMessageDescriptor *types[] = {IMPORT, PLAN, TOPIC};
    arena a;
    arena_init(&a, 0);
    size_t size;
    uint8_t *bytes = pack_import(&a, &size);
    srand(7);
    unsigned accepted = 0;
    for (int round = 0; round < 60000; round++) {
        size_t n = size;
        uint8_t *copy = malloc(4 * size);
        memcpy(copy, bytes, n);
        mutate(copy, &n, 4 * size);
        accepted += refusal(types[round % 3], copy, n) == NULL;
        free(copy);
    }
    cr_assert_gt(accepted, 1000, "too few mutants were accepted for this to prove anything: %u", accepted);
    arena_finish(&a);
}

Test(rpc_message, reads_its_own_descriptors)
{
    size_t size = (size_t)(sical_descriptor_set_end - sical_descriptor_set);
    arena a;
    arena_init(&a, ARENA_LIMIT);
    const char *why = NULL;
    const Google__Protobuf__FileDescriptorSet *set =
        (Google__Protobuf__FileDescriptorSet *)rpc_message_unpack(&a,
                                                                  &google__protobuf__file_descriptor_set__descriptor,
                                                                  sical_descriptor_set, size, &why);
    cr_assert_not_null(set, "%s", why);
    cr_assert_geq(set->n_file, 6);
    arena_finish(&a);
}
