/*
 * What is remembered of a topic: FSRS-6, as the reference implementation (PyPI fsrs 6.3.2) computes it.
 *
 * Stability S is the number of days after which recall has sunk to 90 %, difficulty D runs from 1 to 10, retrievability
 * R is the chance of recall now. Time is counted in whole days of 24 hours since the last review, never by local dates.
 * Pure: time is passed in (microseconds of the Unix epoch), and the same input gives the same bits.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { MEMORY_WEIGHTS = 21, MEMORY_STEPS_LIMIT = 8 };

typedef enum memory_grade { MEMORY_AGAIN = 1, MEMORY_HARD = 2, MEMORY_GOOD = 3, MEMORY_EASY = 4 } memory_grade;

typedef enum memory_phase {
    MEMORY_UNSEEN = 0, /* never graded: nothing is known */
    MEMORY_LEARNING = 1,
    MEMORY_IN_REVIEW = 2,
    MEMORY_RELEARNING = 3,
} memory_phase;

/* Short intervals, in order, before the first long one. */
typedef struct memory_steps {
    int64_t us[MEMORY_STEPS_LIMIT];
    size_t count; /* 0 to MEMORY_STEPS_LIMIT */
} memory_steps;

typedef struct memory_parameters {
    double weights[MEMORY_WEIGHTS];
    double retention; /* chance of recall when a review comes due; between 0 and 1 */
    memory_steps learning;
    memory_steps relearning;
    int longest_interval_days; /* 1 to 36,500 */
    bool fuzz;                 /* spread long intervals a little, so that what was learned together parts */
} memory_parameters;

/* The reference's weights, retention 0.9, steps of 1 and 10 minutes, 10 minutes again after a lapse, no fuzz. */
extern const memory_parameters memory_default_parameters;

/* Checked parameters with what follows from them. */
typedef struct memory_model {
    memory_parameters parameters;
    double decay;          /* -w20 */
    double factor;         /* F: makes R(S) = 0.9 */
    double due_factor;     /* the same for the wanted retention */
    double recall_gain;    /* e^w8 */
    double lapse_divisor;  /* e^(w17 w18) */
    double easiest_target; /* D0(Easy), not clamped: what difficulty reverts to */
} memory_model;

/* NULL, or a sentence that says which parameter is out of the reference's bounds; then the model is not to be used.
 * sentence is a static buffer, overwritten by the next call. */
const char *memory_model_init(memory_model *model, const memory_parameters *parameters);

/* All zero: MEMORY_UNSEEN. */
typedef struct memory_state {
    memory_phase phase;
    int step; /* of learning or relearning; 0 in review */
    double stability_days;
    double difficulty;
    int64_t last_review_us;
    int64_t due_us;
} memory_state;

/* Applies one grade given at at_us. topic: its key, from which (with the instant) the fuzz is drawn. */
void memory_review(const memory_model *model, memory_state *state, memory_grade grade, int64_t at_us,
                   const char *topic);

/* R at at_us; 0 for an unseen topic, 1 at and before the last review. */
double memory_retrievability(const memory_model *model, const memory_state *state, int64_t at_us);
