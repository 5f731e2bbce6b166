/*
 * A graph of topics as it is imported: the check that finds all its faults, and its form for planning.
 *
 * An edge says that a topic needs a prerequisite. Hard edges block: they decide the order and must not form a circle.
 * Soft edges help and may be dropped, so a circle that runs through a soft edge is no circle.
 */
#pragma once

#include "faults.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    PLAN_TOPICS_LIMIT = 20000,
    PLAN_EDGES_LIMIT = 200000,
    PLAN_KEY_LENGTH = 100,
    PLAN_TITLE_LENGTH = 200,
    PLAN_SUMMARY_LENGTH = 10000,
    PLAN_OUTCOMES_LIMIT = 100, /* what a learner can do afterwards: "goals" of a topic */
    PLAN_OUTCOME_LENGTH = 2000,
    PLAN_REASON_LENGTH = 2000,
    PLAN_TOPIC_MINUTES = 100000,
    PLAN_DEFAULT_MINUTES = 60,
};

/* Texts are NUL-terminated UTF-8, never NULL; lengths are counted in characters. */
typedef struct plan_topic {
    const char *key;
    const char *title; /* "": the key */
    const char *summary;
    const char *const *outcomes;
    size_t outcome_count;
    bool has_minutes; /* false: the graph's default */
    int32_t minutes;
} plan_topic;

typedef struct plan_edge {
    const char *topic;
    const char *prerequisite;
    const char *strength; /* "", "hard" or "soft" */
    const char *reason;
} plan_edge;

typedef struct plan_graph {
    const char *title, *source, *license;
    int32_t default_minutes;
    const plan_topic *topics;
    size_t topic_count;
    const plan_edge *edges;
    size_t edge_count;
} plan_graph;

/* What the store needs of a graph without faults. Topics are numbered in the order of their keys (bytes), so that the
 * numbers do not depend on the order in which they were sent. */
typedef struct plan_graph_form {
    int32_t *topic_at;     /* position -> index in graph->topics */
    int32_t *topic;        /* of edge i: the position of its topic */
    int32_t *prerequisite; /* and of its prerequisite */
    bool *hard;
} plan_graph_form;

/* Reports every fault: limits, keys, duplicates, unknown keys, self-edges, strengths, minutes, lengths, circles.
 * Returns true when there is none; then *form is filled and the caller finishes it. */
bool plan_graph_check(const plan_graph *graph, plan_faults *faults, plan_graph_form *form);
void plan_graph_form_finish(plan_graph_form *form);

/* [a-z0-9_.-], 1 to PLAN_KEY_LENGTH characters. */
bool plan_key_is_good(const char *key);

/* Characters (code points) of UTF-8 text. */
size_t plan_text_length(const char *text);
