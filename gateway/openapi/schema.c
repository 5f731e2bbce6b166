#include "schema.h"

#include "schema_value.h"
#include "transcode.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { NAME_BYTES = 256 };

/* ---- names ---- */

static bool ends_in(const char *s, const char *end)
{
    size_t length = strlen(s), end_length = strlen(end);
    return length >= end_length && !strcmp(s + length - end_length, end);
}

/* "sical.plan.v1.Goal" is "plan.Goal" in answers, "plan.GoalInput" in bodies and "plan.GoalChange" in partial updates;
 * what is called an input or a request already keeps its name. */
static void name_component(const ProtobufCMessageDescriptor *type, schema_use use, char out[NAME_BYTES])
{
    const char *name = type->name, *suffix = "", *version = strstr(name, ".v1.");
    if (use == SCHEMA_OF_CHANGE)
        suffix = "Change";
    else if (use == SCHEMA_OF_BODY && !ends_in(name, "Request") && !ends_in(name, "Input"))
        suffix = "Input";
    if (version && !strncmp(name, "sical.", 6))
        snprintf(out, NAME_BYTES, "%.*s.%s%s", (int)(version - name - 6), name + 6, version + 4, suffix);
    else
        snprintf(out, NAME_BYTES, "%s%s", name, suffix);
}

static void name_property(const ProtobufCFieldDescriptor *field, const schema_view *view, char out[NAME_BYTES])
{
    arena a;
    arena_init(&a, 0);
    const char *name = transcode_camel_case(&a, field->name);
    if (view->list && field->label == PROTOBUF_C_LABEL_REPEATED)
        name = "items";
    else if (view->list && !strcmp(field->name, "next_page_token"))
        name = "nextCursor";
    snprintf(out, NAME_BYTES, "%s", name);
    arena_finish(&a);
}

/* ---- properties ---- */

static void describe(json_t *schema, const char *text)
{
    if (*text)
        json_object_set_new(schema, "description", json_string(text));
}

static json_t *element(schemas *s, const ProtobufCFieldDescriptor *field, const Sical__Api__FieldRules *rules,
                       schema_use use)
{
    if (schema_is_value(field))
        return schema_of_value(field, rules);
    return schema_of_message(s, field->descriptor, &(schema_view){.use = use});
}

static json_t *list_of(json_t *items, const Sical__Api__FieldRules *rules)
{
    json_t *list = json_pack("{s:s, s:o}", "type", "array", "items", items);
    schema_set_bounds(list, rules->items, "minItems", "maxItems");
    if (rules->required && (!rules->items || rules->items->low < 1))
        json_object_set_new(list, "minItems", json_integer(1));
    return list;
}

static json_t *property(schemas *s, const ProtobufCMessageDescriptor *type, const ProtobufCFieldDescriptor *field,
                        schema_use use)
{
    const Sical__Api__FieldRules *rules = contract_field_rules(s->contract, type, field->name);
    json_t *schema = element(s, field, rules, use);
    if (field->label == PROTOBUF_C_LABEL_REPEATED)
        schema = list_of(schema, rules);
    if (use != SCHEMA_OF_ANSWER && !rules->required)
        schema = schema_or_null(schema);
    if (use == SCHEMA_OF_BODY && rules->output_only)
        json_object_set_new(schema, "readOnly", json_true());
    if (*rules->example)
        json_object_set_new(schema, "examples", json_pack("[o]", json_loads(rules->example, JSON_DECODE_ANY, NULL)));
    describe(schema, contract_field_comment(s->contract, type, field->name));
    return schema;
}

static bool is_shown(schemas *s, const ProtobufCMessageDescriptor *type, const ProtobufCFieldDescriptor *field,
                     const schema_view *view)
{
    for (size_t i = 0; i < view->omitted_count; i++)
        if (!strcmp(view->omitted[i], field->name))
            return false;
    return view->use != SCHEMA_OF_CHANGE || !contract_field_rules(s->contract, type, field->name)->output_only;
}

/* In answers, what transcode always writes; in bodies, what the rules require. */
static bool is_required(schemas *s, const ProtobufCMessageDescriptor *type, const ProtobufCFieldDescriptor *field,
                        schema_use use)
{
    bool stated = contract_field_rules(s->contract, type, field->name)->required;
    bool is_message = field->type == PROTOBUF_C_TYPE_MESSAGE && field->label != PROTOBUF_C_LABEL_REPEATED;
    if (use == SCHEMA_OF_ANSWER)
        return stated || (!is_message && !(field->flags & PROTOBUF_C_FIELD_FLAG_ONEOF));
    return use == SCHEMA_OF_BODY && stated;
}

/* ---- messages ---- */

/* Keywords that the contract states for the message as a whole. They speak of fields, which a change may leave out. */
static void add_message_rules(json_t *object, contract *c, const ProtobufCMessageDescriptor *type, schema_use use)
{
    const Sical__Api__MessageRules *rules = contract_message_rules(c, type);
    if (use == SCHEMA_OF_CHANGE || !*rules->schema)
        return;
    json_t *keywords = json_loads(rules->schema, 0, NULL);
    if (!keywords) {
        fprintf(stderr, "%s: its rules are no JSON\n", type->name);
        abort();
    }
    json_object_update(object, keywords);
    json_decref(keywords);
}

static void fill(schemas *s, json_t *object, const ProtobufCMessageDescriptor *type, const schema_view *view)
{
    json_t *properties = json_object(), *required = json_array();
    for (unsigned i = 0; i < type->n_fields; i++) {
        const ProtobufCFieldDescriptor *field = &type->fields[i];
        char name[NAME_BYTES];
        if (!is_shown(s, type, field, view))
            continue;
        name_property(field, view, name);
        json_object_set_new(properties, name, property(s, type, field, view->use));
        if (is_required(s, type, field, view->use))
            json_array_append_new(required, json_string(name));
    }
    describe(object, contract_message_comment(s->contract, type));
    json_object_set_new(object, "properties", properties);
    if (json_array_size(required))
        json_object_set(object, "required", required);
    json_decref(required);
    json_object_set_new(object, "additionalProperties", json_false());
    if (view->use == SCHEMA_OF_CHANGE)
        json_object_set_new(object, "minProperties", json_integer(1));
    add_message_rules(object, s->contract, type, view->use);
}

json_t *schema_of_message(schemas *s, const ProtobufCMessageDescriptor *type, const schema_view *view)
{
    char name[NAME_BYTES];
    name_component(type, view->use, name);
    if (!json_object_get(s->components, name)) {
        json_t *object = json_pack("{s:s}", "type", "object");
        json_object_set_new(s->components, name, object); /* before its fields: a message may hold itself */
        fill(s, object, type, view);
    }
    return json_pack("{s:s+}", "$ref", "#/components/schemas/", name);
}

json_t *schema_of_parameter(schemas *s, const ProtobufCMessageDescriptor *type, const ProtobufCFieldDescriptor *field)
{
    return schema_of_value(field, contract_field_rules(s->contract, type, field->name));
}
