/* The conventions of answers: what is read again, made smaller, negotiated, and shared with pages of other origins. */
#include "gateway_world.h"
#include "network.h"

#include <criterion/criterion.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <zlib.h>

static void start(void)
{
    world_start(NULL);
}

TestSuite(gateway_answers, .fini = world_stop, .timeout = 120);

static const raw_answer *ask_with(const char *method, const char *path, const char *headers)
{
    return ask_raw_as(method, request_for(method, path, headers));
}

/* ---- ETag ---- */

#define FIXED_ID "X-Request-Id: one\r\n" /* the peer tells it in the goal */

static void tag_of(const char *path, const char *headers, char tag[128])
{
    const raw_answer *a = ask_with("GET", path, headers);
    cr_assert_eq(a->status, 200);
    snprintf(tag, 128, "%s", raw_header(a, "ETag"));
    cr_assert(*tag);
}

Test(gateway_answers, what_is_known_is_not_sent_again, .init = start)
{
    char tag[128], again[128], condition[256];
    tag_of(GOAL, FIXED_ID, tag);
    tag_of(GOAL, FIXED_ID, again);
    cr_expect_str_eq(tag, again);
    cr_expect_str_eq(raw_header(ask_with("GET", GOAL, ""), "Cache-Control"), "private, no-cache");
    static const char *const before[] = {"", "W/", "\"other\", "};
    for (size_t i = 0; i < sizeof before / sizeof before[0]; i++) {
        char known[200];
        snprintf(known, sizeof known, "%s%s", before[i], tag);
        snprintf(condition, sizeof condition, FIXED_ID "If-None-Match: %s\r\n", known);
        const raw_answer *a = ask_with("GET", GOAL, condition);
        cr_expect_eq(a->status, 304, "%s gave %d", known, a->status);
        cr_expect_str_eq(raw_header(a, "ETag"), tag);
        cr_expect_str_eq(raw_header(a, "Cache-Control"), "private, no-cache");
        cr_expect_str_eq(raw_header(a, "X-Request-Id"), "one");
        cr_expect_eq(ask_with("HEAD", GOAL, condition)->status, 304);
    }
    cr_expect_eq(ask_with("GET", GOAL, "If-None-Match: *\r\n")->status, 304);
    cr_expect_eq(ask_with("GET", GOAL, FIXED_ID "If-None-Match: \"other\"\r\n")->status, 200);
    snprintf(condition, sizeof condition, "If-None-Match: %s\r\n", tag);
    cr_expect_eq(ask_with("GET", GOAL, condition)->status, 200, "another request id is another goal here");
}

Test(gateway_answers, a_connection_lives_on_after_304, .init = start)
{
    int fd = raw_connect(world.port);
    for (int i = 0; i < 3; i++) {
        raw_answer a;
        const char *request = request_for("GET", GOAL, i == 1 ? "If-None-Match: *\r\n" : "");
        raw_send(fd, request, strlen(request));
        raw_read_answer(fd, "GET", &a);
        cr_expect_eq(a.status, i == 1 ? 304 : 200);
    }
    close(fd);
}

Test(gateway_answers, only_good_reads_are_tagged, .init = start)
{
    cr_expect_str_eq(raw_header(ask("POST", "/api/v1/goals", "{\"title\":\"x\"}"), "ETag"), "");
    cr_expect_str_eq(raw_header(ask("POST", "/api/v1/goals", "{\"title\":\"x\"}"), "Cache-Control"), "no-store");
    const raw_answer *a = ask_with("GET", "/api/v1/goals/" ID_MISSING, "If-None-Match: *\r\n");
    cr_expect_eq(a->status, 404);
    cr_expect_str_eq(raw_header(a, "ETag"), "");
    cr_expect_str_eq(raw_header(a, "Cache-Control"), "no-store");
    a = ask_as("", "GET", GOAL, "If-None-Match: *\r\n", NULL);
    cr_expect_eq(a->status, 401, "who may not read is not told whether anything has changed");
}

/* ---- conditions of writes ---- */

