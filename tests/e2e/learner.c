#include "learner.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

json_t *learner_expect(rest_answer answer, int status, const char *step)
{
    cr_assert_eq(answer.status, status, "%s: status %d instead of %d: %s", step, answer.status, status, answer.body);
    return answer.json;
}

json_t *learner_expect_problem(rest_answer answer, int status, const char *code, const char *step)
{
    learner_expect(answer, status, step);
    cr_assert(strncmp(answer.content_type, "application/problem+json", 24) == 0, "%s: content type %s", step,
              answer.content_type);
    cr_assert_not_null(answer.json, "%s: not JSON: %s", step, answer.body);
    cr_assert_str_eq(rest_text(answer.json, "code"), code, "%s: %s", step, answer.body);
    cr_assert_eq(rest_number(answer.json, "status"), status, "%s: %s", step, answer.body);
    cr_assert(*rest_text(answer.json, "title") && *rest_text(answer.json, "detail") &&
                  *rest_text(answer.json, "requestId"),
              "%s: %s", step, answer.body);
    return answer.json;
}

learner learner_join(const char *base_url)
{
    static unsigned number;
    learner l = {.rest = rest_create(base_url)};
    snprintf(l.email, sizeof l.email, "learner-%d-%u@example.test", (int)getpid(), ++number);
    snprintf(l.password, sizeof l.password, "a long sentence nobody guesses %u", number);
    json_t *registration = json_pack("{s:s, s:s, s:s}", "email", l.email, "password", l.password, "name", "Ada");
    learner_expect(rest_post(l.rest, "/api/v1/auth/register", registration), 202, "register");
    learner_log_in(&l);
    return l;
}

void learner_log_in(learner *l)
{
    rest_set_token(l->rest, NULL);
    json_t *credentials = json_pack("{s:s, s:s}", "email", l->email, "password", l->password);
    json_t *pair = learner_expect(rest_post(l->rest, "/api/v1/auth/login", credentials), 200, "log in");
    snprintf(l->refresh_token, sizeof l->refresh_token, "%s", rest_text(pair, "refreshToken"));
    rest_set_token(l->rest, rest_text(pair, "accessToken"));
}

void learner_leave(learner *l)
{
    rest_destroy(l->rest);
    l->rest = NULL;
}

const char *learner_sample_graph_path(void)
{
    static char path[4096];
    const char *source = getenv("SICAL_SOURCE");
    snprintf(path, sizeof path, "%s/data/c-systems.json", source ? source : ".");
    return path;
}

json_t *learner_read_graph(void)
{
    const char *shared = getenv("SICAL_SHARED_DATA"), *source = getenv("SICAL_SOURCE");
    char path[4096];
    if (shared)
        snprintf(path, sizeof path, "%s/metacademy.json", shared);
    else
        snprintf(path, sizeof path, "%s/../shared/data/metacademy.json", source ? source : ".");
    json_error_t error;
    json_t *graph = json_load_file(path, 0, NULL);
    if (!graph)
        graph = json_load_file(learner_sample_graph_path(), 0, &error);
    cr_assert_not_null(graph, "no graph: %s", error.text);
    return graph;
}

void learner_make_id(unsigned kind, unsigned number, char out[37])
{
    snprintf(out, 37, "0199%04x-0000-7000-8000-%012x", kind & 0xffff, number);
}

void learner_import(learner *l, json_t *graph, char id[37])
{
    json_t *answer = learner_expect(rest_post(l->rest, "/api/v1/graphs/import", json_incref(graph)), 201, "import");
    cr_assert_eq(rest_number(answer, "topicCount"), (long long)json_array_size(json_object_get(graph, "topics")));
    cr_assert_eq(rest_number(answer, "edgeCount"), (long long)json_array_size(json_object_get(graph, "edges")));
    snprintf(id, 37, "%s", rest_text(answer, "id"));
}

json_t *learner_eight_hours_a_week(const char *zone, int cap_minutes)
{
    json_t *windows = json_array();
    static const char *const days[] = {"MON", "WED", "FRI", "SAT"};
    for (size_t i = 0; i < sizeof days / sizeof *days; i++)
        json_array_append_new(windows, json_pack("{s:s, s:s, s:s}", "day", days[i], "start", "18:30", "end", "20:30"));
    return json_pack("{s:s, s:o, s:i}", "timeZone", zone, "windows", windows, "dailyCapMinutes", cap_minutes);
}
