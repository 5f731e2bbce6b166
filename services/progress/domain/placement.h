/*
 * Placement: which topics of a graph a learner knows already, found out with few questions.
 *
 * The model. Knowledge follows prerequisites: a topic can be known only when all its hard prerequisites are, so what a
 * learner knows is a set closed under prerequisites (a knowledge state: Doignon and Falmagne, "Knowledge Spaces",
 * 1999). A learner has a share q, drawn evenly from a grid, and knows each topic that lies open (all prerequisites
 * known) with the chance q. A question asks about one topic; who knows it answers wrong with the chance slip, who does
 * not answers right with the chance guess.
 *
 * The belief. States cannot be counted (a graph of 392 topics has more than there are atoms), so the belief is a cloud
 * of states drawn from the model, 64 of them in a word: they are weighed and drawn again by each answer and then moved
 * by Gibbs sampling (a sequential Monte Carlo sampler: Chopin, Biometrika 89(3), 2002). The chance that a topic is
 * known is its share of the cloud.
 *
 * The question. The one after whose answer the fewest topics are expected to be judged wrongly. An answer carries at
 * most 0.4 bits at slip 0.1 and guess 0.2, so 25 answers cannot settle 392 topics that have nothing to do with each
 * other; they can where prerequisites bind them.
 *
 * Pure and without memory between calls: the answers say all. The same graph and answers give the same belief, bit for
 * bit.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { PLACEMENT_TOPICS_LIMIT = 2000, PLACEMENT_EDGES_LIMIT = 20000, PLACEMENT_ANSWERS_LIMIT = 50 };

/* Topics are numbered from 0; edge i says that edge_topic[i] needs edge_prerequisite[i]. Arrays are borrowed. */
typedef struct placement_graph {
    int32_t topic_count; /* 1 to PLACEMENT_TOPICS_LIMIT */
    int32_t edge_count;  /* at most PLACEMENT_EDGES_LIMIT */
    const int32_t *edge_topic;
    const int32_t *edge_prerequisite;
} placement_graph;

typedef struct placement_answer {
    int32_t topic;
    bool right;
} placement_answer;

typedef enum placement_verdict { PLACEMENT_UNSURE, PLACEMENT_KNOWN, PLACEMENT_UNKNOWN } placement_verdict;

/* Chances from which a verdict is sure. */
#define PLACEMENT_SURE_KNOWN   0.92
#define PLACEMENT_SURE_UNKNOWN 0.08

typedef struct placement_belief {
    int32_t question;      /* the topic to be asked next; -1: each has been asked */
    double expected_wrong; /* topics that would be judged wrongly if each were judged now */
    double *chance;        /* of each topic: that it is known */
} placement_belief;

/* What the answers (at most PLACEMENT_ANSWERS_LIMIT, each of another topic) say. chance: room for each topic, the
 * caller's. Takes time in proportion to topics, edges and answers: 40 ms for 392 topics and 25 answers, so not on a
 * loop. false: the edges form a circle. */
bool placement_think(const placement_graph *graph, const placement_answer *answers, size_t answer_count,
                     placement_belief *belief);

placement_verdict placement_judge(double chance);

/* Sets chosen[t] of the targets and of all they need. The graph may have any size. Returns how many these are. */
int32_t placement_choose(const placement_graph *graph, const int32_t *targets, size_t target_count, bool *chosen);
