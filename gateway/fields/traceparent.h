/* The W3C's traceparent header (https://www.w3.org/TR/trace-context/), passed on and never made here: the suite records
 * no spans, and the request id joins its logs. Pure. */
#pragma once

#include <stdbool.h>

enum { TRACEPARENT_SIZE = 56 }; /* of version 00, with its NUL */

/* What is to be passed on, of version 00: the header itself, or the parts of a later version that are known. false: it
 * is none, or is not valid, and must not go further. */
bool traceparent_read(const char *header, char out[TRACEPARENT_SIZE]);
