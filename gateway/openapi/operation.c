#include "operation.h"

#include "answers.h"
#include "rpc_page.h"
#include "transcode.h"

#include <stdio.h>
#include <string.h>

static const char *method_name(const bound_route *route)
{
    return strrchr(route->rpc_method, '/') + 1;
}

/* "GetGoal" -> "getGoal" */
static json_t *operation_id(const bound_route *route)
{
    char id[128];
    snprintf(id, sizeof id, "%s", method_name(route));
    if (*id >= 'A' && *id <= 'Z')
        *id = (char)(*id - 'A' + 'a');
    return json_string(id);
}

static const char *tag_of(const bound_route *route)
{
    static const char *const tags[PEER_COUNT] = {
        [PEER_AUTH] = "auth", [PEER_PLAN] = "plan", [PEER_PROGRESS] = "progress", [PEER_METRICS] = "metrics"};
    return tags[route->spec->peer];
}

/* The first sentence is the summary. */
static void describe(json_t *operation, const char *comment)
{
    const char *end = strstr(comment, ". ");
    size_t size = end ? (size_t)(end - comment) : strlen(comment);
    if (size && comment[size - 1] == '.')
        size--;
    if (size)
        json_object_set_new(operation, "summary", json_stringn(comment, size));
    if (end)
        json_object_set_new(operation, "description", json_string(comment));
}

/* ---- parameters ---- */

static json_t *parameter(const char *name, const char *in, const char *comment, json_t *schema)
{
    json_t *p =
        json_pack("{s:s, s:s, s:b, s:o}", "name", name, "in", in, "required", !strcmp(in, "path"), "schema", schema);
    if (*comment)
        json_object_set_new(p, "description", json_string(comment));
    return p;
}

/* "goal.id": the field of the message in the field. */
static const ProtobufCFieldDescriptor *find_path(const ProtobufCMessageDescriptor **type, const char *name)
{
    for (const char *dot; (dot = strchr(name, '.')); name = dot + 1) {
        char head[128];
        snprintf(head, sizeof head, "%.*s", (int)(dot - name), name);
        *type = protobuf_c_message_descriptor_get_field_by_name(*type, head)->descriptor;
    }
    return protobuf_c_message_descriptor_get_field_by_name(*type, name);
}

/* Reads tell what their answer was, and can be asked whether it still is. */
static bool is_read(const bound_route *route)
{
    return route->spec->method == METHOD_GET;
}

static json_t *if_none_match(void)
{
    return parameter("If-None-Match", "header", "ETags of answers that the client has: 304 when one is still good.",
                     json_pack("{s:s}", "type", "string"));
}

static json_t *if_match(void)
{
    return parameter("If-Match", "header", "ETags of which one must still be good, or nothing is changed: 412.",
                     json_pack("{s:s, s:s}", "type", "string", "format", "entity-tags"));
}

static json_t *idempotency_key(void)
{
    static const char pattern[] = "^(?:[!#-~][!-~]{0,254}|\"(?:[ !#-\\[\\]-~]|\\\\[\"\\\\]){1,255}\")$";
    return parameter("Idempotency-Key", "header",
                     "Chosen by the client: the same key with the same request is carried out once and answered alike.",
                     json_pack("{s:s, s:s}", "type", "string", "pattern", pattern));
}

static void add_path_parameters(schemas *s, json_t *list, const bound_route *route)
{
    arena a;
    arena_init(&a, 0);
    for (size_t i = 0; i < route->parameter_count; i++) {
        const ProtobufCMessageDescriptor *type = route->input;
        const ProtobufCFieldDescriptor *field = find_path(&type, route->parameters[i]);
        json_array_append_new(list, parameter(transcode_camel_case(&a, field->name), "path",
                                              contract_field_comment(s->contract, type, field->name),
                                              schema_of_parameter(s, type, field)));
    }
    arena_finish(&a);
}

static bool is_in_path(const bound_route *route, const char *field)
{
    for (size_t i = 0; i < route->parameter_count; i++)
        if (!strcmp(route->parameters[i], field))
            return true;
    return false;
}

static json_t *page_size(void)
{
    json_t *schema = json_pack("{s:s, s:i, s:i, s:i}", "type", "integer", "minimum", 0, "maximum", RPC_PAGE_SIZE_LIMIT,
                               "default", RPC_PAGE_SIZE_DEFAULT);
    return parameter("limit", "query", "How many at most; 0 means the default.", schema);
}

static json_t *page_token(void)
{
    json_t *schema = json_pack("{s:s, s:s}", "type", "string", "format", "cursor");
    return parameter("cursor", "query", "Where to go on: nextCursor of the page before, as it came.", schema);
}

