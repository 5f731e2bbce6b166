#include "keys.h"

#include "memory.h"

#include <string.h>

/* FNV-1a. A sender who chooses colliding keys makes probes longer, but the number of topics bounds them. */
static uint64_t hash(const char *text)
{
    uint64_t h = UINT64_C(14695981039346656037);

    for (; *text != '\0'; text++)
        h = (h ^ (uint8_t)*text) * UINT64_C(1099511628211);
    return h ^ (h >> 32);
}

void plan_keys_init(plan_keys *k, const char *const *texts, size_t count)
{
    k->texts = texts;
    k->slot_count = 16;
    while (k->slot_count < 2 * count)
        k->slot_count *= 2;
    k->slots = PLAN_ARRAY(int32_t, k->slot_count);
    for (size_t i = 0; i < k->slot_count; i++)
        k->slots[i] = -1;
}

void plan_keys_finish(plan_keys *k)
{
    free(k->slots);
    *k = (plan_keys){0};
}

static size_t slot_of(const plan_keys *k, const char *text)
{
    size_t slot = hash(text) & (k->slot_count - 1);

    while (k->slots[slot] >= 0 && strcmp(k->texts[k->slots[slot]], text) != 0)
        slot = (slot + 1) & (k->slot_count - 1);
    return slot;
}

int32_t plan_keys_add(plan_keys *k, int32_t position)
{
    size_t slot = slot_of(k, k->texts[position]);
    int32_t known = k->slots[slot];

    if (known < 0)
        k->slots[slot] = position;
    return known;
}

int32_t plan_keys_find(const plan_keys *k, const char *text)
{
    return k->slots[slot_of(k, text)];
}
