/* A learner as a client of the gateway: the verbs that stories are told with. A failed step fails the test with the
 * answer. */
#pragma once

#include "rest.h"

typedef struct learner {
    rest_client *rest;
    char email[96];
    char password[64];
    char refresh_token[128];
} learner;

/* Registers under an address of its own, logs in and keeps the token. */
learner learner_join(const char *base_url);
void learner_log_in(learner *l);
void learner_leave(learner *l);

/* The answer to a step that must succeed: fails the test, showing the body, when the status is another. */
json_t *learner_expect(rest_answer answer, int status, const char *step);

/* A problem+json with this status and code; returns the document for a closer look. */
json_t *learner_expect_problem(rest_answer answer, int status, const char *code, const char *step);

/* The graph file to tell stories with: the real one where it is at hand, else the project's own. */
json_t *learner_read_graph(void);
const char *learner_sample_graph_path(void);

/* Text of a UUID made from two numbers: the same numbers, the same id. */
void learner_make_id(unsigned kind, unsigned number, char out[37]);

/* Imports, and writes the graph's id. */
void learner_import(learner *l, json_t *graph, char id[37]);

/* {"timeZone", "windows": two hours on MON, WED, FRI and SAT, "dailyCapMinutes"}: 8 hours a week. A new reference. */
json_t *learner_eight_hours_a_week(const char *zone, int cap_minutes);
