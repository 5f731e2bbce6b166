#include "contract.h"

#include "arena.h"
#include "rpc_message.h"

#include <stdlib.h>
#include <string.h>

typedef Google__Protobuf__FileDescriptorProto file_proto;
typedef Google__Protobuf__DescriptorProto message_proto;
typedef Google__Protobuf__SourceCodeInfo__Location location;

enum { OPTION_NUMBER = 50000 }; /* of all three extensions in options.proto */

struct contract {
    arena arena;
    Google__Protobuf__FileDescriptorSet *set;
};

contract *contract_create(const uint8_t *set, size_t size, const char **why)
{
    contract *c = calloc(1, sizeof *c);
    if (!c)
        abort();
    arena_init(&c->arena, 0);
    c->set =
        (Google__Protobuf__FileDescriptorSet *)rpc_message_unpack(&c->arena,
                                                                  &google__protobuf__file_descriptor_set__descriptor,
                                                                  set, size, why);
    if (c->set)
        return c;
    contract_destroy(c);
    return NULL;
}

void contract_destroy(contract *c)
{
    if (!c)
        return;
    arena_finish(&c->arena);
    free(c);
}

/* ---- places: where something stands in its file, as SourceCodeInfo numbers it ---- */

enum { PLACE_DEPTH = 2 * RPC_MESSAGE_DEPTH + 4 }; /* the set's own depth is bounded */

enum { /* field numbers in descriptor.proto */
       FILE_MESSAGE = 4,
       FILE_SERVICE = 6,
       MESSAGE_FIELD = 2,
       MESSAGE_NESTED = 3,
       SERVICE_METHOD = 2
};

typedef struct place {
    const file_proto *file; /* NULL: nowhere */
    int32_t path[PLACE_DEPTH];
    size_t depth;
} place;

static void step(place *p, int32_t member, size_t index)
{
    if (p->depth + 2 > PLACE_DEPTH)
        abort();
    p->path[p->depth++] = member;
    p->path[p->depth++] = (int32_t)index;
}

/* Names are optional in the schema of descriptors. */
static const char *text(const char *s)
{
    return s ? s : "";
}

/* Whether full_name is of the file's package; *name is what follows package and dot. */
static bool inside_package(const file_proto *file, const char *full_name, const char **name)
{
    const char *package = text(file->package);
    size_t size = strlen(package);
    bool inside = size == 0 || (!strncmp(full_name, package, size) && full_name[size] == '.');
    *name = inside ? full_name + size + (size > 0) : "";
    return inside;
}

static const message_proto *find_in(message_proto *const *messages, size_t count, const char *name, int32_t member,
                                    place *p)
{
    size_t size = strcspn(name, ".");
    for (size_t i = 0; i < count; i++) {
        if (strlen(text(messages[i]->name)) != size || strncmp(text(messages[i]->name), name, size) != 0)
            continue;
        step(p, member, i);
        if (!name[size])
            return messages[i];
        return find_in(messages[i]->nested_type, messages[i]->n_nested_type, name + size + 1, MESSAGE_NESTED, p);
    }
    return NULL;
}

/* NULL for a message that the set does not know: one that was made at run time. */
static const message_proto *find_message(const contract *c, const char *full_name, place *p)
{
    for (size_t i = 0; i < c->set->n_file; i++) {
        const file_proto *file = c->set->file[i];
        const char *name;
        *p = (place){.file = file};
        const message_proto *m = inside_package(file, full_name, &name)
                                     ? find_in(file->message_type, file->n_message_type, name, FILE_MESSAGE, p)
                                     : NULL;
        if (m)
            return m;
    }
    return NULL;
}

static const Google__Protobuf__FieldDescriptorProto *find_field(const contract *c, const char *message,
                                                                const char *field, place *p)
{
    const message_proto *m = find_message(c, message, p);
    for (size_t i = 0; m && i < m->n_field; i++) {
        if (strcmp(text(m->field[i]->name), field) != 0)
            continue;
        step(p, MESSAGE_FIELD, i);
        return m->field[i];
    }
    return NULL;
}

static const Google__Protobuf__MethodDescriptorProto *
find_in_service(const Google__Protobuf__ServiceDescriptorProto *service, size_t index, const char *name, place *p)
{
    size_t size = strlen(text(service->name));
    if (strncmp(name, text(service->name), size) != 0 || name[size] != '/')
        return NULL;
    for (size_t i = 0; i < service->n_method; i++) {
        if (strcmp(text(service->method[i]->name), name + size + 1) != 0)
            continue;
        step(p, FILE_SERVICE, index);
        step(p, SERVICE_METHOD, i);
        return service->method[i];
    }
    return NULL;
}

static const Google__Protobuf__MethodDescriptorProto *find_method(const contract *c, const char *method, place *p)
{
    for (size_t i = 0; i < c->set->n_file; i++) {
        const file_proto *file = c->set->file[i];
        const char *name;
        bool inside = inside_package(file, method + 1, &name);
        *p = (place){.file = file};
        for (size_t k = 0; inside && k < file->n_service; k++) {
            const Google__Protobuf__MethodDescriptorProto *m = find_in_service(file->service[k], k, name, p);
            if (m)
                return m;
        }
    }
    return NULL;
}

