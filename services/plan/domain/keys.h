/* An index of topic keys: sorted, so that no choice of keys can make it slow. */
#pragma once

#include <stddef.h>
#include <stdint.h>

typedef struct plan_key_entry {
    const char *text;
    int32_t index; /* in the caller's array */
} plan_key_entry;

typedef struct plan_keys {
    plan_key_entry *entries; /* in the order of bytes; equal ones in the order of the array */
    size_t count;
} plan_keys;

/* texts are borrowed. */
void plan_keys_init(plan_keys *k, const char *const *texts, size_t count);
void plan_keys_finish(plan_keys *k);

/* The first index of a key in the caller's array, or -1. */
int32_t plan_keys_find(const plan_keys *k, const char *text);