static const raw_answer *change_if(const char *method, const char *path, const char *condition, const char *body)
{
    char authorization[WORLD_TOKEN_SIZE + 16];
    snprintf(authorization, sizeof authorization, "Bearer %s", world.token);
    return ask_as(authorization, method, path, condition, body);
}

Test(gateway_answers, no_condition_of_a_write_is_ignored, .init = start)
{
    static const struct {
        const char *method, *path, *condition, *body, *field;
    } cases[] = {
        {"PATCH", GOAL, "If-None-Match: *\r\n", "{\"title\":\"x\"}", "If-None-Match"},
        {"DELETE", GOAL, "If-None-Match: \"x\"\r\n", NULL, "If-None-Match"},
        {"PUT", "/api/v1/availability", "If-None-Match: *\r\n", "{}", "If-None-Match"},
        {"POST", "/api/v1/goals", "If-Match: *\r\n", "{\"title\":\"x\"}", "If-Match"},
        {"DELETE", "/api/v1/graphs/" GOAL_ID, "If-Match: \"x\"\r\n", NULL, "If-Match"},
        {"PATCH", GOAL, "If-Match: x\r\n", "{\"title\":\"x\"}", "If-Match"},
        {"DELETE", GOAL, "If-Match:\r\n", NULL, "If-Match"},
        {"PATCH", GOAL, "", "{\"etag\":\"1f\"}", "etag"},
        {"PATCH", GOAL, "If-Match: \"1f\"\r\n", "{\"title\":\"x\",\"etag\":\"1f\"}", "etag"},
        {"DELETE", GOAL "?etag=1f", "", NULL, "etag"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char fault[64];
        const raw_answer *a = change_if(cases[i].method, cases[i].path, cases[i].condition, cases[i].body);
        snprintf(fault, sizeof fault, "\"errors\":[{\"field\":\"%s\"", cases[i].field);
        cr_expect_eq(a->status, 400, "case %zu gave %d", i, a->status);
        cr_expect(strstr(a->body, fault), "case %zu: %s", i, a->body);
        cr_expect_null(strstr(a->body, "},{"), "case %zu has one fault: %s", i, a->body);
    }
    cr_expect_eq(change_if("PATCH", GOAL, "If-Match: \"1f\"\r\n", "{\"title\":\"x\"}")->status, 200);
    cr_expect_eq(ask_with("GET", GOAL, "If-Match: x\r\n")->status, 200, "a read is harmed by none");
}

/* ---- HEAD and OPTIONS ---- */

Test(gateway_answers, head_is_get_without_the_body, .init = start)
{
    char length[32], tag[128];
    tag_of(GOAL, FIXED_ID, tag);
    snprintf(length, sizeof length, "%s", raw_header(ask_with("GET", GOAL, FIXED_ID), "Content-Length"));
    const raw_answer *a = ask_with("HEAD", GOAL, FIXED_ID);
    cr_expect_eq(a->status, 200);
    cr_expect_str_eq(raw_header(a, "Content-Length"), length);
    cr_expect_str_eq(raw_header(a, "ETag"), tag);
    cr_expect_str_eq(raw_header(a, "Content-Type"), "application/json");
}

Test(gateway_answers, options_and_405_name_the_methods, .init = start)
{
    static const char *const methods = "GET, HEAD, PATCH, DELETE, OPTIONS";
    const raw_answer *a = ask_with("OPTIONS", GOAL, "");
    cr_expect_eq(a->status, 204);
    cr_expect_str_eq(raw_header(a, "Allow"), methods);
    cr_expect_str_eq(raw_header(a, "Access-Control-Allow-Origin"), "");
    a = ask_with("OPTIONS", "*", "");
    cr_expect_eq(a->status, 204, "of the server");
    cr_expect_str_eq(raw_header(a, "Allow"), "GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS");
    static const char *const wrong[] = {"POST", "PUT", "TRACE", "BREW", "get", "G-ET"};
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        a = ask_with(wrong[i], GOAL, "");
        cr_expect_eq(a->status, 405, "%s gave %d", wrong[i], a->status);
        cr_expect_str_eq(raw_header(a, "Allow"), methods);
    }
}

/* ---- negotiation ---- */

