#include "forge.h"

#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static char *base64url(const unsigned char *bytes, size_t size)
{
    size_t room = sodium_base64_encoded_len(size, sodium_base64_VARIANT_URLSAFE_NO_PADDING);
    char *text = malloc(room);
    return sodium_bin2base64(text, room, bytes, size, sodium_base64_VARIANT_URLSAFE_NO_PADDING);
}

static char *sign(const char *signed_part, const char *key)
{
    unsigned char secret[256], mac[crypto_auth_hmacsha256_BYTES];
    size_t size = 0;
    crypto_auth_hmacsha256_state state;
    if (sodium_base642bin(secret, sizeof secret, key, strlen(key), NULL, &size, NULL, sodium_base64_VARIANT_ORIGINAL))
        abort();
    crypto_auth_hmacsha256_init(&state, secret, size);
    crypto_auth_hmacsha256_update(&state, (const unsigned char *)signed_part, strlen(signed_part));
    crypto_auth_hmacsha256_final(&state, mac);
    return base64url(mac, sizeof mac);
}

char *forge_token(const char *header, const char *claims, const char *key)
{
    if (sodium_init() < 0)
        abort();
    char *head = base64url((const unsigned char *)header, strlen(header));
    char *body = base64url((const unsigned char *)claims, strlen(claims));
    char *signed_part, *token;
    if (asprintf(&signed_part, "%s.%s", head, body) < 0)
        abort();
    char *signature = key ? sign(signed_part, key) : strdup("");
    if (asprintf(&token, "%s.%s", signed_part, signature) < 0)
        abort();
    free(head);
    free(body);
    free(signed_part);
    free(signature);
    return token;
}
