/* Idempotency-Key on its way through the gateway: read, passed on, refused. */
#include "gateway_world.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static char authorization[WORLD_TOKEN_SIZE + 16];

static void start(void)
{
    world_start(NULL);
    snprintf(authorization, sizeof authorization, "Bearer %s", world.token);
}

TestSuite(gateway_keys, .init = start, .fini = world_stop, .timeout = 120);

#define expect_body(ANSWER, TEXT) cr_expect(strstr((ANSWER)->body, (TEXT)), "%s not in %s", (TEXT), (ANSWER)->body)

static const raw_answer *make_goal(const char *header, const char *title)
{
    char headers[600], body[100];
    snprintf(headers, sizeof headers, "%s%s", header, *header ? "\r\n" : "");
    snprintf(body, sizeof body, "{\"title\":\"%s\"}", title);
    return ask_as(authorization, "POST", "/api/v1/goals", headers, body);
}

Test(gateway_keys, the_service_gets_the_key)
{
    static const struct {
        const char *header, *told;
    } cases[] = {
        {"", "\"description\":\"<>\""},
        {"Idempotency-Key: k-1", "\"description\":\"<k-1>\""},
        {"idempotency-key: \"k-1\"", "\"description\":\"<k-1>\""},
        {"Idempotency-Key: \"a b\"", "\"description\":\"<a b>\""},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const raw_answer *a = make_goal(cases[i].header, "key");
        cr_assert_eq(a->status, 201, "%s: %d", cases[i].header, a->status);
        expect_body(a, cases[i].told);
    }
}

Test(gateway_keys, a_malformed_key_is_refused_by_name)
{
    static const char *const headers[] = {"Idempotency-Key:", "Idempotency-Key: \"\"", "Idempotency-Key: a b",
                                          "Idempotency-Key: \"a", "Idempotency-Key: \xc3\xa4"};
    for (size_t i = 0; i < sizeof headers / sizeof headers[0]; i++) {
        const raw_answer *a = make_goal(headers[i], "key");
        cr_expect_eq(a->status, 400, "%s: %d", headers[i], a->status);
        expect_body(a, "\"code\":\"INVALID_ARGUMENT\"");
        expect_body(a, "\"field\":\"Idempotency-Key\"");
    }
}

Test(gateway_keys, a_key_of_another_request_is_422)
{
    const raw_answer *a = make_goal("Idempotency-Key: k", "another");
    cr_assert_eq(a->status, 422);
    cr_expect_str_eq(raw_header(a, "Content-Type"), "application/problem+json");
    expect_body(a, "\"title\":\"Unprocessable Content\"");
    expect_body(a, "\"status\":422");
    expect_body(a, "\"field\":\"Idempotency-Key\"");
}

Test(gateway_keys, reads_and_public_routes_do_not_look_at_it)
{
    cr_expect_eq(ask_as(authorization, "GET", GOAL, "Idempotency-Key: a b\r\n", NULL)->status, 200);
    const raw_answer *a = ask_as("", "POST", "/api/v1/auth/login", "Idempotency-Key: a b\r\n", "{\"email\":5}");
    cr_expect_eq(a->status, 400);
    cr_expect_null(strstr(a->body, "Idempotency-Key"));
}

/* Where a key would do nothing it is not offered either. */
Test(gateway_keys, only_what_writes_and_keeps_answers_offers_it)
{
    static const struct {
        const char *path;
        bool offered;
    } cases[] = {
        {"\"/goals\":", true},         {"\"/plan\":", true},         {"\"/events\":", true},
        {"\"/plan/preview\":", false}, {"\"/auth/logout\":", false}, {"\"/auth/login\":", false},
    };
    char *document = strdup(ask("GET", "/openapi.json", NULL)->body);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char *path = strstr(document, cases[i].path), *end = path ? strstr(path + 1, "\"/") : NULL;
        cr_assert(path && end, "%s", cases[i].path);
        *end = '\0';
        cr_expect_eq(strstr(path, "Idempotency-Key") != NULL, cases[i].offered, "%s", cases[i].path);
        cr_expect_eq(strstr(path, "\"422\"") != NULL, cases[i].offered, "%s", cases[i].path);
        *end = '"';
    }
    free(document);
}
