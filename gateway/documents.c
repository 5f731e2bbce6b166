#include "documents.h"

#include "openapi.h"
#include "service.h"

#include <sodium.h>
#include <stdlib.h>
#include <string.h>

enum { DOCUMENTS = 4, HASH_BYTES = 16, ETAG_SIZE = 2 * HASH_BYTES + 3 /* quotes and NUL */ };

/* The page may load its own script and style and read the document, nothing else and from nowhere else. */
#define PAGE_POLICY                                                                                                    \
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; frame-ancestors 'none'; "            \
    "base-uri 'none'; form-action 'none'"

typedef struct document {
    const char *path, *content_type;
    const char *text;
    size_t size;
    char etag[ETAG_SIZE];
} document;

struct documents {
    char *openapi;
    document list[DOCUMENTS];
};

/* Embedded by the build; see gateway/docs/. */
extern const char docs_page[], docs_page_end[], docs_script[], docs_script_end[], docs_style[], docs_style_end[];

static void write_etag(document *d)
{
    unsigned char hash[HASH_BYTES];
    crypto_generichash(hash, sizeof hash, (const unsigned char *)d->text, d->size, NULL, 0);
    sodium_bin2hex(d->etag + 1, sizeof d->etag - 1, hash, sizeof hash);
    d->etag[0] = '"';
    stpcpy(d->etag + 1 + 2 * HASH_BYTES, "\"");
}

documents *documents_create(const router *r)
{
    documents *d = calloc(1, sizeof *d);
    if (!d || sodium_init() < 0)
        abort();
    size_t size;
    d->openapi = openapi_make(r, service_version(), &size);
    const document list[DOCUMENTS] = {
        {"/openapi.json", "application/json", d->openapi, size, ""},
        {"/docs", "text/html; charset=utf-8", docs_page, (size_t)(docs_page_end - docs_page), ""},
        {"/docs/page.js", "text/javascript; charset=utf-8", docs_script, (size_t)(docs_script_end - docs_script), ""},
        {"/docs/page.css", "text/css; charset=utf-8", docs_style, (size_t)(docs_style_end - docs_style), ""},
    };
    memcpy(d->list, list, sizeof list);
    for (int i = 0; i < DOCUMENTS; i++)
        write_etag(&d->list[i]);
    return d;
}

void documents_destroy(documents *d)
{
    if (!d)
        return;
    free(d->openapi);
    free(d);
}

/* ---- answering ---- */

static void respond(request_job *job, const document *d, int http_status, const char *body, size_t size)
{
    const http_field headers[] = {
        {"X-Request-Id", job->id},
        {"Content-Type", d->content_type},
        {"ETag", d->etag},
        {"Cache-Control", "no-cache"}, /* to be kept, and asked about: a new release may have changed it */
        {"Content-Security-Policy", PAGE_POLICY},
        {"X-Content-Type-Options", "nosniff"},
        {"X-Frame-Options", "DENY"},
        {"Referrer-Policy", "no-referrer"},
    };
    http_respond(job->request, http_status, headers, sizeof headers / sizeof *headers, body, size);
}

/* "*", or a list that names the tag; a weak one is as good for GET (RFC 9110, 13.1.2). */
static bool is_known(const request_job *job, const document *d)
{
    const char *tags = http_header(job->request, "If-None-Match");
    return tags && (!strcmp(tags, "*") || strstr(tags, d->etag));
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
    } else if (is_known(job, d)) {
        respond(job, d, 304, "", 0);
    } else {
        respond(job, d, 200, d->text, d->size);
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
