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

static bool is_sound(const Sical__Plan__V1__GraphStructure *g)
{
    if (g->n_keys != g->n_titles || g->n_edge_topics != g->n_edge_prerequisites)
        return false;
    for (size_t i = 0; i < g->n_edge_topics; i++)
        if ((uint32_t)g->edge_topics[i] >= g->n_keys || (uint32_t)g->edge_prerequisites[i] >= g->n_keys)
            return false;
    return true;
}

status plan_client_get_structure(rpc_client *client, const rpc_metadata *metadata, const uuid *graph,
                                 plan_structure *out)
{
    Sical__Plan__V1__GetGraphStructureRequest request = SICAL__PLAN__V1__GET_GRAPH_STRUCTURE_REQUEST__INIT;
    char id[UUID_TEXT_SIZE];
    ProtobufCMessage *answer;
    rpc_reply reply;
    request.graph_id = uuid_format(graph, id);
    status s = rpc_call_message(client, &sical__plan__v1__plan_service__descriptor, "GetGraphStructure", metadata,
                                &request.base, &answer, &reply);
    if (s != STATUS_OK)
        return s;
    const Sical__Plan__V1__GraphStructure *g = (const Sical__Plan__V1__GraphStructure *)answer;
    if (!is_sound(g))
        return STATUS_INTERNAL;
    *out = (plan_structure){
        .keys = (const char *const *)g->keys,
        .titles = (const char *const *)g->titles,
        .topic_count = g->n_keys,
        .edge_topics = g->edge_topics,
        .edge_prerequisites = g->edge_prerequisites,
        .edge_count = g->n_edge_topics,
    };
    return STATUS_OK;
}
