#include "schema_value.h"

#include <inttypes.h>
#include <stdint.h>
#include <string.h>

/* ---- types ---- */

static json_t *whole_number(const char *format, json_int_t low, json_int_t high)
{
    return json_pack("{s:s, s:s, s:I, s:I}", "type", "integer", "format", format, "minimum", low, "maximum", high);
}

/* JavaScript's numbers end at 2^53: 64 bits travel as text. */
static json_t *wide_number(const char *format, const char *pattern)
{
    return json_pack("{s:s, s:s, s:s}", "type", "string", "format", format, "pattern", pattern);
}

static json_t *real_number(const char *format)
{
    return json_pack("{s:[{s:s, s:s}, {s:[s,s,s]}]}", "anyOf", "type", "number", "format", format, "enum", "NaN",
                     "Infinity", "-Infinity");
}

static bool is_unspecified(const ProtobufCEnumValue *value)
{
    static const char end[] = "UNSPECIFIED";
    size_t length = strlen(value->name);
    return value->value == 0 && length >= sizeof end - 1 && !strcmp(value->name + length - (sizeof end - 1), end);
}

static json_t *choice(const ProtobufCEnumDescriptor *type, bool required)
{
    json_t *names = json_array();
    for (unsigned i = 0; i < type->n_values; i++)
        if (!required || !is_unspecified(&type->values[i]))
            json_array_append_new(names, json_string(type->values[i].name));
    return json_pack("{s:s, s:o}", "type", "string", "enum", names);
}

static json_t *text(const char *keyword, const char *value)
{
    return keyword ? json_pack("{s:s, s:s}", "type", "string", keyword, value) : json_pack("{s:s}", "type", "string");
}

static json_t *type_schema(const ProtobufCFieldDescriptor *field, bool required);

/* Timestamp, FieldMask and wrappers, known by their names. */
static json_t *well_known(const ProtobufCMessageDescriptor *type, bool required)
{
    if (!strcmp(type->name, "google.protobuf.Timestamp"))
        return text("format", "date-time");
    if (!strcmp(type->name, "google.protobuf.FieldMask"))
        return text("pattern", "^([a-z][a-zA-Z0-9.]*(,[a-z][a-zA-Z0-9.]*)*)?$");
    return type_schema(&type->fields[0], required);
}

static json_t *type_schema(const ProtobufCFieldDescriptor *field, bool required)
{
    switch (field->type) {
    case PROTOBUF_C_TYPE_INT32:
    case PROTOBUF_C_TYPE_SINT32:
    case PROTOBUF_C_TYPE_SFIXED32:
        return whole_number("int32", INT32_MIN, INT32_MAX);
    case PROTOBUF_C_TYPE_UINT32:
    case PROTOBUF_C_TYPE_FIXED32:
        return whole_number("uint32", 0, UINT32_MAX);
    case PROTOBUF_C_TYPE_INT64:
    case PROTOBUF_C_TYPE_SINT64:
    case PROTOBUF_C_TYPE_SFIXED64:
        return wide_number("int64", "^-?[0-9]{1,19}$");
    case PROTOBUF_C_TYPE_UINT64:
    case PROTOBUF_C_TYPE_FIXED64:
        return wide_number("uint64", "^[0-9]{1,20}$");
    case PROTOBUF_C_TYPE_FLOAT:
        return real_number("float");
    case PROTOBUF_C_TYPE_DOUBLE:
        return real_number("double");
    case PROTOBUF_C_TYPE_BOOL:
        return json_pack("{s:s}", "type", "boolean");
    case PROTOBUF_C_TYPE_ENUM:
        return choice(field->descriptor, required);
    case PROTOBUF_C_TYPE_BYTES:
        return text("contentEncoding", "base64");
    case PROTOBUF_C_TYPE_MESSAGE:
        return well_known(field->descriptor, required);
    case PROTOBUF_C_TYPE_STRING:
        break;
    }
    return text(NULL, NULL);
}

bool schema_is_value(const ProtobufCFieldDescriptor *field)
{
    if (field->type != PROTOBUF_C_TYPE_MESSAGE)
        return true;
    static const char package[] = "google.protobuf.";
    const ProtobufCMessageDescriptor *type = field->descriptor;
    return !strncmp(type->name, package, sizeof package - 1);
}

/* ---- rules ---- */

void schema_set_bounds(json_t *schema, const Sical__Api__Bounds *bounds, const char *low, const char *high)
{
    if (!bounds)
        return;
    json_object_set_new(schema, low, json_integer(bounds->low));
    if (bounds->high)
        json_object_set_new(schema, high, json_integer(bounds->high));
}

static json_t *choices(const Sical__Api__FieldRules *rules, bool or_empty)
{
    json_t *list = json_array();
    for (size_t i = 0; i < rules->n_choices; i++)
        json_array_append_new(list, json_string(rules->choices[i]));
    if (or_empty)
        json_array_append_new(list, json_string(""));
    return list;
}

/* What holds for a text that is not empty, or must not be. */
static json_t *text_rules(const Sical__Api__FieldRules *rules, bool filled)
{
    json_t *r = json_object();
    int64_t low = rules->length ? rules->length->low : 0;
    if (*rules->format)
        json_object_set_new(r, "format", json_string(rules->format));
    if (*rules->pattern)
        json_object_set_new(r, "pattern", json_string(rules->pattern));
    if (low > 1 || ((low || filled) && !*rules->format))
        json_object_set_new(r, "minLength", json_integer(low ? low : 1));
    return r;
}

/* A text of proto3 is "" when it is absent: where it may be absent, "" may be sent. */
static void add_text_rules(json_t *schema, const Sical__Api__FieldRules *rules, bool element)
{
    bool or_empty = !element && !rules->required;
    if (rules->length && rules->length->high)
        json_object_set_new(schema, "maxLength", json_integer(rules->length->high));
    if (rules->n_choices) {
        json_object_set_new(schema, "enum", choices(rules, or_empty));
        return;
    }
    json_t *r = text_rules(rules, !element && rules->required);
    if (!or_empty)
        json_object_update(schema, r);
    else if (json_object_size(r))
        json_object_set_new(schema, "anyOf", json_pack("[{s:i}, O]", "maxLength", 0, r));
    json_decref(r);
}

static bool is_text(const ProtobufCFieldDescriptor *field)
{
    return field->type == PROTOBUF_C_TYPE_STRING;
}

json_t *schema_of_value(const ProtobufCFieldDescriptor *field, const Sical__Api__FieldRules *rules)
{
    bool element = field->label == PROTOBUF_C_LABEL_REPEATED;
    json_t *schema = type_schema(field, rules->required || element);
    if (is_text(field))
        add_text_rules(schema, rules, element);
    else
        schema_set_bounds(schema, rules->range, "minimum", "maximum");
    if (*rules->default_value)
        json_object_set_new(schema, "default", json_loads(rules->default_value, JSON_DECODE_ANY, NULL));
    return schema;
}

/* ---- null ---- */

json_t *schema_or_null(json_t *schema)
{
    json_t *type = json_object_get(schema, "type");
    json_t *list = json_object_get(schema, "enum");
    if (!json_is_string(type))
        return json_pack("{s:[o, {s:s}]}", "anyOf", schema, "type", "null");
    if (list)
        json_array_append_new(list, json_null());
    json_object_set_new(schema, "type", json_pack("[O, s]", type, "null"));
    return schema;
}
