/* How many connections each address has: a bounded table. IPv6 clients own at least a /64, so that is what counts as
 * one address there. */
#pragma once

#include "http_address.h"

typedef struct http_crowd http_crowd;

/* For at most capacity addresses at once, each with at most limit connections. */
http_crowd *http_crowd_create(unsigned capacity, unsigned limit);
void http_crowd_destroy(http_crowd *c);

/* True when one more of this address would be too many. */
bool http_crowd_is_full(const http_crowd *c, const http_address *address);

/* Every enter is followed by one leave. */
void http_crowd_enter(http_crowd *c, const http_address *address);
void http_crowd_leave(http_crowd *c, const http_address *address);
