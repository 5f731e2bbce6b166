/* What people and programs get wrong, on purpose or not: each gets a clear problem document, and nothing is
 * half-written. */
#include "calendar.h"
#include "forge.h"
#include "learner.h"
#include "suite.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define UNKNOWN_ID "01990000-0000-7000-8000-00000000dead"

typedef struct bad_body {
    const char *why;
    const char *path;
    const char *body;
    const char *field; /* that the problem must name; NULL = none */
} bad_body;

static json_t *post_text(learner *l, const char *path, const char *body, int status, const char *code, const char *why)
{
    return learner_expect_problem(rest_send(l->rest, "POST", path, body, strlen(body)), status, code, why);
}

static bool names_field(json_t *problem, const char *field)
{
    size_t index;
    json_t *error;
    json_array_foreach(json_object_get(problem, "errors"), index, error)
    {
        if (strcmp(rest_text(error, "field"), field) == 0 && *rest_text(error, "message"))
            return true;
    }
    return false;
}

static void expect_bad(learner *l, const bad_body *cases, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        json_t *problem = post_text(l, cases[i].path, cases[i].body, 400, "INVALID_ARGUMENT", cases[i].why);
        if (cases[i].field) {
            char *shown = json_dumps(problem, 0);
            cr_assert(names_field(problem, cases[i].field), "%s: %s is not named: %s", cases[i].why, cases[i].field,
                      shown);
            free(shown);
        }
    }
}

static long long count_of(learner *l, const char *path)
{
    json_t *page = learner_expect(rest_get(l->rest, "%s", path), 200, path);
    return (long long)json_array_size(json_object_get(page, "items"));
}

Test(bad_input, graphs)
{
    suite *s = suite_start();
    learner l = learner_join(suite_url(s));
    static const bad_body cases[] = {
        {"broken JSON", "/api/v1/graphs/import", "{\"topics\":[", NULL},
        {"text after JSON", "/api/v1/graphs/import", "{} {}", NULL},
        {"a key twice", "/api/v1/graphs/import", "{\"title\":\"a\",\"title\":\"b\",\"topics\":[]}", NULL},
        {"an array instead of an object", "/api/v1/graphs/import", "[]", NULL},
        {"a wrong type", "/api/v1/graphs/import", "{\"topics\":[{\"key\":7,\"title\":\"x\"}],\"edges\":[]}",
         "topics[0].key"},
        {"an unknown field", "/api/v1/graphs/import", "{\"topics\":[{\"key\":\"a\",\"titel\":\"x\"}],\"edges\":[]}",
         "topics[0].titel"},
        {"no topics", "/api/v1/graphs/import", "{\"topics\":[],\"edges\":[]}", "topics"},
        {"a topic twice", "/api/v1/graphs/import",
         "{\"topics\":[{\"key\":\"a\",\"title\":\"x\"},{\"key\":\"a\",\"title\":\"y\"}],\"edges\":[]}",
         "topics[1].key"},
        {"an unknown prerequisite", "/api/v1/graphs/import",
         "{\"topics\":[{\"key\":\"a\",\"title\":\"x\"}],\"edges\":[{\"topic\":\"a\",\"prerequisite\":\"b\"}]}",
         "edges[0].prerequisite"},
        {"an edge to itself", "/api/v1/graphs/import",
         "{\"topics\":[{\"key\":\"a\",\"title\":\"x\"}],\"edges\":[{\"topic\":\"a\",\"prerequisite\":\"a\"}]}",
         "edges[0].prerequisite"},
        {"negative minutes", "/api/v1/graphs/import",
         "{\"topics\":[{\"key\":\"a\",\"title\":\"x\",\"minutes\":-5}],\"edges\":[]}", "topics[0].minutes"},
    };
    expect_bad(&l, cases, sizeof cases / sizeof *cases);
    json_t *problem = post_text(
        &l, "/api/v1/graphs/import",
        "{\"topics\":[{\"key\":\"a\",\"title\":\"A\"},{\"key\":\"b\",\"title\":\"B\"},{\"key\":\"c\",\"title\":\"C\"}],"
        "\"edges\":[{\"topic\":\"a\",\"prerequisite\":\"b\"},{\"topic\":\"b\",\"prerequisite\":\"c\"},"
        "{\"topic\":\"c\",\"prerequisite\":\"a\"}]}",
        400, "INVALID_ARGUMENT", "a cycle");
    char *shown = json_dumps(problem, 0);
    cr_assert(strstr(shown, "a") && strstr(shown, "->"), "the cycle is not spelled out: %s", shown);
    free(shown);
    cr_assert_eq(count_of(&l, "/api/v1/graphs"), 0, "a refused import left something behind");
    learner_leave(&l);
    suite_stop(s);
}

