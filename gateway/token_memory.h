/*
 * Tokens that were verified, remembered until they expire, so that a request of the hot path costs one hash instead of
 * a signature and JSON. Bounded: a full set gives up the token that expires first. Kept are keyed hashes of whole
 * tokens (BLAKE2b, 256 bits, key made at the start), never tokens.
 */
#pragma once

#include "token.h"

typedef struct token_memory token_memory;

/* capacity: a power of two of at least 4. */
token_memory *token_memory_create(const token_authority *authority, size_t capacity);
void token_memory_destroy(token_memory *m);

/* As token_verify; *claims points into the memory, valid until the next call. */
token_verdict token_memory_verify(token_memory *m, const char *token, int64_t now_s, const token_claims **claims);

uint64_t token_memory_hits(const token_memory *m);
