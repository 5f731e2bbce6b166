/*
 * Which soft edges a plan follows. A goal's short path is what hard edges ask for; its thorough path is what soft edges
 * ask for too. Soft edges may run in circles, alone or together with hard ones: then some of them are left out.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct plan_paths {
    int32_t topic_count;
    const bool *mastered; /* paths end there */
    int32_t edge_count;
    const int32_t *edge_topic;
    const int32_t *edge_prerequisite;
    const bool *edge_soft;  /* hard ones form no circle */
    const int32_t *targets; /* of all goals that are to be reached thoroughly */
    size_t target_count;
} plan_paths;

/* taken[e]: whether edge e is followed: all hard ones, and the soft ones of topics that a target asks for, but for soft
 * ones that are part of a circle, or lie behind one, and disagree with the order of hard edges there. The edges taken
 * form no circle; of a circle those are kept that lie near the targets. O(topics log topics + edges). */
void plan_take_soft(const plan_paths *p, bool *taken);
