/* Sorting by numbers, in time that grows with the count alone: least significant digit first (Knuth, The Art of
 * Computer Programming 3, 5.2.5). Digits that are the same in all keys cost nothing. */
#pragma once

#include <stddef.h>
#include <stdint.h>

typedef struct plan_keyed {
    int64_t key;
    int32_t value;
} plan_keyed;

/* By key; what has the same key stays in its order. */
void plan_sort(plan_keyed *entries, size_t count);
