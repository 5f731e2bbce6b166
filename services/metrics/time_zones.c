#include "time_zones.h"

#include "fiber.h"
#include "plan.pb-c.h"
#include "rpc_client.h"

enum { ASK_TIMEOUT_MS = 500 };

static void take(const Sical__Plan__V1__BatchGetTimeZonesResponse *from, time_zones *out)
{
    arena *a = fiber_arena();
    uuid *user_ids = ARENA_ARRAY(a, uuid, from->n_time_zones);
    const char **names = ARENA_ARRAY(a, const char *, from->n_time_zones);
    size_t count = 0;
    for (size_t i = 0; i < from->n_time_zones; i++)
        if (uuid_parse(from->time_zones[i]->user_id, &user_ids[count]))
            names[count++] = from->time_zones[i]->time_zone;
    *out = (time_zones){user_ids, names, count};
}

bool time_zones_ask(struct rpc_client *plan, const uuid *users, size_t count, time_zones *out)
{
    if (!rpc_client_ready(plan))
        return false;
    arena *a = fiber_arena();
    Sical__Plan__V1__BatchGetTimeZonesRequest request = SICAL__PLAN__V1__BATCH_GET_TIME_ZONES_REQUEST__INIT;
    request.n_user_ids = count;
    request.user_ids = ARENA_ARRAY(a, char *, count);
    for (size_t i = 0; i < count; i++)
        request.user_ids[i] = uuid_format(&users[i], arena_alloc(a, UUID_TEXT_SIZE));
    uint64_t deadline_ns = fiber_limit_ms(ASK_TIMEOUT_MS);
    ProtobufCMessage *answer;
    rpc_reply reply;
    status s = rpc_call_message(plan, &sical__plan__v1__plan_service__descriptor, "BatchGetTimeZones", NULL,
                                &request.base, &answer, &reply);
    fiber_set_deadline_ns(deadline_ns);
    if (s == STATUS_OK)
        take((const Sical__Plan__V1__BatchGetTimeZonesResponse *)answer, out);
    return s == STATUS_OK;
}
