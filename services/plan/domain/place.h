/* Whether sessions may stand at places that a learner, or an older plan, wants for them. Pure. */
#pragma once

#include "planner.h"

typedef enum plan_place_fault {
    PLAN_PLACE_GOOD,
    PLAN_PLACE_NOT_FREE,            /* not within the windows of one day, or in time that is taken */
    PLAN_PLACE_OVERLAPS,            /* a fixed session */
    PLAN_PLACE_BEFORE_PREREQUISITE, /* begins before a fixed session of what its topic needs has ended */
    PLAN_PLACE_BEHIND_DEPENDENT     /* ends after a fixed session of what needs its topic has begun */
} plan_place_fault;

typedef struct plan_place {
    plan_session session; /* topic -1: in no order */
    plan_place_fault fault;
    size_t other; /* the fixed session that is meant */
} plan_place;

/* Sets the fault of each place. The cap, breaks and reserved minutes of the calendar do not count: what a learner wants
 * comes before them. O(edges + fixed_count) for each place that has a topic. */
void plan_check_places(const plan_input *input, const plan_session *fixed, size_t fixed_count, plan_place *places,
                       size_t count);
