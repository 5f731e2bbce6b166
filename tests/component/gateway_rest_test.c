/* What clients of the REST API see: routes, inputs, answers, faults, callers. */
#include "gateway_world.h"
#include "network.h"

#include <criterion/criterion.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static void start(void)
{
    world_start(NULL);
}

TestSuite(gateway_rest, .init = start, .fini = world_stop, .timeout = 120);

#define expect_body(ANSWER, TEXT) cr_expect(strstr((ANSWER)->body, (TEXT)), "%s not in %s", (TEXT), (ANSWER)->body)

/* ---- the way through ---- */

Test(gateway_rest, a_goal_is_read_on_behalf_of_the_caller)
{
    char authorization[2100];
    snprintf(authorization, sizeof authorization, "Bearer %s", world.token);
    const raw_answer *a = ask_as(authorization, "GET", GOAL,
                                 "X-Request-Id: my-id_1.2\r\n"
                                 "traceparent: 00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01\r\n",
                                 NULL);
    cr_assert_eq(a->status, 200);
    expect_body(a, "\"id\":\"" GOAL_ID "\"");
    expect_body(a, "\"description\":\"" USER_ID " student " SESSION_ID
                   " my-id_1.2 00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01\"");
    expect_body(a, "\"due\":\"2027-01-15T08:00:00Z\"");
    expect_body(a, "\"status\":\"ACTIVE\"");
    cr_expect_str_eq(raw_header(a, "X-Request-Id"), "my-id_1.2");
    cr_expect_str_eq(raw_header(a, "Content-Type"), "application/json");
    cr_expect_str_eq(raw_header(a, "Cache-Control"), "private, no-cache");
    cr_expect_str_eq(raw_header(a, "X-Content-Type-Options"), "nosniff");
}

Test(gateway_rest, strange_request_ids_and_traces_are_replaced)
{
    char authorization[2100];
    snprintf(authorization, sizeof authorization, "Bearer %s", world.token);
    static const char *const ids[] = {"a b", "<x>", "",
                                      "0123456789012345678901234567890123456789012345678901234567890123x"};
    for (size_t i = 0; i < sizeof ids / sizeof ids[0]; i++) {
        char headers[200];
        snprintf(headers, sizeof headers, "X-Request-Id: %s\r\ntraceparent: 00-XYZ-1-01\r\n", ids[i]);
        const raw_answer *a = ask_as(authorization, "GET", GOAL, headers, NULL);
        cr_assert_eq(a->status, 200);
        cr_expect_eq(strlen(raw_header(a, "X-Request-Id")), 36);
        cr_expect_null(strstr(a->body, "XYZ"));
    }
}

Test(gateway_rest, lists_take_limit_and_cursor_and_show_items)
{
    const raw_answer *a = ask("GET", "/api/v1/goals?limit=7&cursor=a%2Fb+c", NULL);
    cr_assert_eq(a->status, 200);
    expect_body(a, "{\"items\":[{\"id\":");
    expect_body(a, "\"nextCursor\":\"7/a/b c\"}");
    a = ask("GET", "/api/v1/goals?limit=101", NULL);
    cr_assert_eq(a->status, 400);
    expect_body(a, "\"errors\":[{\"field\":\"limit\",\"message\":\"must be at most 100\"}]");
    a = ask("GET", "/api/v1/graphs/" GOAL_ID "/topics?q=caf%C3%A9", NULL);
    expect_body(a, "\"nextCursor\":\"" GOAL_ID "/caf\xc3\xa9\"");
}

Test(gateway_rest, created_accepted_and_deleted_have_their_status)
{
    const raw_answer *a = ask("POST", "/api/v1/goals", "{\"id\":\"" GOAL_ID "\",\"title\":\"t\"}");
    cr_assert_eq(a->status, 201);
    expect_body(a, "\"title\":\"t\"");
    a = ask("DELETE", GOAL, NULL);
    cr_assert_eq(a->status, 204);
    cr_expect_eq(a->body_size, 0);
    a = ask("POST", "/api/v1/goals", NULL);
    cr_expect_eq(a->status, 201, "an absent body is an empty object");
}

