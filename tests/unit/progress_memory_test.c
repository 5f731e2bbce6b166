#include "memory_reference.h"
#include "topic_progress.h"

#include <criterion/criterion.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#define DAY    (INT64_C(86400) * 1000000)
#define MINUTE (INT64_C(60) * 1000000)
#define START  (INT64_C(1700000000) * 1000000)

static uint64_t seed = 42;

static uint64_t next_random(void)
{
    seed = seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return seed >> 33;
}

static int64_t random_below(int64_t bound)
{
    return (int64_t)(((next_random() << 31) | next_random()) % (uint64_t)bound);
}

/* Most gaps are minutes, hours or days; some are exact days, some years. */
static int64_t random_gap(void)
{
    switch (next_random() % 5) {
    case 0:
        return random_below(30 * MINUTE);
    case 1:
        return random_below(3 * DAY);
    case 2:
        return random_below(40) * DAY;
    case 3:
        return random_below(1000 * DAY);
    default:
        return DAY - 1 + random_below(3);
    }
}

static memory_model make_model(const memory_parameters *parameters)
{
    memory_model model;
    const char *fault = memory_model_init(&model, parameters);
    cr_assert_null(fault, "%s", fault);
    return model;
}

static memory_parameters without_steps(void)
{
    memory_parameters p = memory_default_parameters;
    p.learning.count = p.relearning.count = 0;
    return p;
}

static memory_parameters random_parameters(void)
{
    memory_parameters p = memory_default_parameters;
    for (int i = 0; i < MEMORY_WEIGHTS; i++)
        p.weights[i] =
            fmin(fmax(p.weights[i] * (0.7 + (double)random_below(600) / 1000), reference_low[i]), reference_high[i]);
    p.retention = 0.7 + (double)random_below(27) / 100;
    p.learning.count = next_random() % 4;
    p.relearning.count = next_random() % 3;
    for (int i = 0; i < 4; i++)
        p.learning.us[i] = p.relearning.us[i] = (1 + random_below(600)) * MINUTE;
    return p;
}

static void expect_intervals(const char *grades, const int *days, size_t count)
{
    memory_model model = make_model(&memory_default_parameters);
    memory_state state = {0};
    int64_t at = START;
    for (size_t i = 0; i < count; i++) {
        memory_review(&model, &state, grades[i] == 'A' ? MEMORY_AGAIN : MEMORY_GOOD, at, "topic");
        cr_expect_eq((state.due_us - at) / DAY, days[i], "review %zu: %ld days", i, (long)((state.due_us - at) / DAY));
        at = state.due_us;
    }
}

Test(memory, intervals_of_the_reference)
{
    expect_intervals("GGGGGGAAGGGGG", (const int[]){0, 2, 11, 46, 163, 498, 0, 0, 2, 4, 7, 12, 21}, 13);
}

Test(memory, stability_and_difficulty_of_the_reference)
{
    memory_model model = make_model(&memory_default_parameters);
    memory_state state = {0};
    const int grades[] = {1, 3, 3, 3, 3, 3}, gaps[] = {0, 0, 1, 3, 8, 21};
    int64_t at = START;
    for (size_t i = 0; i < 6; i++) {
        at += gaps[i] * DAY;
        memory_review(&model, &state, (memory_grade)grades[i], at, "topic");
    }
    cr_expect_float_eq(state.stability_days, 53.6269029, 5e-8, "%.9f", state.stability_days);
    cr_expect_float_eq(state.difficulty, 6.3574871, 5e-8, "%.9f", state.difficulty);
}

static bool near(double ours, long double theirs)
{
    return fabsl((long double)ours - theirs) <= 1e-6L * fmaxl(1, fabsl(theirs));
}

static void compare_history(const memory_parameters *parameters, int reviews)
{
    memory_model model = make_model(parameters);
    memory_state state = {0};
    reference_card card = {0};
    int64_t at = START;
    for (int i = 0; i < reviews; i++) {
        at += random_gap();
        cr_assert(near(memory_retrievability(&model, &state, at), reference_recall(parameters, &card, at)));
        int grade = 1 + (int)(next_random() % 4);
        memory_review(&model, &state, (memory_grade)grade, at, "topic");
        reference_review(parameters, &card, grade, at);
        cr_assert(near(state.stability_days, card.stability), "S %.12g, not %.12Lg", state.stability_days,
                  card.stability);
        cr_assert(near(state.difficulty, card.difficulty), "D %.12g, not %.12Lg", state.difficulty, card.difficulty);
        cr_assert_eq((int)state.phase, card.phase);
        cr_assert_eq(state.step, card.step);
        cr_assert_eq(state.due_us, card.due, "due after %ld us, not %ld", (long)(state.due_us - at),
                     (long)(card.due - at));
    }
}

