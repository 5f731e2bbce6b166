/* What the gateway serves of itself: the OpenAPI document and the page that shows it, to anybody. */
#include "gateway_world.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void start(void)
{
    world_start(NULL);
}

TestSuite(gateway_documents, .init = start, .fini = world_stop, .timeout = 120);

static const raw_answer *ask_anonymously(const char *method, const char *path, const char *headers)
{
    return ask_as("", method, path, headers, NULL);
}

Test(gateway_documents, anybody_reads_them)
{
    static const struct {
        const char *path, *type, *begins;
    } documents[] = {
        {"/openapi.json", "application/json", "{\"openapi\":\"3.1.0\""},
        {"/docs", "text/html; charset=utf-8", "<!DOCTYPE html>"},
        {"/docs/page.js", "text/javascript; charset=utf-8", "\"use strict\";"},
        {"/docs/page.css", "text/css; charset=utf-8", ":root"},
    };
    for (size_t i = 0; i < sizeof documents / sizeof *documents; i++) {
        const raw_answer *a = ask_anonymously("GET", documents[i].path, "");
        cr_expect_eq(a->status, 200, "%s: %d", documents[i].path, a->status);
        cr_expect_str_eq(raw_header(a, "Content-Type"), documents[i].type);
        cr_expect(strncmp(a->body, documents[i].begins, strlen(documents[i].begins)) == 0, "%.60s", a->body);
        cr_expect(strstr(raw_header(a, "Content-Security-Policy"), "default-src 'none'"));
        cr_expect_str_neq(raw_header(a, "X-Request-Id"), "");
    }
}

Test(gateway_documents, who_has_one_already_gets_304)
{
    char etag[64], headers[200];
    snprintf(etag, sizeof etag, "%s", raw_header(ask_anonymously("GET", "/docs", ""), "ETag"));
    cr_assert(strlen(etag) > 10, "%s", etag);
    static const char *const forms[] = {"%s", "W/%s", "\"another\", %s", "*"};
    for (size_t i = 0; i < sizeof forms / sizeof *forms; i++) {
        char tags[128];
        const char *star = strstr(forms[i], "%s");
        snprintf(tags, sizeof tags, "%.*s%s", star ? (int)(star - forms[i]) : 1, forms[i], star ? etag : "");
        snprintf(headers, sizeof headers, "If-None-Match: %s\r\n", tags);
        const raw_answer *a = ask_anonymously("GET", "/docs", headers);
        cr_expect_eq(a->status, 304, "%s: %d", tags, a->status);
        cr_expect_eq(a->body_size, 0);
        cr_expect_str_eq(raw_header(a, "ETag"), etag);
    }
    cr_expect_eq(ask_anonymously("GET", "/docs", "If-None-Match: \"another\"\r\n")->status, 200);
    cr_expect_eq(ask_anonymously("GET", "/docs/page.css", headers)->status, 304); /* "*" */
}

Test(gateway_documents, other_methods_are_told_which_there_are)
{
    const raw_answer *a = ask_anonymously("HEAD", "/openapi.json", "");
    cr_expect_eq(a->status, 200);
    cr_expect_eq(a->body_size, 0);
    a = ask_anonymously("OPTIONS", "/openapi.json", "");
    cr_expect_eq(a->status, 204);
    cr_expect_str_eq(raw_header(a, "Allow"), "GET, HEAD, OPTIONS");
    a = ask_anonymously("DELETE", "/openapi.json", "");
    cr_expect_eq(a->status, 405);
    cr_expect_str_eq(raw_header(a, "Allow"), "GET, HEAD, OPTIONS");
    cr_expect_eq(ask_anonymously("GET", "/docs/", "")->status, 404);
    cr_expect_eq(ask_anonymously("GET", "/docs/../docs", "")->status, 404);
    cr_expect_eq(ask_anonymously("GET", "/openapi.jsonx", "")->status, 404);
}

Test(gateway_documents, the_large_ones_are_gzipped_for_who_asks)
{
    char plain[64];
    const raw_answer *a = ask_anonymously("HEAD", "/openapi.json", "");
    unsigned long size = strtoul(raw_header(a, "Content-Length"), NULL, 10);
    snprintf(plain, sizeof plain, "%s", raw_header(a, "ETag"));
    cr_expect_str_eq(raw_header(a, "Vary"), "Accept-Encoding");
    a = ask_anonymously("GET", "/openapi.json", "Accept-Encoding: gzip\r\n");
    cr_expect_str_eq(raw_header(a, "Content-Encoding"), "gzip");
    cr_expect_str_neq(raw_header(a, "ETag"), plain);
    cr_expect_lt(a->body_size, size / 4);
    cr_expect(a->body[0] == '\x1f' && a->body[1] == '\x8b');
    char headers[200];
    snprintf(headers, sizeof headers, "Accept-Encoding: gzip\r\nIf-None-Match: %s\r\n", raw_header(a, "ETag"));
    cr_expect_eq(ask_anonymously("GET", "/openapi.json", headers)->status, 304);
}
