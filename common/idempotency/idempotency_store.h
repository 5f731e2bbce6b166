/* The table of kept answers. Internal to this room. */
#pragma once

#include "idempotency.h"

enum { IDEMPOTENCY_HASH_BYTES = 32, IDEMPOTENCY_SWEEP_ROWS = 1000 };

/* What is kept under a user's key. */
typedef struct idempotency_row {
    const char *method;
    uint8_t request_hash[IDEMPOTENCY_HASH_BYTES];
    const void *answer;
    size_t answer_size;
} idempotency_row;

enum { IDEMPOTENCY_UNKNOWN = 1, IDEMPOTENCY_TAKEN };

/* IDEMPOTENCY_UNKNOWN: the key is not there, or its life is over. The row lives until the running fiber ends. */
status idempotency_store_find(const idempotency *i, const uuid *user, const char *key, idempotency_row *row);

/* Ends the running fiber's transaction with it. IDEMPOTENCY_TAKEN: another call was faster; nothing was done. */
status idempotency_store_keep(const idempotency *i, const uuid *user, const char *key, const idempotency_row *row);

/* Deletes rows whose life is over, the oldest first, at most IDEMPOTENCY_SWEEP_ROWS; *count: how many they were. */
status idempotency_store_forget(const idempotency *i, size_t *count);
