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

/* A graph's shape: topics in the order of their keys and the hard edges between their numbers. */
typedef struct plan_structure {
    const char *const *keys, *const *titles;
    size_t topic_count;
    const int32_t *edge_topics, *edge_prerequisites; /* all below topic_count */
    size_t edge_count;
} plan_structure;

/* metadata names the learner, who must be allowed to see the graph: else CODE_NOT_FOUND. */
status plan_client_get_structure(struct rpc_client *client, const struct rpc_metadata *metadata, const uuid *graph,
                                 plan_structure *out);

/* The zones of learners (at most PLAN_CLIENT_USERS_LIMIT). metadata must name no user: NULL, or a request id alone. */
status plan_client_get_time_zones(struct rpc_client *client, const struct rpc_metadata *metadata, const uuid *user_ids,
                                  size_t count, plan_time_zones *out);