Test(bad_input, goals_hours_and_events)
{
    suite *s = suite_start();
    learner l = learner_join(suite_url(s));
    json_t *graph = json_load_file(learner_sample_graph_path(), 0, NULL);
    char id[37], body[1024];
    learner_import(&l, graph, id);
    json_t *topic = json_array_get(json_object_get(graph, "topics"), 0);
    static const struct {
        const char *due, *field;
    } dues[] = {{"1970-01-01T00:00:00Z", "due"},
                {"9999-12-31T23:59:59Z", "due"},
                {"tomorrow", "due"},
                {"2027-02-30T00:00:00Z", "due"}};
    for (size_t i = 0; i < sizeof dues / sizeof *dues; i++) {
        snprintf(body, sizeof body, "{\"graphId\":\"%s\",\"title\":\"t\",\"targets\":[\"%s\"],\"due\":\"%s\"}", id,
                 rest_text(topic, "key"), dues[i].due);
        json_t *problem = post_text(&l, "/api/v1/goals", body, 400, "INVALID_ARGUMENT", dues[i].due);
        cr_assert(names_field(problem, dues[i].field), "%s", dues[i].due);
    }
    snprintf(body, sizeof body,
             "{\"graphId\":\"%s\",\"title\":\"\",\"targets\":[\"no_such_topic\"],\"due\":\"2031-01-01T00:00:00Z\","
             "\"weight\":1000}",
             id);
    json_t *problem = post_text(&l, "/api/v1/goals", body, 400, "INVALID_ARGUMENT", "all faults at once");
    cr_assert(names_field(problem, "title") && names_field(problem, "weight"));
    cr_assert_eq(count_of(&l, "/api/v1/goals"), 0);

    static const struct {
        const char *why, *body, *field;
    } hours[] = {
        {"unknown zone", "{\"timeZone\":\"Mars/Olympus\",\"windows\":[]}", "timeZone"},
        {"ends before it starts",
         "{\"timeZone\":\"UTC\",\"windows\":[{\"day\":\"MON\",\"start\":\"20:00\",\"end\":\"18:00\"}]}",
         "windows[0].end"},
        {"overlap",
         "{\"timeZone\":\"UTC\",\"windows\":[{\"day\":\"MON\",\"start\":\"18:00\",\"end\":\"20:00\"},{\"day\":\"MON\","
         "\"start\":\"19:00\",\"end\":\"21:00\"}]}",
         "windows[1]"},
        {"no such day",
         "{\"timeZone\":\"UTC\",\"windows\":[{\"day\":\"FUNDAY\",\"start\":\"18:00\",\"end\":\"20:00\"}]}",
         "windows[0].day"},
        {"no cap at all", "{\"timeZone\":\"UTC\",\"windows\":[],\"dailyCapMinutes\":0}", "dailyCapMinutes"},
    };
    for (size_t i = 0; i < sizeof hours / sizeof *hours; i++) {
        rest_answer answer = rest_send(l.rest, "PUT", "/api/v1/availability", hours[i].body, strlen(hours[i].body));
        problem = learner_expect_problem(answer, 400, "INVALID_ARGUMENT", hours[i].why);
        cr_assert(names_field(problem, hours[i].field), "%s: %s", hours[i].why, answer.body);
    }

    snprintf(body, sizeof body,
             "{\"events\":[{\"id\":\"nonsense\",\"graphId\":\"%s\",\"topicKey\":\"a\",\"kind\":\"REVIEW\",\"grade\":"
             "\"GOOD\",\"occurredAt\":\"2026-01-01T00:00:00Z\"},"
             "{\"id\":\"" UNKNOWN_ID
             "\",\"graphId\":\"%s\",\"topicKey\":\"a\",\"kind\":\"REVIEW\",\"occurredAt\":\"2026-01-01T00:00:00Z\"}]}",
             id, id);
    problem = post_text(&l, "/api/v1/events", body, 400, "INVALID_ARGUMENT", "bad events");
    cr_assert(names_field(problem, "events[0].id") && names_field(problem, "events[1].grade"));
    cr_assert_eq(count_of(&l, "/api/v1/events"), 0, "a refused batch left an event behind");
    json_decref(graph);
    learner_leave(&l);
    suite_stop(s);
}

