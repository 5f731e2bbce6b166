/* The list of keys behind JWT_SECRET; only token.c uses it. */
#pragma once

#include "token.h"

#include <stddef.h>

enum { TOKEN_KID_SIZE = 33, TOKEN_KEY_BYTES_MAX = 256 };

typedef struct token_key {
    char kid[TOKEN_KID_SIZE];
    unsigned char bytes[TOKEN_KEY_BYTES_MAX];
    size_t size;
} token_key;

typedef struct token_keys {
    token_key keys[TOKEN_KEYS_MAX];
    size_t count;
} token_keys;

/* NULL when all is well, else a constant sentence that holds nothing of the list. */
const char *token_keys_parse(token_keys *k, const char *list);
const token_key *token_keys_find(const token_keys *k, const char *kid);
void token_keys_wipe(token_keys *k);