Test(gateway_rest, a_patch_names_the_fields_that_are_there)
{
    const raw_answer *a = ask("PATCH", GOAL, "{\"title\":\"new\",\"notBefore\":null,\"weight\":0}");
    cr_assert_eq(a->status, 200);
    expect_body(a, "\"description\":\"/title/not_before/weight\"");
    expect_body(a, "\"id\":\"" GOAL_ID "\"");
    a = ask("PATCH", GOAL, "{\"id\":\"" GOAL_ID "\",\"title\":\"new\"}");
    expect_body(a, "\"description\":\"/title\"");
    a = ask("PATCH", GOAL, "{\"id\":\"" ID_MISSING "\",\"title\":\"new\"}");
    cr_expect_eq(a->status, 400);
    expect_body(a, "differs from the one in the path");
    a = ask("PATCH", GOAL, "{}");
    cr_expect_eq(a->status, 400);
    expect_body(a, "{\"field\":\"body\",\"message\":\"names no field to change\"}");
    a = ask("PATCH", GOAL, "{\"title\":\"faulty\"}");
    expect_body(a, "{\"field\":\"notBefore\",\"message\":\"must be before due\"}");
}

Test(gateway_rest, HEAD_and_OPTIONS_work)
{
    const raw_answer *a = ask("HEAD", GOAL, NULL);
    cr_expect_eq(a->status, 200);
    cr_expect_gt(atoi(raw_header(a, "Content-Length")), 100);
    a = ask("OPTIONS", GOAL, NULL);
    cr_expect_eq(a->status, 204);
    cr_expect_str_eq(raw_header(a, "Allow"), "GET, HEAD, PATCH, DELETE, OPTIONS");
}

/* ---- problems ---- */

Test(gateway_rest, all_faults_of_a_body_come_at_once)
{
    const raw_answer *a =
        ask("POST", "/api/v1/goals",
            "{\"titel\":\"x\",\"targets\":[\"a\",5],\"due\":\"tomorrow\",\"weight\":\"heavy\",\"graphId\":7}");
    cr_assert_eq(a->status, 400);
    cr_expect_str_eq(raw_header(a, "Content-Type"), "application/problem+json");
    expect_body(a, "\"type\":\"about:blank\",\"title\":\"Bad Request\",\"status\":400");
    expect_body(a, "\"instance\":\"/api/v1/goals\",\"code\":\"INVALID_ARGUMENT\",\"requestId\":\"");
    expect_body(a, "{\"field\":\"titel\",\"message\":\"unknown field; did you mean 'title'?\"}");
    expect_body(a, "{\"field\":\"targets[1]\",\"message\":\"must be a string\"}");
    expect_body(a,
                "{\"field\":\"due\",\"message\":\"must be a time as in RFC 3339, like \\\"2026-03-08T10:00:00Z\\\"\"}");
    expect_body(a, "{\"field\":\"weight\",");
    expect_body(a, "{\"field\":\"graphId\",\"message\":\"must be a string\"}");
    a = ask("POST", "/api/v1/goals", "{\"title\":\"faulty\"}");
    cr_assert_eq(a->status, 400);
    expect_body(a, "\"errors\":[{\"field\":\"targets[2]\",\"message\":\"is no topic of the graph\"},"
                   "{\"field\":\"notBefore\",\"message\":\"must be before due\"}]");
}

