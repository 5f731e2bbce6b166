/* The learners' time zones, asked from plan. */
#pragma once

#include "uuid.h"

#include <stdbool.h>
#include <stddef.h>

struct rpc_client;

typedef struct time_zones {
    const uuid *user_ids; /* of those who have set one */
    const char *const *names;
    size_t count;
} time_zones;

/* The zones of users (each once, at most 1,000); in the running fiber's arena. false when plan does not answer within
 * half a second. */
bool time_zones_ask(struct rpc_client *plan, const uuid *users, size_t count, time_zones *out);
