/* One route as an operation of the document. */
#pragma once

#include "route.h"
#include "schema.h"

/* Messages that it speaks of become components of s. A new reference. */
json_t *operation_of_route(schemas *s, const bound_route *route);
