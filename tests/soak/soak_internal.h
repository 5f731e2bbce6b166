/* What the files of the soak know of each other. */
#pragma once

#include "learner.h"
#include "suite.h"

enum { SOAK_LEARNERS = 8, SOAK_TOPICS = 200 };

typedef struct soak_learner {
    learner learner;
    char graph[37], goal[37];
} soak_learner;

/* soak_requests.c: the mix of all routes; learners have a graph, hours, a goal and a plan. */
void soak_learners_join(soak_learner learners[SOAK_LEARNERS], const char *url);
void soak_make_request(void *arg, uint64_t number, load_request *r); /* arg: soak_learner[SOAK_LEARNERS] */

/* soak_samples.c: memory and descriptors of each program, over time. */
typedef struct soak_samples soak_samples;

soak_samples *soak_samples_create(size_t limit);
void soak_samples_destroy(soak_samples *s);
void soak_samples_add(soak_samples *s, const suite *from);
/* Prints the medians of the first and the last quarter of each program; false when one has grown past its bound. */
bool soak_samples_judge(const soak_samples *s);
