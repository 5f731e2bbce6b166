#include "transcode_fields.h"

#include "spelling.h"

#include <stdarg.h>
#include <string.h>

well_known transcode_well_known(const ProtobufCMessageDescriptor *type)
{
    static const char package[] = "google.protobuf.";
    if (strncmp(type->name, package, sizeof package - 1))
        return PLAIN_MESSAGE;
    const char *name = type->name + sizeof package - 1;
    size_t length = strlen(name);
    if (!strcmp(name, "Timestamp"))
        return TIMESTAMP;
    if (!strcmp(name, "FieldMask"))
        return FIELD_MASK;
    if (length > 5 && !strcmp(name + length - 5, "Value") && type->n_fields == 1 && type->fields[0].id == 1)
        return WRAPPER;
    return PLAIN_MESSAGE;
}

/* ---- names ---- */

static char upper(char c)
{
    return c >= 'a' && c <= 'z' ? (char)(c - 'a' + 'A') : c;
}

size_t transcode_camel_into(char *out, const char *name)
{
    char *end = out;
    bool raise = false;
    for (const char *p = name; *p; p++) {
        if (*p == '_') {
            raise = true;
            continue;
        }
        *end++ = raise ? upper(*p) : *p;
        raise = false;
    }
    *end = '\0';
    return (size_t)(end - out);
}

const char *transcode_camel_case(arena *a, const char *name)
{
    char *out = arena_alloc(a, strlen(name) + 1);
    if (out)
        transcode_camel_into(out, name);
    return out;
}

/* Compares without building the camel-case name: this runs for every key of every body. */
static bool is_camel_of(const char *name, const char *key)
{
    bool raise = false;
    for (; *name; name++) {
        if (*name == '_') {
            raise = true;
            continue;
        }
        if (*key++ != (raise ? upper(*name) : *name))
            return false;
        raise = false;
    }
    return *key == '\0';
}

bool transcode_is_called(const ProtobufCFieldDescriptor *field, const char *key)
{
    return field->name[0] == key[0] && (is_camel_of(field->name, key) || !strcmp(field->name, key));
}

const ProtobufCFieldDescriptor *transcode_find_field(const ProtobufCMessageDescriptor *type, const char *name)
{
    for (unsigned i = 0; i < type->n_fields; i++)
        if (transcode_is_called(&type->fields[i], name))
            return &type->fields[i];
    return NULL;
}

enum { SUGGEST_LENGTH_MAX = 40, SUGGEST_DISTANCE_MAX = 3 };

const char *transcode_suggest_field(arena *a, const ProtobufCMessageDescriptor *type, const char *name)
{
    size_t length = strnlen(name, SUGGEST_LENGTH_MAX + 1);
    if (length > SUGGEST_LENGTH_MAX)
        return NULL;
    const char *closest = NULL;
    size_t least = length / 2 < SUGGEST_DISTANCE_MAX ? length / 2 : SUGGEST_DISTANCE_MAX;
    for (unsigned i = 0; i < type->n_fields; i++) {
        const char *known = transcode_camel_case(a, type->fields[i].name);
        size_t distance = known ? spelling_distance(known, name) : SIZE_MAX;
        if (distance > least || (closest && distance == least))
            continue;
        least = distance;
        closest = known;
    }
    return closest;
}

/* ---- values ---- */

size_t transcode_value_size(ProtobufCType type)
{
    switch (type) {
    case PROTOBUF_C_TYPE_INT32:
    case PROTOBUF_C_TYPE_SINT32:
    case PROTOBUF_C_TYPE_SFIXED32:
    case PROTOBUF_C_TYPE_UINT32:
    case PROTOBUF_C_TYPE_FIXED32:
    case PROTOBUF_C_TYPE_FLOAT:
    case PROTOBUF_C_TYPE_ENUM:
        return 4;
    case PROTOBUF_C_TYPE_INT64:
    case PROTOBUF_C_TYPE_SINT64:
    case PROTOBUF_C_TYPE_SFIXED64:
    case PROTOBUF_C_TYPE_UINT64:
    case PROTOBUF_C_TYPE_FIXED64:
    case PROTOBUF_C_TYPE_DOUBLE:
        return 8;
    case PROTOBUF_C_TYPE_BOOL:
        return sizeof(protobuf_c_boolean);
    case PROTOBUF_C_TYPE_STRING:
    case PROTOBUF_C_TYPE_MESSAGE:
        return sizeof(void *);
    case PROTOBUF_C_TYPE_BYTES:
        return sizeof(ProtobufCBinaryData);
    }
    return 0;
}

ProtobufCMessage *transcode_new_message(arena *a, const ProtobufCMessageDescriptor *type)
{
    ProtobufCMessage *m = arena_zalloc(a, 1, type->sizeof_message);
    if (!m)
        return NULL;
    if (type->message_init)
        type->message_init(m);
    else
        m->descriptor = type; /* built at run time: proto3, whose defaults are all zero */
    return m;
}

/* ---- faults ---- */

void transcode_add_fault(arena *a, transcode_faults *faults, const char *field, const char *format, ...)
{
    if (!faults->list)
        faults->list = ARENA_ARRAY(a, rpc_fault, TRANSCODE_FAULTS_MAX);
    if (!faults->list || faults->count == TRANSCODE_FAULTS_MAX)
        return;
    va_list args;
    va_start(args, format);
    const char *message = arena_vprintf(a, format, args);
    va_end(args);
    const char *copy = arena_strdup(a, field);
    if (message && copy)
        faults->list[faults->count++] = (rpc_fault){.field = copy, .message = message};
}
