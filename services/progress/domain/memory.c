#include "memory.h"

#include <math.h>
#include <stdio.h>

#define MINUTE_US      (INT64_C(60) * 1000000)
#define DAY_US         (24 * 60 * MINUTE_US)
#define STABILITY_MIN  0.001
#define DIFFICULTY_MIN 1.0
#define DIFFICULTY_MAX 10.0

const memory_parameters memory_default_parameters = {
    .weights = {0.212,  1.2931, 2.3065, 8.2956, 6.4133, 0.8334, 3.0194, 0.001,  1.8722, 0.1666, 0.796,
                1.4835, 0.0614, 0.2629, 1.6483, 0.6014, 1.8729, 0.5425, 0.0912, 0.0658, 0.1542},
    .retention = 0.9,
    .learning = {{1 * MINUTE_US, 10 * MINUTE_US}, 2},
    .relearning = {{10 * MINUTE_US}, 1},
    .longest_interval_days = 36500,
};

static const double weight_low[MEMORY_WEIGHTS] = {0.001, 0.001, 0.001, 0.001, 1.0, 0.001, 0.001, 0.001, 0.0, 0.0, 0.001,
                                                  0.001, 0.001, 0.001, 0.0,   0.0, 1.0,   0.0,   0.0,   0.0, 0.1};
static const double weight_high[MEMORY_WEIGHTS] = {100.0, 100.0, 100.0, 100.0, 10.0, 4.0, 4.0, 0.75, 4.5, 0.8, 3.5,
                                                   5.0,   0.25,  0.9,   4.0,   1.0,  6.0, 2.0, 2.0,  0.8, 0.8};

/* ---- the model ---- */

static double first_difficulty(const double *w, memory_grade grade)
{
    return w[4] - exp(w[5] * ((int)grade - 1)) + 1;
}

static bool steps_are_sound(const memory_steps *steps)
{
    if (steps->count > MEMORY_STEPS_LIMIT)
        return false;
    for (size_t i = 0; i < steps->count; i++)
        if (steps->us[i] <= 0 || steps->us[i] > 365 * DAY_US)
            return false;
    return true;
}

static const char *find_fault(const memory_parameters *p)
{
    static char sentence[96];
    for (int i = 0; i < MEMORY_WEIGHTS; i++) {
        if (p->weights[i] >= weight_low[i] && p->weights[i] <= weight_high[i])
            continue;
        snprintf(sentence, sizeof sentence, "weight %d is %g, outside of %g to %g", i, p->weights[i], weight_low[i],
                 weight_high[i]);
        return sentence;
    }
    if (!(p->retention > 0 && p->retention < 1))
        return "the retention is not between 0 and 1";
    if (!steps_are_sound(&p->learning) || !steps_are_sound(&p->relearning))
        return "there are more than 8 steps, or one is not between 0 and 365 days";
    if (p->longest_interval_days < 1 || p->longest_interval_days > 36500)
        return "the longest interval is not between 1 and 36,500 days";
    return NULL;
}

const char *memory_model_init(memory_model *model, const memory_parameters *parameters)
{
    const char *fault = find_fault(parameters);
    if (fault)
        return fault;
    const double *w = parameters->weights;
    double decay = -w[20];
    double factor = pow(0.9, 1 / decay) - 1;
    *model = (memory_model){
        .parameters = *parameters,
        .decay = decay,
        .factor = factor,
        .due_factor = pow(parameters->retention, 1 / decay) - 1,
        .recall_gain = exp(w[8]),
        .lapse_divisor = exp(w[17] * w[18]),
        .easiest_target = first_difficulty(w, MEMORY_EASY),
    };
    return NULL;
}

/* ---- stability and difficulty ---- */

static double clamp_difficulty(double difficulty)
{
    return fmin(fmax(difficulty, DIFFICULTY_MIN), DIFFICULTY_MAX);
}

/* -2 for Again to 1 for Easy; as an enum the grade is unsigned. */
static int from_good(memory_grade grade)
{
    return (int)grade - MEMORY_GOOD;
}

/* Whole days; a clock that went backwards counts as no time at all. */
static int64_t days_between(int64_t from_us, int64_t to_us)
{
    return to_us > from_us ? (to_us - from_us) / DAY_US : 0;
}

static double retrievability_after(const memory_model *m, double stability, int64_t days)
{
    return pow(1 + m->factor * (double)days / stability, m->decay);
}

double memory_retrievability(const memory_model *model, const memory_state *state, int64_t at_us)
{
    if (state->phase == MEMORY_UNSEEN)
        return 0;
    return retrievability_after(model, state->stability_days, days_between(state->last_review_us, at_us));
}

/* Mean reversion towards the easiest topic, damped near the upper end. */
static double next_difficulty(const memory_model *m, double difficulty, memory_grade grade)
{
    const double *w = m->parameters.weights;
    double moved = difficulty - w[6] * from_good(grade) * (10 - difficulty) / 9;
    return clamp_difficulty(w[7] * m->easiest_target + (1 - w[7]) * moved);
}

static double same_day_stability(const memory_model *m, double stability, memory_grade grade)
{
    const double *w = m->parameters.weights;
    double growth = exp(w[17] * (from_good(grade) + w[18])) * pow(stability, -w[19]);
    return stability * (grade == MEMORY_AGAIN ? growth : fmax(growth, 1));
}

static double lapse_stability(const memory_model *m, double stability, double difficulty, double recall)
{
    const double *w = m->parameters.weights;
    double forgotten = w[11] * pow(difficulty, -w[12]) * (pow(stability + 1, w[13]) - 1) * exp(w[14] * (1 - recall));
    return fmin(forgotten, stability / m->lapse_divisor);
}

