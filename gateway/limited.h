/* Whether a request keeps to its rate limit. */
#pragma once

#include "gateway_internal.h"

/* Finds the request's count: of the caller, where the route knows one, or of the client's address. false after
 * answering 429, when the count is known to be over its rate. Does not wait. */
bool limited_may_take(request_job *job);

/* Takes the request from its count. false after answering 429. */
bool limited_take(request_job *job);

enum { LIMITED_FIELD_SIZE = 64 };

/* The field RateLimit of draft-ietf-httpapi-ratelimit-headers-11: "\"query\";r=99;t=1", t = seconds until there is one
 * more. job->limited is true. */
void limited_write_field(const request_job *job, char out[LIMITED_FIELD_SIZE]);
