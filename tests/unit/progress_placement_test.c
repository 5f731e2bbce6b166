/* Placement: the belief against all states of small graphs, and the promise against learners whose knowledge is known.
 */
#include "placement.h"

#include <criterion/criterion.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { TOPICS = 392, EDGES = 964, QUESTIONS = 25, SMALL = 6 };

static const double slip = 0.1, guess = 0.2;

static double draw(void)
{
    return rand() / (RAND_MAX + 1.0);
}

/* ---- small graphs: all that can be known ---- */

/* a <- b <- c, a <- d, e alone, f needs c and d. */
static const int32_t small_topic[] = {1, 2, 3, 5, 5}, small_before[] = {0, 1, 0, 2, 3};
static const placement_graph small = {.topic_count = SMALL,
                                      .edge_count = 5,
                                      .edge_topic = small_topic,
                                      .edge_prerequisite = small_before};

static bool is_state(unsigned known)
{
    for (int e = 0; e < small.edge_count; e++)
        if ((known >> small_topic[e] & 1) && !(known >> small_before[e] & 1))
            return false;
    return true;
}

static bool is_open(unsigned known, int topic)
{
    for (int e = 0; e < small.edge_count; e++)
        if (small_topic[e] == topic && !(known >> small_before[e] & 1))
            return false;
    return true;
}

static bool is_target(unsigned known, int topic)
{
    for (int e = 0; e < small.edge_count; e++)
        if (small_before[e] == topic && (known >> small_topic[e] & 1))
            return false;
    return known >> topic & 1;
}

/* The chance of a state before any answer: over both kinds of habits, as placement.h states them. */
static double prior(unsigned known)
{
    double sum = 0;
    for (int h = 0; h < 16; h++) {
        double q = (h + 0.5) / 16, r = fmin(0.5, exp2(6.0 * h / 15 - 1) / SMALL), broad = 1, with_goals = 1;
        for (int t = 0; t < SMALL; t++) {
            broad *= !is_open(known, t) ? 1 : known >> t & 1 ? q : 1 - q;
            with_goals *= !(known >> t & 1) ? 1 - r : is_target(known, t) ? r : 1;
        }
        sum += broad + with_goals;
    }
    return sum / 32;
}

static double exact_chance(int topic, const placement_answer *answers, size_t count)
{
    double all = 0, with = 0;
    for (unsigned known = 0; known < 1u << SMALL; known++) {
        double p = is_state(known) ? prior(known) : 0;
        for (size_t i = 0; i < count; i++) {
            double right = known >> answers[i].topic & 1 ? 1 - slip : guess;
            p *= answers[i].right ? right : 1 - right;
        }
        all += p;
        with += known >> topic & 1 ? p : 0;
    }
    return with / all;
}

Test(placement, believes_what_all_states_together_say)
{
    static const placement_answer answers[] = {{2, true}, {3, false}, {4, true}, {5, false}, {1, true}, {0, false}};
    double total = 0;
    for (unsigned known = 0; known < 1u << SMALL; known++)
        total += is_state(known) ? prior(known) : 0;
    cr_assert_float_eq(total, 1, 1e-12, "the model is normalised: %.15f", total);
    for (size_t count = 0; count <= sizeof answers / sizeof *answers; count++) {
        double chance[SMALL];
        placement_belief b = {.chance = chance};
        cr_assert(placement_think(&small, answers, count, &b));
        for (int t = 0; t < SMALL; t++)
            cr_expect_float_eq(chance[t], exact_chance(t, answers, count), 0.06,
                               "%zu answers, topic %d: %.3f, not %.3f", count, t, chance[t],
                               exact_chance(t, answers, count));
        cr_expect_eq(b.question < 0, count == SMALL, "each topic is asked once");
        for (size_t i = 0; i < count; i++)
            cr_expect_neq(b.question, answers[i].topic);
    }
}

Test(placement, refuses_a_circle)
{
    static const int32_t topic[] = {0, 1}, before[] = {1, 0};
    double chance[2];
    placement_belief b = {.chance = chance};
    cr_expect_not(placement_think(&(placement_graph){2, 2, topic, before}, NULL, 0, &b));
}

Test(placement, chooses_targets_and_all_they_need)
{
    bool chosen[SMALL];
    cr_expect_eq(placement_choose(&small, (const int32_t[]){2, 2}, 2, chosen), 3);
    cr_expect(chosen[0] && chosen[1] && chosen[2] && !chosen[3] && !chosen[4] && !chosen[5]);
    cr_expect_eq(placement_choose(&small, (const int32_t[]){5, 4}, 2, chosen), SMALL);
    cr_expect_eq(placement_choose(&small, NULL, 0, chosen), 0);
}

/* ---- a large one ---- */

