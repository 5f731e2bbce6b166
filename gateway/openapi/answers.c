#include "answers.h"

#include "problem.h"

#include <stdio.h>
#include <string.h>

enum { HEADERS_MAX = 4, STATUS_BYTES = 12 };

/* When a route may answer so. */
typedef enum condition {
    OF_EVERY_ROUTE,
    OF_BODIES,
    OF_TOKENS,
    OF_KEYED_WRITES, /* that take an Idempotency-Key */
    OF_CONDITIONS,   /* that honour If-Match */
    OF_METHODS,      /* that state a code which maps to this status */
} condition;

typedef struct answer {
    int http_status;
    condition when;
    const char *name; /* of the component */
    const char *description;
    const char *headers[HEADERS_MAX]; /* besides those of every answer */
} answer;

static const answer answers[] = {
    {400, OF_EVERY_ROUTE, "BadRequest", "The request has faults: errors names them all, or detail says which.", {NULL}},
    {401, OF_TOKENS, "Unauthorized", "No access token, or one that is not valid.", {"WWW-Authenticate"}},
    {404, OF_METHODS, "NotFound", "There is no such thing, or it belongs to somebody else.", {NULL}},
    {406, OF_EVERY_ROUTE, "NotAcceptable", "Accept excludes application/json.", {NULL}},
    {409, OF_METHODS, "Conflict", "The id is in use, or another request came first.", {NULL}},
    {412, OF_CONDITIONS, "PreconditionFailed", "It has changed since: If-Match does not name its ETag of now.", {NULL}},
    {413, OF_BODIES, "ContentTooLarge", "The body is larger than this path takes.", {NULL}},
    {415, OF_BODIES, "UnsupportedMediaType", "The body must be application/json in UTF-8, not encoded.", {NULL}},
    {422, OF_KEYED_WRITES, "UnprocessableContent", "The Idempotency-Key came with another request before.", {NULL}},
    {429, OF_EVERY_ROUTE, "TooManyRequests", "Too many requests of this user or address.", {"Retry-After"}},
    {500, OF_EVERY_ROUTE, "InternalServerError", "A fault of the suite's own; its log knows it by requestId.", {NULL}},
    {503, OF_EVERY_ROUTE, "ServiceUnavailable", "A service cannot be reached or has too much to do.", {"Retry-After"}},
    {504, OF_EVERY_ROUTE, "GatewayTimeout", "No answer in time. What was to be written may have been.", {NULL}},
};
enum { ANSWERS = sizeof answers / sizeof answers[0] };

typedef enum presence {
    IN_EVERY_ANSWER,
    MAYBE_IN_EVERY_ANSWER, /* when the configuration says so */
    WHERE_NAMED,
} presence;

static const struct {
    const char *name, *description, *schema;
    presence where;
} headers[] = {
    {"X-Request-Id", "Follows the request through every log; chosen by the client, or made.",
     "{\"type\":\"string\",\"minLength\":1,\"maxLength\":64,\"pattern\":\"^[A-Za-z0-9._-]+$\"}", IN_EVERY_ANSWER},
    {"RateLimit", "What is left of the limit, and the seconds until there is one more: \"query\";r=99;t=1.",
     "{\"type\":\"string\"}", MAYBE_IN_EVERY_ANSWER},
    {"RateLimit-Policy", "The limit: so many requests in so many seconds, \"query\";q=100;w=60.",
     "{\"type\":\"string\"}", MAYBE_IN_EVERY_ANSWER},
    {"ETag", "Changes with the answer: to be sent back as If-None-Match, or as If-Match with a change.",
     "{\"type\":\"string\",\"pattern\":\"^\\u0022[!#-~]+\\u0022$\"}", WHERE_NAMED},
    {"WWW-Authenticate", "RFC 6750.", "{\"type\":\"string\",\"pattern\":\"^Bearer \"}", WHERE_NAMED},
    {"Retry-After", "Seconds to wait.", "{\"type\":\"integer\",\"minimum\":0}", WHERE_NAMED},
};
enum { HEADERS = sizeof headers / sizeof headers[0] };

/* ---- components ---- */

