#include "documents.h"

#include "entity_tag.h"
#include "gzip.h"
#include "negotiation.h"
#include "openapi.h"
#include "service.h"

#include <stdlib.h>
#include <string.h>

enum { DOCUMENTS = 4, HEADERS = 8, HEADERS_MAX = HEADERS + 2 };

/* The page may load its own script and style and read the document, nothing else and from nowhere else. */
#define PAGE_POLICY                                                                                                    \
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; frame-ancestors 'none'; "            \
    "base-uri 'none'; form-action 'none'"

typedef struct document {
    const char *path, *content_type;
    const char *text;
    size_t size;
    char *gzipped; /* NULL: not worth it */
    size_t gzipped_size;
    char tag[ENTITY_TAG_SIZE];
} document;

struct documents {
    char *openapi;
    document list[DOCUMENTS];
};

/* Embedded by the build; see gateway/docs/. */
extern const char docs_page[], docs_page_end[], docs_script[], docs_script_end[], docs_style[], docs_style_end[];

static document make_document(const char *path, const char *content_type, const char *text, size_t size)
{
    document d = {.path = path, .content_type = content_type, .text = text, .size = size};
    entity_tag_of_bytes(text, size, d.tag);
    if (size >= GZIP_WORTH_BYTES)
        d.gzipped = gzip_prepare(text, size, &d.gzipped_size);
    return d;
}

static document make_embedded(const char *path, const char *content_type, const char *text, const char *end)
{
    return make_document(path, content_type, text, (size_t)(end - text));
}

documents *documents_create(const router *r)
{
    documents *d = calloc(1, sizeof *d);
    if (!d)
        abort();
    size_t size;
    d->openapi = openapi_make(r, service_version(), &size);
    d->list[0] = make_document("/openapi.json", "application/json", d->openapi, size);
    d->list[1] = make_embedded("/docs", "text/html; charset=utf-8", docs_page, docs_page_end);
    d->list[2] = make_embedded("/docs/page.js", "text/javascript; charset=utf-8", docs_script, docs_script_end);
    d->list[3] = make_embedded("/docs/page.css", "text/css; charset=utf-8", docs_style, docs_style_end);
    return d;
}

void documents_destroy(documents *d)
{
    if (!d)
        return;
    for (int i = 0; i < DOCUMENTS; i++)
        free(d->list[i].gzipped);
    free(d->openapi);
    free(d);
}

/* ---- answering ---- */

static bool is_gzip_wanted(const request_job *job, const document *d)
{
    return d->gzipped && negotiation_wants_gzip(http_header(job->request, "Accept-Encoding"));
}

/* body NULL: the client has it already. */
static void respond(request_job *job, const document *d, const char *tag, const char *body, size_t size)
{
    http_field headers[HEADERS_MAX] = {
        {"X-Request-Id", job->id},
        {"ETag", tag},
        {"Cache-Control", "no-cache"}, /* to be kept, and asked about: a new release may have changed it */
        {"Content-Type", d->content_type},
        {"Content-Security-Policy", PAGE_POLICY},
        {"X-Content-Type-Options", "nosniff"},
        {"X-Frame-Options", "DENY"},
        {"Referrer-Policy", "no-referrer"},
    };
    size_t count = HEADERS;
    if (d->gzipped)
        headers[count++] = (http_field){"Vary", "Accept-Encoding"};
    if (body && body == d->gzipped)
        headers[count++] = (http_field){"Content-Encoding", "gzip"};
    http_respond(job->request, body ? 200 : 304, headers, count, body, size);
}

static void answer_read_of(request_job *job, const document *d)
{
    char tag[ENTITY_TAG_SIZE];
    bool gzipped = is_gzip_wanted(job, d);
    const char *known = http_header(job->request, IF_NONE_MATCH);
    strcpy(tag, d->tag);
    if (gzipped)
        entity_tag_mark_gzip(tag);
    if (known && entity_tag_is_named(known, tag))
        respond(job, d, tag, NULL, 0);
    else if (gzipped)
        respond(job, d, tag, d->gzipped, d->gzipped_size);
    else
        respond(job, d, tag, d->text, d->size);
}

static void answer(request_job *job, const document *d)
{
    const char *method = http_method(job->request);
    job->match.allow = "GET, HEAD, OPTIONS";
    if (!strcmp(method, "OPTIONS")) {
        answer_options(job);
    } else if (strcmp(method, "GET") != 0 && strcmp(method, "HEAD") != 0) {
        problem p = problem_of_http(405, "The path does not take this method; see Allow.");
        answer_problem(job, &p);
    } else {
        answer_read_of(job, d);
    }
}

bool documents_answer(const documents *d, request_job *job)
{
    for (int i = 0; i < DOCUMENTS; i++) {
        if (strcmp(http_path(job->request), d->list[i].path) != 0)
            continue;
        answer(job, &d->list[i]);
        return true;
    }
    return false;
}

/* ---- the command line ---- */

void documents_print_openapi(FILE *out)
{
    size_t size;
    router *r = router_create(gateway_routes, gateway_route_count);
    char *text = r ? openapi_make(r, service_version(), &size) : NULL;
    if (text)
        fprintf(out, "%s\n", text);
    free(text);
    router_destroy(r);
}
