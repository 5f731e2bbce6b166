/*
 * What a learner should remember, computed for checking by code that is not the service's: FSRS-6 in the few cases that
 * stories use, every review at least a day after the one before it, so that only the long-term formulas matter.
 */
#pragma once

typedef struct memory {
    double stability;
    double difficulty;
    double due_days; /* since the first review */
} memory;

/* grades: 3 (Good) or 4 (Easy), the first one Easy, which goes straight to review; days: of each review since the
 * first, rising. */
memory memory_of(const int *grades, const double *days, int count);
