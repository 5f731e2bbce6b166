#include "refresh_token.h"

#include "base64.h"

#include <sodium.h>
#include <string.h>

refresh_token refresh_token_make(void)
{
    refresh_token token;
    randombytes_buf(token.bytes, sizeof token.bytes);
    return token;
}

void refresh_token_make_salt(unsigned char salt[REFRESH_SALT_BYTES])
{
    randombytes_buf(salt, REFRESH_SALT_BYTES);
}

refresh_token refresh_token_child(const refresh_token *parent, const unsigned char salt[REFRESH_SALT_BYTES])
{
    refresh_token child;
    crypto_generichash(child.bytes, sizeof child.bytes, salt, REFRESH_SALT_BYTES, parent->bytes, sizeof parent->bytes);
    return child;
}

/* Without a key or salt: the input has 256 random bits, so it cannot be guessed from its hash. */
void refresh_token_hash(const refresh_token *token, unsigned char hash[REFRESH_TOKEN_HASH_BYTES])
{
    crypto_generichash(hash, REFRESH_TOKEN_HASH_BYTES, token->bytes, sizeof token->bytes, NULL, 0);
}

bool refresh_token_parse(const char *text, refresh_token *out)
{
    size_t size = 0;
    return strlen(text) == REFRESH_TOKEN_TEXT_SIZE - 1 && base64_is_text(text, REFRESH_TOKEN_TEXT_SIZE - 1) &&
           sodium_base642bin(out->bytes, sizeof out->bytes, text, REFRESH_TOKEN_TEXT_SIZE - 1, NULL, &size, NULL,
                             sodium_base64_VARIANT_URLSAFE_NO_PADDING) == 0 &&
           size == sizeof out->bytes;
}

char *refresh_token_format(const refresh_token *token, char out[REFRESH_TOKEN_TEXT_SIZE])
{
    return sodium_bin2base64(out, REFRESH_TOKEN_TEXT_SIZE, token->bytes, sizeof token->bytes,
                             sodium_base64_VARIANT_URLSAFE_NO_PADDING);
}

void refresh_token_wipe(refresh_token *token)
{
    sodium_memzero(token, sizeof *token);
}
