#include "sorting.h"

#include "memory.h"

#include <string.h>

enum { DIGIT_BITS = 11, DIGITS = 1 << DIGIT_BITS, KEY_BITS = 64 };

/* Negative keys come first. */
static uint64_t digits_of(const plan_keyed *e)
{
    return (uint64_t)e->key ^ UINT64_C(1) << (KEY_BITS - 1);
}

static void sort_by_digit(const plan_keyed *from, plan_keyed *to, size_t count, int shift)
{
    size_t first[DIGITS + 1] = {0};

    for (size_t i = 0; i < count; i++)
        first[(digits_of(&from[i]) >> shift) % DIGITS + 1]++;
    for (int digit = 1; digit < DIGITS; digit++)
        first[digit] += first[digit - 1];
    for (size_t i = 0; i < count; i++)
        to[first[(digits_of(&from[i]) >> shift) % DIGITS]++] = from[i];
}

void plan_sort(plan_keyed *entries, size_t count)
{
    plan_keyed *spare = PLAN_ARRAY(plan_keyed, count), *from = entries, *to = spare;
    uint64_t differ = 0;

    for (size_t i = 1; i < count; i++)
        differ |= digits_of(&entries[i]) ^ digits_of(&entries[0]);
    for (int shift = 0; shift < KEY_BITS; shift += DIGIT_BITS) {
        if ((differ >> shift) % DIGITS == 0)
            continue;
        sort_by_digit(from, to, count, shift);
        plan_keyed *sorted = to;
        to = from;
        from = sorted;
    }
    if (from != entries)
        memcpy(entries, from, count * sizeof *entries);
    free(spare);
}
