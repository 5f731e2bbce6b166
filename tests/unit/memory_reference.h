/* FSRS-6 once more, for comparison only: straight from the formulas in long double, sharing nothing with the domain. */
#pragma once

#include "memory.h"

typedef struct reference_card {
    int phase; /* 0 new, 1 learning, 2 review, 3 relearning */
    int step;
    long double stability, difficulty;
    int64_t last, due;
} reference_card;

extern const double reference_low[21], reference_high[21];

void reference_review(const memory_parameters *p, reference_card *card, int grade, int64_t at);
long double reference_recall(const memory_parameters *p, const reference_card *card, int64_t at);
