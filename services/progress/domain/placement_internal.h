/* The cloud of knowledge states behind placement.h. */
#pragma once

#include "placement.h"

enum { CLOUD_WORDS = 16, CLOUD_STATES = 64 * CLOUD_WORDS, HABITS = 32 };

#define PLACEMENT_SLIP  0.1
#define PLACEMENT_GUESS 0.2

/* The graph by neighbours: those of topic t are before[first_before[t]] .. before[first_before[t + 1] - 1]. */
typedef struct cloud_graph {
    int32_t count;
    int32_t *order; /* prerequisites first */
    int32_t *first_before, *before;
    int32_t *first_after, *after;
} cloud_graph;

/* false: a circle; there is nothing to finish then. */
bool cloud_graph_init(cloud_graph *g, const placement_graph *from);
void cloud_graph_finish(cloud_graph *g);

/* State s is bit s % 64 of word s / 64 in the row of each topic. */
typedef struct cloud {
    const cloud_graph *graph;
    uint64_t (*known)[CLOUD_WORDS];
    uint64_t (*spare)[CLOUD_WORDS]; /* for drawing again */
    uint8_t habit[CLOUD_STATES];
    double chance[HABITS]; /* q or r of each habit */
    int8_t *answer;        /* of each topic: 0 none, 1 right, -1 wrong */
    uint64_t random;
} cloud;

/* Draws states from the model. */
void cloud_init(cloud *c, const cloud_graph *graph);
void cloud_finish(cloud *c);

/* Takes an answer in. */
void cloud_learn(cloud *c, const placement_answer *answer);

/* How many states know the topic. */
int cloud_count(const cloud *c, int32_t topic);

/* The topic whose answer leaves the fewest expected wrong judgements among those not asked; -1: there is none. */
int32_t cloud_choose_question(const cloud *c);
