/*
 * Rate limits of requests. A count belongs to a class of routes and to a user, or where nobody is known to the client's
 * address (to the /64 of an IPv6 address). It is kept in Redis, so that all gateways share it: one atomic script, one
 * command a request. The answer is also kept here, so that a key that is known to be over its rate is refused without
 * asking, and so that the same rates hold on when Redis is away, frozen or begun anew. Redis is never waited for longer
 * than a few milliseconds, and once it was late it is not waited for again until it has answered one request in time.
 */
#pragma once

#include "config.h"
#include "metrics.h"
#include "rate.h"
#include "route.h"

struct cache;

typedef struct request_limits request_limits;

typedef struct request_limit_options {
    rate rates[LIMIT_COUNT];
    uint32_t redis_timeout_ms;
} request_limit_options;

extern const config_table request_limit_config;

/* false after a line in the log for each key whose value is no rate. */
bool request_limit_options_read(request_limit_options *o, const config *c);

request_limits *request_limits_create(const request_limit_options *o, struct cache *redis, metrics_registry *metrics);
void request_limits_destroy(request_limits *l); /* NULL is allowed */

/* For the field RateLimit-Policy: "\"query\";q=100;w=60"; NULL: the class has no limit. */
const char *request_limit_policy(const request_limits *l, route_limit limit);

/* One count: what it is called in Redis, and here. */
enum { REQUEST_COUNT_NAME_SIZE = 112 };
typedef struct request_count {
    route_limit limit;
    uint64_t hash;
    char name[REQUEST_COUNT_NAME_SIZE];
} request_count;

/* The count of subject, a user's id or an address of at most 64 bytes. The class has a limit. */
void request_limit_find(const request_limits *l, route_limit limit, const char *subject, request_count *out);

/* Whether it is known here, without asking, that there is no room; then *verdict says until when. */
bool request_limit_is_over(request_limits *l, const request_count *count, rate_verdict *verdict);

/* Takes one. Only on a fiber. */
rate_verdict request_limit_take(request_limits *l, const request_count *count);
