/* Which web pages of other origins may use the API from a browser (https://fetch.spec.whatwg.org/#http-cors-protocol).
 * Pure. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct cors_policy {
    char *text; /* the list, cut into its origins */
    const char **origins;
    size_t count; /* 0: off */
    bool any;     /* "*" */
    bool credentials;
    char max_age_s[12];
} cors_policy;

/* What a preflight allows and what scripts may read. */
#define CORS_REQUEST_HEADERS                                                                                           \
    "Authorization, Content-Type, Idempotency-Key, If-Match, If-None-Match, X-Request-Id, traceparent"
#define CORS_ANSWER_HEADERS "Allow, ETag, RateLimit, RateLimit-Policy, Retry-After, WWW-Authenticate, X-Request-Id"

/* origins: "https://app.example.org, http://localhost:5173" exactly as browsers write them, or "*", or "" = off. false
 * with *why pointing to a constant text. *p is to be finished either way. */
bool cors_init(cors_policy *p, const char *origins, bool credentials, uint32_t max_age_s, const char **why);
void cors_finish(cors_policy *p);

/* The value of Access-Control-Allow-Origin for a request with this Origin; NULL: none. */
const char *cors_allowed_origin(const cors_policy *p, const char *origin);
