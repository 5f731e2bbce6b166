/* Reading the well-known types, and values that come as the text of a path segment or a query parameter. */
#include "clock.h"
#include "transcode_read.h"

#include <string.h>

static bool read_timestamp(reader *r, const place *at, json_t *json, ProtobufCMessage *m)
{
    int64_t us;
    char shown[CLOCK_RFC3339_SIZE];
    const char *text = json_string_value(json);
    if (!text || clock_parse_rfc3339(text, &us) || !clock_format_rfc3339(us, shown)) {
        transcode_fault_at(r, at, "must be a time as in RFC 3339, like \"2026-03-08T10:00:00Z\"");
        return false;
    }
    int64_t micros = (us % CLOCK_US_PER_S + CLOCK_US_PER_S) % CLOCK_US_PER_S;
    *(int64_t *)transcode_member(m, &m->descriptor->fields[0]) = (us - micros) / CLOCK_US_PER_S;
    *(int32_t *)transcode_member(m, &m->descriptor->fields[1]) = (int32_t)micros * 1000;
    return true;
}

/* Names of fields joined by commas; "" names none. */
static bool is_mask(const char *text)
{
    static const char allowed[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.,";
    bool name_begins = true;
    for (const char *p = text; *p; p++) {
        if (!strchr(allowed, *p) || (name_begins && !(*p >= 'a' && *p <= 'z')))
            return false;
        name_begins = *p == ',';
    }
    return !name_begins || !*text;
}

/* "dueDate" -> "due_date"; out has room for twice the length. */
static void snake_into(char *out, const char *camel, size_t length)
{
    for (size_t i = 0; i < length; i++) {
        bool raised = camel[i] >= 'A' && camel[i] <= 'Z';
        if (raised)
            *out++ = '_';
        *out++ = raised ? (char)(camel[i] - 'A' + 'a') : camel[i];
    }
    *out = '\0';
}

static bool read_field_mask(reader *r, const place *at, json_t *json, ProtobufCMessage *m)
{
    const ProtobufCFieldDescriptor *field = &m->descriptor->fields[0];
    const char *text = json_string_value(json);
    if (!text || !is_mask(text)) {
        transcode_fault_at(r, at, "must be a string of field names joined by commas");
        return false;
    }
    char **paths = ARENA_ARRAY(r->arena, char *, strlen(text) / 2 + 1);
    size_t count = 0;
    for (const char *p = text; paths && *p;) {
        size_t length = strcspn(p, ",");
        char *path = arena_alloc(r->arena, 2 * length + 1);
        if (!path)
            return false;
        snake_into(path, p, length);
        paths[count++] = path;
        p += length + (p[length] == ',');
    }
    *(char ***)transcode_member(m, field) = paths;
    *(size_t *)transcode_quantifier(m, field) = count;
    return paths != NULL;
}

bool transcode_read_well_known(reader *r, const place *at, const ProtobufCMessageDescriptor *type, json_t *json,
                               ProtobufCMessage **out)
{
    ProtobufCMessage *m = transcode_new_message(r->arena, type);
    *out = m;
    if (!m)
        return false;
    switch (transcode_well_known(type)) {
    case TIMESTAMP:
        return read_timestamp(r, at, json, m);
    case FIELD_MASK:
        return read_field_mask(r, at, json, m);
    default:
        return transcode_read_scalar(r, at, &type->fields[0], json, transcode_member(m, &type->fields[0]));
    }
}

/* ---- paths and queries ---- */

/* The type that decides how a text is meant: of a wrapper, what it wraps. */
static ProtobufCType type_of_text(const ProtobufCFieldDescriptor *field)
{
    const ProtobufCMessageDescriptor *type = field->type == PROTOBUF_C_TYPE_MESSAGE ? field->descriptor : NULL;
    if (!type)
        return field->type;
    return transcode_well_known(type) == WRAPPER ? type->fields[0].type : PROTOBUF_C_TYPE_STRING;
}

/* Numbers and booleans stand in a text as they do in JSON; what is none becomes a string, which the reader refuses. */
static json_t *json_of_text(const ProtobufCFieldDescriptor *field, const char *text)
{
    json_t *json = NULL;
    switch (type_of_text(field)) {
    case PROTOBUF_C_TYPE_STRING:
    case PROTOBUF_C_TYPE_BYTES:
    case PROTOBUF_C_TYPE_ENUM:
        break;
    default:
        json = strpbrk(text, "[{\"") ? NULL : json_loads(text, JSON_DECODE_ANY, NULL);
    }
    return json && !json_is_null(json) ? json : json_string(text);
}

void transcode_set_mask(arena *a, ProtobufCMessage *message, const ProtobufCFieldDescriptor *field,
                        const char *const *names, size_t count)
{
    ProtobufCMessage *mask = transcode_new_message(a, field->descriptor);
    const ProtobufCFieldDescriptor *paths = &mask->descriptor->fields[0];
    *(void **)transcode_member(mask, paths) = arena_memdup(a, names, count * sizeof *names);
    *(size_t *)transcode_quantifier(mask, paths) = count;
    *(ProtobufCMessage **)transcode_member(message, field) = mask;
}

static bool append(reader *r, const ProtobufCFieldDescriptor *field, json_t *json, ProtobufCMessage *m)
{
    size_t size = transcode_value_size(field->type);
    size_t *count = transcode_quantifier(m, field);
    char **values = transcode_member(m, field);
    char *longer = arena_zalloc(r->arena, *count + 1, size);
    if (!longer)
        return false;
    if (*count)
        memcpy(longer, *values, *count * size);
    *values = longer;
    return transcode_read_value(r, NULL, field, json, longer + size * (*count)++);
}

bool transcode_set_text(arena *a, ProtobufCMessage *message, const ProtobufCFieldDescriptor *field, const char *text,
                        const char *shown, transcode_faults *faults)
{
    reader r = {.arena = a, .faults = faults, .shown = shown};
    json_t *json = json_of_text(field, text);
    bool good;
    if (!json) {
        transcode_fault_at(&r, NULL, "is not UTF-8");
        return false;
    }
    if (field->label == PROTOBUF_C_LABEL_REPEATED)
        good = append(&r, field, json, message);
    else
        good = transcode_read_member(&r, NULL, field, json, message);
    json_decref(json);
    return good;
}
