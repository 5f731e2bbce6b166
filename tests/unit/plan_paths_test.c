/* Soft edges that a thorough goal follows: never in a circle. */
#include "paths.h"
#include "plan_cases.h"

#include <criterion/criterion.h>
#include <stdlib.h>

/* Topics 0 to 4; 4 is asked for. 4 -> 3 hard, 3 -> 2 soft, 1 -> 0 soft: nobody asks for 1. */
Test(plan_paths, soft_edges_count_where_a_target_asks_for_their_topic)
{
    const int32_t topic[] = {4, 3, 1}, prerequisite[] = {3, 2, 0}, target = 4;
    const bool soft[] = {false, true, true}, mastered[5] = {false}, found[5] = {false, false, false, true, false};
    plan_paths p = {5, mastered, 3, topic, prerequisite, soft, &target, 1};
    bool taken[3];

    plan_take_soft(&p, taken);
    cr_expect(taken[0] && taken[1] && !taken[2]);
    p.mastered = found;
    plan_take_soft(&p, taken);
    cr_expect(taken[0] && !taken[1], "the path ends at what is mastered");
    p.target_count = 0;
    plan_take_soft(&p, taken);
    cr_expect(taken[0] && !taken[1] && !taken[2], "hard ones are always followed");
}

Test(plan_paths, a_circle_gives_way_at_soft_edges_only)
{
    /* 2 -> 1 -> 0 hard, 0 -> 2 soft: a circle. 3 -> 2 soft lies before it, 0 -> 4 soft beside it. */
    const int32_t topic[] = {2, 1, 0, 3, 0}, prerequisite[] = {1, 0, 2, 2, 4}, target = 3;
    const bool soft[] = {false, false, true, true, true}, mastered[5] = {false};
    const plan_paths p = {5, mastered, 5, topic, prerequisite, soft, &target, 1};
    bool taken[5];

    plan_take_soft(&p, taken);
    cr_expect(taken[0] && taken[1] && !taken[2] && taken[4]);
}

/* Whether what is left when topics without prerequisites are taken away again and again is nothing. */
static bool has_circle(const plan_paths *p, const bool *taken)
{
    bool *gone = calloc((size_t)p->topic_count, sizeof *gone);
    bool moved = true, left = false;

    while (moved) {
        moved = false;
        for (int32_t t = 0; t < p->topic_count; t++) {
            bool waits = gone[t];
            for (int32_t e = 0; e < p->edge_count; e++)
                waits |= taken[e] && p->edge_topic[e] == t && !gone[p->edge_prerequisite[e]];
            if (!waits)
                gone[t] = moved = true;
        }
    }
    for (int32_t t = 0; t < p->topic_count; t++)
        left |= !gone[t];
    free(gone);
    return left;
}

Test(plan_paths, random_graphs_with_soft_edges_everywhere_never_run_in_a_circle)
{
    enum { TOPICS = 12, EDGES = 40 };
    int left_out = 0;

    for (uint64_t seed = 1; seed <= 3000; seed++) {
        int32_t topic[EDGES], prerequisite[EDGES], targets[2];
        bool soft[EDGES], mastered[TOPICS] = {false}, taken[EDGES];
        uint64_t state = seed;
        int32_t count = 1 + case_random(&state, EDGES);
        for (int32_t e = 0; e < count; e++) {
            topic[e] = 1 + case_random(&state, TOPICS - 1);
            prerequisite[e] = case_random(&state, topic[e]);
            soft[e] = case_random(&state, 2) == 0;
            if (soft[e] && case_random(&state, 2) == 0) { /* against the order of the hard ones */
                int32_t swap = topic[e];
                topic[e] = prerequisite[e];
                prerequisite[e] = swap;
            }
        }
        for (int i = 0; i < 2; i++)
            targets[i] = case_random(&state, TOPICS);
        const plan_paths p = {TOPICS, mastered, count, topic, prerequisite, soft, targets, 2};
        plan_take_soft(&p, taken);
        cr_assert_not(has_circle(&p, taken), "seed %d", (int)seed);
        for (int32_t e = 0; e < count; e++) {
            cr_assert(soft[e] || taken[e], "seed %d", (int)seed);
            left_out += !taken[e];
        }
    }
    cr_assert_gt(left_out, 1000);
}
