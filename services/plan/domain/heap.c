#include "heap.h"

void plan_heap_push(plan_heap *h, int32_t key)
{
    int32_t at = h->count++;

    while (at > 0 && h->keys[(at - 1) / 2] > key) {
        h->keys[at] = h->keys[(at - 1) / 2];
        at = (at - 1) / 2;
    }
    h->keys[at] = key;
}

int32_t plan_heap_pop(plan_heap *h)
{
    int32_t smallest = h->keys[0];
    int32_t last = h->keys[--h->count];
    int32_t at = 0;

    for (;;) {
        int32_t child = 2 * at + 1;
        if (child >= h->count)
            break;
        if (child + 1 < h->count && h->keys[child + 1] < h->keys[child])
            child++;
        if (h->keys[child] >= last)
            break;
        h->keys[at] = h->keys[child];
        at = child;
    }
    h->keys[at] = last;
    return smallest;
}