Test(gateway_answers, accept_must_leave_room_for_json, .init = start)
{
    cr_expect_eq(ask_with("GET", GOAL, "Accept: application/*;q=0.1, text/html\r\n")->status, 200);
    const raw_answer *a = ask_with("GET", GOAL, "Accept: text/html\r\n");
    cr_expect_eq(a->status, 406);
    cr_expect_str_eq(raw_header(a, "Content-Type"), "application/problem+json");
    cr_expect(strstr(a->body, "\"code\":\"NOT_ACCEPTABLE\""));
}

static const raw_answer *post_as(const char *headers, const char *body)
{
    char request[4096];
    snprintf(request, sizeof request, "%s\r\nContent-Length: %zu\r\n\r\n%s", headers, strlen(body), body);
    char all[8192];
    snprintf(all, sizeof all, "POST /api/v1/goals HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer %s\r\n%s", world.token,
             request);
    return ask_raw_as("POST", all);
}

Test(gateway_answers, bodies_are_plain_json_in_utf8, .init = start)
{
    static const struct {
        const char *headers;
        int status;
    } cases[] = {
        {"Content-Type: application/json", 201},
        {"Content-Type: application/json; charset=\"UTF-8\"", 201},
        {"Content-Type: application/json\r\nContent-Encoding: identity", 201},
        {"Content-Type: application/json; charset=latin1", 415},
        {"Content-Type: application/json; charset=utf-16", 415},
        {"Content-Type: text/plain", 415},
        {"Content-Type: application/x-www-form-urlencoded", 415},
        {"X: y", 415},
        {"Content-Type: application/json\r\nContent-Encoding: gzip", 415},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const raw_answer *a = post_as(cases[i].headers, "{\"title\":\"x\"}");
        cr_expect_eq(a->status, cases[i].status, "%s gave %d", cases[i].headers, a->status);
    }
    cr_expect_str_eq(raw_header(post_as("Content-Type: text/plain", "{}"), "Accept"), "application/json");
}

Test(gateway_answers, texts_are_utf8_without_nul_everywhere, .init = start)
{
    static const char *const paths[] = {
        "/api/v1/goals/%ff",         "/api/v1/goals/%c0%af",     "/api/v1/goals/%ed%a0%80",
        "/api/v1/goals/a%00b",       "/api/v1/goals?cursor=%ff", "/api/v1/goals?%ff=1",
        "/api/v1/goals?cursor=%",    "/api/v1/goals?cursor=%zz", "/api/v1/goals?cursor=%f5%80",
        "/api/v1/goals?cursor=a%00",
    };
    for (size_t i = 0; i < sizeof paths / sizeof paths[0]; i++) {
        const raw_answer *a = ask_with("GET", paths[i], "");
        cr_expect_eq(a->status, 400, "%s gave %d", paths[i], a->status);
        cr_expect_null(memchr(a->body, 0xff, a->body_size), "%s: the answer is UTF-8", paths[i]);
    }
    static const char *const bodies[] = {"{\"title\":\"\xff\"}",      "{\"title\":\"\xc0\xaf\"}",
                                         "{\"title\":\"\\u0000\"}",   "{\"title\":\"\\ud800\"}",
                                         "{\"title\":1,\"title\":2}", "{\"title\":\"x\"} x",
                                         "{\"title\":\"a\nb\"}",      "\xef\xbb\xbf{\"title\":\"x\"}"};
    for (size_t i = 0; i < sizeof bodies / sizeof bodies[0]; i++) {
        const raw_answer *a = post_as("Content-Type: application/json", bodies[i]);
        cr_expect_eq(a->status, 400, "%s gave %d", bodies[i], a->status);
    }
}

Test(gateway_answers, all_faults_of_a_body_are_told_at_once, .init = start)
{
    const raw_answer *a =
        ask("POST", "/api/v1/goals", "{\"titel\":\"x\",\"weight\":\"many\",\"due\":\"soon\",\"targets\":[1]}");
    cr_expect_eq(a->status, 400);
    static const char *const fields[] = {"titel", "weight", "due", "targets[0]"};
    for (size_t i = 0; i < sizeof fields / sizeof fields[0]; i++) {
        char field[64];
        snprintf(field, sizeof field, "\"field\":\"%s\"", fields[i]);
        cr_expect(strstr(a->body, field), "%s: %s", fields[i], a->body);
    }
}

