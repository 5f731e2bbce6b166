/* Health and Reflection: every server has them, so that tools need no knowledge of it beforehand. */
#include "rpc_server_internal.h"

#include "health.pb-c.h"

typedef enum builtin_outcome { BUILTIN_SERVICE_UNKNOWN = 1 } builtin_outcome;

static enum code builtin_outcome_code(status outcome, const char **message)
{
    switch ((builtin_outcome)outcome) {
    case BUILTIN_SERVICE_UNKNOWN:
        *message = "The service is not known.";
        return CODE_NOT_FOUND;
    }
    return CODE_OK;
}

static bool serves(const rpc_server *s, const char *name)
{
    if (!name[0])
        return true;
    for (const served_service *service = s->services; service; service = service->next)
        if (strcmp(service->service->descriptor->name, name) == 0)
            return true;
    return false;
}

static status check(rpc_call *call, const Sical__Rpc__V1__HealthCheckRequest *request,
                    Sical__Rpc__V1__HealthCheckResponse **reply)
{
    rpc_server *s = call->service;
    if (!serves(s, request->service))
        return BUILTIN_SERVICE_UNKNOWN;
    Sical__Rpc__V1__HealthCheckResponse *r = ARENA_NEW(call->arena, Sical__Rpc__V1__HealthCheckResponse);
    sical__rpc__v1__health_check_response__init(r);
    r->version = (char *)s->options.version;
    r->failing = ARENA_ARRAY(call->arena, char *, RPC_CHECKS_LIMIT);
    for (size_t i = 0; i < s->check_count; i++)
        if (!s->checks[i].healthy(s->checks[i].arg))
            r->failing[r->n_failing++] = (char *)s->checks[i].name;
    r->status = s->serving && r->n_failing == 0 ? SICAL__RPC__V1__HEALTH_CHECK_RESPONSE__STATUS__SERVING
                                                : SICAL__RPC__V1__HEALTH_CHECK_RESPONSE__STATUS__NOT_SERVING;
    *reply = r;
    return STATUS_OK;
}

static status list_services(rpc_call *call, const Sical__Rpc__V1__ListServicesRequest *request,
                            Sical__Rpc__V1__ListServicesResponse **reply)
{
    (void)request;
    rpc_server *s = call->service;
    size_t count = 0;
    for (const served_service *service = s->services; service; service = service->next)
        count++;
    Sical__Rpc__V1__ListServicesResponse *r = ARENA_NEW(call->arena, Sical__Rpc__V1__ListServicesResponse);
    sical__rpc__v1__list_services_response__init(r);
    r->services = ARENA_ARRAY(call->arena, char *, count);
    for (const served_service *service = s->services; service; service = service->next)
        r->services[r->n_services++] = (char *)service->service->descriptor->name;
    *reply = r;
    return STATUS_OK;
}

static status get_descriptors(rpc_call *call, const Sical__Rpc__V1__GetDescriptorsRequest *request,
                              Sical__Rpc__V1__GetDescriptorsResponse **reply)
{
    (void)request;
    rpc_server *s = call->service;
    Sical__Rpc__V1__GetDescriptorsResponse *r = ARENA_NEW(call->arena, Sical__Rpc__V1__GetDescriptorsResponse);
    sical__rpc__v1__get_descriptors_response__init(r);
    r->file_descriptor_set.data = (uint8_t *)s->options.descriptors;
    r->file_descriptor_set.len = s->options.descriptors_size;
    *reply = r;
    return STATUS_OK;
}

RPC_HANDLER(check, Sical__Rpc__V1__HealthCheckRequest, Sical__Rpc__V1__HealthCheckResponse)
RPC_HANDLER(list_services, Sical__Rpc__V1__ListServicesRequest, Sical__Rpc__V1__ListServicesResponse)
RPC_HANDLER(get_descriptors, Sical__Rpc__V1__GetDescriptorsRequest, Sical__Rpc__V1__GetDescriptorsResponse)

static const rpc_method health_methods[] = {{"Check", RPC_PUBLIC, check_rpc}};

static const rpc_method reflection_methods[] = {
    {"ListServices", RPC_PUBLIC, list_services_rpc},
    {"GetDescriptors", RPC_PUBLIC, get_descriptors_rpc},
};

const rpc_service rpc_health_service = {
    .descriptor = &sical__rpc__v1__health__descriptor,
    .methods = health_methods,
    .method_count = 1,
    .outcome = builtin_outcome_code,
};

const rpc_service rpc_reflection_service = {
    .descriptor = &sical__rpc__v1__reflection__descriptor,
    .methods = reflection_methods,
    .method_count = 2,
    .outcome = builtin_outcome_code,
};
