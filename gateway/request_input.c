#include "request_input.h"

#include "body_decode.h"
#include "fiber.h"

#include <string.h>
#include <strings.h>

typedef struct input {
    request_job *job;
    const bound_route *route;
    arena *arena;
    ProtobufCMessage *message;
    transcode_faults faults;
} input;

static void *member_of(const ProtobufCMessage *m, const ProtobufCFieldDescriptor *field)
{
    return (char *)(uintptr_t)m + field->offset;
}

/* ---- body ---- */

static bool is_json(const char *content_type)
{
    static const char json[] = "application/json";
    if (!content_type || strncasecmp(content_type, json, sizeof json - 1) != 0)
        return false;
    const char *rest = content_type + sizeof json - 1;
    return *rest == '\0' || *rest == ';' || *rest == ' ';
}

static bool refuse(input *in, problem p)
{
    answer_problem(in->job, &p);
    return false;
}

/* The mask says which fields the client spoke of; the id in the path is none of them. */
static void set_update_mask(input *in, const char **present, size_t count)
{
    size_t kept = 0;
    for (size_t i = 0; i < count; i++)
        if (strcmp(present[i], "id") != 0)
            present[kept++] = present[i];
    if (kept)
        transcode_set_mask(in->arena, in->message, transcode_find_field(in->route->input, "update_mask"), present,
                           kept);
    else
        transcode_add_fault(in->arena, &in->faults, "body", "names no field to change");
}

static status read_body(input *in)
{
    const bound_route *r = in->route;
    decoded_body body;
    status s = body_decode(in->arena, in->job->request, r->body ? r->body->descriptor : r->input, &in->faults, &body);
    if (s != STATUS_OK || !body.message)
        return s;
    if (r->body)
        *(ProtobufCMessage **)member_of(in->message, r->body) = body.message;
    else
        in->message = body.message;
    if (r->spec->partial)
        set_update_mask(in, body.present, body.present_count);
    return STATUS_OK;
}

/* false when the request is answered already: what it carries cannot be read at all. */
static bool take_body(input *in)
{
    size_t size;
    http_body(in->job->request, &size);
    if (size && !in->route->spec->body)
        return refuse(in, problem_of_http(400, "This request takes no body."));
    if (size && !is_json(http_header(in->job->request, "Content-Type")))
        return refuse(in, problem_of_http(415, "The body must be application/json."));
    status s = in->route->spec->body ? read_body(in) : STATUS_OK;
    return s == STATUS_OK || refuse(in, problem_of_code(-s, "The body could not be read in time.", NULL, 0));
}

/* ---- path ---- */

/* Walks "goal.id" down to the message that holds the last field. */
static ProtobufCMessage *descend(input *in, const char **name)
{
    ProtobufCMessage *m = in->message;
    for (const char *dot; (dot = strchr(*name, '.')); *name = dot + 1) {
        const char *head = arena_strndup(in->arena, *name, (size_t)(dot - *name));
        const ProtobufCFieldDescriptor *field = transcode_find_field(m->descriptor, head);
        ProtobufCMessage **child = member_of(m, field);
        if (!*child)
            *child = transcode_new_message(in->arena, field->descriptor);
        m = *child;
    }
    return m;
}

static void set_parameter(input *in, const char *name, const char *value)
{
    ProtobufCMessage *m = descend(in, &name);
    const ProtobufCFieldDescriptor *field = transcode_find_field(m->descriptor, name);
    const char *shown = transcode_camel_case(in->arena, name);
    const char *in_body = *(char **)member_of(m, field);
    if (in_body && *in_body && strcmp(in_body, value) != 0)
        transcode_add_fault(in->arena, &in->faults, shown, "differs from the one in the path");
    else
        transcode_set_text(in->arena, m, field, value, shown, &in->faults);
}

/* ---- query ---- */

static bool is_parameter(const bound_route *route, const char *field)
{
    for (size_t i = 0; i < route->parameter_count; i++)
        if (!strcmp(route->parameters[i], field))
            return true;
    return false;
}