static double recall_stability(const memory_model *m, double stability, double difficulty, double recall,
                               memory_grade grade)
{
    const double *w = m->parameters.weights;
    double gain = m->recall_gain * (11 - difficulty) * pow(stability, -w[9]) * (exp(w[10] * (1 - recall)) - 1);
    if (grade == MEMORY_HARD)
        gain *= w[15];
    if (grade == MEMORY_EASY)
        gain *= w[16];
    return stability * (1 + gain);
}

static double next_stability(const memory_model *m, const memory_state *s, memory_grade grade, int64_t at_us)
{
    int64_t days = days_between(s->last_review_us, at_us);
    if (days < 1)
        return same_day_stability(m, s->stability_days, grade);
    double recall = retrievability_after(m, s->stability_days, days);
    if (grade == MEMORY_AGAIN)
        return lapse_stability(m, s->stability_days, s->difficulty, recall);
    return recall_stability(m, s->stability_days, s->difficulty, recall, grade);
}

/* Both from the old difficulty. */
static void update_memory(const memory_model *m, memory_state *s, memory_grade grade, int64_t at_us)
{
    if (s->phase == MEMORY_UNSEEN) {
        s->stability_days = m->parameters.weights[grade - 1];
        s->difficulty = clamp_difficulty(first_difficulty(m->parameters.weights, grade));
        s->phase = MEMORY_LEARNING;
        s->step = 0;
        return;
    }
    s->stability_days = fmax(next_stability(m, s, grade, at_us), STABILITY_MIN);
    s->difficulty = next_difficulty(m, s->difficulty, grade);
}

/* ---- when it comes again ---- */

/* Uniform in [0, 1), the same for the same topic and instant: FNV-1a, then the finaliser of splitmix64. */
static double draw(const char *topic, int64_t at_us)
{
    uint64_t h = UINT64_C(0xcbf29ce484222325);
    for (const char *p = topic; *p; p++)
        h = (h ^ (unsigned char)*p) * UINT64_C(0x100000001b3);
    h += (uint64_t)at_us * UINT64_C(0x9e3779b97f4a7c15);
    h = (h ^ (h >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    h = (h ^ (h >> 27)) * UINT64_C(0x94d049bb133111eb);
    return (double)((h ^ (h >> 31)) >> 11) * 0x1p-53;
}

static double part_above(double days, double start, double end)
{
    return fmax(fmin(days, end) - start, 0);
}

/* The longer the interval, the wider the range: 15 % of the part from 2.5 days on, 10 % from 7, 5 % from 20. */
static double fuzz_interval(double days, double longest, double u)
{
    if (days < 2.5)
        return days;
    double delta = 1 + 0.15 * part_above(days, 2.5, 7) + 0.1 * part_above(days, 7, 20) +
                   0.05 * part_above(days, 20, (double)INFINITY);
    double high = fmin(nearbyint(days + delta), longest);
    double low = fmin(fmax(nearbyint(days - delta), 2), high);
    return low + floor(u * (high - low + 1));
}

static int64_t long_interval_us(const memory_model *m, double stability, int64_t at_us, const char *topic)
{
    double longest = m->parameters.longest_interval_days;
    double days = fmin(fmax(nearbyint(stability / m->factor * m->due_factor), 1), longest);
    if (m->parameters.fuzz)
        days = fuzz_interval(days, longest, draw(topic, at_us));
    return (int64_t)days * DAY_US;
}

/* Hard stays where it is; on the first step it waits half-way to the next one. */
static int64_t hard_step_us(const memory_steps *steps, int step)
{
    if (step > 0)
        return steps->us[step];
    return steps->count == 1 ? steps->us[0] * 3 / 2 : (steps->us[0] + steps->us[1]) / 2;
}

/* Moves along the steps. Returns the short interval, or 0 when the topic leaves them for review. */
static int64_t take_step(const memory_steps *steps, int *step, memory_grade grade)
{
    bool beyond = *step >= (int)steps->count;
    if (steps->count == 0 || (beyond && grade != MEMORY_AGAIN) || grade == MEMORY_EASY)
        return 0;
    if (grade == MEMORY_HARD)
        return hard_step_us(steps, *step);
    *step = grade == MEMORY_AGAIN ? 0 : *step + 1;
    return *step < (int)steps->count ? steps->us[*step] : 0;
}

static int64_t short_interval_us(const memory_model *m, memory_state *s, memory_grade grade)
{
    if (s->phase == MEMORY_LEARNING)
        return take_step(&m->parameters.learning, &s->step, grade);
    if (s->phase == MEMORY_RELEARNING)
        return take_step(&m->parameters.relearning, &s->step, grade);
    if (grade != MEMORY_AGAIN || m->parameters.relearning.count == 0)
        return 0;
    s->phase = MEMORY_RELEARNING;
    s->step = 0;
    return m->parameters.relearning.us[0];
}

void memory_review(const memory_model *model, memory_state *state, memory_grade grade, int64_t at_us, const char *topic)
{
    update_memory(model, state, grade, at_us);
    int64_t interval_us = short_interval_us(model, state, grade);
    if (interval_us == 0) {
        state->phase = MEMORY_IN_REVIEW;
        state->step = 0;
        interval_us = long_interval_us(model, state->stability_days, at_us, topic);
    }
    state->last_review_us = at_us;
    state->due_us = at_us + interval_us;
}