Test(bad_input, what_belongs_to_others_is_not_there)
{
    suite *s = suite_start();
    learner owner = learner_join(suite_url(s)), stranger = learner_join(suite_url(s));
    json_t *graph = json_load_file(learner_sample_graph_path(), 0, NULL);
    char graph_id[37], goal_path[96], graph_path[96];
    learner_import(&owner, graph, graph_id);
    json_t *topic = json_array_get(json_object_get(graph, "topics"), 0);
    json_t *goal = json_pack("{s:s, s:s, s:[s], s:s}", "graphId", graph_id, "title", "Mine", "targets",
                             rest_text(topic, "key"), "due", "2031-01-01T00:00:00Z");
    goal = learner_expect(rest_post(owner.rest, "/api/v1/goals", goal), 201, "goal");
    snprintf(goal_path, sizeof goal_path, "/api/v1/goals/%s", rest_text(goal, "id"));
    snprintf(graph_path, sizeof graph_path, "/api/v1/graphs/%s", graph_id);
    const char *paths[] = {goal_path, graph_path, "/api/v1/goals/" UNKNOWN_ID};
    for (size_t i = 0; i < 3; i++) {
        learner_expect_problem(rest_get(stranger.rest, "%s", paths[i]), 404, "NOT_FOUND", paths[i]);
        learner_expect_problem(rest_send(stranger.rest, "DELETE", paths[i], NULL, 0), 404, "NOT_FOUND", paths[i]);
    }
    learner_expect(rest_get(owner.rest, "%s", goal_path), 200, "still there");
    learner_expect_problem(rest_get(owner.rest, "/api/v1/goals/not-an-id"), 400, "INVALID_ARGUMENT", "not an id");
    json_decref(graph);
    learner_leave(&owner);
    learner_leave(&stranger);
    suite_stop(s);
}

Test(bad_input, tokens)
{
    suite *s = suite_start();
    learner l = learner_join(suite_url(s));
    static const char *const header = "{\"alg\":\"HS256\",\"typ\":\"JWT\",\"kid\":\"story\"}";
    const char *key = suite_token_key(s);
    const struct {
        const char *why, *header, *audience;
        int lifetime_s;
        const char *key;
        int status;
    } cases[] = {
        {"a good one, so that the others mean something", header, "sical-api", 60, key, 200},
        {"expired", header, "sical-api", -60, key, 401},
        {"of another key", header, "sical-api", 60, "YW5vdGhlciBrZXkgb2YgdGhpcnR5LXR3byBieXRlcyE=", 401},
        {"for another audience", header, "elsewhere", 60, key, 401},
        {"without a signature", "{\"alg\":\"none\",\"kid\":\"story\"}", "sical-api", 60, NULL, 401},
        {"of an unknown key id", "{\"alg\":\"HS256\",\"kid\":\"other\"}", "sical-api", 60, key, 401},
        {"without a key id", "{\"alg\":\"HS256\"}", "sical-api", 60, key, 401},
        {"that claims RS256", "{\"alg\":\"RS256\",\"kid\":\"story\"}", "sical-api", 60, key, 401},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char claims[512];
        long now = (long)time(NULL);
        snprintf(claims, sizeof claims,
                 "{\"iss\":\"sical\",\"aud\":\"%s\",\"sub\":\"" UNKNOWN_ID "\",\"sid\":\"" UNKNOWN_ID
                 "\",\"role\":\"student\",\"iat\":%ld,"
                 "\"exp\":%ld,\"jti\":\"x%zu\"}",
                 cases[i].audience, now - 120, now + cases[i].lifetime_s, i);
        char *token = forge_token(cases[i].header, claims, cases[i].key);
        rest_set_token(l.rest, token);
        rest_answer answer = rest_get(l.rest, "/api/v1/goals");
        if (cases[i].status == 200)
            learner_expect(answer, 200, cases[i].why);
        else
            learner_expect_problem(answer, 401, "UNAUTHENTICATED", cases[i].why);
        free(token);
    }
    rest_set_token(l.rest, NULL);
    learner_expect_problem(rest_get(l.rest, "/api/v1/goals"), 401, "UNAUTHENTICATED", "none at all");
    learner_leave(&l);
    suite_stop(s);
}

