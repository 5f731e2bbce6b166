#include "plan_client.h"

#include "fiber.h"
#include "plan.pb-c.h"
#include "rpc_client.h"

status plan_client_get_time_zones(rpc_client *client, const rpc_metadata *metadata, const uuid *user_ids, size_t count,
                                  plan_time_zones *out)
{
    arena *a = fiber_arena();
    Sical__Plan__V1__BatchGetTimeZonesRequest request = SICAL__PLAN__V1__BATCH_GET_TIME_ZONES_REQUEST__INIT;
    request.n_user_ids = count;
    request.user_ids = ARENA_ARRAY(a, char *, count);
    for (size_t i = 0; i < count; i++)
        request.user_ids[i] = uuid_format(&user_ids[i], arena_alloc(a, UUID_TEXT_SIZE));

    ProtobufCMessage *answer;
    rpc_reply reply;
    status s = rpc_call_message(client, &sical__plan__v1__plan_service__descriptor, "BatchGetTimeZones", metadata,
                                &request.base, &answer, &reply);
    if (s != STATUS_OK)
        return s;
    const Sical__Plan__V1__BatchGetTimeZonesResponse *response =
        (const Sical__Plan__V1__BatchGetTimeZonesResponse *)answer;
    plan_time_zone *zones = ARENA_ARRAY(a, plan_time_zone, response->n_time_zones);
    for (size_t i = 0; i < response->n_time_zones; i++) {
        zones[i].time_zone = response->time_zones[i]->time_zone;
        if (!uuid_parse(response->time_zones[i]->user_id, &zones[i].user_id))
            return STATUS_INTERNAL;
    }
    *out = (plan_time_zones){zones, response->n_time_zones};
    return STATUS_OK;
}
