/*
 * One making of a plan: the planner's input out of what the store has read, on heap memory of its own, so that the
 * planner can run on another thread and outlive a call that gave up.
 */
#pragma once

#include "place.h"
#include "repairs.h"
#include "replan.h"
#include "reviews.h"
#include "store.h"

/* A learned target of a goal in exam mode. */
typedef struct planning_exam {
    plan_recall recall;
    size_t review; /* its next one, among those that progress told */
    int64_t due;
    int32_t percent; /* of recall, wanted then */
} planning_exam;

/* What it is for; set before planning_run. */
typedef enum planning_aim {
    PLANNING_A_PLAN,  /* with as few changes of the standing one as can be */
    PLANNING_REPAIRS, /* the optimal plan and, when something is late, what would help */
    PLANNING_PLACES   /* no plan: whether sessions may stand where they are wanted */
} planning_aim;

/* Of a goal, seen from the standing plan. */
typedef enum planning_age { PLANNING_KNOWN, PLANNING_CHANGED, PLANNING_NEW } planning_age;

typedef struct planning {
    planning_aim aim;
    plan_input input;
    plan_result result; /* of a plan that has sessions to keep: their sessions and forecasts, not the optimal ones */
    plan_repairs repairs;
    plan_replanned replanned;       /* its changes; its sessions have become those of result */
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
    size_t *review_rows; /* of each: an index of the reviews that progress told */
    size_t review_count; /* those that progress told, and behind them those for exams */
    size_t told_review_count;
    int64_t *exam_of; /* of each review: the exam that it is for; INT64_MAX = none */
    planning_exam *exams;
    size_t exam_count;
    size_t exams_missed; /* reviews for exams that have no place before them */
    int32_t minutes_a_review;
    plan_window *windows;
    int64_t *latest_end; /* of each window: the local midnight behind it */
    plan_busy *busy;
    plan_busy *taken;                 /* busy time and pins together */
    int64_t *fixed_start, *fixed_end; /* of topics with pins; NULL: there are no pins */
    /* The standing plan's lessons ahead, those that lie apart from each other, and of each its index there. */
    plan_session *old;
    size_t *old_rows;
    size_t old_count;
    /* Its pinned sessions, by start, and of each its index there. */
    plan_session *pins;
    size_t *pin_rows;
    size_t pin_count;
    plan_place *places; /* to be checked against the pins */
    size_t place_count;
    planning_age *ages; /* of goals */
    /* Topics that goals of these ages need; NULL: there are no such goals. */
    bool *needed_by_new, *needed_by_changed;
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

/* For PLANNING_PLACES: where sessions are wanted. */
void planning_set_places(planning *p, const planning_state *state, const session_row *rows, size_t count);

/* Plans on the thread pool. STATUS_OK: solved. On anything else *p is gone and set to NULL: STATUS_INTERNAL when a
 * graph has a circle, or a fatal status of fiber_offload. */
status planning_run(planning **p);

/* ---- planning_pins.c: what is pinned comes before the dates of goals ---- */

/* Pins that cannot be met, whatever the dates of goals, are no dates any more: the result is made anew without them. */
void planning_forget_impossible_pins(planning *p);

/* When goals must wait for pins: by how many minutes, with *delayed the plan in which they do, which the caller
 * finishes; else 0. */
int64_t planning_delay_goals(planning *p, plan_result *delayed);

/* ---- exams.c: targets that are to be recalled on a date ---- */

/* Puts reviews for exams behind those that progress told, in place of those that stand there; no exam wants more than
 * limit per cent. */
void planning_add_exam_reviews(planning *p, int32_t limit);

/* Of the reserve: reviews for an exam whose last minute lies behind it, or that have no place at all. */
size_t planning_count_missed_exams(const planning *p);

/* Adds a repair, when exams have reviews and something is late: the highest retention with which nothing is. */
void planning_repair_retention(planning *p);

/* ---- topics ---- */

/* The number of a topic among those of all graphs, -1 when there is none. */
int32_t planning_find_topic(const planning *p, const planning_state *state, const uuid *graph_id, const char *key);

/* The graph (an index of the state) and the position in it of one of the planner's topics. */
int32_t planning_graph_of(const planning *p, int32_t topic, int32_t *position);