Test(memory, agrees_with_an_implementation_from_the_formulas)
{
    for (int i = 0; i < 5000; i++)
        compare_history(&memory_default_parameters, 25);
}

Test(memory, agrees_with_an_implementation_from_the_formulas_for_any_parameters)
{
    for (int i = 0; i < 5000; i++) {
        memory_parameters p = random_parameters();
        compare_history(&p, 15);
    }
}

Test(memory, stays_inside_its_bounds)
{
    for (int i = 0; i < 2000; i++) {
        memory_parameters p = random_parameters();
        memory_model model = make_model(&p);
        memory_state state = {0};
        int64_t at = START;
        int worst = 1 + i % 4; /* histories of one grade reach the ends */
        for (int n = 0; n < 60; n++) {
            at += n % 7 ? random_gap() : 0;
            int grade = next_random() % 4 ? worst : 1 + (int)(next_random() % 4);
            memory_review(&model, &state, (memory_grade)grade, at, "topic");
            double recall = memory_retrievability(&model, &state, at + random_gap());
            cr_assert(state.stability_days >= 0.001 && isfinite(state.stability_days));
            cr_assert(state.difficulty >= 1 && state.difficulty <= 10);
            cr_assert(recall > 0 && recall <= 1);
            cr_assert(state.due_us > at && state.due_us <= at + 36500 * DAY);
            cr_assert(state.phase != MEMORY_IN_REVIEW || state.due_us >= at + DAY);
        }
    }
}

Test(memory, weights_outside_the_bounds_are_refused)
{
    memory_model model;
    for (int i = 0; i < MEMORY_WEIGHTS; i++) {
        const double refused[] = {reference_low[i] - 1e-9, reference_high[i] + 1e-9, NAN, INFINITY, -INFINITY};
        for (size_t n = 0; n < sizeof refused / sizeof *refused; n++) {
            memory_parameters p = memory_default_parameters;
            p.weights[i] = refused[n];
            const char *fault = memory_model_init(&model, &p);
            char name[16];
            snprintf(name, sizeof name, "weight %d ", i);
            cr_assert_not_null(fault, "weight %d = %g was taken", i, refused[n]);
            cr_expect(strstr(fault, name) == fault, "%s", fault);
        }
        memory_parameters p = memory_default_parameters;
        p.weights[i] = reference_low[i];
        cr_expect_null(memory_model_init(&model, &p));
        p.weights[i] = reference_high[i];
        cr_expect_null(memory_model_init(&model, &p));
    }
}

Test(memory, other_parameters_outside_their_bounds_are_refused)
{
    memory_model model;
    memory_parameters p = memory_default_parameters;
    p.retention = 1;
    cr_expect_not_null(memory_model_init(&model, &p));
    p = memory_default_parameters;
    p.retention = NAN;
    cr_expect_not_null(memory_model_init(&model, &p));
    p = memory_default_parameters;
    p.learning.us[1] = 0;
    cr_expect_not_null(memory_model_init(&model, &p));
    p = memory_default_parameters;
    p.relearning.count = MEMORY_STEPS_LIMIT + 1;
    cr_expect_not_null(memory_model_init(&model, &p));
    p = memory_default_parameters;
    p.longest_interval_days = 36501;
    cr_expect_not_null(memory_model_init(&model, &p));
}

Test(memory, a_day_is_24_hours)
{
    memory_model model = make_model(&memory_default_parameters);
    memory_state first = {0};
    memory_review(&model, &first, MEMORY_EASY, START, "topic");
    cr_expect_eq(memory_retrievability(&model, &first, START + DAY - 1), 1);
    cr_expect_eq(memory_retrievability(&model, &first, START - DAY), 1);
    cr_expect_lt(memory_retrievability(&model, &first, START + DAY), 1);

    memory_state same_day = first, next_day = first;
    memory_review(&model, &same_day, MEMORY_GOOD, START + DAY - 1, "topic");
    memory_review(&model, &next_day, MEMORY_GOOD, START + DAY, "topic");
    cr_expect_eq(same_day.stability_days, first.stability_days, "a same-day success never lowers stability");
    cr_expect_gt(next_day.stability_days, first.stability_days);
}

Test(memory, intervals_round_half_to_even)
{
    const struct {
        double stability;
        int days;
    } cases[] = {{0.4, 1}, {0.5, 1}, {1.5, 2}, {2.5, 2}, {3.5, 4}, {4.5, 4}, {4.6, 5}, {100, 100}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        memory_parameters p = without_steps();
        p.weights[2] = cases[i].stability;
        memory_model model = make_model(&p);
        memory_state state = {0};
        memory_review(&model, &state, MEMORY_GOOD, START, "topic");
        cr_expect_eq(state.due_us, START + cases[i].days * DAY, "%g", cases[i].stability);
        cr_expect_eq(state.phase, MEMORY_IN_REVIEW);
    }
}

