#include "minset.h"

#include "memory.h"

enum { BITS = 6 }; /* of a number, told apart by the bits of one word */

void plan_minset_init(plan_minset *s, int32_t limit)
{
    size_t words = 0, width = (size_t)limit;

    *s = (plan_minset){0};
    do {
        width = (width >> BITS) + 1;
        s->level[s->levels++] = words;
        words += width;
    } while (width > 1);
    s->words = PLAN_ARRAY(uint64_t, words);
}

void plan_minset_finish(plan_minset *s)
{
    free(s->words);
    *s = (plan_minset){0};
}

void plan_minset_add(plan_minset *s, int32_t number)
{
    size_t at = (size_t)number;

    for (int32_t l = 0; l < s->levels; l++, at >>= BITS) {
        uint64_t *word = &s->words[s->level[l] + (at >> BITS)], before = *word;
        *word |= UINT64_C(1) << (at & 63);
        if (before != 0)
            break; /* the levels above know of it */
    }
    s->count++;
}

int32_t plan_minset_first(const plan_minset *s)
{
    size_t at = 0;

    for (int32_t l = s->levels - 1; l >= 0; l--)
        at = at << BITS | (size_t)__builtin_ctzll(s->words[s->level[l] + at]);
    return (int32_t)at;
}

int32_t plan_minset_take(plan_minset *s)
{
    int32_t number = plan_minset_first(s);
    size_t at = (size_t)number;

    for (int32_t l = 0; l < s->levels; l++, at >>= BITS) {
        uint64_t *word = &s->words[s->level[l] + (at >> BITS)];
        *word &= ~(UINT64_C(1) << (at & 63));
        if (*word != 0)
            break;
    }
    s->count--;
    return number;
}
