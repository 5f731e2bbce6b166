/*
 * Refresh tokens: 256 bits that mean nothing, written in base64url. Stored is only their hash.
 *
 * A child is made from its parent and a random salt that stands beside the parent's hash. So a parent that is presented
 * twice within the grace gets the same child from any replica, while neither the table alone nor a token alone is
 * enough to know it.
 */
#pragma once

#include <stdbool.h>

enum { REFRESH_TOKEN_BYTES = 32, REFRESH_TOKEN_TEXT_SIZE = 44, REFRESH_TOKEN_HASH_BYTES = 32, REFRESH_SALT_BYTES = 32 };

typedef struct refresh_token {
    unsigned char bytes[REFRESH_TOKEN_BYTES];
} refresh_token;

refresh_token refresh_token_make(void);
void refresh_token_make_salt(unsigned char salt[REFRESH_SALT_BYTES]);
refresh_token refresh_token_child(const refresh_token *parent, const unsigned char salt[REFRESH_SALT_BYTES]);
void refresh_token_hash(const refresh_token *token, unsigned char hash[REFRESH_TOKEN_HASH_BYTES]);

/* false when text is none: another length or alphabet. */
bool refresh_token_parse(const char *text, refresh_token *out);
/* Returns out. */
char *refresh_token_format(const refresh_token *token, char out[REFRESH_TOKEN_TEXT_SIZE]);

void refresh_token_wipe(refresh_token *token);