Test(gateway_rest, broken_bodies_are_refused)
{
    static const char *const bodies[] = {
        "{",
        "[]",
        "null",
        "{\"a\":1,\"a\":2}",
        "{\"title\":\"\\u0000\"}",
        "{\"title\":\"\xff\"}",
        "{} {}",
        "{\"targets\":[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]}"};
    for (size_t i = 0; i < sizeof bodies / sizeof bodies[0]; i++) {
        const raw_answer *a = ask("POST", "/api/v1/goals", bodies[i]);
        cr_expect_eq(a->status, 400, "%s: %d", bodies[i], a->status);
    }
}

Test(gateway_rest, bad_queries_are_refused_by_name)
{
    static const struct {
        const char *query, *field;
    } cases[] = {
        {"limt=5", "{\"field\":\"limt\",\"message\":\"unknown query parameter"},
        {"pageSize=5", "{\"field\":\"pageSize\",\"message\":\"unknown query parameter"},
        {"page_size=5", "{\"field\":\"page_size\",\"message\":\"unknown query parameter"},
        {"limit=five", "{\"field\":\"limit\",\"message\":\"must be a whole number"},
        {"limit=", "{\"field\":\"limit\",\"message\":\"must be a whole number"},
        {"limit=1&limit=2", "{\"field\":\"limit\",\"message\":\"stands twice\"}"},
        {"cursor=%zz", "{\"field\":\"query\",\"message\":\"has a broken % escape\"}"},
        {"cursor=%ff", "{\"field\":\"cursor\",\"message\":\"is not UTF-8\"}"},
        {"x=1&y=2", "{\"field\":\"x\",\"message\":\"unknown query parameter\"},{\"field\":\"y\""},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char path[100];
        snprintf(path, sizeof path, "/api/v1/goals?%s", cases[i].query);
        const raw_answer *a = ask("GET", path, NULL);
        cr_expect_eq(a->status, 400, "%s: %d", path, a->status);
        expect_body(a, cases[i].field);
    }
    cr_expect_eq(ask("POST", "/api/v1/goals?limit=1", "{}")->status, 400, "a body leaves no place for a query");
}

Test(gateway_rest, paths_and_methods_that_do_not_exist)
{
    static const char *const unknown[] = {
        "/",       "/api/v1",       "/api/v1/",      "/api/v1/goal",   "/api/v1/goals/", "/api/v1/goals//",
        GOAL "/x", "/api/v2/goals", "/API/v1/goals", "/api/v1/%67oals"};
    for (size_t i = 0; i < sizeof unknown / sizeof unknown[0]; i++)
        cr_expect_eq(ask("GET", unknown[i], NULL)->status, 404, "%s", unknown[i]);
    const raw_answer *a = ask("PUT", GOAL, "{}");
    cr_expect_eq(a->status, 405);
    cr_expect_str_eq(raw_header(a, "Allow"), "GET, HEAD, PATCH, DELETE, OPTIONS");
    cr_expect_eq(ask("BREW", GOAL, NULL)->status, 405);
    cr_expect_eq(ask("TRACE", GOAL, NULL)->status, 405);
    cr_expect_eq(ask("GET", "/api/v1/goals/%zz", NULL)->status, 400);
}

Test(gateway_rest, bodies_must_be_json_and_expected)
{
    char authorization[2100];
    snprintf(authorization, sizeof authorization, "Bearer %s", world.token);
    static const char *const types[] = {"", "Content-Type: text/plain\r\n", "Content-Type: application/jsonx\r\n",
                                        "Content-Type: application/x-www-form-urlencoded\r\n"};
    for (size_t i = 0; i < sizeof types / sizeof types[0]; i++) {
        char request[3000];
        snprintf(request, sizeof request,
                 "POST /api/v1/goals HTTP/1.1\r\nHost: x\r\nAuthorization: %s\r\n%sContent-Length: 2\r\n\r\n{}",
                 authorization, types[i]);
        cr_expect_eq(ask_raw(request)->status, 415, "%s", types[i]);
    }
    cr_expect_eq(ask("GET", GOAL, "{}")->status, 400);
}

