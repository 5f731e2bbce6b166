/*
 * What the target of a request says of the RPC's input message: its path's parameters and its query. Pure: text in,
 * fields set or faults added.
 */
#pragma once

#include "route.h"
#include "transcode.h"

/* query: raw, without "?"; "" = none. message: of route's input. Sets the fields that it names; limit and cursor are
 * page_size and page_token. Faults: broken escapes, parameters that are unknown (with the closest known one), stand
 * twice, are more than 32, or whose value is none of their field's. */
void target_input_query(arena *a, const bound_route *route, const char *query, ProtobufCMessage *message,
                        transcode_faults *faults);

/* values: decoded, one for each of route's parameters. A body that names the same field must agree with it. */
void target_input_path(arena *a, const bound_route *route, const char *const *values, ProtobufCMessage *message,
                       transcode_faults *faults);
