#include "problem.h"

#include "entity_tag.h"
#include "idempotency_key.h"
#include "transcode.h"
#include "utf8.h"

#include <string.h>

static const int http_of_code[CODE_COUNT] = {
    [CODE_OK] = 200,
    [CODE_CANCELLED] = 499,
    [CODE_UNKNOWN] = 500,
    [CODE_INVALID_ARGUMENT] = 400,
    [CODE_DEADLINE_EXCEEDED] = 504,
    [CODE_NOT_FOUND] = 404,
    [CODE_ALREADY_EXISTS] = 409,
    [CODE_PERMISSION_DENIED] = 403,
    [CODE_RESOURCE_EXHAUSTED] = 429,
    [CODE_FAILED_PRECONDITION] = 400,
    [CODE_ABORTED] = 409,
    [CODE_OUT_OF_RANGE] = 400,
    [CODE_UNIMPLEMENTED] = 501,
    [CODE_INTERNAL] = 500,
    [CODE_UNAVAILABLE] = 503,
    [CODE_DATA_LOSS] = 500,
    [CODE_UNAUTHENTICATED] = 401,
};

static const struct {
    int http_status;
    const char *code, *title;
} statuses[] = {
    {400, "INVALID_ARGUMENT", "Bad Request"},
    {401, "UNAUTHENTICATED", "Unauthorized"},
    {403, "PERMISSION_DENIED", "Forbidden"},
    {404, "NOT_FOUND", "Not Found"},
    {405, "METHOD_NOT_ALLOWED", "Method Not Allowed"},
    {406, "NOT_ACCEPTABLE", "Not Acceptable"},
    {409, "ABORTED", "Conflict"},
    {412, "ABORTED", "Precondition Failed"},
    {413, "CONTENT_TOO_LARGE", "Content Too Large"},
    {415, "UNSUPPORTED_MEDIA_TYPE", "Unsupported Media Type"},
    {417, "EXPECTATION_FAILED", "Expectation Failed"},
    {422, "FAILED_PRECONDITION", "Unprocessable Content"},
    {429, "RESOURCE_EXHAUSTED", "Too Many Requests"},
    {499, "CANCELLED", "Client Closed Request"},
    {500, "INTERNAL", "Internal Server Error"},
    {501, "UNIMPLEMENTED", "Not Implemented"},
    {503, "UNAVAILABLE", "Service Unavailable"},
    {504, "DEADLINE_EXCEEDED", "Gateway Timeout"},
};

int problem_http_status(int code)
{
    return code >= 0 && code < CODE_COUNT ? http_of_code[code] : 500;
}

const char *problem_title(int http_status)
{
    for (size_t i = 0; i < sizeof statuses / sizeof statuses[0]; i++)
        if (statuses[i].http_status == http_status)
            return statuses[i].title;
    return "Error";
}

/* What is refused because of a header field has a status of its own. */
static const struct {
    int code;
    const char *field;
    int http_status;
} of_fields[] = {
    {CODE_FAILED_PRECONDITION, IDEMPOTENCY_KEY_HEADER, 422}, /* the key came with another request before */
    {CODE_ABORTED, IF_MATCH, 412},                           /* it has changed since the client read it */
};

static int status_of_faults(int code, const rpc_fault *faults, size_t fault_count)
{
    for (size_t i = 0; i < fault_count; i++)
        for (size_t k = 0; k < sizeof of_fields / sizeof of_fields[0]; k++)
            if (of_fields[k].code == code && !strcmp(of_fields[k].field, faults[i].field))
                return of_fields[k].http_status;
    return problem_http_status(code);
}

problem problem_of_code(int code, const char *detail, const rpc_fault *faults, size_t fault_count)
{
    int http_status = status_of_faults(code, faults, fault_count);
    if (http_status == 500)
        detail = "Something went wrong here. The log knows it by the requestId.";
    return (problem){http_status, code_name(code), detail, faults, fault_count};
}

problem problem_of_http(int http_status, const char *detail)
{
    const char *code = "UNKNOWN";
    for (size_t i = 0; i < sizeof statuses / sizeof statuses[0]; i++)
        if (statuses[i].http_status == http_status)
            code = statuses[i].code;
    return (problem){.http_status = http_status, .code = code, .detail = detail};
}

/* ---- writing ---- */

static size_t room_for(const char *s)
{
    return s ? 6 * strlen(s) + 3 : 0;
}

/* Names and paths come from the client as they are; JSON is UTF-8. What is not becomes '?'. */
static char *quote(char *out, const char *value)
{
    char *end = transcode_quote(out, value);
    for (char *p = out; p < end;) {
        size_t length = utf8_sequence(p);
        if (!length)
            *p = '?';
        p += length ? length : 1;
    }
    return end;
}

static char *member(char *out, const char *name, const char *value)
{
    out = stpcpy(stpcpy(stpcpy(out, ",\""), name), "\":");
    return quote(out, value);
}

static char *write_faults(char *out, const problem *p)
{
    out = stpcpy(out, ",\"errors\":[");
    for (size_t i = 0; i < p->fault_count; i++) {
        out = stpcpy(out, i ? ",{\"field\":" : "{\"field\":");
        out = member(quote(out, p->faults[i].field), "message", p->faults[i].message);
        *out++ = '}';
    }
    return stpcpy(out, "]");
}

const char *problem_write(arena *a, const problem *p, const char *instance, const char *request_id, size_t *size)
{
    size_t room = 256 + room_for(p->detail) + room_for(instance) + room_for(request_id);
    for (size_t i = 0; i < p->fault_count; i++)
        room += 32 + room_for(p->faults[i].field) + room_for(p->faults[i].message);
    char *text = arena_alloc(a, room);
    if (!text)
        return NULL;
    char *out = stpcpy(text, "{\"type\":\"about:blank\"");
    out = member(out, "title", problem_title(p->http_status));
    char digits[] = {(char)('0' + p->http_status / 100 % 10), (char)('0' + p->http_status / 10 % 10),
                     (char)('0' + p->http_status % 10), '\0'};
    out = stpcpy(stpcpy(out, ",\"status\":"), digits);
    if (p->detail && *p->detail)
        out = member(out, "detail", p->detail);
    out = member(out, "instance", instance);
    out = member(out, "code", p->code);
    out = member(out, "requestId", request_id);
    if (p->fault_count)
        out = write_faults(out, p);
    out = stpcpy(out, "}");
    *size = (size_t)(out - text);
    return text;
}
