/* The cloud: drawing it, weighing it by answers, moving its states. */
#include "placement_internal.h"

#include <math.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

enum { SWEEPS = 1 };

static void *allocate(size_t count, size_t size)
{
    void *p = calloc(count, size);
    if (!p)
        abort();
    return p;
}

/* xorshift64* (Vigna, 2016). */
static uint64_t draw(cloud *c)
{
    c->random ^= c->random >> 12;
    c->random ^= c->random << 25;
    c->random ^= c->random >> 27;
    return c->random * UINT64_C(0x2545F4914F6CDD1D);
}

static double draw_unit(cloud *c)
{
    return (double)(draw(c) >> 11) * 0x1p-53;
}

/* ---- habits ---- */

/* The first half of the habits is broad, the second half follows goals. */
static bool is_broad(int habit)
{
    return habit < HABITS / 2;
}

/* Broad: q of the grid 1/32, 3/32, ... 31/32. With goals: r such that 1/2 to 32 targets are to be expected, evenly on
 * the scale of logarithms. */
static double habit_chance(const cloud *c, int habit)
{
    const int half = HABITS / 2;
    if (is_broad(habit))
        return (habit + 0.5) / half;
    return fmin(0.5, exp2(6.0 * (habit - half) / (half - 1) - 1) / c->graph->count);
}

/* ---- drawing ---- */

/* The states that know all prerequisites of a topic, one excepted (-1: none). */
static uint64_t open_states(const cloud *c, int32_t topic, int32_t except, int word)
{
    const cloud_graph *g = c->graph;
    uint64_t open = ~UINT64_C(0);
    for (int32_t k = g->first_before[topic]; k < g->first_before[topic + 1]; k++)
        if (g->before[k] != except)
            open &= c->known[g->before[k]][word];
    return open;
}

/* The states that know a successor of a topic, one excepted (-1: none). */
static uint64_t followed_states(const cloud *c, int32_t topic, int32_t except, int word)
{
    const cloud_graph *g = c->graph;
    uint64_t followed = 0;
    for (int32_t k = g->first_after[topic]; k < g->first_after[topic + 1]; k++)
        if (g->after[k] != except)
            followed |= c->known[g->after[k]][word];
    return followed;
}

static uint64_t states_with(const cloud *c, bool broad, int word)
{
    uint64_t states = 0;
    for (int bit = 0; bit < 64; bit++)
        states |= (uint64_t)(is_broad(c->habit[64 * word + bit]) == broad) << bit;
    return states;
}

/* In each of the states with its own chance. */
static uint64_t draw_states(cloud *c, uint64_t states, int word)
{
    uint64_t drawn = 0;
    for (; states; states &= states - 1) {
        int bit = __builtin_ctzll(states);
        drawn |= (uint64_t)(draw_unit(c) < c->chance[c->habit[64 * word + bit]]) << bit;
    }
    return drawn;
}

/* Broad learners along the order; those with goals against it, for what a topic needs is known with it. */
static void draw_all(cloud *c)
{
    const cloud_graph *g = c->graph;
    for (int word = 0; word < CLOUD_WORDS; word++) {
        uint64_t broad = states_with(c, true, word), with_goals = states_with(c, false, word);
        for (int32_t i = g->count; i-- > 0;)
            c->known[g->order[i]][word] =
                with_goals & (followed_states(c, g->order[i], -1, word) | draw_states(c, with_goals, word));
        for (int32_t i = 0; i < g->count; i++)
            c->known[g->order[i]][word] |= draw_states(c, broad & open_states(c, g->order[i], -1, word), word);
    }
}

void cloud_init(cloud *c, const cloud_graph *graph)
{
    *c = (cloud){
        .graph = graph,
        .known = allocate((size_t)graph->count, sizeof *c->known),
        .spare = allocate((size_t)graph->count, sizeof *c->spare),
        .answer = allocate((size_t)graph->count, sizeof *c->answer),
        .random = UINT64_C(0x9E3779B97F4A7C15),
    };
    for (int h = 0; h < HABITS; h++)
        c->chance[h] = habit_chance(c, h);
    for (int s = 0; s < CLOUD_STATES; s++)
        c->habit[s] = (uint8_t)(s % HABITS);
    draw_all(c);
}