/* The field that a query parameter sets: none of the path's, none at all when the whole input is the body. */
static const ProtobufCFieldDescriptor *field_of_query(const bound_route *route, const char *name)
{
    if (route->spec->body)
        return NULL;
    if (!strcmp(name, "limit"))
        name = "page_size";
    else if (!strcmp(name, "cursor"))
        name = "page_token";
    else if (!strcmp(name, "pageSize") || !strcmp(name, "pageToken") || strchr(name, '_'))
        return NULL;
    const ProtobufCFieldDescriptor *field = transcode_find_field(route->input, name);
    return field && !is_parameter(route, field->name) ? field : NULL;
}

static void refuse_query(input *in, const char *name)
{
    const char *close = in->route->spec->body ? NULL : transcode_suggest_field(in->arena, in->route->input, name);
    if (close && field_of_query(in->route, close))
        transcode_add_fault(in->arena, &in->faults, name, "unknown query parameter; did you mean '%s'?", close);
    else
        transcode_add_fault(in->arena, &in->faults, name, "unknown query parameter");
}

enum { QUERY_PARAMETERS_MAX = 32 };

typedef struct seen_fields {
    const ProtobufCFieldDescriptor *fields[QUERY_PARAMETERS_MAX];
    size_t count;
} seen_fields;

static bool is_new(seen_fields *seen, const ProtobufCFieldDescriptor *field)
{
    for (size_t i = 0; i < seen->count; i++)
        if (seen->fields[i] == field)
            return false;
    seen->fields[seen->count++] = field;
    return true;
}

static void read_pair(input *in, const char *pair, size_t size, seen_fields *seen)
{
    const char *equals = memchr(pair, '=', size);
    size_t name_size = equals ? (size_t)(equals - pair) : size;
    const char *name = router_decode(in->arena, pair, name_size, true);
    const char *value = equals ? router_decode(in->arena, equals + 1, size - name_size - 1, true) : "";
    if (!name || !value) {
        transcode_add_fault(in->arena, &in->faults, "query", "has a broken %% escape");
        return;
    }
    const ProtobufCFieldDescriptor *field = field_of_query(in->route, name);
    if (!field)
        refuse_query(in, name);
    else if (seen->count == QUERY_PARAMETERS_MAX)
        transcode_add_fault(in->arena, &in->faults, "query", "has too many parameters");
    else if (field->label != PROTOBUF_C_LABEL_REPEATED && !is_new(seen, field))
        transcode_add_fault(in->arena, &in->faults, name, "stands twice");
    else
        transcode_set_text(in->arena, in->message, field, value, name, &in->faults);
}

static void read_query(input *in)
{
    seen_fields seen = {.count = 0};
    for (const char *p = http_query(in->job->request); *p;) {
        size_t size = strcspn(p, "&");
        if (size)
            read_pair(in, p, size, &seen);
        p += size + (p[size] == '&');
    }
}

/* ---- all of it ---- */

bool request_input_build(request_job *job, const uint8_t **packed, size_t *size)
{
    input in = {.job = job, .route = job->match.route, .arena = fiber_arena()};
    in.message = transcode_new_message(in.arena, in.route->input);
    if (!take_body(&in))
        return false;
    read_query(&in);
    for (size_t i = 0; i < in.route->parameter_count; i++)
        set_parameter(&in, in.route->parameters[i], job->match.parameters[i]);
    if (in.faults.count) {
        problem p = problem_of_code(CODE_INVALID_ARGUMENT, "The request has faults; see errors.", in.faults.list,
                                    in.faults.count);
        answer_problem(job, &p);
        return false;
    }
    *packed = rpc_message_pack(in.arena, in.message, size);
    return true;
}

const char *request_input_client_field(arena *a, const bound_route *route, const char *field)
{
    size_t prefix = route->body ? strlen(route->body->name) : 0;
    if (!strcmp(field, "page_size"))
        return "limit";
    if (!strcmp(field, "page_token"))
        return "cursor";
    if (prefix && !strncmp(field, route->body->name, prefix) && field[prefix] == '.')
        field += prefix + 1;
    return transcode_camel_case(a, field);
}