static int32_t edge_topic[EDGES], edge_before[EDGES];
static const placement_graph large = {.topic_count = TOPICS,
                                      .edge_count = EDGES,
                                      .edge_topic = edge_topic,
                                      .edge_prerequisite = edge_before};

/* A topic needs some of the twenty before it, and now and then one from anywhere before. */
static void draw_graph(void)
{
    for (int e = 0; e < EDGES; e++) {
        int topic = 1 + (int)(draw() * (TOPICS - 1)), reach = topic < 20 || draw() < 0.3 ? topic : 20;
        edge_topic[e] = topic;
        edge_before[e] = topic - 1 - (int)(draw() * reach);
    }
}

typedef void learner_kind(bool known[TOPICS]);

static bool knows_all_before(const bool *known, int topic)
{
    for (int e = 0; e < EDGES; e++)
        if (edge_topic[e] == topic && !known[edge_before[e]])
            return false;
    return true;
}

static void broad(bool known[TOPICS])
{
    double q = draw();
    for (int t = 0; t < TOPICS; t++)
        known[t] = knows_all_before(known, t) && draw() < q;
}

static void with_goals(bool known[TOPICS])
{
    double targets = exp2(6 * draw() - 1);
    for (int t = TOPICS; t-- > 0;) {
        known[t] = draw() < targets / TOPICS;
        for (int e = 0; e < EDGES && !known[t]; e++)
            known[t] = edge_before[e] == t && known[edge_topic[e]];
    }
}

/* Not of the model: has forgotten, or picked up, one topic in twelve. */
static void patchy(bool known[TOPICS])
{
    with_goals(known);
    for (int t = 0; t < TOPICS; t++)
        known[t] ^= draw() < 1.0 / 12;
}

typedef struct score {
    double wrong, sure, sure_wrong; /* parts of all topics, the last one of those that are sure */
} score;

static score place(learner_kind *kind, int learners)
{
    int wrong = 0, sure = 0, sure_wrong = 0;
    for (int l = 0; l < learners; l++) {
        bool known[TOPICS];
        double chance[TOPICS];
        placement_answer answers[QUESTIONS];
        placement_belief b = {.chance = chance};
        kind(known);
        for (int i = 0; i < QUESTIONS; i++) {
            cr_assert(placement_think(&large, answers, (size_t)i, &b));
            cr_assert_geq(b.question, 0);
            answers[i] = (placement_answer){b.question, draw() < (known[b.question] ? 1 - slip : guess)};
        }
        cr_assert(placement_think(&large, answers, QUESTIONS, &b));
        for (int t = 0; t < TOPICS; t++) {
            placement_verdict v = placement_judge(chance[t]);
            wrong += (chance[t] > 0.5) != known[t];
            sure += v != PLACEMENT_UNSURE;
            sure_wrong += v != PLACEMENT_UNSURE && (v == PLACEMENT_KNOWN) != known[t];
        }
    }
    return (score){(double)wrong / learners / TOPICS, (double)sure / learners / TOPICS, (double)sure_wrong / sure};
}

/* The promise of planning.md: after 25 answers at most 10 % wrong, at least 70 % sure, at most 5 % of these wrong. */
Test(placement, keeps_its_promise_to_learners_of_the_model, .timeout = 280)
{
    srand(7);
    draw_graph();
    learner_kind *const kinds[] = {broad, with_goals};
    for (size_t k = 0; k < 2; k++) {
        score s = place(kinds[k], 3);
        fprintf(stderr, "kind %zu: %.1f %% wrong, %.1f %% sure, of these %.1f %% wrong\n", k, 100 * s.wrong,
                100 * s.sure, 100 * s.sure_wrong);
        cr_expect_leq(s.wrong, 0.10);
        cr_expect_geq(s.sure, 0.70);
        cr_expect_leq(s.sure_wrong, 0.05);
    }
    score s = place(patchy, 2);
    fprintf(stderr, "outside the model: %.1f %% wrong, %.1f %% sure, of these %.1f %% wrong\n", 100 * s.wrong,
            100 * s.sure, 100 * s.sure_wrong);
    cr_expect_leq(s.wrong, 0.20, "worse, but no nonsense");
}

Test(placement, thinks_the_same_each_time)
{
    srand(8);
    draw_graph();
    static const placement_answer answers[] = {{100, true}, {200, false}, {300, true}};
    double a[TOPICS], b[TOPICS];
    placement_belief first = {.chance = a}, again = {.chance = b};
    cr_assert(placement_think(&large, answers, 3, &first));
    cr_assert(placement_think(&large, answers, 3, &again));
    cr_expect_eq(first.question, again.question);
    cr_expect_arr_eq(a, b, sizeof a);
}