/* ---- comments ---- */

static const location *find_location(const place *p)
{
    const Google__Protobuf__SourceCodeInfo *info = p->file->source_code_info;
    for (size_t i = 0; info && i < info->n_location; i++)
        if (info->location[i]->n_path == p->depth &&
            !memcmp(info->location[i]->path, p->path, p->depth * sizeof p->path[0]))
            return info->location[i];
    return NULL;
}

/* Every run of blanks and line ends becomes one blank. */
static char *join_lines(arena *a, const char *text)
{
    char *joined = arena_alloc(a, strlen(text) + 1);
    char *out = joined;
    for (const char *p = text; *p; p++) {
        if (*p != ' ' && *p != '\n')
            *out++ = *p;
        else if (out > joined && out[-1] != ' ')
            *out++ = ' ';
    }
    if (out > joined && out[-1] == ' ')
        out--;
    *out = '\0';
    return joined;
}

static const char *comment_at(contract *c, const place *p)
{
    const location *l = find_location(p);
    if (l && l->leading_comments)
        return join_lines(&c->arena, l->leading_comments);
    return l && l->trailing_comments ? join_lines(&c->arena, l->trailing_comments) : "";
}

const char *contract_message_comment(contract *c, const ProtobufCMessageDescriptor *type)
{
    place p;
    return find_message(c, type->name, &p) ? comment_at(c, &p) : "";
}

const char *contract_field_comment(contract *c, const ProtobufCMessageDescriptor *type, const char *field)
{
    place p;
    return find_field(c, type->name, field, &p) ? comment_at(c, &p) : "";
}

const char *contract_method_comment(contract *c, const char *method)
{
    place p;
    return find_method(c, method, &p) ? comment_at(c, &p) : "";
}

/* ---- rules: extensions, which protobuf-c keeps as unknown fields of the options ---- */

/* Past the varint of the length, which protobuf-c leaves at the front. */
static size_t skip_length(const ProtobufCMessageUnknownField *f)
{
    size_t at = 0;
    while (at < f->len && f->data[at] & 0x80)
        at++;
    return at + 1;
}

/* An option may stand in several pieces, as (api.field).required = true does: messages merge where their bytes are
 * joined. NULL when it does not stand at all. */
static void *read_option(contract *c, const ProtobufCMessage *options, const ProtobufCMessageDescriptor *type)
{
    uint8_t *bytes = NULL;
    size_t size = 0;
    for (unsigned i = 0; options && i < options->n_unknown_fields; i++) {
        const ProtobufCMessageUnknownField *f = &options->unknown_fields[i];
        if (f->tag != OPTION_NUMBER || f->wire_type != PROTOBUF_C_WIRE_TYPE_LENGTH_PREFIXED)
            continue;
        size_t skipped = skip_length(f);
        uint8_t *joined = arena_alloc(&c->arena, size + f->len - skipped);
        if (size)
            memcpy(joined, bytes, size);
        memcpy(joined + size, f->data + skipped, f->len - skipped);
        bytes = joined;
        size += f->len - skipped;
    }
    return bytes ? rpc_message_unpack(&c->arena, type, bytes, size, NULL) : NULL;
}

const Sical__Api__FieldRules *contract_field_rules(contract *c, const ProtobufCMessageDescriptor *type,
                                                   const char *field)
{
    static const Sical__Api__FieldRules none = SICAL__API__FIELD_RULES__INIT;
    place p;
    const Google__Protobuf__FieldDescriptorProto *f = find_field(c, type->name, field, &p);
    const void *rules =
        f && f->options ? read_option(c, &f->options->base, &sical__api__field_rules__descriptor) : NULL;
    return rules ? rules : &none;
}

const Sical__Api__MessageRules *contract_message_rules(contract *c, const ProtobufCMessageDescriptor *type)
{
    static const Sical__Api__MessageRules none = SICAL__API__MESSAGE_RULES__INIT;
    place p;
    const message_proto *m = find_message(c, type->name, &p);
    const void *rules =
        m && m->options ? read_option(c, &m->options->base, &sical__api__message_rules__descriptor) : NULL;
    return rules ? rules : &none;
}

const Sical__Api__MethodRules *contract_method_rules(contract *c, const char *method)
{
    static const Sical__Api__MethodRules none = SICAL__API__METHOD_RULES__INIT;
    place p;
    const Google__Protobuf__MethodDescriptorProto *m = find_method(c, method, &p);
    const void *rules =
        m && m->options ? read_option(c, &m->options->base, &sical__api__method_rules__descriptor) : NULL;
    return rules ? rules : &none;
}

Google__Protobuf__MethodOptions__IdempotencyLevel contract_method_idempotency(const contract *c, const char *method)
{
    place p;
    const Google__Protobuf__MethodDescriptorProto *m = find_method(c, method, &p);
    return m && m->options && m->options->has_idempotency_level
               ? m->options->idempotency_level
               : GOOGLE__PROTOBUF__METHOD_OPTIONS__IDEMPOTENCY_LEVEL__IDEMPOTENCY_UNKNOWN;
}
