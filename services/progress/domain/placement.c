#include "placement_internal.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

placement_verdict placement_judge(double chance)
{
    if (chance >= PLACEMENT_SURE_KNOWN)
        return PLACEMENT_KNOWN;
    return chance <= PLACEMENT_SURE_UNKNOWN ? PLACEMENT_UNKNOWN : PLACEMENT_UNSURE;
}

bool placement_think(const placement_graph *graph, const placement_answer *answers, size_t answer_count,
                     placement_belief *belief)
{
    cloud_graph g;
    cloud c;
    if (!cloud_graph_init(&g, graph))
        return false;
    cloud_init(&c, &g);
    for (size_t i = 0; i < answer_count; i++)
        cloud_learn(&c, &answers[i]);
    belief->question = cloud_choose_question(&c);
    belief->expected_wrong = 0;
    for (int32_t t = 0; t < g.count; t++) {
        /* half a state more on each side: what no state of the cloud says is still not impossible */
        double chance = (cloud_count(&c, t) + 0.5) / (CLOUD_STATES + 1);
        belief->chance[t] = chance;
        belief->expected_wrong += fmin(chance, 1 - chance);
    }
    cloud_finish(&c);
    cloud_graph_finish(&g);
    return true;
}
