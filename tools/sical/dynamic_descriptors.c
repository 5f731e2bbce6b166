/*
 * In two passes: first every message and enum gets its place, by its full name; then they are filled, so that fields
 * can point to any of them. What protoc-c prints as C structs is here a layout of offsets in the same manner: the
 * members one after another, a count before a repeated one, and for a oneof one case and one place that its members
 * share.
 */
#include "dynamic_descriptors.h"

#include "rpc_message.h"

#include "google/protobuf/descriptor.pb-c.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

typedef Google__Protobuf__FileDescriptorSet file_set;
typedef Google__Protobuf__FileDescriptorProto file_proto;
typedef Google__Protobuf__DescriptorProto message_proto;
typedef Google__Protobuf__EnumDescriptorProto enum_proto;
typedef Google__Protobuf__FieldDescriptorProto field_proto;
typedef Google__Protobuf__ServiceDescriptorProto service_proto;

/* A message or an enum under its full name. */
typedef struct named_type {
    const char *name;
    const message_proto *message_source;
    ProtobufCMessageDescriptor *message;
    const enum_proto *enum_source;
    ProtobufCEnumDescriptor *enumeration;
    bool proto3;
    struct named_type *next;
} named_type;

typedef struct builder {
    arena *arena;
    named_type *types;
    const char *fault; /* a sentence; NULL = none so far */
} builder;

/* Names are optional in the schema of descriptors. */
static const char *text(const char *s)
{
    return s ? s : "";
}

static const char *join(builder *b, const char *scope, const char *name)
{
    return scope[0] ? arena_printf(b->arena, "%s.%s", scope, name) : name;
}

/* ---- first pass: names ---- */

static named_type *add_type(builder *b, const char *name, bool proto3)
{
    named_type *t = ARENA_NEW(b->arena, named_type);
    *t = (named_type){.name = name, .proto3 = proto3, .next = b->types};
    return b->types = t;
}

static void add_enum(builder *b, const char *scope, const enum_proto *source, bool proto3)
{
    named_type *t = add_type(b, join(b, scope, text(source->name)), proto3);
    t->enum_source = source;
    t->enumeration = ARENA_NEW(b->arena, ProtobufCEnumDescriptor);
}

static void add_message(builder *b, const char *scope, const message_proto *source, bool proto3)
{
    named_type *t = add_type(b, join(b, scope, text(source->name)), proto3);
    t->message_source = source;
    t->message = ARENA_NEW(b->arena, ProtobufCMessageDescriptor);
    for (size_t i = 0; i < source->n_enum_type; i++)
        add_enum(b, t->name, source->enum_type[i], proto3);
    for (size_t i = 0; i < source->n_nested_type; i++)
        add_message(b, t->name, source->nested_type[i], proto3);
}

/* The descriptor of a message, or of an enum, called name; NULL after saying that it is missing. */
static const void *find_type(builder *b, const char *name, bool message)
{
    const char *plain = text(name)[0] == '.' ? name + 1 : text(name);
    for (const named_type *t = b->types; t; t = t->next)
        if (strcmp(t->name, plain) == 0 && message == (t->message != NULL))
            return message ? (const void *)t->message : (const void *)t->enumeration;
    b->fault = arena_printf(b->arena, "type '%s' is not among the files", plain);
    return NULL;
}

/* ---- ranges: consecutive numbers, found by their place ---- */

static ProtobufCIntRange *make_ranges(builder *b, const int *numbers, unsigned count, unsigned *range_count)
{
    ProtobufCIntRange *ranges = ARENA_ARRAY(b->arena, ProtobufCIntRange, count + 1);
    *range_count = 0;
    for (unsigned i = 0; i < count; i++)
        if (i == 0 || numbers[i] != numbers[i - 1] + 1)
            ranges[(*range_count)++] = (ProtobufCIntRange){.start_value = numbers[i], .orig_index = i};
    ranges[*range_count] = (ProtobufCIntRange){.orig_index = count};
    return ranges;
}

/* ---- enums ---- */

static int by_value(const void *a, const void *b)
{
    int x = ((const ProtobufCEnumValue *)a)->value, y = ((const ProtobufCEnumValue *)b)->value;
    return (x > y) - (x < y);
}

