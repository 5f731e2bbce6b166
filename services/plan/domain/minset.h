/* A set of small numbers that gives its smallest: bits, and above each 64 of them one bit that says whether any is set,
 * and so on up to one word. So each step looks at a word per level, three of them for 262,144 numbers. */
#pragma once

#include <stddef.h>
#include <stdint.h>

enum { PLAN_MINSET_LEVELS = 6 }; /* for any int32_t */

typedef struct plan_minset {
    uint64_t *words;
    size_t level[PLAN_MINSET_LEVELS]; /* where the words of each level begin; the lowest is 0 */
    int32_t levels;
    int32_t count;
} plan_minset;

/* For the numbers from 0 to limit - 1; empty. */
void plan_minset_init(plan_minset *s, int32_t limit);
void plan_minset_finish(plan_minset *s);

/* number must not be inside. */
void plan_minset_add(plan_minset *s, int32_t number);

/* The smallest. The set must not be empty. */
int32_t plan_minset_first(const plan_minset *s);

/* The smallest, taken out. The set must not be empty. */
int32_t plan_minset_take(plan_minset *s);
