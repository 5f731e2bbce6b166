/* Messages to JSON, straight into one growing buffer: every answer of the gateway passes here. */
#include "transcode_write.h"

#include "clock.h"

#include <string.h>

enum { FIRST_BYTES = 1000 };

static void put_message(writer *w, const ProtobufCMessage *m);

static void put_timestamp(writer *w, const ProtobufCMessage *m)
{
    int64_t seconds = *(int64_t *)transcode_member(m, &m->descriptor->fields[0]);
    int32_t nanos = *(int32_t *)transcode_member(m, &m->descriptor->fields[1]);
    char text[CLOCK_RFC3339_SIZE];
    int64_t us;
    if (__builtin_mul_overflow(seconds, CLOCK_US_PER_S, &us) || __builtin_add_overflow(us, nanos / 1000, &us) ||
        clock_format_rfc3339(us, text) == 0)
        TRANSCODE_PUT_LITERAL(w, "null"); /* outside of the years that RFC 3339 has */
    else
        transcode_put_string(w, text);
}

static void put_field_mask(writer *w, const ProtobufCMessage *m)
{
    const ProtobufCFieldDescriptor *paths = &m->descriptor->fields[0];
    size_t count = *(size_t *)transcode_quantifier(m, paths);
    char **path = *(char ***)transcode_member(m, paths);
    transcode_put_char(w, '"');
    for (size_t i = 0; i < count; i++) {
        if (i)
            transcode_put_char(w, ',');
        if (transcode_reserve(w, strlen(path[i]) + 1))
            w->end += transcode_camel_into(w->end, path[i]);
    }
    transcode_put_char(w, '"');
}

static void put_value(writer *w, const ProtobufCFieldDescriptor *field, const void *value)
{
    switch (field->type) {
    case PROTOBUF_C_TYPE_INT32:
    case PROTOBUF_C_TYPE_SINT32:
    case PROTOBUF_C_TYPE_SFIXED32:
        transcode_put_signed(w, *(const int32_t *)value);
        break;
    case PROTOBUF_C_TYPE_UINT32:
    case PROTOBUF_C_TYPE_FIXED32:
        transcode_put_unsigned(w, *(const uint32_t *)value);
        break;
    case PROTOBUF_C_TYPE_INT64:
    case PROTOBUF_C_TYPE_SINT64:
    case PROTOBUF_C_TYPE_SFIXED64:
        transcode_put_char(w, '"');
        transcode_put_signed(w, *(const int64_t *)value);
        transcode_put_char(w, '"');
        break;
    case PROTOBUF_C_TYPE_UINT64:
    case PROTOBUF_C_TYPE_FIXED64:
        transcode_put_char(w, '"');
        transcode_put_unsigned(w, *(const uint64_t *)value);
        transcode_put_char(w, '"');
        break;
    case PROTOBUF_C_TYPE_FLOAT:
        transcode_put_float(w, *(const float *)value);
        break;
    case PROTOBUF_C_TYPE_DOUBLE:
        transcode_put_real(w, *(const double *)value);
        break;
    case PROTOBUF_C_TYPE_BOOL:
        transcode_put(w, *(const protobuf_c_boolean *)value ? "true" : "false",
                      *(const protobuf_c_boolean *)value ? 4 : 5);
        break;
    case PROTOBUF_C_TYPE_ENUM:
        transcode_put_enum(w, field->descriptor, *(const int *)value);
        break;
    case PROTOBUF_C_TYPE_STRING:
        transcode_put_string(w, *(const char *const *)value);
        break;
    case PROTOBUF_C_TYPE_BYTES:
        transcode_put_base64(w, value);
        break;
    case PROTOBUF_C_TYPE_MESSAGE:
        put_message(w, *(const ProtobufCMessage *const *)value);
        break;
    }
}

static void new_line(writer *w)
{
    unsigned spaces = w->options->indent * w->depth;
    if (!w->options->indent || !transcode_reserve(w, spaces + 1))
        return;
    *w->end++ = '\n';
    memset(w->end, ' ', spaces);
    w->end += spaces;
}

