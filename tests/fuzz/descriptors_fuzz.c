/* Bytes from anywhere as a FileDescriptorSet that a server's reflection answered, read by the command line tool. What
 * it makes of it is used as the tool uses it: messages are made, written, packed and read, comments looked for. */
#include "fuzz.h"

#include "contract.h"
#include "dynamic_descriptors.h"
#include "transcode.h"

static void use(arena *a, const ProtobufCMessageDescriptor *type)
{
    ProtobufCMessage *empty = transcode_new_message(a, type);
    size_t size;
    transcode_faults faults = {0};
    if (!empty || !transcode_write(a, empty, NULL, &size))
        return;
    const uint8_t *packed = rpc_message_pack(a, empty, &size);
    if (packed)
        rpc_message_unpack(a, type, packed, size, NULL);
    transcode_read(a, type, "{\"a\": [1, {}], \"b\": \"c\"}", 24, &faults);
}

static void comment(contract *c, const ProtobufCMessageDescriptor *type)
{
    require(contract_message_comment(c, type) && contract_message_rules(c, type));
    for (unsigned i = 0; i < type->n_fields; i++) {
        require(contract_field_comment(c, type, type->fields[i].name) != NULL);
        require(contract_field_rules(c, type, type->fields[i].name) != NULL);
    }
}

static void use_method(arena *a, contract *c, const ProtobufCServiceDescriptor *service, unsigned m)
{
    const ProtobufCMethodDescriptor *method = &service->methods[m];
    const char *name = arena_printf(a, "/%s/%s", service->name, method->name);
    use(a, method->input);
    use(a, method->output);
    if (!name)
        return;
    require(contract_method_comment(c, name) && contract_method_rules(c, name));
    contract_method_idempotency(c, name);
    comment(c, method->input);
    comment(c, method->output);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    arena a;
    arena_init(&a, 64 << 20);
    const char *why = NULL;
    const dynamic_services *services = dynamic_descriptors_read(&a, bytes, size, &why);
    require(services || why);
    contract *c = contract_create(bytes, size, &why);
    require(c || !services);
    for (size_t i = 0; services && i < services->count; i++)
        for (unsigned m = 0; m < services->list[i].n_methods; m++)
            use_method(&a, c, &services->list[i], m);
    contract_destroy(c);
    arena_finish(&a);
    return 0;
}
