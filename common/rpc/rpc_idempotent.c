#include "rpc_idempotent.h"

#include "rpc_message.h"

#include "google/protobuf/descriptor.pb-c.h"

#include <string.h>

typedef Google__Protobuf__FileDescriptorProto file_proto;
typedef Google__Protobuf__ServiceDescriptorProto service_proto;
typedef Google__Protobuf__MethodDescriptorProto method_proto;

/* The rest of text behind part, NULL when it does not begin with it. */
static const char *behind(const char *text, const char *part)
{
    size_t size = part ? strlen(part) : 0;
    return text && size && strncmp(text, part, size) == 0 ? text + size : NULL;
}

static const method_proto *find_in_service(const service_proto *service, const char *name)
{
    for (size_t i = 0; i < service->n_method; i++)
        if (service->method[i]->name && strcmp(service->method[i]->name, name) == 0)
            return service->method[i];
    return NULL;
}

static const method_proto *find_in_file(const file_proto *file, const char *name)
{
    const char *rest = behind(behind(name, "/"), file->package);
    const char *service = rest ? behind(rest, ".") : NULL;
    for (size_t i = 0; service && i < file->n_service; i++) {
        const char *end = behind(service, file->service[i]->name);
        const char *method = end ? behind(end, "/") : NULL;
        if (method)
            return find_in_service(file->service[i], method);
    }
    return NULL;
}

static rpc_repeatability repeatability(const method_proto *method)
{
    if (!method || !method->options || !method->options->has_idempotency_level)
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

rpc_repeatability rpc_repeatability_of(const uint8_t *descriptors, size_t size, const char *name)
{
    arena a;
    arena_init(&a, 0);
    const Google__Protobuf__FileDescriptorSet *set =
        (Google__Protobuf__FileDescriptorSet *)rpc_message_unpack(&a,
                                                                  &google__protobuf__file_descriptor_set__descriptor,
                                                                  descriptors, size, NULL);
    const method_proto *method = NULL;
    for (size_t i = 0; set && !method && i < set->n_file; i++)
        method = find_in_file(set->file[i], name);
    rpc_repeatability found = repeatability(method);
    arena_finish(&a);
    return found;
}
