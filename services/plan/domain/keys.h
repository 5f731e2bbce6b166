/* A hash table from topic keys to positions in the caller's array. */
#pragma once

#include <stddef.h>
#include <stdint.h>

typedef struct plan_keys {
    const char *const *texts; /* borrowed */
    int32_t *slots;
    size_t slot_count;
} plan_keys;

/* Room for count keys out of texts. */
void plan_keys_init(plan_keys *k, const char *const *texts, size_t count);
void plan_keys_finish(plan_keys *k);

/* Adds texts[position]. Returns the position that has this key already, or -1 when it is new. */
int32_t plan_keys_add(plan_keys *k, int32_t position);

/* The position of a key, or -1. */
int32_t plan_keys_find(const plan_keys *k, const char *text);
