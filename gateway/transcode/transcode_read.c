/* JSON to messages: jansson parses, the descriptor leads, every fault is noted with its place and reading goes on. */
#include "transcode_read.h"

#include <string.h>

/* ---- places and faults ---- */

enum { NAME_SHOWN_BYTES = 64 };

/* Bytes of a name that a fault shows: never a part of a character. */
static int shown_bytes(const char *name)
{
    size_t size = strnlen(name, NAME_SHOWN_BYTES + 1);
    if (size > NAME_SHOWN_BYTES)
        for (size = NAME_SHOWN_BYTES; ((unsigned char)name[size] & 0xC0) == 0x80;)
            size--;
    return (int)size;
}

static const char *render(arena *a, const place *p)
{
    if (!p || !p->up)
        return "";
    const char *before = render(a, p->up);
    if (!p->name)
        return arena_printf(a, "%s[%zu]", before, p->index);
    return arena_printf(a, "%s%s%.*s", before, *before ? "." : "", shown_bytes(p->name), p->name);
}

void transcode_fault_at(reader *r, const place *at, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    const char *text = arena_vprintf(r->arena, format, args);
    va_end(args);
    const char *field = r->shown ? r->shown : render(r->arena, at);
    if (text && field)
        transcode_add_fault(r->arena, r->faults, field, "%s", text);
}

/* ---- messages ---- */

static bool read_message(reader *r, const place *at, const ProtobufCMessageDescriptor *type, json_t *json,
                         ProtobufCMessage **out)
{
    if (transcode_well_known(type) != PLAIN_MESSAGE)
        return transcode_read_well_known(r, at, type, json, out);
    if (!json_is_object(json)) {
        transcode_fault_at(r, at, "must be an object");
        return false;
    }
    *out = transcode_new_message(r->arena, type);
    return *out && transcode_read_object(r, at, json, *out);
}

bool transcode_read_value(reader *r, const place *at, const ProtobufCFieldDescriptor *field, json_t *json, void *out)
{
    if (field->type == PROTOBUF_C_TYPE_MESSAGE)
        return read_message(r, at, field->descriptor, json, out);
    return transcode_read_scalar(r, at, field, json, out);
}

static bool read_repeated(reader *r, const place *at, const ProtobufCFieldDescriptor *field, json_t *json,
                          ProtobufCMessage *m)
{
    if (!json_is_array(json)) {
        transcode_fault_at(r, at, "must be an array");
        return false;
    }
    size_t size = transcode_value_size(field->type);
    size_t count = json_array_size(json);
    char *values = arena_zalloc(r->arena, count, size);
    if (!values)
        return false;
    bool good = true;
    for (size_t i = 0; i < count; i++) {
        place element = {.up = at, .index = i};
        good &= transcode_read_value(r, &element, field, json_array_get(json, i), values + i * size);
    }
    *(char **)transcode_member(m, field) = values;
    *(size_t *)transcode_quantifier(m, field) = count;
    return good;
}

/* A member of a oneof says which it is; a proto2 field says that it is there. */
static bool mark_present(reader *r, const place *at, const ProtobufCFieldDescriptor *field, ProtobufCMessage *m)
{
    if (field->flags & PROTOBUF_C_FIELD_FLAG_ONEOF) {
        uint32_t *chosen = transcode_quantifier(m, field);
        if (*chosen && *chosen != field->id) {
            transcode_fault_at(r, at, "cannot stand together with another field of the same choice");
            return false;
        }
        *chosen = field->id;
    } else if (field->label == PROTOBUF_C_LABEL_OPTIONAL && field->type != PROTOBUF_C_TYPE_MESSAGE &&
               field->type != PROTOBUF_C_TYPE_STRING) {
        *(protobuf_c_boolean *)transcode_quantifier(m, field) = 1;
    }
    return true;
}

bool transcode_read_member(reader *r, const place *at, const ProtobufCFieldDescriptor *field, json_t *json,
                           ProtobufCMessage *m)
{
    if (json_is_null(json))
        return true;
    if (field->label == PROTOBUF_C_LABEL_REPEATED)
        return read_repeated(r, at, field, json, m);
    return mark_present(r, at, field, m) && transcode_read_value(r, at, field, json, transcode_member(m, field));
}

static void refuse_unknown(reader *r, const place *at, const ProtobufCMessageDescriptor *type, const char *key)
{
    const char *close = transcode_suggest_field(r->arena, type, key);
    if (close)
        transcode_fault_at(r, at, "unknown field; did you mean '%s'?", close);
    else
        transcode_fault_at(r, at, "unknown field");
}

