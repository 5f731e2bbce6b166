/*
 * One making of a plan: the planner's input out of what the store has read, on heap memory of its own, so that the
 * planner can run on another thread and outlive a call that gave up.
 */
#pragma once

#include "repairs.h"
#include "store.h"

typedef struct planning {
    plan_input input;
    plan_result result;
    bool with_repairs; /* finds them too; set before planning_run */
    plan_repairs repairs;
    bool solved; /* result and repairs are there */

    int32_t graph_count;
    int32_t *first_topic; /* of each graph in the state: its topics are numbered from here on; one more for the end */
    /* The arrays of input. */
    int32_t *minutes, *edge_topic, *edge_prerequisite, *targets;
    bool *mastered;
    plan_goal *goals;
    plan_window *windows;
    int64_t *latest_end; /* of each window: the local midnight behind it */
    plan_busy *busy;
} planning;

/* now: in minutes. mastered: topics of the graphs; others are passed over. Never NULL. */
planning *planning_create(const planning_state *state, int64_t now, const mastered_row *mastered,
                          size_t mastered_count);
void planning_destroy(void *p);

/* Plans on the thread pool. STATUS_OK: solved. On anything else *p is gone and set to NULL: STATUS_INTERNAL when a
 * graph has a circle, or a fatal status of fiber_offload. */
status planning_run(planning **p);

/* The graph (an index of the state) and the position in it of one of the planner's topics. */
int32_t planning_graph_of(const planning *p, int32_t topic, int32_t *position);
