#include "time_zones.h"

#include "fiber.h"
#include "rpc_client.h"

enum { ASK_TIMEOUT_MS = 200 };

bool time_zones_ask(rpc_client *plan, const uuid *users, size_t count, plan_time_zones *out)
{
    if (!rpc_client_ready(plan))
        return false;
    uint64_t deadline_ns = fiber_limit_ms(ASK_TIMEOUT_MS);
    status s = plan_client_get_time_zones(plan, NULL, users, count, out);
    fiber_set_deadline_ns(deadline_ns);
    return s == STATUS_OK;
}
