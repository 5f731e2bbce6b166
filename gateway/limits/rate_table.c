#include "rate_table.h"

#include <stdlib.h>

enum { WAYS = 8 };

typedef struct place {
    uint64_t key;
    int64_t arrival_us;
} place;

struct rate_table {
    size_t sets;
    place places[];
};

rate_table *rate_table_create(size_t capacity)
{
    rate_table *t = calloc(1, sizeof *t + capacity * sizeof t->places[0]);
    if (!t)
        abort();
    t->sets = capacity / WAYS;
    return t;
}

void rate_table_destroy(rate_table *t)
{
    free(t);
}

int64_t *rate_table_find(rate_table *t, uint64_t key)
{
    place *set = &t->places[(key & (t->sets - 1)) * WAYS];
    place *nearest = set;
    for (int i = 0; i < WAYS; i++) {
        if (set[i].key == key)
            return &set[i].arrival_us;
        if (set[i].arrival_us < nearest->arrival_us)
            nearest = &set[i];
    }
    *nearest = (place){.key = key};
    return &nearest->arrival_us;
}
