/* What every answer carries, whatever it says. */
#include "gateway_internal.h"

#include <string.h>

enum { HEADERS_MAX = 12 };

typedef struct headers {
    http_field fields[HEADERS_MAX];
    size_t count;
} headers;

static void add(headers *h, const char *name, const char *value)
{
    h->fields[h->count++] = (http_field){.name = name, .value = value};
}

/* No browser shall guess a type, frame an answer or keep it: answers are a learner's own, and JSON. */
static headers common_headers(const request_job *job)
{
    headers h = {.count = 0};
    add(&h, "X-Request-Id", job->id);
    add(&h, "Cache-Control", "no-store");
    add(&h, "X-Content-Type-Options", "nosniff");
    add(&h, "X-Frame-Options", "DENY");
    add(&h, "Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'");
    add(&h, "Referrer-Policy", "no-referrer");
    return h;
}

void answer_json(request_job *job, int http_status, const char *json, size_t size)
{
    headers h = common_headers(job);
    add(&h, "Content-Type", "application/json");
    http_respond(job->request, http_status, h.fields, h.count, json, size);
}

void answer_empty(request_job *job, int http_status)
{
    headers h = common_headers(job);
    if (job->match.allow && http_status != 404)
        add(&h, "Allow", job->match.allow);
    http_respond(job->request, http_status, h.fields, h.count, "", 0);
}

void answer_problem(request_job *job, const problem *p)
{
    size_t size;
    const char *json = problem_write(http_arena(job->request), p, http_path(job->request), job->id, &size);
    headers h = common_headers(job);
    add(&h, "Content-Type", "application/problem+json");
    if (p->http_status == 401)
        add(&h, "WWW-Authenticate", "Bearer realm=\"sical\"");
    if (p->http_status == 405)
        add(&h, "Allow", job->match.allow);
    if (p->http_status == 429 || p->http_status == 503)
        add(&h, "Retry-After", "1");
    http_respond(job->request, p->http_status, h.fields, h.count, json, size);
}
