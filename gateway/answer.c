/* What every answer carries, whatever it says; what is read can be asked about again, and comes smaller if wanted. */
#include "entity_tag.h"
#include "gateway_internal.h"
#include "limited.h"
#include "negotiation.h"

#include <string.h>

enum { HEADERS_MAX = 20 };

typedef struct headers {
    http_field fields[HEADERS_MAX];
    size_t count;
} headers;

static void add(headers *h, const char *name, const char *value)
{
    h->fields[h->count++] = (http_field){.name = name, .value = value};
}

static void respond(request_job *job, int http_status, const headers *h, const void *body, size_t size)
{
    http_respond(job->request, http_status, h->fields, h->count, body, size);
}

/* ---- what depends on the configuration ---- */

static void add_cors(headers *h, const request_job *job)
{
    const cors_policy *cors = &job->gateway->options.http.cors;
    const char *origin = cors_allowed_origin(cors, http_header(job->request, "Origin"));
    if (!origin)
        return;
    add(h, "Access-Control-Allow-Origin", origin);
    add(h, "Access-Control-Expose-Headers", CORS_ANSWER_HEADERS);
    if (cors->credentials)
        add(h, "Access-Control-Allow-Credentials", "true");
}

/* A cache must not give the answer to one origin, or in one encoding, to who asks for another. */
static void add_vary(headers *h, const request_job *job, bool by_encoding)
{
    const cors_policy *cors = &job->gateway->options.http.cors;
    bool by_origin = cors->count && !cors->any;
    if (by_origin || by_encoding)
        add(h, "Vary", by_origin ? by_encoding ? "Accept-Encoding, Origin" : "Origin" : "Accept-Encoding");
}

static void add_rate(headers *h, const request_job *job)
{
    char *field = arena_alloc(http_arena(job->request), LIMITED_FIELD_SIZE);
    limited_write_field(job, field);
    add(h, "RateLimit", field);
    add(h, "RateLimit-Policy", request_limit_policy(job->gateway->limits, job->match.route->spec->limit));
}

static headers common_headers(const request_job *job, const char *caching, bool by_encoding)
{
    const http_policy *policy = &job->gateway->options.http;
    headers h = {.count = 0};
    add(&h, "X-Request-Id", job->id);
    add(&h, "Cache-Control", caching);
    add_vary(&h, job, by_encoding);
    if (policy->cors.count)
        add_cors(&h, job);
    if (job->limited)
        add_rate(&h, job);
    if (*policy->hsts && http_is_secure(job->request))
        add(&h, "Strict-Transport-Security", policy->hsts);
    return h;
}

/* No browser shall guess a type, frame an answer or keep it: answers are a learner's own, and JSON. */
static headers content_headers(const request_job *job, const char *type, const char *caching, bool by_encoding)
{
    headers h = common_headers(job, caching, by_encoding);
    add(&h, "Content-Type", type);
    add(&h, "X-Content-Type-Options", "nosniff");
    add(&h, "X-Frame-Options", "DENY");
    add(&h, "Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'");
    add(&h, "Referrer-Policy", "no-referrer");
    return h;
}

/* ---- JSON ---- */

/* Public routes answer with tokens: a secret is never compressed together with what an attacker may have chosen. */
static bool can_be_gzipped(const request_job *job, size_t size)
{
    return size >= GZIP_WORTH_BYTES && job->match.route->spec->access != ACCESS_PUBLIC;
}

static bool is_gzip_wanted(const request_job *job)
{
    return negotiation_wants_gzip(http_header(job->request, "Accept-Encoding"));
}

/* Makes it smaller; false: it stays as it is. */
static bool make_smaller(request_job *job, const char **json, size_t *size)
{
    const char *encoded;
    size_t encoded_size;
    if (!gzip_encode(job->gateway->gzip, http_arena(job->request), *json, *size, &encoded, &encoded_size))
        return false;
    *json = encoded;
    *size = encoded_size;
    return true;
}