static void add_query_parameters(schemas *s, json_t *list, const bound_route *route)
{
    arena a;
    arena_init(&a, 0);
    for (unsigned i = 0; !route->spec->body && i < route->input->n_fields; i++) {
        const ProtobufCFieldDescriptor *field = &route->input->fields[i];
        if (is_in_path(route, field->name) || field == route->condition)
            continue;
        if (!strcmp(field->name, "page_size"))
            json_array_append_new(list, page_size());
        else if (!strcmp(field->name, "page_token"))
            json_array_append_new(list, page_token());
        else
            json_array_append_new(list, parameter(transcode_camel_case(&a, field->name), "query",
                                                  contract_field_comment(s->contract, route->input, field->name),
                                                  schema_of_parameter(s, route->input, field)));
    }
    arena_finish(&a);
}

/* ---- bodies ---- */

/* Fields of the body's message that come in the path: of "goal.id", with the body "goal", it is "id". */
static size_t omit_path_fields(const bound_route *route, const char *omitted[ROUTE_PARAMETERS_MAX])
{
    for (size_t i = 0; i < route->parameter_count; i++) {
        const char *dot = strchr(route->parameters[i], '.');
        omitted[i] = dot ? dot + 1 : route->parameters[i];
    }
    return route->parameter_count;
}

static json_t *request_body(schemas *s, const bound_route *route)
{
    const char *omitted[ROUTE_PARAMETERS_MAX];
    schema_view view = {.use = route->spec->partial ? SCHEMA_OF_CHANGE : SCHEMA_OF_BODY,
                        .omitted = omitted,
                        .omitted_count = omit_path_fields(route, omitted)};
    json_t *schema = schema_of_message(s, route->body ? route->body->descriptor : route->input, &view);
    /* An empty body counts as {}: it will do where nothing is required. */
    const char *name = strrchr(json_string_value(json_object_get(schema, "$ref")), '/') + 1;
    const json_t *object = json_object_get(s->components, name);
    bool required = route->spec->partial || json_object_get(object, "required");
    return json_pack("{s:b, s:{s:{s:o}}}", "required", required, "content", "application/json", "schema", schema);
}

/* ---- answers ---- */

/* Besides those of every answer. */
static const char *const *headers_of(const bound_route *route)
{
    static const char *const tagged[] = {"ETag", NULL}, *const plain[] = {NULL};
    return is_read(route) || (route->version && route->spec->success != 204) ? tagged : plain;
}

static json_t *empty(const char *description, const char *const *more_headers)
{
    return json_pack("{s:s, s:o}", "description", description, "headers", answers_header_references(more_headers));
}

static json_t *success(schemas *s, const bound_route *route, int http_status)
{
    json_t *answer = empty(http_status == 204 ? "Done." : "As asked for.", headers_of(route));
    if (http_status == 204)
        return answer;
    schema_view view = {.use = SCHEMA_OF_ANSWER, .list = route->spec->list};
    json_object_set_new(answer, "content",
                        json_pack("{s:{s:o}}", "application/json", "schema",
                                  schema_of_message(s, route->output, &view)));
    return answer;
}

static json_t *not_modified(const bound_route *route)
{
    return empty("If-None-Match names the answer: the client has it.", headers_of(route));
}

static json_t *responses(schemas *s, const bound_route *route)
{
    int http_status = route->spec->success ? route->spec->success : 200;
    char key[12];
    snprintf(key, sizeof key, "%d", http_status);
    json_t *all = json_pack("{s:o}", key, success(s, route, http_status));
    if (is_read(route))
        json_object_set_new(all, "304", not_modified(route));
    answers_add_problems(all, route, contract_method_rules(s->contract, route->rpc_method));
    return all;
}

/* ---- all of it ---- */

json_t *operation_of_route(schemas *s, const bound_route *route)
{
    json_t *operation = json_pack("{s:o, s:[s]}", "operationId", operation_id(route), "tags", tag_of(route));
    describe(operation, contract_method_comment(s->contract, route->rpc_method));
    json_t *parameters = json_array();
    add_path_parameters(s, parameters, route);
    add_query_parameters(s, parameters, route);
    if (is_read(route))
        json_array_append_new(parameters, if_none_match());
    if (route->condition)
        json_array_append_new(parameters, if_match());
    if (route->takes_key)
        json_array_append_new(parameters, idempotency_key());
    if (json_array_size(parameters))
        json_object_set(operation, "parameters", parameters);
    json_decref(parameters);
    if (route->spec->body)
        json_object_set_new(operation, "requestBody", request_body(s, route));
    json_object_set_new(operation, "responses", responses(s, route));
    json_object_set_new(operation, "security",
                        route->spec->access == ACCESS_USER ? json_pack("[{s:[]}]", "accessToken") : json_array());
    return operation;
}
