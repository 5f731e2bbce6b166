#include "memory.h"

#include <math.h>

static const double w[21] = {0.212,  1.2931, 2.3065, 8.2956, 6.4133, 0.8334, 3.0194, 0.001,  1.8722, 0.1666, 0.796,
                             1.4835, 0.0614, 0.2629, 1.6483, 0.6014, 1.8729, 0.5425, 0.0912, 0.0658, 0.1542};

static double recall_chance(double stability, double days)
{
    double factor = pow(0.9, -1 / w[20]) - 1;
    return pow(1 + factor * days / stability, -w[20]);
}

static double first_difficulty(int grade)
{
    return w[4] - exp(w[5] * (grade - 1)) + 1;
}

static double clamp(double value, double low, double high)
{
    return fmin(fmax(value, low), high);
}

memory memory_of(const int *grades, const double *days, int count)
{
    memory m = {.stability = w[grades[0] - 1], .difficulty = clamp(first_difficulty(grades[0]), 1, 10)};
    for (int i = 1; i < count; i++) {
        double chance = recall_chance(m.stability, floor(days[i] - days[i - 1]));
        double bonus = grades[i] == 4 ? w[16] : 1;
        m.stability *=
            1 + exp(w[8]) * (11 - m.difficulty) * pow(m.stability, -w[9]) * (exp(w[10] * (1 - chance)) - 1) * bonus;
        double moved = m.difficulty - w[6] * (grades[i] - 3) * (10 - m.difficulty) / 9;
        m.difficulty = clamp(w[7] * first_difficulty(4) + (1 - w[7]) * moved, 1, 10);
    }
    m.due_days =
        days[count - 1] + fmax(1, nearbyint(m.stability)); /* the interval for a retention of 0.9 is the stability */
    return m;
}
