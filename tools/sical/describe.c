/* What a method takes and answers: its messages as JSON shows them, with the comments of the contract. */
#include "fiber.h"
#include "run.h"
#include "transcode.h"

#include <stdio.h>
#include <string.h>

enum { MESSAGES_MAX = 64, TYPE_WIDTH_MAX = 32 };

/* ---- types in the words of JSON ---- */

static const char *well_known(const char *name)
{
    static const struct {
        const char *name, *text;
    } known[] = {
        {"google.protobuf.Timestamp", "time (RFC 3339)"},      {"google.protobuf.FieldMask", "names of fields"},
        {"google.protobuf.StringValue", "string or null"},     {"google.protobuf.BytesValue", "base64 or null"},
        {"google.protobuf.BoolValue", "bool or null"},         {"google.protobuf.Int32Value", "int32 or null"},
        {"google.protobuf.UInt32Value", "uint32 or null"},     {"google.protobuf.Int64Value", "\"int64\" or null"},
        {"google.protobuf.UInt64Value", "\"uint64\" or null"}, {"google.protobuf.DoubleValue", "number or null"},
        {"google.protobuf.FloatValue", "number or null"},
    };
    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        if (strcmp(known[i].name, name) == 0)
            return known[i].text;
    return NULL;
}

static const char *enum_text(const ProtobufCEnumDescriptor *d)
{
    const char *text = "";
    for (unsigned i = 0; i < d->n_values; i++)
        text = arena_printf(fiber_arena(), "%s%s%s", text, i ? "|" : "", d->values[i].name);
    return text;
}

static const char *scalar_text(const ProtobufCFieldDescriptor *f)
{
    switch (f->type) {
    case PROTOBUF_C_TYPE_INT32:
    case PROTOBUF_C_TYPE_SINT32:
    case PROTOBUF_C_TYPE_SFIXED32:
        return "int32";
    case PROTOBUF_C_TYPE_UINT32:
    case PROTOBUF_C_TYPE_FIXED32:
        return "uint32";
    case PROTOBUF_C_TYPE_INT64:
    case PROTOBUF_C_TYPE_SINT64:
    case PROTOBUF_C_TYPE_SFIXED64:
        return "\"int64\"";
    case PROTOBUF_C_TYPE_UINT64:
    case PROTOBUF_C_TYPE_FIXED64:
        return "\"uint64\"";
    case PROTOBUF_C_TYPE_FLOAT:
    case PROTOBUF_C_TYPE_DOUBLE:
        return "number";
    case PROTOBUF_C_TYPE_BOOL:
        return "bool";
    case PROTOBUF_C_TYPE_BYTES:
        return "base64";
    case PROTOBUF_C_TYPE_STRING:
        return "string";
    case PROTOBUF_C_TYPE_ENUM:
        return enum_text(f->descriptor);
    case PROTOBUF_C_TYPE_MESSAGE:
        break;
    }
    const ProtobufCMessageDescriptor *d = f->descriptor;
    const char *known = well_known(d->name);
    return known ? known : d->short_name;
}

static const char *type_text(const ProtobufCFieldDescriptor *f)
{
    const char *text = scalar_text(f);
    return f->label == PROTOBUF_C_LABEL_REPEATED ? arena_printf(fiber_arena(), "[%s]", text) : text;
}

/* ---- the messages that a method needs, each once ---- */

typedef struct message_list {
    const ProtobufCMessageDescriptor *list[MESSAGES_MAX];
    size_t count;
    size_t input_count; /* so many of them are of the input */
} message_list;

static void add_message(message_list *m, const ProtobufCMessageDescriptor *d)
{
    for (size_t i = 0; i < m->count; i++)
        if (m->list[i] == d)
            return;
    if (m->count < MESSAGES_MAX)
        m->list[m->count++] = d;
}

/* Adds d and what its fields hold. */
static void add_closure(message_list *m, const ProtobufCMessageDescriptor *d)
{
    size_t i = m->count;
    add_message(m, d);
    for (; i < m->count; i++)
        for (unsigned k = 0; k < m->list[i]->n_fields; k++) {
            const ProtobufCFieldDescriptor *f = &m->list[i]->fields[k];
            const ProtobufCMessageDescriptor *held = f->type == PROTOBUF_C_TYPE_MESSAGE ? f->descriptor : NULL;
            if (held && !well_known(held->name))
                add_message(m, held);
        }
}

static void gather(message_list *m, const ProtobufCMethodDescriptor *method)
{
    m->count = 0;
    add_closure(m, method->input);
    m->input_count = m->count;
    add_closure(m, method->output);
}

/* ---- for people ---- */

