/* The steps of plan_graph_check that look at edges as numbers. */
#pragma once

#include "graph.h"
#include "keys.h"

/* Of each edge: indexes in graph->topics, -1 where the key is unknown. */
typedef struct plan_ends {
    int32_t *topic;
    int32_t *prerequisite;
    bool *hard;
} plan_ends;

void plan_check_duplicate_edges(const plan_graph *graph, const plan_ends *ends, plan_faults *faults);

/* Tells one circle of hard edges for each knot of them, spelled out: "a -> b -> a". */
void plan_check_circles(const plan_graph *graph, const plan_ends *ends, plan_faults *faults);

void plan_graph_make_form(const plan_graph *graph, const plan_keys *keys, const plan_ends *ends, plan_graph_form *form);