/* jansson refuses a key that stands twice; a field can still come under both of its names. */
static bool is_given_twice(reader *r, json_t *object, const ProtobufCFieldDescriptor *field, const char *key)
{
    const char *camel = strchr(key, '_') ? transcode_camel_case(r->arena, field->name) : NULL;
    return camel && json_object_get(object, camel);
}

bool transcode_read_object(reader *r, const place *at, json_t *object, ProtobufCMessage *m)
{
    bool good = true;
    const char *key;
    json_t *value;
    json_object_foreach(object, key, value)
    {
        place member = {.up = at, .name = key};
        const ProtobufCFieldDescriptor *field = transcode_find_field(m->descriptor, key);
        if (!field) {
            refuse_unknown(r, &member, m->descriptor, key);
            good = false;
        } else if (is_given_twice(r, object, field, key)) {
            transcode_fault_at(r, &member, "stands twice, under both of its names");
            good = false;
        } else {
            good &= transcode_read_member(r, &member, field, value, m);
        }
    }
    return good;
}

/* ---- a whole text ---- */

/* jansson's own limit of nesting is 2048, more than a fiber's stack carries. */
static bool is_too_deep(const char *json, size_t size)
{
    unsigned depth = 0;
    bool in_string = false;
    for (size_t i = 0; i < size; i++) {
        char c = json[i];
        if (in_string) {
            if (c == '\\')
                i++;
            else if (c == '"')
                in_string = false;
        } else if (c == '"') {
            in_string = true;
        } else if (c == '{' || c == '[') {
            if (++depth > TRANSCODE_DEPTH_MAX)
                return true;
        } else if ((c == '}' || c == ']') && depth) {
            depth--;
        }
    }
    return false;
}

/* jansson's texts quote the input, which may be a password: only its codes are used. */
static const char *describe(const json_error_t *e)
{
    switch (json_error_code(e)) {
    case json_error_premature_end_of_input:
        return "ends too early";
    case json_error_end_of_input_expected:
        return "has text after its end";
    case json_error_invalid_utf8:
        return "is not UTF-8";
    case json_error_duplicate_key:
        return "has a key that stands twice in one object";
    case json_error_numeric_overflow:
        return "has a number that is too large; send 64-bit numbers as strings";
    case json_error_null_character:
    case json_error_null_byte_in_key:
        return "has a NUL in a string";
    default:
        return "is not JSON";
    }
}

static json_t *parse(arena *a, const char *json, size_t size, transcode_faults *faults)
{
    if (is_too_deep(json, size)) {
        transcode_add_fault(a, faults, "", "is nested deeper than %d levels", TRANSCODE_DEPTH_MAX);
        return NULL;
    }
    json_error_t error;
    json_t *root = json_loadb(json, size, JSON_REJECT_DUPLICATES, &error);
    if (!root)
        transcode_add_fault(a, faults, "", "%s (line %d, column %d)", describe(&error), error.line, error.column);
    else if (!json_is_object(root))
        transcode_add_fault(a, faults, "", "must be an object");
    return root;
}

static void list_present(arena *a, const ProtobufCMessageDescriptor *type, json_t *root, const char ***present,
                         size_t *count)
{
    *present = ARENA_ARRAY(a, const char *, json_object_size(root));
    *count = 0;
    const char *key;
    json_t *value;
    json_object_foreach(root, key, value)
    {
        const ProtobufCFieldDescriptor *field = transcode_find_field(type, key);
        if (field && *present)
            (*present)[(*count)++] = field->name;
    }
}

ProtobufCMessage *transcode_read_present(arena *a, const ProtobufCMessageDescriptor *type, const char *json,
                                         size_t size, transcode_faults *faults, const char ***present,
                                         size_t *present_count)
{
    reader r = {.arena = a, .faults = faults};
    place top = {0};
    size_t faults_before = faults->count;
    json_t *root = parse(a, json, size, faults);
    ProtobufCMessage *m = transcode_new_message(a, type);
    bool good = m && root && faults->count == faults_before && transcode_read_object(&r, &top, root, m);
    if (good && present)
        list_present(a, type, root, present, present_count);
    json_decref(root);
    return good ? m : NULL;
}

ProtobufCMessage *transcode_read(arena *a, const ProtobufCMessageDescriptor *type, const char *json, size_t size,
                                 transcode_faults *faults)
{
    return transcode_read_present(a, type, json, size, faults, NULL, NULL);
}