Test(gateway_rest, failures_of_the_service_are_told_without_its_secrets)
{
    const raw_answer *a = ask("GET", "/api/v1/goals/" ID_MISSING, NULL);
    cr_assert_eq(a->status, 404);
    expect_body(a, "\"detail\":\"There is no such goal.\"");
    expect_body(a, "\"code\":\"NOT_FOUND\"");
    a = ask("GET", "/api/v1/goals/" ID_BROKEN, NULL);
    cr_assert_eq(a->status, 500);
    expect_body(a, "\"code\":\"INTERNAL\"");
    a = ask("GET", "/api/v1/availability", NULL);
    cr_expect_eq(a->status, 501);
}

/* ---- callers ---- */

/* header.payload signed with HMAC-SHA256 by the key; expires far ahead or long ago. */
static const char *forge(const char *header, const char *key, long expires)
{
    static char token[2048];
    char payload[512];
    const int variant = sodium_base64_VARIANT_URLSAFE_NO_PADDING;
    snprintf(payload, sizeof payload,
             "{\"iss\":\"sical\",\"aud\":\"sical-api\",\"sub\":\"" USER_ID "\",\"sid\":\"" SESSION_ID
             "\",\"role\":\"student\",\"iat\":1700000000,\"exp\":%ld}",
             expires);
    strcpy(token, "Bearer ");
    char *start = token + strlen(token);
    sodium_bin2base64(start, 1024, (const unsigned char *)header, strlen(header), variant);
    strcat(start, ".");
    sodium_bin2base64(start + strlen(start), 1024, (const unsigned char *)payload, strlen(payload), variant);
    unsigned char mac[32];
    crypto_auth_hmacsha256_state state;
    crypto_auth_hmacsha256_init(&state, (const unsigned char *)key, strlen(key));
    crypto_auth_hmacsha256_update(&state, (unsigned char *)start, strlen(start));
    crypto_auth_hmacsha256_final(&state, mac);
    strcat(start, ".");
    sodium_bin2base64(start + strlen(start), 64, mac, sizeof mac, variant);
    return token;
}

#define KEY  "0123456789abcdef0123456789abcdef"
#define KID  "{\"alg\":\"HS256\",\"kid\":\"k1\"}"
#define LATE 4000000000L

Test(gateway_rest, only_good_tokens_pass)
{
    cr_assert_eq(ask_as(forge(KID, KEY, LATE), "GET", GOAL, "", NULL)->status, 200);
    cr_expect_eq(ask_as(forge(KID, KEY, LATE), "GET", GOAL, "", NULL)->status, 200, "remembered");
    const struct {
        const char *what, *authorization;
    } bad[] = {
        {"none", ""},
        {"another scheme", "Basic dXNlcjpwYXNz"},
        {"no token", "Bearer "},
        {"garbage", "Bearer a.b.c"},
    };
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        const raw_answer *a = ask_as(bad[i].authorization, "GET", GOAL, "", NULL);
        cr_expect_eq(a->status, 401, "%s", bad[i].what);
        cr_expect_str_eq(raw_header(a, "WWW-Authenticate"), "Bearer realm=\"sical\"");
    }
    static const char *const headers[] = {"{\"alg\":\"none\",\"kid\":\"k1\"}", "{\"alg\":\"RS256\",\"kid\":\"k1\"}",
                                          "{\"alg\":\"HS256\"}", "{\"alg\":\"HS256\",\"kid\":\"k2\"}"};
    for (size_t i = 0; i < sizeof headers / sizeof headers[0]; i++)
        cr_expect_eq(ask_as(forge(headers[i], KEY, LATE), "GET", GOAL, "", NULL)->status, 401, "%s", headers[i]);
    cr_expect_eq(ask_as(forge(KID, "another key of thirty-two bytes!", LATE), "GET", GOAL, "", NULL)->status, 401);
    cr_expect_eq(ask_as(forge(KID, KEY, 1700000001), "GET", GOAL, "", NULL)->status, 401);
}

