/*
 * libjwt trusts the header: it verifies with whatever algorithm the token names, and its JSON parser recurses as deep
 * as the token says. So a token passes three gates: its decoded JSON is scanned for nesting before libjwt sees it; then
 * it is read without a key, only to learn kid and alg; then it is verified with the key of that kid, whose algorithm is
 * HS256 and nothing else. What the claims mean is checked here.
 */
#include "token.h"

#include "base64.h"
#include "clock.h"
#include "token_keys.h"

#include <jwt.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>

enum { CLOCK_SKEW_S = 5, JSON_DEPTH_MAX = 4 };

static const config_key keys[] = {
    {.name = "JWT_SECRET",
     .type = CONFIG_TEXT,
     .low = 1,
     .high = 4096,
     .secret = true,
     .help =
         "Keys of access tokens, \"kid:base64[,kid:base64...]\", 32 bytes or more each: the first signs, all verify"},
    {.name = "JWT_ISSUER", .type = CONFIG_TEXT, .fallback = "sical", .low = 1, .high = 200, .help = "Claim iss"},
    {.name = "JWT_AUDIENCE", .type = CONFIG_TEXT, .fallback = "sical-api", .low = 1, .high = 200, .help = "Claim aud"},
    {.name = "JWT_EXPIRY",
     .type = CONFIG_DURATION_MS,
     .fallback = "900s",
     .low = 1000,
     .high = 86400000,
     .help = "Life of an access token"},
};

const config_table token_config = {.title = "Access tokens", .keys = keys, .count = sizeof keys / sizeof keys[0]};

struct token_authority {
    token_keys keys;
    char *issuer;
    char *audience;
};

token_authority *token_authority_create(const char *list, const char *issuer, const char *audience, const char **why)
{
    token_authority *t = calloc(1, sizeof *t);
    if (!t || sodium_init() < 0)
        abort();
    t->issuer = strdup(issuer);
    t->audience = strdup(audience);
    if (!t->issuer || !t->audience)
        abort();
    *why = token_keys_parse(&t->keys, list);
    if (*why) {
        token_authority_destroy(t);
        return NULL;
    }
    return t;
}

void token_authority_destroy(token_authority *t)
{
    if (!t)
        return;
    token_keys_wipe(&t->keys);
    free(t->issuer);
    free(t->audience);
    free(t);
}

/* ---- signing ---- */

static bool add_claims(const token_authority *t, const token_claims *claims, jwt_t *jwt)
{
    char jti[UUID_TEXT_SIZE];
    uuid id = uuid_make();
    return !jwt_add_grant(jwt, "iss", t->issuer) && !jwt_add_grant(jwt, "aud", t->audience) &&
           !jwt_add_grant(jwt, "sub", claims->user_id) && !jwt_add_grant(jwt, "sid", claims->session_id) &&
           !jwt_add_grant(jwt, "role", claims->role) && !jwt_add_grant_int(jwt, "iat", claims->issued_s) &&
           !jwt_add_grant_int(jwt, "exp", claims->expires_s) && !jwt_add_grant(jwt, "jti", uuid_format(&id, jti));
}

char *token_sign(const token_authority *t, arena *a, const token_claims *claims)
{
    const token_key *key = &t->keys.keys[0];
    jwt_t *jwt;
    if (jwt_new(&jwt))
        return NULL;
    char *result = NULL;
    if (!jwt_add_header(jwt, "kid", key->kid) && add_claims(t, claims, jwt) &&
        !jwt_set_alg(jwt, JWT_ALG_HS256, key->bytes, (int)key->size)) {
        char *text = jwt_encode_str(jwt);
        if (text)
            result = arena_strdup(a, text);
        free(text);
    }
    jwt_free(jwt);
    return result;
}

/* ---- verifying ---- */

/* Decodes one part and looks for nesting that would carry libjwt's parser off a fiber's stack. */
static bool is_flat_json(const char *part, size_t length)
{
    unsigned char json[TOKEN_TEXT_MAX];
    size_t size;
    if (!base64_is_text(part, length) ||
        sodium_base642bin(json, sizeof json, part, length, NULL, &size, NULL, sodium_base64_VARIANT_URLSAFE_NO_PADDING))
        return false;
    int depth = 0;
    for (size_t i = 0; i < size; i++) {
        if (json[i] == '{' || json[i] == '[')
            depth++;
        if (depth > JSON_DEPTH_MAX || json[i] == '\0')
            return false;
    }
    return true;
}

