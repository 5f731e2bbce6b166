#include "problem.h"

#include <criterion/criterion.h>
#include <jansson.h>
#include <string.h>

static arena memory;

static void finish(void)
{
    arena_finish(&memory);
}

TestSuite(problem, .fini = finish);

static json_t *written(const problem *p, const char *instance, const char *request_id)
{
    size_t size;
    const char *text = problem_write(&memory, p, instance, request_id, &size);
    cr_assert_eq(strlen(text), size);
    json_error_t error;
    json_t *json = json_loadb(text, size, JSON_REJECT_DUPLICATES, &error);
    cr_assert(json, "%s: %s", error.text, text);
    return json;
}

static const char *text_of(json_t *json, const char *name)
{
    const char *text = json_string_value(json_object_get(json, name));
    return text ? text : "(absent)";
}

Test(problem, codes_have_their_http_status)
{
    static const int expected[CODE_COUNT] = {200, 499, 500, 400, 504, 404, 409, 403, 429,
                                             400, 409, 400, 501, 500, 503, 500, 401};
    for (int code = 0; code < CODE_COUNT; code++)
        cr_expect_eq(problem_http_status(code), expected[code], "%s", code_name(code));
    cr_expect_eq(problem_http_status(-1), 500);
    cr_expect_eq(problem_http_status(CODE_COUNT), 500);
}

Test(problem, what_a_client_sent_in_no_utf8_becomes_json_still)
{
    const rpc_fault faults[] = {{"caf\xe9", "unknown query parameter"}, {"caf\xc3\xa9", "\xf0\x9f"}};
    problem p = problem_of_code(CODE_INVALID_ARGUMENT, "The request has faults.", faults, 2);
    json_t *json = written(&p, "/\xff", "r-1"); /* jansson refuses what is not UTF-8 */
    cr_expect_str_eq(text_of(json, "instance"), "/?");
    json_t *errors = json_object_get(json, "errors");
    cr_expect_str_eq(text_of(json_array_get(errors, 0), "field"), "caf?");
    cr_expect_str_eq(text_of(json_array_get(errors, 1), "field"), "caf\xc3\xa9");
    json_decref(json);
}

Test(problem, all_members_are_written)
{
    const rpc_fault faults[] = {{"topics[3].titel", "unknown field; did you mean 'title'?"}, {"due", "is \"bad\""}};
    problem p = problem_of_code(CODE_INVALID_ARGUMENT, "The request has faults.", faults, 2);
    json_t *json = written(&p, "/api/v1/goals", "r-1");
    cr_expect_str_eq(text_of(json, "type"), "about:blank");
    cr_expect_str_eq(text_of(json, "title"), "Bad Request");
    cr_expect_eq(json_integer_value(json_object_get(json, "status")), 400);
    cr_expect_str_eq(text_of(json, "detail"), "The request has faults.");
    cr_expect_str_eq(text_of(json, "instance"), "/api/v1/goals");
    cr_expect_str_eq(text_of(json, "code"), "INVALID_ARGUMENT");
    cr_expect_str_eq(text_of(json, "requestId"), "r-1");
    json_t *errors = json_object_get(json, "errors");
    cr_assert_eq(json_array_size(errors), 2);
    cr_expect_str_eq(text_of(json_array_get(errors, 0), "field"), "topics[3].titel");
    cr_expect_str_eq(text_of(json_array_get(errors, 1), "message"), "is \"bad\"");
    json_decref(json);
}

Test(problem, faults_and_detail_are_left_out_when_there_are_none)
{
    problem p = problem_of_code(CODE_NOT_FOUND, "", NULL, 0);
    json_t *json = written(&p, "/", "r");
    cr_expect_null(json_object_get(json, "errors"));
    cr_expect_null(json_object_get(json, "detail"));
    json_decref(json);
}

Test(problem, what_went_wrong_inside_is_not_told)
{
    static const int codes[] = {CODE_INTERNAL, CODE_UNKNOWN, CODE_DATA_LOSS};
    for (size_t i = 0; i < 3; i++) {
        problem p = problem_of_code(codes[i], "relation \"auth.users\" does not exist", NULL, 0);
        cr_expect_null(strstr(p.detail, "users"));
    }
}

Test(problem, hostile_texts_are_escaped)
{
    char hostile[600];
    for (size_t i = 0; i + 1 < sizeof hostile; i++)
        hostile[i] = (char)(1 + i % 127);
    hostile[sizeof hostile - 1] = '\0';
    const rpc_fault fault = {hostile, hostile};
    problem p = problem_of_code(CODE_INVALID_ARGUMENT, hostile, &fault, 1);
    json_t *json = written(&p, hostile, hostile);
    cr_expect_str_eq(text_of(json, "detail"), hostile);
    cr_expect_str_eq(text_of(json, "instance"), hostile);
    cr_expect_str_eq(text_of(json_array_get(json_object_get(json, "errors"), 0), "field"), hostile);
    json_decref(json);
}

Test(problem, statuses_of_http_have_codes_and_titles)
{
    static const int statuses[] = {400, 401, 403, 404, 405, 406, 409, 413, 415, 417, 429, 500, 501, 503, 504};
    for (size_t i = 0; i < sizeof statuses / sizeof statuses[0]; i++) {
        problem p = problem_of_http(statuses[i], NULL);
        cr_expect_str_neq(p.code, "UNKNOWN", "%d", statuses[i]);
        cr_expect_str_neq(problem_title(statuses[i]), "Error", "%d", statuses[i]);
    }
}
