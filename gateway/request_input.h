/* The input message of a call, gathered from path, query and body. */
#pragma once

#include "gateway_internal.h"
#include "transcode.h"

/* The packed input in the fiber's arena. false after answering with all faults at once. */
bool request_input_build(request_job *job, const uint8_t **packed, size_t *size);

/* A fault of a service, which speaks of its input message, in the words of the client: without the name of the body's
 * field, lowerCamelCase, limit and cursor. In the arena. */
const char *request_input_client_field(arena *a, const bound_route *route, const char *field);