void cloud_finish(cloud *c)
{
    free(c->known);
    free(c->spare);
    free(c->answer);
}

int cloud_count(const cloud *c, int32_t topic)
{
    int count = 0;
    for (int word = 0; word < CLOUD_WORDS; word++)
        count += __builtin_popcountll(c->known[topic][word]);
    return count;
}

/* ---- weighing ---- */

/* The chance of what was answered, for those who know the topic and those who do not. */
static double likelihood(bool right, bool known)
{
    double chance = known ? 1 - PLACEMENT_SLIP : PLACEMENT_GUESS;
    return right ? chance : 1 - chance;
}

/* Draws the states again by their weights, evenly spaced (systematic resampling): source[s] is whom s becomes. */
static void draw_sources(cloud *c, const placement_answer *a, uint16_t source[CLOUD_STATES])
{
    const double weights[] = {likelihood(a->right, false), likelihood(a->right, true)};
    int knowing = cloud_count(c, a->topic);
    double step = (knowing * weights[1] + (CLOUD_STATES - knowing) * weights[0]) / CLOUD_STATES;
    double offset = draw_unit(c), sum = 0;
    int next = 0;
    for (int s = 0; s < CLOUD_STATES; s++) {
        sum += weights[c->known[a->topic][s / 64] >> (s % 64) & 1];
        while (next < CLOUD_STATES && step * (next + offset) < sum)
            source[next++] = (uint16_t)s;
    }
    while (next < CLOUD_STATES) /* what rounding left */
        source[next++] = CLOUD_STATES - 1;
}

static void become(cloud *c, const uint16_t source[CLOUD_STATES])
{
    uint8_t habit[CLOUD_STATES];
    for (int32_t t = 0; t < c->graph->count; t++)
        for (int word = 0; word < CLOUD_WORDS; word++) {
            uint64_t bits = 0;
            for (int bit = 0; bit < 64; bit++) {
                unsigned from = source[64 * word + bit];
                bits |= (c->known[t][from / 64] >> (from % 64) & 1) << bit;
            }
            c->spare[t][word] = bits;
        }
    uint64_t(*known)[CLOUD_WORDS] = c->spare;
    c->spare = c->known;
    c->known = known;
    for (int s = 0; s < CLOUD_STATES; s++)
        habit[s] = c->habit[source[s]];
    memcpy(c->habit, habit, sizeof habit);
}

/* ---- moving ---- */

static void count_bits(uint64_t bits, uint8_t count[64])
{
    for (; bits; bits &= bits - 1)
        count[__builtin_ctzll(bits)]++;
}

/* How many neighbours tell of the topic being known, in each state of a word where it may be known and may be unknown.
 * Broad learners: the successors that would lie open, unknown though they are. Those with goals: the prerequisites that
 * would be no targets any more, but known for its sake. */
static void count_tellers(const cloud *c, int32_t topic, int word, uint64_t loose, uint8_t count[64])
{
    const cloud_graph *g = c->graph;
    uint64_t broad = loose & states_with(c, true, word), with_goals = loose & ~broad;
    memset(count, 0, 64);
    if (broad)
        for (int32_t k = g->first_after[topic]; k < g->first_after[topic + 1]; k++)
            count_bits(broad & open_states(c, g->after[k], topic, word), count);
    if (with_goals)
        for (int32_t k = g->first_before[topic]; k < g->first_before[topic + 1]; k++)
            count_bits(with_goals & ~followed_states(c, g->before[k], topic, word), count);
}

/* How much likelier the state is with the topic known than without, but for the answers. */
static double odds(const cloud *c, int habit, int tellers)
{
    double chance = c->chance[habit], its = chance / (1 - chance);
    double factor = is_broad(habit) ? 1 - chance : 1 / chance;
    while (tellers-- > 0)
        its *= factor;
    return its;
}

