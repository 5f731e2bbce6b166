/*
 * Access tokens: JWTs signed with HS256, made by auth and verified by every gateway without asking anybody.
 *
 * Keys come as a list "kid:base64[,kid:base64...]"; the first signs, all verify. The algorithm is pinned to the key: a
 * token that names another one ("none", RS256), no kid or an unknown kid is refused whatever its signature.
 * Claims: iss, aud (a string), sub (user id), sid (session id), role, iat, exp, jti; nbf is obeyed where present.
 * Loop's thread only.
 */
#pragma once

#include "arena.h"
#include "config.h"
#include "uuid.h"

#include <stdbool.h>
#include <stdint.h>

typedef struct token_authority token_authority;

enum { TOKEN_ROLE_SIZE = 16, TOKEN_KEYS_MAX = 8, TOKEN_KEY_BYTES_MIN = 32, TOKEN_TEXT_MAX = 4096 };

/* JWT_SECRET, JWT_ISSUER, JWT_AUDIENCE, JWT_EXPIRY: the same in auth and gateway. */
extern const config_table token_config;

/* list: of keys, as above; kid is [A-Za-z0-9._-]{1,32}, a key has at least TOKEN_KEY_BYTES_MIN bytes, base64 with or
 * without padding, ordinary or URL alphabet. NULL when the list is bad, with a constant sentence in *why that holds no
 * part of it. Everything is copied. */
token_authority *token_authority_create(const char *list, const char *issuer, const char *audience, const char **why);

/* Wipes the keys. NULL is allowed. */
void token_authority_destroy(token_authority *t);

typedef struct token_claims {
    char user_id[UUID_TEXT_SIZE];
    char session_id[UUID_TEXT_SIZE];
    char role[TOKEN_ROLE_SIZE]; /* "student", "teacher" or "admin" */
    int64_t issued_s;           /* seconds since 1970 */
    int64_t expires_s;
} token_claims;

/* A signed token in the arena; jti is made here. NULL only when the arena's limit would be passed or libjwt has no
 * memory. */
char *token_sign(const token_authority *t, arena *a, const token_claims *claims);

typedef enum token_verdict {
    TOKEN_GOOD,
    TOKEN_MALFORMED,  /* no JWT, or claims missing or of the wrong kind */
    TOKEN_WRONG_KEY,  /* kid missing or unknown, or an algorithm that is not the key's */
    TOKEN_FORGED,     /* the signature does not match */
    TOKEN_EXPIRED,    /* now_s >= exp */
    TOKEN_NOT_YET,    /* nbf or iat lies more than 5 s ahead */
    TOKEN_NOT_FOR_US, /* iss or aud is another's */
} token_verdict;

/* Checks a token of any content; *claims is filled only when it is good. Needs about 4 KiB of stack. */
token_verdict token_verify(const token_authority *t, const char *token, int64_t now_s, token_claims *claims);

/* "expired", "bad signature"...: a constant for answers and metrics. */
const char *token_verdict_text(token_verdict v);
