/* The planner's sorting and its set of numbers, against the simplest ones that can be written. */
#include "minset.h"
#include "plan_cases.h"
#include "sorting.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

enum { MOST = 3000 };

static int by_key_and_place(const void *left, const void *right)
{
    const plan_keyed *a = left, *b = right;

    if (a->key != b->key)
        return a->key < b->key ? -1 : 1;
    return (a->value > b->value) - (a->value < b->value);
}

/* Keys that are alike, far apart, negative, or the ends of their range. */
static int64_t random_key(uint64_t *state, int kind)
{
    switch (kind) {
    case 0:
        return case_random(state, 5);
    case 1:
        return (int64_t)case_random(state, 1 << 20) - (1 << 19);
    case 2:
        return (int64_t)((uint64_t)case_random(state, INT32_MAX) << 33 ^ (uint64_t)case_random(state, INT32_MAX));
    default:
        return case_random(state, 2) ? INT64_MAX : INT64_MIN;
    }
}

Test(plan_sorting, it_sorts_by_key_and_leaves_equal_keys_in_their_order)
{
    static plan_keyed sorted[MOST], expected[MOST];
    uint64_t state = 7;

    for (int round = 0; round < 400; round++) {
        size_t count = (size_t)case_random(&state, round % 10 == 0 ? MOST : 40);
        for (size_t i = 0; i < count; i++)
            sorted[i] = (plan_keyed){random_key(&state, (round + case_random(&state, 2)) % 4), (int32_t)i};
        memcpy(expected, sorted, sizeof expected);
        qsort(expected, count, sizeof *expected, by_key_and_place);
        plan_sort(sorted, count);
        for (size_t i = 0; i < count; i++)
            cr_assert(sorted[i].key == expected[i].key && sorted[i].value == expected[i].value);
    }
}

static int32_t first_of(const bool *inside)
{
    int32_t first = 0;

    while (!inside[first])
        first++;
    return first;
}

static void compare_set(int32_t limit, uint64_t *state)
{
    bool *inside = calloc((size_t)limit, sizeof *inside);
    int32_t count = 0;
    plan_minset s;

    plan_minset_init(&s, limit);
    for (int step = 0; step < 3000; step++) {
        int32_t number = case_random(state, limit);
        if (!inside[number] && case_random(state, 5) < 3) {
            plan_minset_add(&s, number);
            inside[number] = true;
            count++;
        } else if (count > 0) {
            int32_t first = first_of(inside);
            cr_assert_eq(plan_minset_first(&s), first);
            cr_assert_eq(plan_minset_take(&s), first);
            inside[first] = false;
            count--;
        }
        cr_assert_eq(s.count, count);
    }
    plan_minset_finish(&s);
    free(inside);
}

Test(plan_sorting, the_set_gives_its_smallest_number)
{
    static const int32_t limits[] = {1, 2, 63, 64, 65, 4095, 4096, 4097, 300000};
    uint64_t state = 11;

    for (size_t i = 0; i < sizeof limits / sizeof limits[0]; i++)
        compare_set(limits[i], &state);
}
