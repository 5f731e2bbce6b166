/* Checks a plan as a stranger would: from the graph, the goals and the calendar, with no code of the planner. */
#pragma once

#include "calendar.h"

#include <jansson.h>

typedef struct plan_claim {
    json_t *graph;        /* as imported: topics and edges */
    json_t *goals;        /* array of goals: id, targets, due, notBefore */
    json_t *availability; /* as PUT */
    json_t *plan;         /* as answered */
} plan_claim;

/* Checks that:
 *   - exactly the topics of the goals' hard prerequisite closure are planned, each with its minutes (placed or listed
 * as unplaced);
 *   - every prerequisite ends before its topic starts, none starts before its goals' not-before;
 *   - reviews and the minutes held back for them are taken off the calendar first;
 *   - no two sessions overlap, each lies inside the windows of one local day, no local day passes the cap;
 *   - each goal's finish and both latenesses are what was said, and L* is the largest of them;
 *   - the certificate adds up: its topics' minutes are its work, the calendar's usable minutes between release and due
 * are its free minutes, and work - free = L*. Every fault is a failed Criterion assertion that names topic or goal.
 * Returns the planned minutes. */
long long plan_check(const plan_claim *claim);
