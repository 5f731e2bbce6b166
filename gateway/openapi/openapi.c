#include "openapi.h"

#include "answers.h"
#include "descriptor_set.h"
#include "operation.h"

#include <stdlib.h>
#include <string.h>

#define PREFIX "/api/v1"

enum { PATH_BYTES = 256 };

static json_t *info(const char *version)
{
    return json_pack(
        "{s:s, s:s, s:s, s:s}", "title", "sical", "summary", "A smart learning planner", "version", version,
        "description",
        "JSON as proto3 maps it. Unknown fields and query parameters are refused by name. HEAD is answered "
        "wherever GET is, OPTIONS with Allow; another method gets 405 with Allow. A request may bring an "
        "X-Request-Id and a traceparent.");
}

static json_t *tags(void)
{
    return json_pack("[{s:s, s:s}, {s:s, s:s}, {s:s, s:s}, {s:s, s:s}]", "name", "auth", "description",
                     "Accounts and sessions", "name", "plan", "description", "Graphs, goals, free hours, the plan",
                     "name", "progress", "description", "Study events, mastery, due reviews", "name", "metrics",
                     "description", "Streak, heat map, dashboard");
}

static json_t *security_schemes(void)
{
    return json_pack("{s:{s:s, s:s, s:s, s:s}}", "accessToken", "type", "http", "scheme", "bearer", "bearerFormat",
                     "JWT", "description", "accessToken of POST /auth/login or /auth/refresh.");
}

/* Below the server's URL, its parameters in lowerCamelCase: "/graphs/{graphId}/topics". */
static void name_path(const bound_route *route, char out[PATH_BYTES])
{
    bool in_parameter = false, raise = false;
    char *end = out;
    for (const char *p = route->pattern + strlen(PREFIX); *p && end < out + PATH_BYTES - 1; p++) {
        if (*p == '{' || *p == '}')
            in_parameter = *p == '{';
        bool separator = in_parameter && *p == '_';
        if (!separator)
            *end++ = raise && *p >= 'a' && *p <= 'z' ? (char)(*p - 'a' + 'A') : *p;
        raise = separator;
    }
    *end = '\0';
}

static json_t *lower_case(const char *name)
{
    char lower[16] = "";
    for (size_t i = 0; name[i] && i < sizeof lower - 1; i++)
        lower[i] = (char)(name[i] | 0x20);
    return json_string(lower);
}

static json_t *paths(schemas *s, const router *r)
{
    json_t *all = json_object();
    for (size_t i = 0; i < router_route_count(r); i++) {
        const bound_route *route = router_route(r, i);
        char path[PATH_BYTES];
        name_path(route, path);
        if (!json_object_get(all, path))
            json_object_set_new(all, path, json_object());
        json_t *method = lower_case(route_method_name(route->spec->method));
        json_object_set_new(json_object_get(all, path), json_string_value(method), operation_of_route(s, route));
        json_decref(method);
    }
    return all;
}

char *openapi_make(const router *r, const char *version, size_t *size)
{
    const char *why;
    schemas s = {.contract = contract_create(sical_descriptor_set,
                                             (size_t)(sical_descriptor_set_end - sical_descriptor_set), &why),
                 .components = json_object()};
    if (!s.contract)
        abort(); /* the build is broken */
    json_object_set_new(s.components, "Problem", answers_problem_schema());
    json_t *all = paths(&s, r);
    json_t *document = json_pack("{s:s, s:o, s:[{s:s}], s:o, s:o, s:{s:o, s:o, s:o, s:o}}", "openapi", "3.1.0", "info",
                                 info(version), "servers", "url", PREFIX, "tags", tags(), "paths", all, "components",
                                 "schemas", s.components, "responses", answers_components(), "headers",
                                 answers_headers(), "securitySchemes", security_schemes());
    contract_destroy(s.contract);
    char *text = document ? json_dumps(document, JSON_COMPACT) : NULL;
    if (!text)
        abort(); /* out of memory, or a text of the contract that is not UTF-8 */
    json_decref(document);
    *size = strlen(text);
    return text;
}
