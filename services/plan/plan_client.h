/*
 * The way into plan for its peers: typed calls, plain structs, no protobuf types.
 *
 * All functions look blocking and run on a fiber; what they return lives in the running fiber's arena. client: an
 * rpc_client for the service "plan". They return as rpc_call_message: 0; a code > 0 that plan answered with
 * (CODE_INVALID_ARGUMENT, CODE_PERMISSION_DENIED, ...); or a fatal status < 0. An answer that makes no sense is
 * STATUS_INTERNAL. On anything but STATUS_OK the output is untouched.
 */
#pragma once

#include "status.h"
#include "uuid.h"

#include <stddef.h>

struct rpc_client;
struct rpc_metadata;

enum { PLAN_CLIENT_USERS_LIMIT = 1000 };

typedef struct plan_time_zone {
    uuid user_id;
    const char *time_zone; /* IANA name, known to PostgreSQL: "Asia/Shanghai" */
} plan_time_zone;

typedef struct plan_time_zones {
    const plan_time_zone *zones; /* ordered by user_id; only of those who have set one */
    size_t count;
} plan_time_zones;

/* The zones of learners (at most PLAN_CLIENT_USERS_LIMIT). metadata must name no user: NULL, or a request id alone. */
status plan_client_get_time_zones(struct rpc_client *client, const struct rpc_metadata *metadata, const uuid *user_ids,
                                  size_t count, plan_time_zones *out);
