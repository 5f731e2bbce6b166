#include "memory_reference.h"

#include <math.h>

#define DAY (INT64_C(86400) * 1000000)

const double reference_low[21] = {.001, .001, .001, .001, 1, .001, .001, .001, 0, 0, .001,
                                  .001, .001, .001, 0,    0, 1,    0,    0,    0, .1};
const double reference_high[21] = {100, 100, 100, 100, 10, 4, 4, .75, 4.5, .8, 3.5, 5, .25, .9, 4, 1, 6, 2, 2, .8, .8};

static long double elapsed_days(const reference_card *card, int64_t at)
{
    return fmaxl(0, floorl((long double)(at - card->last) / DAY));
}

long double reference_recall(const memory_parameters *p, const reference_card *card, int64_t at)
{
    if (card->phase == 0)
        return 0;
    long double w20 = p->weights[20];
    long double f = expl(-logl(0.9L) / w20) - 1;
    return expl(-w20 * logl(1 + f * elapsed_days(card, at) / card->stability));
}

static long double stability_after(const memory_parameters *p, const reference_card *card, int g, int64_t at)
{
    const double *w = p->weights;
    long double s = card->stability, d = card->difficulty, r = reference_recall(p, card, at);
    if (elapsed_days(card, at) == 0) {
        long double factor = expl(w[17] * (g - 3 + (long double)w[18]) - w[19] * logl(s));
        return s * (g >= 2 && factor < 1 ? 1 : factor);
    }
    if (g == 1) {
        long double a = w[11] * expl(-w[12] * logl(d)) * (expl(w[13] * logl(s + 1)) - 1) * expl(w[14] * (1 - r));
        long double b = s * expl(-(long double)w[17] * w[18]);
        return a < b ? a : b;
    }
    long double bonus = g == 2 ? w[15] : g == 4 ? w[16] : 1;
    return s + bonus * (11 - d) * expl(w[8] + (1 - w[9]) * logl(s)) * expm1l(w[10] * (1 - r));
}

static int64_t long_wait(const memory_parameters *p, long double stability)
{
    long double w20 = p->weights[20];
    long double f = expl(-logl(0.9L) / w20) - 1;
    long double days = rintl(stability / f * (expl(-logl(p->retention) / w20) - 1));
    return (int64_t)fminl(fmaxl(days, 1), p->longest_interval_days) * DAY;
}

/* The wait for a card on steps; -1: it goes to review. */
static int64_t step_wait(const memory_steps *steps, reference_card *card, int g)
{
    int n = (int)steps->count;
    if (n == 0 || (g > 1 && card->step >= n))
        return -1;
    switch (g) {
    case 1:
        card->step = 0;
        return steps->us[0];
    case 2:
        if (card->step)
            return steps->us[card->step];
        return n > 1 ? (steps->us[0] + steps->us[1]) / 2 : steps->us[0] + steps->us[0] / 2;
    case 3:
        return ++card->step == n ? -1 : steps->us[card->step];
    default:
        return -1;
    }
}

void reference_review(const memory_parameters *p, reference_card *card, int g, int64_t at)
{
    const double *w = p->weights;
    if (card->phase == 0) {
        card->stability = w[g - 1];
        card->difficulty = fminl(10, fmaxl(1, w[4] - expl((long double)w[5] * (g - 1)) + 1));
        card->phase = 1;
    } else {
        long double easiest = w[4] - expl(3 * (long double)w[5]) + 1;
        long double s = stability_after(p, card, g, at);
        long double d = card->difficulty + (10 - card->difficulty) * -(long double)w[6] * (g - 3) / 9;
        card->stability = s < 0.001L ? 0.001L : s;
        card->difficulty = fminl(10, fmaxl(1, w[7] * easiest + (1 - (long double)w[7]) * d));
    }
    int64_t wait = -1;
    if (card->phase == 2 && g == 1 && p->relearning.count > 0) {
        card->phase = 3;
        wait = p->relearning.us[0];
    } else if (card->phase != 2)
        wait = step_wait(card->phase == 1 ? &p->learning : &p->relearning, card, g);
    if (wait < 0) {
        card->phase = 2;
        card->step = 0;
        wait = long_wait(p, card->stability);
    }
    card->last = at;
    card->due = at + wait;
}
