/* /openapi.json is valid OpenAPI 3.1, and it tells the truth: schemathesis sends what it allows and what it does not,
 * and compares every answer with it. A longer run by hand: OPENAPI_EXAMPLES=1000 OPENAPI_SEED=7. */
#include "learner.h"
#include "program.h"
#include "python.h"
#include "scratch_folder.h"
#include "suite.h"

#include <criterion/criterion.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { RUN_TIMEOUT_MS = 500000 };

/* Runs a module of the tests' Python to its end and fails the test with all that it said when that is not 0. */
static void run_module(const char *const *arguments, const char *const *environment)
{
    test_program *p = test_program_start(
        &(test_program_options){.name = test_python(), .arguments = arguments, .environment = environment});
    int code = test_program_wait(p, RUN_TIMEOUT_MS);
    char *output = test_program_output(p), *errors = test_program_errors(p);
    printf("%s\n%s\n", output, errors);
    cr_assert_eq(code, 0, "python -m %s ended with %d:\n%s%s", arguments[1], code, output, errors);
    free(output);
    free(errors);
    test_program_destroy(p);
}

/* ---- something of everything, for requests to find ---- */

static void make_goal(learner *l, const char *graph_id, const char *topic)
{
    json_t *goal = json_pack("{s:s, s:s, s:[s], s:s}", "graphId", graph_id, "title", "To be found", "targets", topic,
                             "due", "2090-01-01T00:00:00Z");
    learner_expect(rest_post(l->rest, "/api/v1/goals", goal), 201, "goal");
}

static void record_event(learner *l, const char *graph_id, const char *topic)
{
    json_t *event = json_pack("{s:[{s:s, s:s, s:s, s:s, s:s, s:i, s:s}]}", "events", "id",
                              "0199abcd-0000-7000-8000-000000000001", "graphId", graph_id, "topicKey", topic, "kind",
                              "REVIEW", "grade", "GOOD", "durationSeconds", 600, "occurredAt", "2026-01-01T10:00:00Z");
    learner_expect(rest_post(l->rest, "/api/v1/events", event), 200, "event");
}

typedef struct ground {
    suite *suite;
    learner ada, ben;
    char graph_id[37];
    char topics[1024]; /* keys, with a blank behind each */
} ground;

static ground prepare(void)
{
    ground g = {.suite = suite_start()};
    g.ada = learner_join(suite_url(g.suite));
    g.ben = learner_join(suite_url(g.suite));
    json_t *graph = json_load_file(learner_sample_graph_path(), 0, NULL);
    json_object_set_new(graph, "visibility", json_string("public")); /* so that Ada uses it and cannot delete it */
    learner_import(&g.ben, graph, g.graph_id);
    json_t *topics = json_object_get(graph, "topics");
    for (size_t i = 0; i < 8; i++)
        snprintf(g.topics + strlen(g.topics), sizeof g.topics - strlen(g.topics), "%s ",
                 rest_text(json_array_get(topics, i), "key"));
    const char *first = rest_text(json_array_get(topics, 0), "key");
    learner_expect(rest_put(g.ada.rest, "/api/v1/availability", learner_eight_hours_a_week("Europe/London", 120)), 200,
                   "availability");
    make_goal(&g.ada, g.graph_id, first);
    record_event(&g.ada, g.graph_id, first);
    learner_expect(rest_post(g.ada.rest, "/api/v1/plan", json_object()), 201, "plan");
    json_decref(graph);
    return g;
}

static void leave(ground *g)
{
    learner_leave(&g->ada);
    learner_leave(&g->ben);
    suite_stop(g->suite);
}

/* ---- the document ---- */

Test(openapi, the_document_is_valid)
{
    char folder[TEST_FOLDER_SIZE], path[TEST_FOLDER_SIZE + 16];
    char *document;
    int code = test_program_run(&(test_program_options){.name = "sical-gateway",
                                                        .arguments = (const char *const[]){"--openapi", NULL}},
                                &document, NULL);
    cr_assert_eq(code, 0);
    test_folder_create(folder);
    snprintf(path, sizeof path, "%s/openapi.json", folder);
    FILE *out = fopen(path, "w");
    cr_assert(out && fputs(document, out) >= 0 && fclose(out) == 0);
    run_module((const char *const[]){"-m", "openapi_spec_validator", "--schema", "3.1", path, NULL}, NULL);
    free(document);
    test_folder_remove(folder);
}

/* Who asks, in the form of Web Fuzzing Commons. */
static void write_identities(const ground *g, const char *path)
{
    char ada[4096], ben[4096];
    snprintf(ada, sizeof ada, "Bearer %s", rest_token(g->ada.rest));
    snprintf(ben, sizeof ben, "Bearer %s", rest_token(g->ben.rest));
    json_t *identities =
        json_pack("{s:[{s:s, s:[{s:s, s:s}]}, {s:s, s:[{s:s, s:s}]}]}", "auth", "name", "ada", "fixedHeaders", "name",
                  "Authorization", "value", ada, "name", "ben", "fixedHeaders", "name", "Authorization", "value", ben);
    cr_assert_eq(json_dump_file(identities, path, 0), 0);
    json_decref(identities);
}

Test(openapi, every_answer_is_as_the_document_says, .timeout = 600)
{
    ground g = prepare();
    char folder[TEST_FOLDER_SIZE], identities_path[TEST_FOLDER_SIZE + 24], url[128], config[4200], hooks[4200];
    char identities[TEST_FOLDER_SIZE + 48], graph[64], topics[1100], token[4096], storage[128];
    const char *examples = getenv("OPENAPI_EXAMPLES"), *seed = getenv("OPENAPI_SEED");
    test_folder_create(folder);
    snprintf(identities_path, sizeof identities_path, "%s/identities.json", folder);
    write_identities(&g, identities_path);
    snprintf(url, sizeof url, "%s/openapi.json", suite_url(g.suite));
    snprintf(config, sizeof config, "%s/tests/e2e/openapi/schemathesis.toml", test_source_dir());
    snprintf(hooks, sizeof hooks, "PYTHONPATH=%s/tests/e2e/openapi", test_source_dir());
    snprintf(identities, sizeof identities, "SICAL_IDENTITIES=%s", identities_path);
    snprintf(graph, sizeof graph, "SICAL_GRAPH=%s", g.graph_id);
    snprintf(topics, sizeof topics, "SICAL_TOPICS=%s", g.topics);
    snprintf(token, sizeof token, "SICAL_TOKEN=%s", rest_token(g.ada.rest));
    snprintf(storage, sizeof storage, "HYPOTHESIS_STORAGE_DIRECTORY=%s", folder);
    run_module((const char *const[]){"-m", "schemathesis.cli", "--config-file", config, "run", url, "--checks", "all",
                                     "--max-examples", examples ? examples : "40", "--seed", seed ? seed : "20270115",
                                     NULL},
               (const char *const[]){hooks, identities, graph, topics, token, storage, "PYTHONDONTWRITEBYTECODE=1",
                                     NULL});
    test_folder_remove(folder);
    leave(&g);
}
