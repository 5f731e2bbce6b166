#include "token_keys.h"

#include "base64.h"

#include <sodium.h>
#include <string.h>

static const char kid_characters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-";

static bool decode(token_key *key, const char *text, size_t length)
{
    static const int variants[] = {sodium_base64_VARIANT_ORIGINAL, sodium_base64_VARIANT_ORIGINAL_NO_PADDING,
                                   sodium_base64_VARIANT_URLSAFE, sodium_base64_VARIANT_URLSAFE_NO_PADDING};
    if (!base64_is_text(text, length))
        return false;
    for (size_t i = 0; i < sizeof variants / sizeof variants[0]; i++)
        if (!sodium_base642bin(key->bytes, sizeof key->bytes, text, length, NULL, &key->size, NULL, variants[i]))
            return true;
    return false;
}

static const char *parse_one(token_keys *k, const char *text, size_t length)
{
    token_key *key = &k->keys[k->count];
    size_t kid_length = strspn(text, kid_characters);
    if (kid_length == 0 || kid_length >= TOKEN_KID_SIZE || kid_length >= length || text[kid_length] != ':')
        return "each key must read kid:base64, where kid is 1 to 32 of A-Z a-z 0-9 . _ -";
    memcpy(key->kid, text, kid_length);
    key->kid[kid_length] = '\0';
    if (token_keys_find(k, key->kid))
        return "a kid stands twice";
    if (!decode(key, text + kid_length + 1, length - kid_length - 1))
        return "a key is not base64 of at most 256 bytes";
    if (key->size < TOKEN_KEY_BYTES_MIN)
        return "a key has fewer than 32 bytes";
    k->count++;
    return NULL;
}

const char *token_keys_parse(token_keys *k, const char *list)
{
    memset(k, 0, sizeof *k);
    for (const char *text = list;; text++) {
        size_t length = strcspn(text, ",");
        const char *why = k->count == TOKEN_KEYS_MAX ? "more than 8 keys" : parse_one(k, text, length);
        if (why) {
            token_keys_wipe(k);
            return why;
        }
        text += length;
        if (!*text)
            return NULL;
    }
}

const token_key *token_keys_find(const token_keys *k, const char *kid)
{
    for (size_t i = 0; i < k->count; i++)
        if (!strcmp(k->keys[i].kid, kid))
            return &k->keys[i];
    return NULL;
}

void token_keys_wipe(token_keys *k)
{
    sodium_memzero(k, sizeof *k);
}