static rest_answer refresh(learner *l, const char *token)
{
    return rest_post(l->rest, "/api/v1/auth/refresh", json_pack("{s:s}", "refreshToken", token));
}

Test(bad_input, a_refresh_token_that_comes_back_ends_its_session)
{
    suite *s = suite_start();
    learner l = learner_join(suite_url(s));
    char first[128], second[128], third[128];
    snprintf(first, sizeof first, "%s", l.refresh_token);
    snprintf(second, sizeof second, "%s",
             rest_text(learner_expect(refresh(&l, first), 200, "refresh"), "refreshToken"));
    json_t *twin = learner_expect(refresh(&l, first), 200, "the second tab, within ten seconds");
    cr_assert_str_eq(rest_text(twin, "refreshToken"), second, "both tabs hold the same new token");
    snprintf(third, sizeof third, "%s", rest_text(learner_expect(refresh(&l, second), 200, "refresh"), "refreshToken"));
    learner_expect_problem(refresh(&l, first), 401, "UNAUTHENTICATED", "a grandparent is theft");
    learner_expect_problem(refresh(&l, third), 401, "UNAUTHENTICATED", "and ends the session for all");
    learner_expect_problem(refresh(&l, "made-up"), 401, "UNAUTHENTICATED", "never issued");
    cr_assert_not(suite_log_contains(s, first) || suite_log_contains(s, l.email) || suite_log_contains(s, l.password));
    learner_leave(&l);
    suite_stop(s);
}

Test(bad_input, bodies_and_paths)
{
    suite *s = suite_start();
    learner l = learner_join(suite_url(s));
    size_t size = 10u << 20;
    char *large = malloc(size + 64);
    memset(large, ' ', size + 64);
    rest_answer answer = rest_send(l.rest, "POST", "/api/v1/goals", large, size);
    cr_assert(answer.status == 413 || answer.status == 0, "10 MB for a goal: %d", answer.status);
    answer = rest_send(l.rest, "POST", "/api/v1/graphs/import", large, size + 1);
    cr_assert(answer.status == 413 || answer.status == 0, "over 10 MiB for an import: %d", answer.status);
    learner_expect_problem(rest_send(l.rest, "POST", "/api/v1/graphs/import", large, size), 400, "INVALID_ARGUMENT",
                           "10 MiB of nothing");
    memset(large, '[', size);
    learner_expect_problem(rest_send(l.rest, "POST", "/api/v1/graphs/import", large, size), 400, "INVALID_ARGUMENT",
                           "too deep");
    free(large);
    learner_expect_problem(rest_get(l.rest, "/api/v1/nowhere"), 404, "NOT_FOUND", "no such path");
    learner_expect_problem(rest_send(l.rest, "PUT", "/api/v1/goals", "{}", 2), 405, "METHOD_NOT_ALLOWED",
                           "no such method");
    learner_expect_problem(rest_get(l.rest, "/api/v1/goals?colour=red"), 400, "INVALID_ARGUMENT", "unknown parameter");
    learner_expect_problem(rest_get(l.rest, "/api/v1/goals?limit=1000"), 400, "INVALID_ARGUMENT", "limit");
    learner_expect_problem(rest_get(l.rest, "/api/v1/goals?cursor=broken!"), 400, "INVALID_ARGUMENT", "cursor");
    learner_expect(rest_get(l.rest, "/api/v1/goals"), 200, "and all is well");
    learner_leave(&l);
    suite_stop(s);
}