Test(memory, the_longest_interval_holds)
{
    memory_parameters p = memory_default_parameters;
    p.longest_interval_days = 30;
    memory_model model = make_model(&p);
    memory_state state = {0};
    int64_t at = START;
    for (int i = 0; i < 10; i++) {
        memory_review(&model, &state, MEMORY_EASY, at, "topic");
        cr_expect_leq(state.due_us - at, 30 * DAY);
        at = state.due_us;
    }
    cr_expect_gt(state.stability_days, 30);
    cr_expect_eq(state.due_us - state.last_review_us, 30 * DAY);
}

Test(memory, steps)
{
    memory_parameters p = memory_default_parameters;
    p.learning = (memory_steps){{1 * MINUTE, 10 * MINUTE, 60 * MINUTE}, 3};
    memory_model model = make_model(&p);
    memory_state s = {0};
    const struct {
        memory_grade grade;
        int step;
        int64_t wait;
    } walk[] = {{MEMORY_HARD, 0, 11 * MINUTE / 2}, {MEMORY_GOOD, 1, 10 * MINUTE}, {MEMORY_HARD, 1, 10 * MINUTE},
                {MEMORY_GOOD, 2, 60 * MINUTE},     {MEMORY_AGAIN, 0, 1 * MINUTE}, {MEMORY_GOOD, 1, 10 * MINUTE},
                {MEMORY_GOOD, 2, 60 * MINUTE}};
    for (size_t i = 0; i < sizeof walk / sizeof *walk; i++) {
        memory_review(&model, &s, walk[i].grade, START, "topic");
        cr_expect_eq(s.phase, MEMORY_LEARNING);
        cr_expect_eq(s.step, walk[i].step);
        cr_expect_eq(s.due_us - START, walk[i].wait, "walk %zu", i);
    }
    memory_review(&model, &s, MEMORY_GOOD, START, "topic");
    cr_expect_eq(s.phase, MEMORY_IN_REVIEW);
    memory_review(&model, &s, MEMORY_AGAIN, START, "topic");
    cr_expect_eq(s.phase, MEMORY_RELEARNING);
    cr_expect_eq(s.due_us - START, 10 * MINUTE);
    memory_review(&model, &s, MEMORY_HARD, START, "topic");
    cr_expect_eq(s.due_us - START, 15 * MINUTE, "a single step: 1.5 times");
    memory_review(&model, &s, MEMORY_EASY, START, "topic");
    cr_expect_eq(s.phase, MEMORY_IN_REVIEW);
}

Test(memory, without_relearning_steps_a_lapse_stays_in_review)
{
    memory_parameters p = without_steps();
    memory_model model = make_model(&p);
    memory_state s = {0};
    memory_review(&model, &s, MEMORY_EASY, START, "topic");
    memory_review(&model, &s, MEMORY_AGAIN, START + 8 * DAY, "topic");
    cr_expect_eq(s.phase, MEMORY_IN_REVIEW);
    cr_expect_geq(s.due_us, START + 9 * DAY);
}

/* Spreads the first interval of 100 days over topics. */
static int fuzzed_days(const memory_model *model, const char *topic, int64_t at)
{
    memory_state s = {0};
    memory_review(model, &s, MEMORY_GOOD, at, topic);
    return (int)((s.due_us - at) / DAY);
}

Test(memory, fuzz_spreads_and_repeats)
{
    memory_parameters p = without_steps();
    p.weights[2] = 100;
    p.fuzz = true;
    memory_model model = make_model(&p);
    int low = 1000, high = 0; /* 100 +- (1 + 0.15 * 4.5 + 0.1 * 13 + 0.05 * 80) = 93 to 107 */
    for (int i = 0; i < 3000; i++) {
        char topic[16];
        snprintf(topic, sizeof topic, "topic-%d", i % 50);
        int64_t at = START + i * MINUTE;
        int days = fuzzed_days(&model, topic, at);
        cr_assert_eq(days, fuzzed_days(&model, topic, at));
        low = days < low ? days : low;
        high = days > high ? days : high;
    }
    cr_expect_eq(low, 93);
    cr_expect_eq(high, 107);

    p.longest_interval_days = 100;
    model = make_model(&p);
    for (int i = 0; i < 200; i++)
        cr_assert_leq(fuzzed_days(&model, "topic", START + i), 100);
    p.weights[2] = 2;
    model = make_model(&p);
    for (int i = 0; i < 200; i++)
        cr_assert_eq(fuzzed_days(&model, "topic", START + i), 2, "short intervals are left alone");
}