/* Draws a topic anew in each state where it may be known and may be unknown, given all others. */
static void move_topic(cloud *c, int32_t topic)
{
    bool right = c->answer[topic] > 0;
    double told = c->answer[topic] ? likelihood(right, true) / likelihood(right, false) : 1;
    for (int word = 0; word < CLOUD_WORDS; word++) {
        uint8_t tellers[64];
        uint64_t loose = open_states(c, topic, -1, word) & ~followed_states(c, topic, -1, word);
        if (!loose)
            continue;
        count_tellers(c, topic, word, loose, tellers);
        uint64_t known = c->known[topic][word] & ~loose;
        for (; loose; loose &= loose - 1) {
            int bit = __builtin_ctzll(loose);
            double its = told * odds(c, c->habit[64 * word + bit], tellers[bit]);
            known |= (uint64_t)(draw_unit(c) * (1 + its) < its) << bit;
        }
        c->known[topic][word] = known;
    }
}

/* What a state's chance under each habit depends on. */
typedef struct tally {
    uint16_t known;
    uint16_t open;    /* all prerequisites are known */
    uint16_t targets; /* known, and no successor is */
} tally;

static void add_bits(uint64_t bits, tally *of_word, size_t member)
{
    for (; bits; bits &= bits - 1)
        ++*(uint16_t *)((char *)&of_word[__builtin_ctzll(bits)] + member);
}

static void count_states(const cloud *c, tally tallies[CLOUD_STATES])
{
    memset(tallies, 0, CLOUD_STATES * sizeof *tallies);
    for (int32_t t = 0; t < c->graph->count; t++)
        for (int word = 0; word < CLOUD_WORDS; word++) {
            uint64_t known = c->known[t][word];
            add_bits(known, &tallies[64 * word], offsetof(tally, known));
            add_bits(open_states(c, t, -1, word), &tallies[64 * word], offsetof(tally, open));
            add_bits(known & ~followed_states(c, t, -1, word), &tallies[64 * word], offsetof(tally, targets));
        }
}

/* Draws each state's habit anew. Both models are normalised, so their chances can be compared:
 * broad q^known (1-q)^(open-known), with goals r^targets (1-r)^(topics-known). */
static void move_habits(cloud *c)
{
    tally tallies[CLOUD_STATES];
    double yes[HABITS], no[HABITS], chance[HABITS];
    count_states(c, tallies);
    for (int h = 0; h < HABITS; h++) {
        yes[h] = log(c->chance[h]);
        no[h] = log(1 - c->chance[h]);
    }
    for (int s = 0; s < CLOUD_STATES; s++) {
        const tally *t = &tallies[s];
        double most = -INFINITY, sum = 0;
        for (int h = 0; h < HABITS; h++) {
            chance[h] = is_broad(h) ? t->known * yes[h] + (t->open - t->known) * no[h]
                                    : t->targets * yes[h] + (c->graph->count - t->known) * no[h];
            most = fmax(most, chance[h]);
        }
        for (int h = 0; h < HABITS; h++)
            sum += chance[h] = exp(chance[h] - most);
        double at = draw_unit(c) * sum;
        int h = 0;
        while (h < HABITS - 1 && (at -= chance[h]) > 0)
            h++;
        c->habit[s] = (uint8_t)h;
    }
}

/* Once up and once down the order, so that a whole chain can be learned or forgotten in one sweep. */
static void sweep(cloud *c)
{
    const cloud_graph *g = c->graph;
    for (int32_t i = 0; i < g->count; i++)
        move_topic(c, g->order[i]);
    for (int32_t i = g->count; i-- > 0;)
        move_topic(c, g->order[i]);
    move_habits(c);
}

void cloud_learn(cloud *c, const placement_answer *answer)
{
    uint16_t source[CLOUD_STATES];
    draw_sources(c, answer, source);
    become(c, source);
    c->answer[answer->topic] = answer->right ? 1 : -1;
    for (int i = 0; i < SWEEPS; i++)
        sweep(c);
}