static int by_value_name(const void *a, const void *b)
{
    return strcmp(((const ProtobufCEnumValueIndex *)a)->name, ((const ProtobufCEnumValueIndex *)b)->name);
}

static unsigned place_of_value(const ProtobufCEnumDescriptor *d, int number)
{
    unsigned i = 0;
    while (d->values[i].value != number)
        i++;
    return i;
}

static void fill_enum(builder *b, const named_type *t)
{
    const enum_proto *source = t->enum_source;
    /* NOLINTNEXTLINE(clang-analyzer-core.NullDereference): what is no message is an enum */
    size_t n = source->n_value;
    ProtobufCEnumValue *values = ARENA_ARRAY(b->arena, ProtobufCEnumValue, n);
    for (size_t i = 0; i < n; i++) {
        const char *name = text(source->value[i]->name);
        values[i] = (ProtobufCEnumValue){.name = name, .c_name = name, .value = source->value[i]->number};
    }
    qsort(values, n, sizeof *values, by_value);
    int *numbers = ARENA_ARRAY(b->arena, int, n);
    unsigned distinct = 0;
    for (size_t i = 0; i < n; i++)
        if (distinct == 0 || values[i].value != numbers[distinct - 1]) {
            values[distinct] = values[i];
            numbers[distinct++] = values[i].value;
        }
    ProtobufCEnumDescriptor *d = t->enumeration;
    *d = (ProtobufCEnumDescriptor){
        .magic = PROTOBUF_C__ENUM_DESCRIPTOR_MAGIC,
        .name = t->name,
        .short_name = text(source->name),
        .c_name = t->name,
        .package_name = "",
        .n_values = distinct,
        .values = values,
        .n_value_names = (unsigned)n,
    };
    ProtobufCEnumValueIndex *names = ARENA_ARRAY(b->arena, ProtobufCEnumValueIndex, n);
    for (size_t i = 0; i < n; i++)
        names[i] = (ProtobufCEnumValueIndex){.name = text(source->value[i]->name),
                                             .index = place_of_value(d, source->value[i]->number)};
    qsort(names, n, sizeof *names, by_value_name);
    d->values_by_name = names;
    d->value_ranges = make_ranges(b, numbers, distinct, &d->n_value_ranges);
}

/* ---- messages ---- */

/* In the order of FieldDescriptorProto.Type, which begins at 1; groups (10) do not exist in proto3. */
static const ProtobufCType field_types[] = {
    [1] = PROTOBUF_C_TYPE_DOUBLE,   [2] = PROTOBUF_C_TYPE_FLOAT,     [3] = PROTOBUF_C_TYPE_INT64,
    [4] = PROTOBUF_C_TYPE_UINT64,   [5] = PROTOBUF_C_TYPE_INT32,     [6] = PROTOBUF_C_TYPE_FIXED64,
    [7] = PROTOBUF_C_TYPE_FIXED32,  [8] = PROTOBUF_C_TYPE_BOOL,      [9] = PROTOBUF_C_TYPE_STRING,
    [11] = PROTOBUF_C_TYPE_MESSAGE, [12] = PROTOBUF_C_TYPE_BYTES,    [13] = PROTOBUF_C_TYPE_UINT32,
    [14] = PROTOBUF_C_TYPE_ENUM,    [15] = PROTOBUF_C_TYPE_SFIXED32, [16] = PROTOBUF_C_TYPE_SFIXED64,
    [17] = PROTOBUF_C_TYPE_SINT32,  [18] = PROTOBUF_C_TYPE_SINT64,
};
enum { TYPE_COUNT = sizeof field_types / sizeof *field_types, TYPE_GROUP = 10, PLACE_BYTES = 16 };
enum { HIGHEST_NUMBER = 536870911 }; /* of a field */

/* Every place takes 16 bytes: simple, aligned for any member, and wide enough for the widest. */
static unsigned take_place(size_t *size)
{
    unsigned offset = (unsigned)*size;
    *size += PLACE_BYTES;
    return offset;
}

static bool is_packable(ProtobufCType type)
{
    return type != PROTOBUF_C_TYPE_STRING && type != PROTOBUF_C_TYPE_BYTES && type != PROTOBUF_C_TYPE_MESSAGE;
}

