#include "random_message.h"

#include <math.h>
#include <string.h>

/* SplitMix64: https://prng.di.unimi.it/splitmix64.c (public domain). */
uint64_t random_next(random_source *r)
{
    uint64_t z = r->state += UINT64_C(0x9e3779b97f4a7c15);
    z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
    return z ^ (z >> 31);
}

uint64_t random_below(random_source *r, uint64_t limit)
{
    return random_next(r) % limit;
}

/* Often a number at an edge. */
static uint64_t random_bits(random_source *r)
{
    static const uint64_t edges[] = {
        0, 1, UINT64_MAX, INT64_MAX, UINT64_C(1) << 63, INT32_MAX, UINT64_C(1) << 31, UINT32_MAX};
    return random_below(r, 3) ? random_next(r) : edges[random_below(r, sizeof edges / sizeof edges[0])];
}

static double random_real(random_source *r)
{
    static const double edges[] = {0, -0.0, 1, -1.5, 0.1, 1e300, 5e-324, INFINITY, -INFINITY};
    if (random_below(r, 2))
        return edges[random_below(r, sizeof edges / sizeof edges[0])];
    uint64_t bits = random_next(r);
    double d;
    memcpy(&d, &bits, sizeof d);
    return isnan(d) ? 3.25 : d;
}

static char *random_string(random_source *r, arena *a)
{
    static const char *const pieces[] = {
        "a", "Z", "0", " ", "\"", "\\", "/", "\n", "\x01", "\x7f", "\xc3\xa9", "\xe2\x82\xac", "\xf0\x9f\x98\x80",
        "{", "]"};
    char text[64] = "";
    for (uint64_t n = random_below(r, 12); n; n--)
        strcat(text, pieces[random_below(r, sizeof pieces / sizeof pieces[0])]);
    return arena_strdup(a, text);
}

static ProtobufCBinaryData random_bytes(random_source *r, arena *a)
{
    ProtobufCBinaryData b = {.len = random_below(r, 9)};
    b.data = arena_alloc(a, b.len);
    for (size_t i = 0; i < b.len; i++)
        b.data[i] = (uint8_t)random_next(r);
    return b;
}

static ProtobufCMessage *random_timestamp(random_source *r, arena *a, const ProtobufCMessageDescriptor *type)
{
    ProtobufCMessage *m = arena_alloc(a, type->sizeof_message);
    protobuf_c_message_init(type, m);
    int64_t seconds = (int64_t)random_below(r, UINT64_C(315537897600)) - INT64_C(62135596800);
    int32_t nanos = random_below(r, 2) ? 0 : (int32_t)random_below(r, 1000000) * 1000;
    memcpy((char *)m + type->fields[0].offset, &seconds, sizeof seconds);
    memcpy((char *)m + type->fields[1].offset, &nanos, sizeof nanos);
    return m;
}

static ProtobufCMessage *random_mask(arena *a, const ProtobufCMessageDescriptor *type)
{
    static char *paths[] = {(char *)"an_int32", (char *)"a_message.a_string"};
    ProtobufCMessage *m = arena_alloc(a, type->sizeof_message);
    protobuf_c_message_init(type, m);
    char **list = paths;
    size_t count = 2;
    memcpy((char *)m + type->fields[0].offset, &list, sizeof list);
    memcpy((char *)m + type->fields[0].quantifier_offset, &count, sizeof count);
    return m;
}

static ProtobufCMessage *random_sub_message(random_source *r, arena *a, const ProtobufCMessageDescriptor *type,
                                            int depth)
{
    if (!strcmp(type->name, "google.protobuf.Timestamp"))
        return random_timestamp(r, a, type);
    if (!strcmp(type->name, "google.protobuf.FieldMask"))
        return random_mask(a, type);
    return random_message(r, a, type, depth - 1);
}

static size_t put_value(random_source *r, arena *a, const ProtobufCFieldDescriptor *f, int depth, void *out)
{
    uint64_t bits = random_bits(r);
    const ProtobufCEnumDescriptor *choices = f->descriptor;
    switch (f->type) {
    case PROTOBUF_C_TYPE_BOOL:
        *(protobuf_c_boolean *)out = bits & 1;
        return sizeof(protobuf_c_boolean);
    case PROTOBUF_C_TYPE_ENUM:
        *(int *)out = choices->values[random_below(r, choices->n_values)].value;
        return sizeof(int);
    case PROTOBUF_C_TYPE_FLOAT:
        *(float *)out = (float)random_real(r);
        return sizeof(float);
    case PROTOBUF_C_TYPE_DOUBLE:
        *(double *)out = random_real(r);
        return sizeof(double);
    case PROTOBUF_C_TYPE_STRING:
        *(char **)out = random_string(r, a);
        return sizeof(char *);
    case PROTOBUF_C_TYPE_BYTES:
        *(ProtobufCBinaryData *)out = random_bytes(r, a);
        return sizeof(ProtobufCBinaryData);
    case PROTOBUF_C_TYPE_MESSAGE:
        *(ProtobufCMessage **)out = random_sub_message(r, a, f->descriptor, depth);
        return sizeof(ProtobufCMessage *);
    case PROTOBUF_C_TYPE_INT64:
    case PROTOBUF_C_TYPE_SINT64:
    case PROTOBUF_C_TYPE_SFIXED64:
    case PROTOBUF_C_TYPE_UINT64:
    case PROTOBUF_C_TYPE_FIXED64:
        memcpy(out, &bits, 8);
        return 8;
    default:
        memcpy(out, &bits, 4);
        return 4;
    }
}

static void put_repeated(random_source *r, arena *a, const ProtobufCFieldDescriptor *f, int depth, char *message)
{
    size_t count = random_below(r, 4);
    char *values = arena_zalloc(a, count, sizeof(ProtobufCBinaryData));
    char *end = values;
    for (size_t i = 0; i < count; i++)
        end += put_value(r, a, f, depth, end);
    memcpy(message + f->offset, &values, sizeof values);
    memcpy(message + f->quantifier_offset, &count, sizeof count);
}

static void put_field(random_source *r, arena *a, const ProtobufCFieldDescriptor *f, int depth, char *message)
{
    if (f->label == PROTOBUF_C_LABEL_REPEATED) {
        put_repeated(r, a, f, depth, message);
        return;
    }
    if (f->flags & PROTOBUF_C_FIELD_FLAG_ONEOF) {
        uint32_t *chosen = (uint32_t *)(void *)(message + f->quantifier_offset);
        if (*chosen)
            return;
        *chosen = f->id;
    } else if (f->label == PROTOBUF_C_LABEL_OPTIONAL && f->type != PROTOBUF_C_TYPE_STRING &&
               f->type != PROTOBUF_C_TYPE_MESSAGE) {
        *(protobuf_c_boolean *)(message + f->quantifier_offset) = 1;
    }
    put_value(r, a, f, depth, message + f->offset);
}

ProtobufCMessage *random_message(random_source *r, arena *a, const ProtobufCMessageDescriptor *type, int depth)
{
    ProtobufCMessage *m = arena_alloc(a, type->sizeof_message);
    protobuf_c_message_init(type, m);
    for (unsigned i = 0; i < type->n_fields; i++) {
        const ProtobufCFieldDescriptor *f = &type->fields[i];
        if ((f->type == PROTOBUF_C_TYPE_MESSAGE && depth <= 0) || random_below(r, 3) == 0)
            continue;
        put_field(r, a, f, depth, (char *)m);
    }
    return m;
}