static bool is_well_formed(const char *token)
{
    size_t length = strnlen(token, TOKEN_TEXT_MAX + 1);
    if (length > TOKEN_TEXT_MAX)
        return false;
    const char *first = strchr(token, '.');
    const char *second = first ? strchr(first + 1, '.') : NULL;
    if (!second || strchr(second + 1, '.'))
        return false;
    return is_flat_json(token, (size_t)(first - token)) && is_flat_json(first + 1, (size_t)(second - first - 1));
}

static token_verdict find_key(const token_authority *t, const char *token, const token_key **key)
{
    jwt_t *jwt;
    if (jwt_decode(&jwt, token, NULL, 0))
        return TOKEN_MALFORMED;
    const char *kid = jwt_get_header(jwt, "kid");
    const char *alg = jwt_get_header(jwt, "alg");
    *key = kid ? token_keys_find(&t->keys, kid) : NULL;
    bool ours = *key && alg && !strcmp(alg, "HS256");
    jwt_free(jwt);
    return ours ? TOKEN_GOOD : TOKEN_WRONG_KEY;
}

static bool copy_uuid(jwt_t *jwt, const char *claim, char out[UUID_TEXT_SIZE])
{
    uuid id;
    if (!uuid_parse(jwt_get_grant(jwt, claim), &id))
        return false;
    uuid_format(&id, out);
    return true;
}

static bool copy_role(jwt_t *jwt, char out[TOKEN_ROLE_SIZE])
{
    const char *role = jwt_get_grant(jwt, "role");
    size_t size = role ? strlen(role) : 0;
    if (size == 0 || size >= TOKEN_ROLE_SIZE)
        return false;
    memcpy(out, role, size + 1);
    return true;
}

/* libjwt gives 0 for a claim that is absent or no integer. */
static token_verdict check_times(jwt_t *jwt, int64_t now_s, token_claims *claims)
{
    claims->expires_s = jwt_get_grant_int(jwt, "exp");
    claims->issued_s = jwt_get_grant_int(jwt, "iat");
    if (claims->expires_s <= 0 || claims->issued_s <= 0)
        return TOKEN_MALFORMED;
    if (now_s >= claims->expires_s)
        return TOKEN_EXPIRED;
    if (claims->issued_s > now_s + CLOCK_SKEW_S || jwt_get_grant_int(jwt, "nbf") > now_s + CLOCK_SKEW_S)
        return TOKEN_NOT_YET;
    return TOKEN_GOOD;
}

static token_verdict check_claims(const token_authority *t, jwt_t *jwt, int64_t now_s, token_claims *claims)
{
    const char *issuer = jwt_get_grant(jwt, "iss");
    const char *audience = jwt_get_grant(jwt, "aud");
    if (!issuer || strcmp(issuer, t->issuer) || !audience || strcmp(audience, t->audience))
        return TOKEN_NOT_FOR_US;
    if (!copy_uuid(jwt, "sub", claims->user_id) || !copy_uuid(jwt, "sid", claims->session_id) ||
        !copy_role(jwt, claims->role))
        return TOKEN_MALFORMED;
    return check_times(jwt, now_s, claims);
}

token_verdict token_verify(const token_authority *t, const char *token, int64_t now_s, token_claims *claims)
{
    if (!is_well_formed(token))
        return TOKEN_MALFORMED;
    const token_key *key;
    token_verdict v = find_key(t, token, &key);
    if (v != TOKEN_GOOD)
        return v;
    jwt_t *jwt;
    if (jwt_decode(&jwt, token, key->bytes, (int)key->size))
        return TOKEN_FORGED;
    token_claims checked = {0};
    v = jwt_get_alg(jwt) == JWT_ALG_HS256 ? check_claims(t, jwt, now_s, &checked) : TOKEN_WRONG_KEY;
    jwt_free(jwt);
    if (v == TOKEN_GOOD)
        *claims = checked;
    return v;
}

const char *token_verdict_text(token_verdict v)
{
    switch (v) {
    case TOKEN_GOOD:
        return "good";
    case TOKEN_MALFORMED:
        return "malformed";
    case TOKEN_WRONG_KEY:
        return "not signed with a key that is known here";
    case TOKEN_FORGED:
        return "not signed by us";
    case TOKEN_EXPIRED:
        return "expired";
    case TOKEN_NOT_YET:
        return "not valid yet";
    case TOKEN_NOT_FOR_US:
        return "meant for another audience";
    }
    return "malformed";
}