static int width_of(size_t length, int width)
{
    return (int)length > width && length <= TYPE_WIDTH_MAX ? (int)length : width;
}

static bool is_required(const reflection *reflected, const ProtobufCMessageDescriptor *d, const char *field)
{
    return contract_field_rules(reflected->contract, d, field)->required;
}

/* input: whether a caller fills it, and so must know what has to be there. */
static void print_message(const reflection *reflected, const ProtobufCMessageDescriptor *d, bool input)
{
    arena *a = fiber_arena();
    int names = 0, types = 0;
    const char *comment = contract_message_comment(reflected->contract, d);
    printf("\n%s%s%s\n", d->short_name, *comment ? ": " : "", comment);
    for (unsigned i = 0; i < d->n_fields; i++) {
        names = width_of(strlen(transcode_camel_case(a, d->fields[i].name)), names);
        types = width_of(strlen(type_text(&d->fields[i])), types);
    }
    for (unsigned i = 0; i < d->n_fields; i++) {
        const ProtobufCFieldDescriptor *f = &d->fields[i];
        const char *said = contract_field_comment(reflected->contract, d, f->name);
        printf("  %c %-*s  %-*s%s%s\n", input && is_required(reflected, d, f->name) ? '*' : ' ', names,
               transcode_camel_case(a, f->name), *said ? types : 0, type_text(f), *said ? "  " : "", said);
    }
    if (d->n_fields == 0)
        printf("    (no fields)\n");
}

const char *describe_repeatability(const reflection *reflected, const char *full_name)
{
    switch (contract_method_idempotency(reflected->contract, full_name)) {
    case GOOGLE__PROTOBUF__METHOD_OPTIONS__IDEMPOTENCY_LEVEL__NO_SIDE_EFFECTS:
        return "reads";
    case GOOGLE__PROTOBUF__METHOD_OPTIONS__IDEMPOTENCY_LEVEL__IDEMPOTENT:
        return "may be repeated";
    default:
        return "";
    }
}

static const char *full_name_of(const method_found *found)
{
    return arena_printf(fiber_arena(), "/%s/%s", found->service->name, found->method->name);
}

/* In quotes of the shell, so that it can be copied. */
static void print_start(const method_found *found)
{
    size_t size;
    ProtobufCMessage *empty = transcode_new_message(fiber_arena(), found->method->input);
    const char *json = empty ? transcode_write(fiber_arena(), empty, NULL, &size) : NULL;
    printf("\nStart from:\n  sical call %s/%s '%s'\n", found->service->short_name, found->method->name,
           json ? json : "{}");
}

void describe_method(const reflection *reflected, const method_found *found)
{
    const char *name = full_name_of(found);
    const char *comment = contract_method_comment(reflected->contract, name);
    const char *repeatability = describe_repeatability(reflected, name);
    message_list messages;
    printf("%s(%s) -> %s%s%s%s\n", name + 1, found->method->input->short_name, found->method->output->short_name,
           *repeatability ? " [" : "", repeatability, *repeatability ? "]" : "");
    if (*comment)
        printf("  %s\n", comment);
    gather(&messages, found->method);
    for (size_t i = 0; i < messages.count; i++)
        print_message(reflected, messages.list[i], i < messages.input_count);
    printf("\n* must be there");
    print_start(found);
}

/* ---- for programs ---- */

static json_t *message_as_json(const reflection *reflected, const ProtobufCMessageDescriptor *d)
{
    json_t *fields = json_array();
    for (unsigned i = 0; i < d->n_fields; i++) {
        const ProtobufCFieldDescriptor *f = &d->fields[i];
        json_array_append_new(fields,
                              json_pack("{s:s, s:s, s:b, s:s}", "name", transcode_camel_case(fiber_arena(), f->name),
                                        "type", type_text(f), "required", is_required(reflected, d, f->name), "comment",
                                        contract_field_comment(reflected->contract, d, f->name)));
    }
    return json_pack("{s:s, s:s, s:o}", "name", d->short_name, "comment",
                     contract_message_comment(reflected->contract, d), "fields", fields);
}

json_t *describe_method_as_json(const reflection *reflected, const method_found *found)
{
    const char *name = full_name_of(found);
    message_list list;
    json_t *messages = json_array();
    gather(&list, found->method);
    for (size_t i = 0; i < list.count; i++)
        json_array_append_new(messages, message_as_json(reflected, list.list[i]));
    return json_pack("{s:s, s:s, s:s, s:s, s:s, s:o}", "method", name + 1, "comment",
                     contract_method_comment(reflected->contract, name), "repeatability",
                     describe_repeatability(reflected, name), "input", found->method->input->short_name, "output",
                     found->method->output->short_name, "messages", messages);
}
