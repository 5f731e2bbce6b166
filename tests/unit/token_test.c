#include "token.h"

#include <criterion/criterion.h>
#include <jwt.h>
#include <sodium.h>
#include <string.h>

#define OLD_KEY "old:MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY="
#define NEW_KEY "new:ZmVkY2JhOTg3NjU0MzIxMGZlZGNiYTk4NzY1NDMyMTA="
#define NOW     INT64_C(1800000000)

static const token_claims claims = {.user_id = "0190a000-0000-7000-8000-000000000001",
                                    .session_id = "0190a000-0000-7000-8000-000000000002",
                                    .role = "student",
                                    .issued_s = NOW,
                                    .expires_s = NOW + 900};

static arena memory;

static token_authority *authority(const char *keys)
{
    const char *why;
    token_authority *t = token_authority_create(keys, "sical", "sical-api", &why);
    cr_assert_not_null(t, "%s", why);
    return t;
}

/* A token with any header and payload, signed with HMAC-SHA256 as the format says, by code that is not ours. */
static char *forge(const char *header, const char *payload, const char *key)
{
    static char token[16384];
    const int variant = sodium_base64_VARIANT_URLSAFE_NO_PADDING;
    sodium_bin2base64(token, sizeof token, (const unsigned char *)header, strlen(header), variant);
    strcat(token, ".");
    size_t used = strlen(token);
    sodium_bin2base64(token + used, sizeof token - used, (const unsigned char *)payload, strlen(payload), variant);
    unsigned char mac[32];
    crypto_auth_hmacsha256_state state;
    crypto_auth_hmacsha256_init(&state, (const unsigned char *)key, strlen(key));
    crypto_auth_hmacsha256_update(&state, (unsigned char *)token, strlen(token));
    crypto_auth_hmacsha256_final(&state, mac);
    strcat(token, ".");
    used = strlen(token);
    sodium_bin2base64(token + used, sizeof token - used, mac, sizeof mac, variant);
    return token;
}

#define SECRET "0123456789abcdef0123456789abcdef"
#define HEADER "{\"alg\":\"HS256\",\"kid\":\"old\",\"typ\":\"JWT\"}"
#define IDS    "\"sub\":\"0190a000-0000-7000-8000-000000000001\",\"sid\":\"0190a000-0000-7000-8000-000000000002\""
#define PAYLOAD                                                                                                        \
    "{\"iss\":\"sical\",\"aud\":\"sical-api\",\"role\":\"student\",\"iat\":1800000000,\"exp\":1800000900," IDS "}"

static token_verdict verify(const char *token, int64_t now_s)
{
    token_authority *t = authority(OLD_KEY);
    token_claims out;
    token_verdict v = token_verify(t, token, now_s, &out);
    token_authority_destroy(t);
    return v;
}

Test(token, what_is_signed_verifies_with_all_claims)
{
    token_authority *t = authority(OLD_KEY);
    char *text = token_sign(t, &memory, &claims);
    token_claims out;
    cr_assert_eq(token_verify(t, text, NOW + 1, &out), TOKEN_GOOD);
    cr_assert_str_eq(out.user_id, claims.user_id);
    cr_assert_str_eq(out.session_id, claims.session_id);
    cr_assert_str_eq(out.role, "student");
    cr_assert_eq(out.issued_s, NOW);
    cr_assert_eq(out.expires_s, NOW + 900);
    token_authority_destroy(t);
    arena_finish(&memory);
}

Test(token, a_token_made_by_other_code_verifies)
{
    cr_assert_eq(verify(forge(HEADER, PAYLOAD, SECRET), NOW), TOKEN_GOOD);
}