static void put_repeated(writer *w, const ProtobufCMessage *m, const ProtobufCFieldDescriptor *field)
{
    size_t count = *(size_t *)transcode_quantifier(m, field);
    size_t size = transcode_value_size(field->type);
    const char *values = *(char **)transcode_member(m, field);
    transcode_put_char(w, '[');
    w->depth++;
    for (size_t i = 0; i < count; i++) {
        if (i)
            transcode_put_char(w, ',');
        new_line(w);
        put_value(w, field, values + i * size);
    }
    w->depth--;
    if (count)
        new_line(w);
    transcode_put_char(w, ']');
}

static bool is_shown(const ProtobufCMessage *m, const ProtobufCFieldDescriptor *field)
{
    if (field->label == PROTOBUF_C_LABEL_REPEATED)
        return true;
    if (field->flags & PROTOBUF_C_FIELD_FLAG_ONEOF)
        return *(uint32_t *)transcode_quantifier(m, field) == field->id;
    if (field->type == PROTOBUF_C_TYPE_MESSAGE)
        return *(void **)transcode_member(m, field) != NULL;
    if (field->label != PROTOBUF_C_LABEL_OPTIONAL)
        return true;
    if (field->type == PROTOBUF_C_TYPE_STRING)
        return *(void **)transcode_member(m, field) != NULL;
    return *(protobuf_c_boolean *)transcode_quantifier(m, field);
}

static void put_name(writer *w, const ProtobufCFieldDescriptor *field)
{
    if (w->options->list && w->depth == 1 && field->label == PROTOBUF_C_LABEL_REPEATED) {
        TRANSCODE_PUT_LITERAL(w, "\"items\":");
    } else if (w->options->list && w->depth == 1 && !strcmp(field->name, "next_page_token")) {
        TRANSCODE_PUT_LITERAL(w, "\"nextCursor\":");
    } else if (transcode_reserve(w, strlen(field->name) + 4)) {
        *w->end++ = '"';
        w->end += transcode_camel_into(w->end, field->name);
        *w->end++ = '"';
        *w->end++ = ':';
    }
    if (w->options->indent)
        transcode_put_char(w, ' ');
}

static void put_object(writer *w, const ProtobufCMessage *m)
{
    bool first = true;
    transcode_put_char(w, '{');
    w->depth++;
    for (unsigned i = 0; i < m->descriptor->n_fields; i++) {
        const ProtobufCFieldDescriptor *field = &m->descriptor->fields[i];
        if (!is_shown(m, field))
            continue;
        if (!first)
            transcode_put_char(w, ',');
        first = false;
        new_line(w);
        put_name(w, field);
        if (field->label == PROTOBUF_C_LABEL_REPEATED)
            put_repeated(w, m, field);
        else
            put_value(w, field, transcode_member(m, field));
    }
    w->depth--;
    if (!first)
        new_line(w);
    transcode_put_char(w, '}');
}

static void put_message(writer *w, const ProtobufCMessage *m)
{
    switch (transcode_well_known(m->descriptor)) {
    case TIMESTAMP:
        put_timestamp(w, m);
        break;
    case WRAPPER:
        put_value(w, &m->descriptor->fields[0], transcode_member(m, &m->descriptor->fields[0]));
        break;
    case FIELD_MASK:
        put_field_mask(w, m);
        break;
    case PLAIN_MESSAGE:
        put_object(w, m);
        break;
    }
}

char *transcode_write(arena *a, const ProtobufCMessage *message, const transcode_options *options, size_t *size)
{
    static const transcode_options plain;
    writer w = {.arena = a, .options = options ? options : &plain};
    w.start = w.end = arena_alloc(a, FIRST_BYTES);
    w.limit = w.start ? w.start + FIRST_BYTES : NULL;
    put_object(&w, message);
    transcode_put_char(&w, '\0');
    *size = w.start ? (size_t)(w.end - w.start) - 1 : 0;
    return w.start;
}
