#include "keys.h"

#include "memory.h"

#include <string.h>

static int by_text(const void *left, const void *right)
{
    const plan_key_entry *a = left, *b = right;
    int order = strcmp(a->text, b->text);

    return order != 0 ? order : (a->index > b->index) - (a->index < b->index);
}

void plan_keys_init(plan_keys *k, const char *const *texts, size_t count)
{
    k->entries = PLAN_ARRAY(plan_key_entry, count);
    k->count = count;
    for (size_t i = 0; i < count; i++)
        k->entries[i] = (plan_key_entry){texts[i], (int32_t)i};
    qsort(k->entries, count, sizeof *k->entries, by_text);
}

void plan_keys_finish(plan_keys *k)
{
    free(k->entries);
    *k = (plan_keys){0};
}

int32_t plan_keys_find(const plan_keys *k, const char *text)
{
    size_t low = 0, high = k->count; /* entries before low are less than text */

    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (strcmp(k->entries[middle].text, text) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low < k->count && strcmp(k->entries[low].text, text) == 0 ? k->entries[low].index : -1;
}