void answer_json(request_job *job, int http_status, const char *json, size_t size, const char *version)
{
    char tag[ENTITY_TAG_SIZE];
    bool by_encoding = can_be_gzipped(job, size);
    headers h = content_headers(job, "application/json", "no-store", by_encoding);
    bool tagged = version && entity_tag_of_version(version, tag);
    if (tagged)
        add(&h, "ETag", tag);
    if (by_encoding && is_gzip_wanted(job) && make_smaller(job, &json, &size)) {
        add(&h, "Content-Encoding", "gzip");
        if (tagged)
            entity_tag_mark_gzip(tag);
    }
    respond(job, http_status, &h, json, size);
}

static void make_tag(const char *json, size_t size, const char *version, char tag[ENTITY_TAG_SIZE])
{
    if (!version || !entity_tag_of_version(version, tag))
        entity_tag_of_bytes(json, size, tag);
}

/* Kept by the client alone, and never used without asking. */
#define CACHING_OF_READS "private, no-cache"

static void answer_not_modified(request_job *job, const char *tag, bool by_encoding)
{
    headers h = common_headers(job, CACHING_OF_READS, by_encoding);
    add(&h, "ETag", tag);
    respond(job, 304, &h, "", 0);
}

void answer_read(request_job *job, const char *json, size_t size, const char *version)
{
    char tag[ENTITY_TAG_SIZE];
    const char *known = http_header(job->request, IF_NONE_MATCH);
    bool by_encoding = can_be_gzipped(job, size);
    bool gzipped = by_encoding && is_gzip_wanted(job);
    make_tag(json, size, version, tag);
    if (gzipped)
        entity_tag_mark_gzip(tag);
    if (known && entity_tag_is_named(known, tag)) {
        answer_not_modified(job, tag, by_encoding);
        return;
    }
    headers h = content_headers(job, "application/json", CACHING_OF_READS, by_encoding);
    if (gzipped && make_smaller(job, &json, &size))
        add(&h, "Content-Encoding", "gzip");
    else if (gzipped)
        make_tag(json, size, version, tag);
    add(&h, "ETag", tag);
    respond(job, 200, &h, json, size);
}

/* ---- the others ---- */

void answer_empty(request_job *job, int http_status)
{
    headers h = common_headers(job, "no-store", false);
    respond(job, http_status, &h, "", 0);
}

static bool is_preflight(const request_job *job)
{
    return cors_allowed_origin(&job->gateway->options.http.cors, http_header(job->request, "Origin")) &&
           http_header(job->request, "Access-Control-Request-Method");
}

void answer_options(request_job *job)
{
    headers h = common_headers(job, "no-store", false);
    add(&h, "Allow", job->match.allow);
    if (is_preflight(job)) {
        add(&h, "Access-Control-Allow-Methods", job->match.allow);
        add(&h, "Access-Control-Allow-Headers", CORS_REQUEST_HEADERS);
        add(&h, "Access-Control-Max-Age", job->gateway->options.http.cors.max_age_s);
    }
    respond(job, 204, &h, "", 0);
}

/* What would have done instead. */
static void add_hint(headers *h, const request_job *job, int http_status)
{
    switch (http_status) {
    case 401:
        add(h, "WWW-Authenticate", "Bearer realm=\"sical\"");
        break;
    case 405:
        add(h, "Allow", job->match.allow);
        break;
    case 415:
        add(h, "Accept", "application/json");
        add(h, "Accept-Encoding", "identity");
        break;
    case 429:
        add(h, "Retry-After", arena_printf(http_arena(job->request), "%u", job->rate.next_in_s));
        break;
    case 503:
        add(h, "Retry-After", RETRY_AFTER);
        break;
    default:
        break;
    }
}

void answer_problem(request_job *job, const problem *p)
{
    size_t size;
    const char *json = problem_write(http_arena(job->request), p, http_path(job->request), job->id, &size);
    headers h = content_headers(job, "application/problem+json", "no-store", false);
    add_hint(&h, job, p->http_status);
    respond(job, p->http_status, &h, json, size);
}
