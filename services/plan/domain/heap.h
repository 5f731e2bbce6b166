/* A binary min-heap of numbers in an array that the owner gives; it must have room for all that is ever inside. */
#pragma once

#include <stdint.h>

typedef struct plan_heap {
    int32_t *keys;
    int32_t count;
} plan_heap;

void plan_heap_push(plan_heap *h, int32_t key);

/* The smallest. The heap must not be empty. */
int32_t plan_heap_pop(plan_heap *h);
