/* The learners' time zones, asked from plan within a bound. */
#pragma once

#include "plan_client.h"

#include <stdbool.h>

/* As plan_client_get_time_zones; false when no replica of plan is connected or none answers within 200 ms. */
bool time_zones_ask(struct rpc_client *plan, const uuid *users, size_t count, plan_time_zones *out);
