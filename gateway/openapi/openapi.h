/*
 * The OpenAPI 3.1 document of the gateway: made from the route table, the descriptors that transcode works with and the
 * contract (comments and rules of the .proto files); nothing of it is written by hand.
 */
#pragma once

#include "router.h"

/* JSON text, NUL added; *size without it. free() it. */
char *openapi_make(const router *r, const char *version, size_t *size);
