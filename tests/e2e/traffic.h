/*
 * One learner's reads and writes through the gateways, as load: while things break, every route's answer is checked,
 * and afterwards each write is looked for in PostgreSQL.
 */
#pragma once

#include "learner.h"
#include "suite.h"

#include <stdint.h>

typedef struct traffic traffic;

typedef enum traffic_kind {
    TRAFFIC_GOAL,      /* GET of one goal: plan */
    TRAFFIC_ME,        /* GET: auth */
    TRAFFIC_MASTERY,   /* GET: progress */
    TRAFFIC_DASHBOARD, /* GET: metrics, which asks plan and progress */
    TRAFFIC_EVENT,     /* POST with an id of the client's: it may be repeated */
    TRAFFIC_NEW_GOAL,  /* POST without: whoever repeats it makes a second one */
    TRAFFIC_KINDS
} traffic_kind;

typedef struct traffic_options {
    unsigned connections; /* 0 = 16 */
    unsigned pace_ms;     /* 0 = 20 */
    unsigned timeout_ms;  /* 0 = 20,000 */
} traffic_options;

/* Joins as a new learner with a graph and a goal, then begins. Options may be NULL. */
traffic *traffic_start(suite *s, const traffic_options *options);

/* Waits until so many more requests have ended; fails the test when that takes too long. */
void traffic_pass(traffic *t, uint64_t requests);

int64_t traffic_now_us(const traffic *t); /* as began_us in the records */
uint64_t traffic_failed(const traffic *t);
bool traffic_is_write(const load_record *r);
load *traffic_load(traffic *t);

/*
 * Lets all requests end, prints figures, and checks against PostgreSQL: each write that was acknowledged is there
 * exactly once; none is there twice; one that was refused, and not with a word of an unknown fate, is not there. The
 * records of its load may then be read.
 */
void traffic_stop(traffic *t, const char *title);
void traffic_leave(traffic *t); /* frees it */

/* Both; every request must have been answered well. */
void traffic_finish_unharmed(traffic *t, const char *title);

/* How long after this moment (of traffic_now_us) the last request began that was not answered well; 0 = none did. For a
 * traffic that has stopped. */
double traffic_harmed_for_s(const traffic *t, int64_t since_us);