json_t *answers_headers(void)
{
    json_t *components = json_object();
    for (size_t i = 0; i < HEADERS; i++)
        json_object_set_new(components, headers[i].name,
                            json_pack("{s:s, s:b, s:o}", "description", headers[i].description, "required",
                                      headers[i].where != MAYBE_IN_EVERY_ANSWER, "schema",
                                      json_loads(headers[i].schema, 0, NULL)));
    return components;
}

static void refer_to_header(json_t *references, const char *name)
{
    json_object_set_new(references, name, json_pack("{s:s+}", "$ref", "#/components/headers/", name));
}

json_t *answers_header_references(const char *const *more)
{
    json_t *references = json_object();
    for (size_t i = 0; i < HEADERS; i++)
        if (headers[i].where != WHERE_NAMED)
            refer_to_header(references, headers[i].name);
    for (; *more; more++)
        refer_to_header(references, *more);
    return references;
}

json_t *answers_problem_schema(void)
{
    static const char schema[] =
        "{\"type\":\"object\",\"description\":\"A problem as in RFC 9457.\",\"properties\":{"
        "\"type\":{\"type\":\"string\",\"format\":\"uri-reference\"},"
        "\"title\":{\"type\":\"string\",\"description\":\"The status in words.\"},"
        "\"status\":{\"type\":\"integer\",\"minimum\":400,\"maximum\":599},"
        "\"detail\":{\"type\":\"string\",\"description\":\"What is wrong, in a sentence.\"},"
        "\"instance\":{\"type\":\"string\",\"description\":\"The path that was asked for.\"},"
        "\"code\":{\"type\":\"string\",\"pattern\":\"^[A-Z_]+$\",\"description\":\"The same for programs.\"},"
        "\"requestId\":{\"type\":\"string\",\"description\":\"As in X-Request-Id.\"},"
        "\"errors\":{\"type\":\"array\",\"minItems\":1,\"description\":\"All faults of the input.\",\"items\":{"
        "\"type\":\"object\",\"properties\":{"
        "\"field\":{\"type\":\"string\",\"description\":\"Its place as the client wrote it: topics[3].title.\"},"
        "\"message\":{\"type\":\"string\"}},\"required\":[\"field\",\"message\"],\"additionalProperties\":false}}},"
        "\"required\":[\"type\",\"title\",\"status\",\"instance\",\"code\",\"requestId\"],"
        "\"additionalProperties\":false}";
    return json_loads(schema, 0, NULL);
}

json_t *answers_components(void)
{
    json_t *components = json_object();
    for (size_t i = 0; i < ANSWERS; i++) {
        const answer *a = &answers[i];
        json_t *of_this_status =
            json_pack("{s:[{s:s}, {s:{s:{s:i}}}]}", "allOf", "$ref", "#/components/schemas/Problem", "properties",
                      "status", "const", a->http_status);
        json_object_set_new(components, a->name,
                            json_pack("{s:s, s:o, s:{s:{s:o}}}", "description", a->description, "headers",
                                      answers_header_references(a->headers), "content", "application/problem+json",
                                      "schema", of_this_status));
    }
    return components;
}

/* ---- of a route ---- */

static bool is_stated(const Sical__Api__MethodRules *rules, int http_status)
{
    for (size_t i = 0; i < rules->n_errors; i++)
        if (problem_http_status((int)rules->errors[i]) == http_status)
            return true;
    return false;
}

static bool applies(const answer *a, const bound_route *route, const Sical__Api__MethodRules *rules)
{
    if (is_stated(rules, a->http_status))
        return true;
    switch (a->when) {
    case OF_EVERY_ROUTE:
        return true;
    case OF_BODIES:
        return route->spec->body != NULL;
    case OF_TOKENS:
        return route->spec->access == ACCESS_USER;
    case OF_KEYED_WRITES:
        return route->takes_key;
    case OF_CONDITIONS:
        return route->condition != NULL;
    case OF_METHODS:
        break;
    }
    return false;
}

void answers_add_problems(json_t *responses, const bound_route *route, const Sical__Api__MethodRules *rules)
{
    for (size_t i = 0; i < ANSWERS; i++) {
        if (!applies(&answers[i], route, rules))
            continue;
        char key[STATUS_BYTES];
        snprintf(key, sizeof key, "%d", answers[i].http_status);
        json_object_set_new(responses, key, json_pack("{s:s+}", "$ref", "#/components/responses/", answers[i].name));
    }
}