/* ---- gzip ---- */

static void inflate_into(const raw_answer *a, char *out, size_t size)
{
    z_stream z = {.next_in = (Bytef *)(uintptr_t)a->body,
                  .avail_in = (uInt)a->body_size,
                  .next_out = (Bytef *)out,
                  .avail_out = (uInt)size - 1};
    inflateInit2(&z, 15 + 16);
    cr_assert_eq(inflate(&z, Z_FINISH), Z_STREAM_END);
    out[z.total_out] = '\0';
    inflateEnd(&z);
}

/* The peer's goals tell the page token: here one of 3,000 bytes. */
static const char *large_list(void)
{
    static const char prefix[] = "/api/v1/goals?cursor=";
    static char path[sizeof prefix + 3000];
    memcpy(path, prefix, sizeof prefix - 1);
    memset(path + sizeof prefix - 1, 'x', 3000);
    return path;
}

Test(gateway_answers, large_answers_are_gzipped_for_who_asks, .init = start)
{
    static char plain[65536], inflated[65536];
    const raw_answer *a = ask_with("GET", large_list(), "");
    cr_assert_eq(a->status, 200);
    strcpy(plain, a->body);
    char tag[128];
    snprintf(tag, sizeof tag, "%s", raw_header(a, "ETag"));
    cr_expect_str_eq(raw_header(a, "Content-Encoding"), "");
    cr_expect_str_eq(raw_header(a, "Vary"), "Accept-Encoding");
    a = ask_with("GET", large_list(), "Accept-Encoding: br, gzip;q=0.8\r\n");
    cr_assert_eq(a->status, 200);
    cr_expect_str_eq(raw_header(a, "Content-Encoding"), "gzip");
    cr_expect_str_eq(raw_header(a, "Vary"), "Accept-Encoding");
    cr_expect_lt(a->body_size, strlen(plain) / 2);
    inflate_into(a, inflated, sizeof inflated);
    cr_expect_str_eq(inflated, plain);
    cr_expect_str_neq(raw_header(a, "ETag"), tag, "other bytes, another tag");
    cr_expect_str_eq(raw_header(ask_with("GET", large_list(), "Accept-Encoding: gzip;q=0\r\n"), "Content-Encoding"),
                     "");
}

Test(gateway_answers, each_encoding_is_known_by_its_own_tag, .init = start)
{
    char tag[128], condition[256];
    tag_of(large_list(), "Accept-Encoding: gzip\r\n", tag);
    snprintf(condition, sizeof condition, "If-None-Match: %s\r\n", tag);
    cr_expect_eq(ask_with("GET", large_list(), condition)->status, 200);
    snprintf(condition, sizeof condition, "Accept-Encoding: gzip\r\nIf-None-Match: %s\r\n", tag);
    const raw_answer *a = ask_with("GET", large_list(), condition);
    cr_expect_eq(a->status, 304);
    cr_expect_str_eq(raw_header(a, "ETag"), tag);
    cr_expect_str_eq(raw_header(a, "Vary"), "Accept-Encoding");
}

Test(gateway_answers, small_answers_are_not, .init = start)
{
    const raw_answer *a = ask_with("GET", GOAL, "Accept-Encoding: gzip\r\n");
    cr_expect_str_eq(raw_header(a, "Content-Encoding"), "");
    cr_expect_str_eq(raw_header(a, "Vary"), "");
}

/* ---- pages of other origins ---- */

#define APP "https://app.example.org"

static void start_with_cors(void)
{
    world_start_with((const char *const[]){"CORS_ORIGINS=" APP ", http://localhost:5173", "CORS_CREDENTIALS=true",
                                           "CORS_MAX_AGE=1h", NULL});
}