/* Label and count as protoc-c would choose them. oneofs: the offset of each oneof's case; its place follows. */
static void lay_out(const named_type *t, const field_proto *source, ProtobufCFieldDescriptor *f, const unsigned *oneofs,
                    size_t *size)
{
    if (source->has_oneof_index) {
        f->label = t->proto3 ? PROTOBUF_C_LABEL_NONE : PROTOBUF_C_LABEL_OPTIONAL;
        f->flags = PROTOBUF_C_FIELD_FLAG_ONEOF;
        f->quantifier_offset = oneofs[source->oneof_index];
        f->offset = f->quantifier_offset + PLACE_BYTES;
        return;
    }
    if (source->label == GOOGLE__PROTOBUF__FIELD_DESCRIPTOR_PROTO__LABEL__LABEL_REPEATED) {
        f->label = PROTOBUF_C_LABEL_REPEATED;
        f->quantifier_offset = take_place(size);
        if (t->proto3 && is_packable(f->type))
            f->flags = PROTOBUF_C_FIELD_FLAG_PACKED;
    } else if (t->proto3) {
        f->label = PROTOBUF_C_LABEL_NONE;
    } else if (source->label == GOOGLE__PROTOBUF__FIELD_DESCRIPTOR_PROTO__LABEL__LABEL_REQUIRED) {
        f->label = PROTOBUF_C_LABEL_REQUIRED;
    } else {
        f->label = PROTOBUF_C_LABEL_OPTIONAL;
        if (f->type != PROTOBUF_C_TYPE_STRING && f->type != PROTOBUF_C_TYPE_MESSAGE)
            f->quantifier_offset = take_place(size);
    }
    f->offset = take_place(size);
}

/* Whether the compiler could have made it. Number 0 above all is that of no field: it is a oneof's case for "none". */
static bool is_sound(const named_type *t, const field_proto *f)
{
    int type = (int)f->type;
    return type > 0 && type < TYPE_COUNT && type != TYPE_GROUP && f->number > 0 && f->number <= HIGHEST_NUMBER &&
           (!f->has_oneof_index || (size_t)f->oneof_index < t->message_source->n_oneof_decl);
}

static void fill_field(builder *b, const named_type *t, const field_proto *source, ProtobufCFieldDescriptor *f,
                       const unsigned *oneofs, size_t *size)
{
    if (!is_sound(t, source)) {
        b->fault = arena_printf(b->arena, "field '%s' of '%s' has a type, a number or a oneof that there cannot be",
                                text(source->name), t->name);
        return;
    }
    *f = (ProtobufCFieldDescriptor){.name = text(source->name),
                                    .id = (uint32_t)source->number,
                                    .type = field_types[source->type]};
    lay_out(t, source, f, oneofs, size);
    if (f->type == PROTOBUF_C_TYPE_STRING && f->label == PROTOBUF_C_LABEL_NONE)
        f->default_value = &protobuf_c_empty_string;
    if (f->type == PROTOBUF_C_TYPE_MESSAGE || f->type == PROTOBUF_C_TYPE_ENUM)
        f->descriptor = find_type(b, source->type_name, f->type == PROTOBUF_C_TYPE_MESSAGE);
}

static int by_id(const void *a, const void *b)
{
    uint32_t x = ((const ProtobufCFieldDescriptor *)a)->id, y = ((const ProtobufCFieldDescriptor *)b)->id;
    return (x > y) - (x < y);
}

/* Indices of the fields by name; messages are small, so insertion will do. */
static unsigned *sort_by_name(builder *b, const ProtobufCFieldDescriptor *fields, unsigned n)
{
    unsigned *sorted = ARENA_ARRAY(b->arena, unsigned, n);
    for (unsigned i = 0; i < n; i++) {
        unsigned at = i;
        for (; at > 0 && strcmp(fields[sorted[at - 1]].name, fields[i].name) > 0; at--)
            sorted[at] = sorted[at - 1];
        sorted[at] = i;
    }
    return sorted;
}