Test(gateway_rest, a_remembered_token_expires)
{
    const char *token = forge(KID, KEY, time(NULL) + 2);
    cr_assert_eq(ask_as(token, "GET", GOAL, "", NULL)->status, 200);
    const raw_answer *a;
    do
        a = ask_as(token, "GET", GOAL, "", NULL);
    while (a->status == 200);
    cr_expect_eq(a->status, 401);
    expect_body(a, "The access token is expired.");
}

Test(gateway_rest, public_routes_need_no_token)
{
    const raw_answer *a = ask_as("Bearer a.b.c", "POST", "/api/v1/auth/login", "", "{\"email\":5}");
    cr_expect_eq(a->status, 400);
    expect_body(a, "{\"field\":\"email\",\"message\":\"must be a string\"}");
}

/* ---- operations ---- */

static bool is_known(void *arg)
{
    const raw_answer *a = ask("GET", "/health", NULL);
    return strstr(a->body, arg) != NULL;
}

Test(gateway_rest, health_names_the_services)
{
    cr_expect(test_wait_until(is_known, (void *)"\"plan\":\"healthy\"", 30000));
    const raw_answer *a = ask("GET", "/health", NULL);
    cr_expect_eq(a->status, 503, "three services are not there");
    expect_body(a, "\"auth\":\"unhealthy\",\"plan\":\"healthy\",\"progress\":\"unhealthy\",\"metrics\":\"unhealthy\"");
    expect_body(a, "\"database\":\"healthy\"");
}

Test(gateway_rest, requests_are_counted_by_route)
{
    ask("GET", GOAL, NULL);
    ask("GET", "/nowhere/secret-path", NULL);
    ask("PATCH", GOAL, "{}");
    const raw_answer *a = ask("GET", "/metrics", NULL);
    cr_assert_eq(a->status, 200);
    expect_body(a, "http_requests_total{method=\"GET\",endpoint=\"/api/v1/goals/{id}\",status=\"200\"} ");
    expect_body(a, "http_requests_total{method=\"PATCH\",endpoint=\"/api/v1/goals/{id}\",status=\"400\"} 1");
    expect_body(a, "http_requests_total{method=\"other\",endpoint=\"unmatched\",status=\"404\"} 1");
    expect_body(a, "http_request_duration_seconds_count{method=\"GET\",endpoint=\"/api/v1/goals/{id}\"} ");
    cr_expect_null(strstr(a->body, "secret-path"));
}

static bool metrics_tell(void *line)
{
    return strstr(ask("GET", "/metrics", NULL)->body, line) != NULL;
}

Test(gateway_rest, open_connections_are_counted)
{
    cr_expect(test_wait_until(metrics_tell, (void *)"active_connections 1\n", 30000), "the others were closed");
}

Test(gateway_rest, the_log_tells_requests_and_no_secrets)
{
    char authorization[2100];
    snprintf(authorization, sizeof authorization, "Bearer %s", world.token);
    ask_as(authorization, "POST", "/api/v1/goals?cursor=MARKER1",
           "Cookie: MARKER2\r\nX-Request-Id: traced\r\nUser-Agent: probe\r\n", "{\"title\":\"MARKER3\",\"MARKER4\":1}");
    cr_assert(test_program_wait_error(world.gateway, "\"request_id\":\"traced\"", 30000));
    char *log = test_program_errors(world.gateway);
    cr_expect(strstr(
        log,
        "\"method\":\"POST\",\"route\":\"/api/v1/goals\",\"path\":\"/api/v1/goals\",\"status\":400,\"latency_ms\":"));
    cr_expect(strstr(log, "\"client_ip\":\"127.0.0.1\",\"user_agent\":\"probe\",\"request_id\":\"traced\""));
    cr_expect_null(strstr(log, "MARKER"));
    cr_expect_null(strstr(log, "eyJ"));
    free(log);
}
