/* Bytes from anywhere as an access token: as they are, and as the JSON of header and payload of a token that is signed
 * with the key. Only what names that key may be good. Also as a list of keys and as a refresh token. */
#include "fuzz.h"

#include "refresh_token.h"
#include "token.h"

#include <sodium.h>
#include <string.h>

#define KEY "0123456789abcdef0123456789abcdef"

static token_authority *authority;

static char *append_base64(char *out, const uint8_t *bytes, size_t size)
{
    sodium_bin2base64(out, sodium_base64_encoded_len(size, sodium_base64_VARIANT_URLSAFE_NO_PADDING), bytes, size,
                      sodium_base64_VARIANT_URLSAFE_NO_PADDING);
    return out + strlen(out);
}

/* The input's first line is the header, the rest the payload. */
static void verify_signed(const uint8_t *bytes, size_t size)
{
    const uint8_t *newline = memchr(bytes, '\n', size);
    if (!newline || size > 3000)
        return;
    char token[8192], *end = append_base64(token, bytes, (size_t)(newline - bytes));
    *end++ = '.';
    end = append_base64(end, newline + 1, (size_t)(bytes + size - newline - 1));
    uint8_t mac[crypto_auth_hmacsha256_BYTES];
    crypto_auth_hmacsha256(mac, (const uint8_t *)token, (size_t)(end - token), (const uint8_t *)KEY);
    *end++ = '.';
    append_base64(end, mac, sizeof mac);
    token_claims claims;
    size_t header = (size_t)(newline - bytes);
    require(token_verify(authority, token, 1800000000, &claims) != TOKEN_GOOD || memmem(bytes, header, "\"kid\"", 5) ||
            memchr(bytes, '\\', header));
}

/* As a list of keys; what it makes can sign and verify. */
static void read_keys(const char *text)
{
    const char *why = NULL;
    token_authority *t = token_authority_create(text, "sical", "sical-api", &why);
    require((t == NULL) == (why != NULL));
    token_authority_destroy(t);
}

/* There is one way to write a refresh token. */
static void read_refresh_token(const char *text)
{
    refresh_token token;
    char again[REFRESH_TOKEN_TEXT_SIZE];
    require(!refresh_token_parse(text, &token) || strcmp(refresh_token_format(&token, again), text) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    const char *why;
    if (!authority)
        authority =
            token_authority_create("k1:MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=", "sical", "sical-api", &why);
    char *text = strndup((const char *)bytes, size);
    token_claims claims;
    require(token_verify(authority, text, 1800000000, &claims) != TOKEN_GOOD); /* nobody guesses a signature */
    read_keys(text);
    read_refresh_token(text);
    free(text);
    verify_signed(bytes, size);
    return 0;
}