static void fill_message(builder *b, const named_type *t)
{
    const message_proto *source = t->message_source;
    unsigned n = (unsigned)source->n_field;
    size_t size = (sizeof(ProtobufCMessage) + PLACE_BYTES - 1) / PLACE_BYTES * PLACE_BYTES;
    unsigned *oneofs = ARENA_ARRAY(b->arena, unsigned, source->n_oneof_decl);
    for (size_t i = 0; i < source->n_oneof_decl; i++) {
        oneofs[i] = take_place(&size);
        take_place(&size);
    }
    ProtobufCFieldDescriptor *fields = ARENA_ARRAY(b->arena, ProtobufCFieldDescriptor, n);
    for (unsigned i = 0; i < n; i++)
        fill_field(b, t, source->field[i], &fields[i], oneofs, &size);
    if (b->fault)
        return;
    qsort(fields, n, sizeof *fields, by_id);
    int *numbers = ARENA_ARRAY(b->arena, int, n);
    for (unsigned i = 0; i < n; i++)
        numbers[i] = (int)fields[i].id;
    ProtobufCMessageDescriptor *d = t->message;
    *d = (ProtobufCMessageDescriptor){
        .magic = PROTOBUF_C__MESSAGE_DESCRIPTOR_MAGIC,
        .name = t->name,
        .short_name = text(source->name),
        .c_name = t->name,
        .package_name = "",
        .sizeof_message = size,
        .n_fields = n,
        .fields = fields,
        .fields_sorted_by_name = sort_by_name(b, fields, n),
    };
    d->field_ranges = make_ranges(b, numbers, n, &d->n_field_ranges);
}

/* ---- services ---- */

static void fill_service(builder *b, const file_proto *file, const service_proto *source, ProtobufCServiceDescriptor *d)
{
    ProtobufCMethodDescriptor *methods = ARENA_ARRAY(b->arena, ProtobufCMethodDescriptor, source->n_method);
    for (size_t i = 0; i < source->n_method; i++)
        methods[i] = (ProtobufCMethodDescriptor){
            .name = text(source->method[i]->name),
            .input = find_type(b, source->method[i]->input_type, true),
            .output = find_type(b, source->method[i]->output_type, true),
        };
    const char *package = text(file->package);
    *d = (ProtobufCServiceDescriptor){
        .magic = PROTOBUF_C__SERVICE_DESCRIPTOR_MAGIC,
        .name = join(b, package, text(source->name)),
        .short_name = text(source->name),
        .c_name = text(source->name),
        .package = package,
        .n_methods = (unsigned)source->n_method,
        .methods = methods,
    };
}

static dynamic_services *fill_services(builder *b, const file_set *set)
{
    dynamic_services *services = ARENA_NEW(b->arena, dynamic_services);
    size_t count = 0;
    for (size_t i = 0; i < set->n_file; i++)
        count += set->file[i]->n_service;
    services->list = ARENA_ARRAY(b->arena, ProtobufCServiceDescriptor, count);
    for (size_t i = 0; i < set->n_file; i++)
        for (size_t j = 0; j < set->file[i]->n_service; j++)
            fill_service(b, set->file[i], set->file[i]->service[j], &services->list[services->count++]);
    return services;
}

const dynamic_services *dynamic_descriptors_read(arena *a, const uint8_t *bytes, size_t size, const char **why)
{
    builder b = {.arena = a};
    const file_set *set =
        (const file_set *)rpc_message_unpack(a, &google__protobuf__file_descriptor_set__descriptor, bytes, size, why);
    if (!set)
        return NULL;
    for (size_t i = 0; i < set->n_file; i++) {
        const file_proto *file = set->file[i];
        const char *package = text(file->package);
        bool proto3 = strcmp(text(file->syntax), "proto3") == 0;
        for (size_t j = 0; j < file->n_enum_type; j++)
            add_enum(&b, package, file->enum_type[j], proto3);
        for (size_t j = 0; j < file->n_message_type; j++)
            add_message(&b, package, file->message_type[j], proto3);
    }
    for (const named_type *t = b.types; t && !b.fault; t = t->next)
        t->message ? fill_message(&b, t) : fill_enum(&b, t);
    const dynamic_services *services = b.fault ? NULL : fill_services(&b, set);
    if (!b.fault)
        return services;
    *why = b.fault;
    return NULL;
}
