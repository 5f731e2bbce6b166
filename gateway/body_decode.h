/* A request's JSON body as a message; large ones are parsed on the pool. */
#pragma once

#include "http_server.h"
#include "transcode.h"

typedef struct decoded_body {
    ProtobufCMessage *message; /* NULL: faults were added; valid until the fiber ends */
    const char **present;      /* fields that the body names */
    size_t present_count;
} decoded_body;

/* An empty body counts as {}. STATUS_OK: *body has a message, or faults were added. Fatal: the pool is full, or the
 * deadline passed first. */
status body_decode(arena *a, http_request *request, const ProtobufCMessageDescriptor *type, transcode_faults *faults,
                   decoded_body *body);
