/* What the programs of a suite hold on to: descriptors, connections, fibers. What breaks must leave none behind. */
#pragma once

#include "suite.h"

/* For the programs to be counted: of the connections to PostgreSQL that are opened when first needed, one is enough. */
#define CENSUS_ENVIRONMENT "DB_ALONE_CONNECTIONS=1"

typedef struct census {
    struct {
        unsigned descriptors, fibers, connections;
    } of[SUITE_PROGRAMS][SUITE_REPLICAS_LIMIT];
} census;

/* While nothing is asked of the programs, and after some traffic: much is opened when first needed. */
census census_take(const suite *s);

/* Waits until no program holds more than it did; fails the test, naming it, when that does not come. */
void census_expect_back(const suite *s, const census *before);
