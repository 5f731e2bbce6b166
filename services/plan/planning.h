/*
 * One making of a plan: the planner's input out of what the store has read, on heap memory of its own, so that the
 * planner can run on another thread and outlive a call that gave up.
 */
#pragma once

#include "repairs.h"
#include "reviews.h"
#include "store.h"

typedef struct planning {
    plan_input input;
    plan_result result;
    bool with_repairs; /* finds them too; set before planning_run */
    plan_repairs repairs;
    plan_reserve reserve;           /* in which the plan was made */
    int32_t forecast_minutes_a_day; /* held back for reviews of topics that are yet to be learned */
    int64_t lateness_without;       /* L* without any reviews */
    bool solved;                    /* all of these are there */

    int32_t graph_count;
    int32_t *first_topic; /* of each graph in the state: its topics are numbered from here on; one more for the end */
    /* The arrays of input. */
    int32_t *minutes, *edge_topic, *edge_prerequisite, *targets;
    bool *mastered, *edge_soft;
    plan_goal *goals;
    plan_review *reviews;
    size_t *review_rows;                    /* of each: an index of the reviews that progress told */
    size_t review_count;                    /* those that progress told, and behind them those for exams */
    size_t exam_review_count, exams_missed; /* of these, and how many have no place before their exam */
    int64_t *exams;                         /* of each review: the exam that it is for; INT64_MAX = none */
    int32_t minutes_a_review;
    plan_window *windows;
    int64_t *latest_end; /* of each window: the local midnight behind it */
    plan_busy *busy;
} planning;

/* What progress knows, or knew last. */
typedef struct planning_progress {
    const mastered_row *mastered; /* topics of the graphs; others are passed over */
    size_t mastered_count;
    const review_row *reviews;
    size_t review_count;
    int32_t minutes_a_review; /* of topics that are yet to be learned */
    double decay;             /* of FSRS-6; 0 = not known */
} planning_progress;

/* now: in minutes. Never NULL. */
planning *planning_create(const planning_state *state, int64_t now, const planning_progress *progress);
void planning_destroy(void *p);

/* Plans on the thread pool. STATUS_OK: solved. On anything else *p is gone and set to NULL: STATUS_INTERNAL when a
 * graph has a circle, or a fatal status of fiber_offload. */
status planning_run(planning **p);

/* The number of a topic among those of all graphs, -1 when there is none. */
int32_t planning_find_topic(const planning *p, const planning_state *state, const uuid *graph_id, const char *key);

/* The graph (an index of the state) and the position in it of one of the planner's topics. */
int32_t planning_graph_of(const planning *p, int32_t topic, int32_t *position);
