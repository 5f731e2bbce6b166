/* Which question is worth asking next. */
#include "placement_internal.h"

#include <math.h>
#include <stdlib.h>

enum { CANDIDATES = 32 };

static double entropy(double p)
{
    return p <= 0 || p >= 1 ? 0 : -p * log2(p) - (1 - p) * log2(1 - p);
}

/* What the answer to a question tells of its own topic, in bits: how a channel that errs tells of a chance p. */
static double information(double p)
{
    double right = p * (1 - PLACEMENT_SLIP) + (1 - p) * PLACEMENT_GUESS;
    return entropy(right) - p * entropy(PLACEMENT_SLIP) - (1 - p) * entropy(PLACEMENT_GUESS);
}

/* How many states know both. */
static int count_both(const cloud *c, int32_t a, int32_t b)
{
    int count = 0;
    for (int word = 0; word < CLOUD_WORDS; word++)
        count += __builtin_popcountll(c->known[a][word] & c->known[b][word]);
    return count;
}

/* How many topics are expected to be judged wrongly after the answer to a question. In states: of count, of those that
 * know the topic asked, and of those that know the other. */
static double expected_wrong(const cloud *c, const int *counts, int32_t asked)
{
    double know = counts[asked], not = CLOUD_STATES - know, wrong = 0;
    double right_know = 1 - PLACEMENT_SLIP, right_not = PLACEMENT_GUESS;
    for (int32_t t = 0; t < c->graph->count; t++) {
        if (counts[t] == 0 || counts[t] == CLOUD_STATES)
            continue;
        double both = count_both(c, asked, t), other = counts[t] - both;
        double yes = right_know * both + right_not * other, all = right_know * know + right_not * not ;
        wrong += fmin(yes, all - yes) + fmin(counts[t] - yes, CLOUD_STATES - all - (counts[t] - yes));
    }
    return wrong;
}

/* The topics whose answers tell most of themselves, at most CANDIDATES, the best first. */
static int list_candidates(const cloud *c, const int *counts, int32_t candidates[CANDIDATES])
{
    double worth[CANDIDATES];
    int listed = 0;
    for (int32_t t = 0; t < c->graph->count; t++) {
        double its = information(counts[t] / (double)CLOUD_STATES);
        if (c->answer[t] || (listed == CANDIDATES && its <= worth[listed - 1]))
            continue;
        int at = listed < CANDIDATES ? listed++ : listed - 1;
        for (; at > 0 && worth[at - 1] < its; at--) {
            worth[at] = worth[at - 1];
            candidates[at] = candidates[at - 1];
        }
        worth[at] = its;
        candidates[at] = t;
    }
    return listed;
}

int32_t cloud_choose_question(const cloud *c)
{
    int32_t candidates[CANDIDATES], best = -1;
    double least = INFINITY;
    int *counts = calloc((size_t)c->graph->count, sizeof *counts);
    if (!counts)
        abort();
    for (int32_t t = 0; t < c->graph->count; t++)
        counts[t] = cloud_count(c, t);
    int listed = list_candidates(c, counts, candidates);
    for (int i = 0; i < listed; i++) {
        double wrong = expected_wrong(c, counts, candidates[i]);
        if (wrong < least) {
            least = wrong;
            best = candidates[i];
        }
    }
    free(counts);
    return best;
}