Test(gateway_answers, a_page_of_a_listed_origin_may_use_the_api, .init = start_with_cors)
{
    const raw_answer *a = ask_with("OPTIONS", GOAL, "Origin: " APP "\r\nAccess-Control-Request-Method: PATCH\r\n");
    cr_expect_eq(a->status, 204);
    cr_expect_str_eq(raw_header(a, "Access-Control-Allow-Origin"), APP);
    cr_expect_str_eq(raw_header(a, "Access-Control-Allow-Methods"), "GET, HEAD, PATCH, DELETE, OPTIONS");
    cr_expect(strstr(raw_header(a, "Access-Control-Allow-Headers"), "Authorization"));
    cr_expect_str_eq(raw_header(a, "Access-Control-Allow-Credentials"), "true");
    cr_expect_str_eq(raw_header(a, "Access-Control-Max-Age"), "3600");
    cr_expect_str_eq(raw_header(a, "Vary"), "Origin");
    static const char *const paths[] = {GOAL, "/api/v1/goals/" ID_MISSING, "/nowhere"};
    for (size_t i = 0; i < sizeof paths / sizeof paths[0]; i++) {
        a = ask_with("GET", paths[i], "Origin: " APP "\r\n");
        cr_expect_str_eq(raw_header(a, "Access-Control-Allow-Origin"), APP, "%s", paths[i]);
        cr_expect(strstr(raw_header(a, "Access-Control-Expose-Headers"), "ETag"));
    }
    a = ask_with("GET", GOAL, "Origin: " APP "\r\nIf-None-Match: *\r\n");
    cr_expect_eq(a->status, 304);
    cr_expect_str_eq(raw_header(a, "Access-Control-Allow-Origin"), APP);
}

Test(gateway_answers, a_page_of_another_origin_may_not, .init = start_with_cors)
{
    const raw_answer *a = ask_with("GET", GOAL, "Origin: https://evil.example\r\n");
    cr_expect_eq(a->status, 200);
    cr_expect_str_eq(raw_header(a, "Access-Control-Allow-Origin"), "");
    cr_expect_str_eq(raw_header(a, "Vary"), "Origin");
    a = ask_with("OPTIONS", GOAL, "Origin: https://evil.example\r\nAccess-Control-Request-Method: GET\r\n");
    cr_expect_str_eq(raw_header(a, "Access-Control-Allow-Methods"), "");
}

static void start_with_hsts(void)
{
    world_start_with((const char *const[]){"HSTS_MAX_AGE=1h", "TRUSTED_PROXIES=127.0.0.1", NULL});
}

Test(gateway_answers, https_is_insisted_on_only_over_https, .init = start_with_hsts)
{
    static const char *const secure[] = {"Forwarded: for=192.0.2.1;proto=https\r\n",
                                         "X-Forwarded-For: 192.0.2.1\r\nX-Forwarded-Proto: https\r\n"};
    static const char *const plain[] = {"", "Forwarded: for=192.0.2.1;proto=http\r\n", "X-Forwarded-For: 192.0.2.1\r\n",
                                        "Forwarded: for=192.0.2.1;proto=http\r\nX-Forwarded-For: 192.0.2.1\r\n"
                                        "X-Forwarded-Proto: https\r\n"};
    for (size_t i = 0; i < sizeof secure / sizeof secure[0]; i++)
        cr_expect_str_eq(raw_header(ask_with("GET", GOAL, secure[i]), "Strict-Transport-Security"), "max-age=3600");
    for (size_t i = 0; i < sizeof plain / sizeof plain[0]; i++)
        cr_expect_str_eq(raw_header(ask_with("GET", GOAL, plain[i]), "Strict-Transport-Security"), "", "%s", plain[i]);
}

/* ---- a start that must fail ---- */

static void expect_refusal(const char *setting, const char *key)
{
    const char *environment[] = {"HTTP_PORT=0",
                                 "JWT_SECRET=k1:MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=", "REDIS_URL=", setting,
                                 NULL};
    char *errors;
    int code =
        test_program_run(&(test_program_options){.name = "sical-gateway", .environment = environment}, NULL, &errors);
    cr_expect_eq(code, 1);
    cr_expect(strstr(errors, key), "%s", errors);
    free(errors);
}

Test(gateway_answers, a_value_that_cannot_be_used_fails_the_start_by_its_key)
{
    expect_refusal("CORS_ORIGINS=example.org", "CORS_ORIGINS");
    expect_refusal("TRUSTED_PROXIES=10.0.0.1/8", "TRUSTED_PROXIES");
}
