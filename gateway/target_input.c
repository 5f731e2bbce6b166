#include "target_input.h"

#include "router.h"

#include <string.h>

typedef struct input {
    arena *arena;
    const bound_route *route;
    ProtobufCMessage *message;
    transcode_faults *faults;
} input;

static void *member_of(const ProtobufCMessage *m, const ProtobufCFieldDescriptor *field)
{
    return (char *)(uintptr_t)m + field->offset;
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
        transcode_add_fault(in->arena, in->faults, shown, "differs from the one in the path");
    else
        transcode_set_text(in->arena, m, field, value, shown, in->faults);
}

void target_input_path(arena *a, const bound_route *route, const char *const *values, ProtobufCMessage *message,
                       transcode_faults *faults)
{
    input in = {.arena = a, .route = route, .message = message, .faults = faults};
    for (size_t i = 0; i < route->parameter_count; i++)
        set_parameter(&in, route->parameters[i], values[i]);
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
    return field && field != route->condition && !is_parameter(route, field->name) ? field : NULL;
}

static void refuse_query(input *in, const char *name)
{
    const char *close = in->route->spec->body ? NULL : transcode_suggest_field(in->arena, in->route->input, name);
    if (close && field_of_query(in->route, close))
        transcode_add_fault(in->arena, in->faults, name, "unknown query parameter; did you mean '%s'?", close);
    else
        transcode_add_fault(in->arena, in->faults, name, "unknown query parameter");
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
        transcode_add_fault(in->arena, in->faults, "query", "has a broken %% escape");
        return;
    }
    const ProtobufCFieldDescriptor *field = field_of_query(in->route, name);
    if (!field)
        refuse_query(in, name);
    else if (seen->count == QUERY_PARAMETERS_MAX)
        transcode_add_fault(in->arena, in->faults, "query", "has too many parameters");
    else if (field->label != PROTOBUF_C_LABEL_REPEATED && !is_new(seen, field))
        transcode_add_fault(in->arena, in->faults, name, "stands twice");
    else
        transcode_set_text(in->arena, in->message, field, value, name, in->faults);
}

void target_input_query(arena *a, const bound_route *route, const char *query, ProtobufCMessage *message,
                        transcode_faults *faults)
{
    input in = {.arena = a, .route = route, .message = message, .faults = faults};
    seen_fields seen = {.count = 0};
    for (const char *p = query; *p;) {
        size_t size = strcspn(p, "&");
        if (size)
            read_pair(&in, p, size, &seen);
        p += size + (p[size] == '&');
    }
}
