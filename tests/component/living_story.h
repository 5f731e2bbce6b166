/* Stories of Ada, who lives with a plan. */
#pragma once

#include "plan_story.h"

enum { HOUR = 3600, DAY = 24 * HOUR };

/* A plan that is made, or previewed; one that fails ends the test. */
wire_plan *living_made(void);
wire_plan *living_previewed(void);

/* Two hours of each day, some hours from now: none of them begins while a story is told. */
void living_set_hours(void);

/* Hours, and goals for a chain of three topics and one alone, "d", that is due first; the graph. */
const char *living_ready(void);

/* NULL: it is not there. */
const wire_session *living_find(const wire_plan *plan, const char *id);
/* The first of a topic. */
const wire_session *living_session_of(const wire_plan *plan, const char *key);

/* Whether b is there, and a at the same time. */
bool living_is_same(const wire_session *a, const wire_session *b);

/* How many sessions of one plan the other one has at the same time. */
size_t living_count_same(const wire_plan *before, const wire_plan *after);
