/* Nodes 0..count-1 and the edges between them: lists of neighbours, an order in which every prerequisite comes first,
 * and the circles that make such an order impossible. */
#pragma once

#include "minset.h"

#include <stdbool.h>
#include <stdint.h>

/* The neighbours of node n: to[first[n]] .. to[first[n + 1] - 1]; edge[] says which edge of the input each one is. */
typedef struct plan_links {
    int32_t node_count;
    int32_t *first;
    int32_t *to;
    int32_t *edge;
} plan_links;

/* Edge i leads from from[i] to to[i], all within 0..node_count-1. Neighbours keep the order of the edges. */
void plan_links_init(plan_links *l, int32_t node_count, int32_t edge_count, const int32_t *from, const int32_t *to);
void plan_links_finish(plan_links *l);

/* Kahn's algorithm, stopping and going on: waiting[n] counts the prerequisites of n that are not yet in order. */
typedef struct plan_order {
    const plan_links *dependents; /* prerequisite -> topic; borrowed */
    int32_t *waiting;
    int32_t *order; /* count nodes, prerequisites first; among the free ones the smallest number first */
    int32_t count;
    plan_minset free;
} plan_order;

void plan_order_init(plan_order *o, const plan_links *dependents);
/* Puts every node in order that no circle keeps waiting; all are in order when count is the number of nodes. */
void plan_order_run(plan_order *o);
/* Leaves a node out although it waits, so that what waits for it can go on. It does not come into order. */
void plan_order_leave_out(plan_order *o, int32_t node);
void plan_order_finish(plan_order *o);

/* Follows prerequisites from start until a node comes again. Every node reached must wait for another one, as those do
 * that plan_order_run left over. Writes the circle's nodes and the edges by which each needs
 * the next (the last needs the first) and returns how many; the smallest node comes first. mark: node_count zeros,
 * zeroed again at return. */
int32_t plan_circle(const plan_links *prerequisites, const plan_order *o, int32_t start, int32_t *mark, int32_t *nodes,
                    int32_t *edges);

/* True for a node that waits and was not left out. */
bool plan_order_is_waiting(const plan_order *o, int32_t node);
