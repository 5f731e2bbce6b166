#include "request_input.h"

#include "body_decode.h"
#include "entity_tag.h"
#include "fiber.h"
#include "idempotency_key.h"
#include "negotiation.h"
#include "target_input.h"

#include <string.h>

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

static bool refuse(input *in, problem p)
{
    answer_problem(in->job, &p);
    return false;
}

static bool is_condition(const bound_route *route, const char *field)
{
    return route->condition && !strcmp(field, route->condition->name);
}

/* The mask says which fields the client spoke of; the id in the path is none of them, the etag cannot be changed. */
static void set_update_mask(input *in, const char **present, size_t count)
{
    size_t kept = 0;
    for (size_t i = 0; i < count; i++)
        if (is_condition(in->route, present[i]))
            transcode_add_fault(in->arena, &in->faults, present[i],
                                "cannot be changed; what it was goes into " IF_MATCH);
        else if (strcmp(present[i], "id") != 0)
            present[kept++] = present[i];
    if (kept || in->faults.count)
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
    if (size && !negotiation_is_json(http_header(in->job->request, "Content-Type")))
        return refuse(in, problem_of_http(415, "The body must be application/json in UTF-8."));
    if (size && !negotiation_is_identity(http_header(in->job->request, "Content-Encoding")))
        return refuse(in, problem_of_http(415, "The body must not be encoded."));
    status s = in->route->spec->body ? read_body(in) : STATUS_OK;
    return s == STATUS_OK || refuse(in, problem_of_code(-s, "The body could not be read in time.", NULL, 0));
}

/* ---- conditions ---- */

/* A condition that is ignored would be taken for one that held. */
static void refuse_condition(input *in, const char *header, const char *why)
{
    if (http_header(in->job->request, header))
        transcode_add_fault(in->arena, &in->faults, header, "%s", why);
}

static char *read_condition(input *in)
{
    const char *header = http_header(in->job->request, IF_MATCH);
    if (!header)
        return (char *)(uintptr_t)protobuf_c_empty_string;
    char *etag = arena_alloc(in->arena, strlen(header) + 2);
    if (!entity_tag_read_match(header, etag))
        transcode_add_fault(in->arena, &in->faults, IF_MATCH, "must be \"*\" or a list of entity tags in quotes");
    return etag;
}

/* Of writes; a read is not harmed by If-Match, and its answer knows If-None-Match. Sets the etag, whatever a body says
 * of it: a body is what is to be, If-Match what is. */
static void take_conditions(input *in)
{
    const bound_route *r = in->route;
    if (r->spec->method == METHOD_GET)
        return;
    refuse_condition(in, IF_NONE_MATCH, "only reads honour it");
    if (!r->condition) {
        refuse_condition(in, IF_MATCH, "cannot be honoured here: nothing has a version to compare");
        return;
    }
    char *etag = read_condition(in);
    ProtobufCMessage *m = r->body ? *(ProtobufCMessage **)member_of(in->message, r->body) : in->message;
    if (m)
        *(char **)member_of(m, r->condition) = etag;
}

/* ---- all of it ---- */

bool request_input_build(request_job *job, const uint8_t **packed, size_t *size)
{
    input in = {.job = job, .route = job->match.route, .arena = fiber_arena()};
    in.message = transcode_new_message(in.arena, in.route->input);
    if (!take_body(&in))
        return false;
    target_input_query(in.arena, in.route, http_query(job->request), in.message, &in.faults);
    target_input_path(in.arena, in.route, job->match.parameters, in.message, &in.faults);
    take_conditions(&in);
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
    if (!strcmp(field, "idempotency_key"))
        return IDEMPOTENCY_KEY_HEADER;
    if (prefix && !strncmp(field, route->body->name, prefix) && field[prefix] == '.')
        field += prefix + 1;
    if (route->condition && !strcmp(field, "etag"))
        return IF_MATCH;
    return transcode_camel_case(a, field);
}
