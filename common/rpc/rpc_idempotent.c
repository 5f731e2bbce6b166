#include "rpc_idempotent.h"

#include "rpc_message.h"
#include "rpc_table.h"

#include "google/protobuf/descriptor.pb-c.h"

#include <stdlib.h>

typedef Google__Protobuf__FileDescriptorSet file_set;
typedef Google__Protobuf__ServiceDescriptorProto service_proto;
typedef Google__Protobuf__MethodDescriptorProto method_proto;

struct rpc_repeatabilities {
    arena names;
    rpc_table methods; /* to an element of levels; those of RPC_ONCE are not there */
};

static rpc_repeatability levels[] = {RPC_ONCE, RPC_IDEMPOTENT, RPC_READ_ONLY}; /* each at its own number */

static rpc_repeatability level_of(const method_proto *method)
{
    if (!method->options || !method->options->has_idempotency_level)
        return RPC_ONCE;
    switch (method->options->idempotency_level) {
    case GOOGLE__PROTOBUF__METHOD_OPTIONS__IDEMPOTENCY_LEVEL__NO_SIDE_EFFECTS:
        return RPC_READ_ONLY;
    case GOOGLE__PROTOBUF__METHOD_OPTIONS__IDEMPOTENCY_LEVEL__IDEMPOTENT:
        return RPC_IDEMPOTENT;
    default:
        return RPC_ONCE;
    }
}

static void add_service(rpc_repeatabilities *r, const char *package, const service_proto *service)
{
    for (size_t i = 0; i < service->n_method; i++) {
        const method_proto *method = service->method[i];
        rpc_repeatability level = level_of(method);
        if (level == RPC_ONCE || !package || !service->name || !method->name)
            continue;
        const char *name = arena_printf(&r->names, "/%s.%s/%s", package, service->name, method->name);
        if (!rpc_table_find(&r->methods, wire_span_of(name)))
            rpc_table_add(&r->methods, name, &levels[level]);
    }
}

rpc_repeatabilities *rpc_repeatabilities_create(const uint8_t *descriptors, size_t size)
{
    rpc_repeatabilities *r = calloc(1, sizeof *r);
    if (!r)
        abort();
    arena_init(&r->names, 0);
    arena unpacked;
    arena_init(&unpacked, 0);
    const file_set *set = (file_set *)rpc_message_unpack(&unpacked, &google__protobuf__file_descriptor_set__descriptor,
                                                         descriptors, size, NULL);
    for (size_t i = 0; set && i < set->n_file; i++)
        for (size_t j = 0; j < set->file[i]->n_service; j++)
            add_service(r, set->file[i]->package, set->file[i]->service[j]);
    arena_finish(&unpacked);
    return r;
}

void rpc_repeatabilities_destroy(rpc_repeatabilities *r)
{
    if (!r)
        return;
    rpc_table_finish(&r->methods);
    arena_finish(&r->names);
    free(r);
}

rpc_repeatability rpc_repeatability_of(const rpc_repeatabilities *r, const char *name)
{
    const rpc_repeatability *level = rpc_table_find(&r->methods, wire_span_of(name));
    return level ? *level : RPC_ONCE;
}