Test(token, keys_rotate_without_losing_a_token)
{
    token_authority *before = authority(OLD_KEY);
    token_authority *during = authority(NEW_KEY "," OLD_KEY);
    token_authority *after = authority(NEW_KEY);
    token_claims out;
    char *old_token = token_sign(before, &memory, &claims);
    char *new_token = token_sign(during, &memory, &claims);
    cr_expect_eq(token_verify(during, old_token, NOW, &out), TOKEN_GOOD);
    cr_expect_eq(token_verify(after, new_token, NOW, &out), TOKEN_GOOD);
    cr_expect_eq(token_verify(after, old_token, NOW, &out), TOKEN_WRONG_KEY);
    token_authority_destroy(before);
    token_authority_destroy(during);
    token_authority_destroy(after);
    arena_finish(&memory);
}

Test(token, lives_exactly_until_exp)
{
    const char *token = forge(HEADER, PAYLOAD, SECRET);
    cr_expect_eq(verify(token, NOW + 899), TOKEN_GOOD);
    cr_expect_eq(verify(token, NOW + 900), TOKEN_EXPIRED);
    cr_expect_eq(verify(token, NOW - 5), TOKEN_GOOD);
    cr_expect_eq(verify(token, NOW - 6), TOKEN_NOT_YET);
}

Test(token, only_the_algorithm_of_the_key_counts)
{
    static const char *const headers[] = {
        "{\"alg\":\"none\",\"kid\":\"old\"}",  "{\"alg\":\"none\"}",
        "{\"alg\":\"HS512\",\"kid\":\"old\"}", "{\"alg\":\"RS256\",\"kid\":\"old\"}",
        "{\"alg\":\"ES256\",\"kid\":\"old\"}", "{\"alg\":\"HS256\"}",
        "{\"alg\":\"HS256\",\"kid\":\"\"}",    "{\"alg\":\"HS256\",\"kid\":\"other\"}",
        "{\"alg\":\"HS256\",\"kid\":7}",       "{\"kid\":\"old\"}",
        "{\"alg\":\"hs256\",\"kid\":\"old\"}", "{}",
    };
    for (size_t i = 0; i < sizeof headers / sizeof headers[0]; i++) {
        token_verdict v = verify(forge(headers[i], PAYLOAD, SECRET), NOW);
        cr_expect(v == TOKEN_WRONG_KEY || v == TOKEN_MALFORMED, "%s: %s", headers[i], token_verdict_text(v));
    }
    char bare[1024];
    strcpy(bare, forge("{\"alg\":\"none\",\"kid\":\"old\"}", PAYLOAD, SECRET));
    strrchr(bare, '.')[1] = '\0';
    cr_expect_neq(verify(bare, NOW), TOKEN_GOOD);
}

Test(token, the_signature_counts)
{
    cr_expect_eq(verify(forge(HEADER, PAYLOAD, "another key of thirty-two bytes!"), NOW), TOKEN_FORGED);
    char token[1024];
    strcpy(token, forge(HEADER, PAYLOAD, SECRET));
    for (size_t length = strlen(token); length-- > 0;) {
        token[length] = '\0';
        cr_expect_neq(verify(token, NOW), TOKEN_GOOD, "cut at %zu", length);
    }
}

Test(token, any_changed_character_is_noticed)
{
    char good[1024];
    strcpy(good, forge(HEADER, PAYLOAD, SECRET));
    size_t length = strlen(good);
    for (size_t i = 0; i + 1 < length; i++) { /* the last one holds bits that base64 does not use */
        char bad[1024];
        strcpy(bad, good);
        bad[i] = bad[i] == 'A' ? 'B' : 'A';
        cr_expect_neq(verify(bad, NOW), TOKEN_GOOD, "changed at %zu", i);
    }
}

Test(token, claims_are_checked)
{
    static const struct {
        const char *payload;
        token_verdict verdict;
    } cases[] = {
        {"{\"iss\":\"x\",\"aud\":\"sical-api\",\"role\":\"student\",\"iat\":1800000000,\"exp\":1800000900," IDS "}",
         TOKEN_NOT_FOR_US},
        {"{\"iss\":\"sical\",\"aud\":\"x\",\"role\":\"student\",\"iat\":1800000000,\"exp\":1800000900," IDS "}",
         TOKEN_NOT_FOR_US},
        {"{\"iss\":\"sical\",\"aud\":[\"sical-api\"],\"role\":\"student\",\"iat\":1800000000,\"exp\":1800000900," IDS
         "}",
         TOKEN_NOT_FOR_US},
        {"{\"iss\":\"sical\",\"aud\":\"sical-api\",\"iat\":1800000000,\"exp\":1800000900," IDS "}", TOKEN_MALFORMED},
        {"{\"iss\":\"sical\",\"aud\":\"sical-api\",\"role\":\"a role of more than "
         "16\",\"iat\":1800000000,\"exp\":1800000900," IDS "}",
         TOKEN_MALFORMED},
        {"{\"iss\":\"sical\",\"aud\":\"sical-api\",\"role\":\"student\",\"iat\":1800000000," IDS "}", TOKEN_MALFORMED},
        {"{\"iss\":\"sical\",\"aud\":\"sical-api\",\"role\":\"student\",\"iat\":1800000000,\"exp\":\"1800000900\"," IDS
         "}",
         TOKEN_MALFORMED},
        {"{\"iss\":\"sical\",\"aud\":\"sical-api\",\"role\":\"student\",\"exp\":1800000900," IDS "}", TOKEN_MALFORMED},
        {"{\"iss\":\"sical\",\"aud\":\"sical-api\",\"role\":\"student\",\"iat\":1800000000,\"exp\":1800000900,\"sub\":"
         "\"x\"}",
         TOKEN_MALFORMED},
        {"{\"iss\":\"sical\",\"aud\":\"sical-api\",\"role\":\"student\",\"iat\":1800000000,\"exp\":1800000900,\"nbf\":"
         "1800000006," IDS "}",
         TOKEN_NOT_YET},
        {"[]", TOKEN_NOT_FOR_US},
        {"", TOKEN_MALFORMED},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        cr_expect_eq(verify(forge(HEADER, cases[i].payload, SECRET), NOW), cases[i].verdict, "%s", cases[i].payload);
}

Test(token, deep_nesting_is_refused_before_it_is_parsed)
{
    char deep[3000] = "{\"kid\":";
    memset(deep + strlen(deep), '[', 2000);
    cr_expect_eq(verify(forge(deep, PAYLOAD, SECRET), NOW), TOKEN_MALFORMED);
    cr_expect_eq(verify(forge(HEADER, deep, SECRET), NOW), TOKEN_MALFORMED);
}

Test(token, garbage_is_malformed)
{
    static const char *const tokens[] = {"",      ".",       "..",       "...",         "a.b",
                                         "a.b.c", "a.b.c.d", "e30.e30.", "e30.e30.e30", "\xff.\xff.\xff"};
    for (size_t i = 0; i < sizeof tokens / sizeof tokens[0]; i++)
        cr_expect_neq(verify(tokens[i], NOW), TOKEN_GOOD, "%s", tokens[i]);
    char long_token[TOKEN_TEXT_MAX + 2];
    memset(long_token, 'a', sizeof long_token - 1);
    long_token[sizeof long_token - 1] = '\0';
    cr_expect_eq(verify(long_token, NOW), TOKEN_MALFORMED);
}

Test(token, bad_key_lists_are_refused)
{
    static const char *const lists[] = {
        "",
        "old",
        "old:",
        ":MDEy",
        "old:c2hvcnQ=",
        "old:!!!",
        OLD_KEY "," OLD_KEY,
        OLD_KEY ",",
        "," OLD_KEY,
        "k d:MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=",
        "a_kid_of_more_than_thirty_two_characters:MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=",
    };
    for (size_t i = 0; i < sizeof lists / sizeof lists[0]; i++) {
        const char *why = NULL;
        cr_expect_null(token_authority_create(lists[i], "sical", "sical-api", &why), "%s", lists[i]);
        cr_expect_not_null(why);
    }
}
