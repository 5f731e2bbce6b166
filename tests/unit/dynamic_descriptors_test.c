/* Descriptors made at run time against the generated ones: same fields, and the same bytes through both. */
#include "dynamic_descriptors.h"

#include "descriptor_set.h"
#include "google/protobuf/descriptor.pb-c.h"
#include "health.pb-c.h"
#include "plan.pb-c.h"
#include "progress.pb-c.h"
#include "rpc_message.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

static arena memory;
static const dynamic_services *services;

static void start(void)
{
    arena_init(&memory, 0);
    const char *why = "";
    services = dynamic_descriptors_read(&memory, sical_descriptor_set,
                                        (size_t)(sical_descriptor_set_end - sical_descriptor_set), &why);
    cr_assert_not_null(services, "%s", why);
}

static void stop(void)
{
    arena_finish(&memory);
}

static const ProtobufCServiceDescriptor *find(const char *name)
{
    for (size_t i = 0; i < services->count; i++)
        if (strcmp(services->list[i].name, name) == 0)
            return &services->list[i];
    cr_assert_fail("%s is not there", name);
    return NULL;
}

static void assert_same_enum(const ProtobufCEnumDescriptor *made, const ProtobufCEnumDescriptor *generated)
{
    cr_assert_str_eq(made->name, generated->name);
    cr_assert_eq(made->n_values, generated->n_values);
    for (unsigned i = 0; i < generated->n_values; i++) {
        const ProtobufCEnumValue *value = protobuf_c_enum_descriptor_get_value(made, generated->values[i].value);
        cr_assert_not_null(value);
        cr_assert_str_eq(value->name, generated->values[i].name);
        cr_assert_eq(protobuf_c_enum_descriptor_get_value_by_name(made, value->name), value);
    }
    cr_assert_null(protobuf_c_enum_descriptor_get_value(made, 4711));
}

static void assert_same_message(const ProtobufCMessageDescriptor *made, const ProtobufCMessageDescriptor *generated,
                                unsigned depth)
{
    cr_assert_str_eq(made->name, generated->name);
    cr_assert_eq(made->n_fields, generated->n_fields);
    if (depth == 0)
        return;
    for (unsigned i = 0; i < generated->n_fields; i++) {
        const ProtobufCFieldDescriptor *g = &generated->fields[i];
        const ProtobufCFieldDescriptor *m = protobuf_c_message_descriptor_get_field(made, g->id);
        cr_assert_not_null(m);
        cr_assert_eq(protobuf_c_message_descriptor_get_field_by_name(made, g->name), m, "%s.%s", made->name, g->name);
        cr_assert_eq(m->type, g->type, "%s.%s", made->name, g->name);
        cr_assert_eq(m->label, g->label, "%s.%s", made->name, g->name);
        if (g->type == PROTOBUF_C_TYPE_MESSAGE)
            assert_same_message(m->descriptor, g->descriptor, depth - 1);
        if (g->type == PROTOBUF_C_TYPE_ENUM)
            assert_same_enum(m->descriptor, g->descriptor);
    }
    cr_assert_null(protobuf_c_message_descriptor_get_field(made, 4711));
}

static void assert_same_service(const ProtobufCServiceDescriptor *generated)
{
    const ProtobufCServiceDescriptor *made = find(generated->name);
    cr_assert_eq(made->n_methods, generated->n_methods);
    for (unsigned i = 0; i < made->n_methods; i++) {
        cr_assert_str_eq(made->methods[i].name, generated->methods[i].name);
        assert_same_message(made->methods[i].input, generated->methods[i].input, 8);
        assert_same_message(made->methods[i].output, generated->methods[i].output, 8);
    }
}

Test(dynamic_descriptors, say_what_the_generated_ones_say, .init = start, .fini = stop)
{
    assert_same_service(&sical__plan__v1__plan_service__descriptor);
    assert_same_service(&sical__progress__v1__progress_service__descriptor);
    assert_same_service(&sical__rpc__v1__health__descriptor);
}

static const ProtobufCMessageDescriptor *input_of(const char *service, const char *method)
{
    const ProtobufCServiceDescriptor *s = find(service);
    for (unsigned i = 0; i < s->n_methods; i++)
        if (strcmp(s->methods[i].name, method) == 0)
            return s->methods[i].input;
    cr_assert_fail("%s is not there", method);
    return NULL;
}

Test(dynamic_descriptors, carry_messages_unchanged, .init = start, .fini = stop)
{
    Google__Protobuf__Int32Value weight = GOOGLE__PROTOBUF__INT32_VALUE__INIT;
    Google__Protobuf__Timestamp due = GOOGLE__PROTOBUF__TIMESTAMP__INIT;
    Google__Protobuf__FieldMask mask = GOOGLE__PROTOBUF__FIELD_MASK__INIT;
    Sical__Plan__V1__Goal goal = SICAL__PLAN__V1__GOAL__INIT;
    Sical__Plan__V1__UpdateGoalRequest request = SICAL__PLAN__V1__UPDATE_GOAL_REQUEST__INIT;
    char *targets[] = {"a", "b", "é"}, *paths[] = {"title"};
    weight.value = 7;
    due.seconds = -62135596800;
    due.nanos = 999999999;
    goal.title = "A goal";
    goal.targets = targets;
    goal.n_targets = 3;
    goal.due = &due;
    goal.weight = weight.value;
    goal.status = SICAL__PLAN__V1__GOAL__STATUS__PAUSED;
    mask.paths = paths;
    mask.n_paths = 1;
    request.goal = &goal;
    request.update_mask = &mask;
    size_t size, again_size;
    const uint8_t *bytes = rpc_message_pack(&memory, &request.base, &size);
    const char *why = "";
    ProtobufCMessage *made =
        rpc_message_unpack(&memory, input_of("sical.plan.v1.PlanService", "UpdateGoal"), bytes, size, &why);
    cr_assert_not_null(made, "%s", why);
    const uint8_t *again = rpc_message_pack(&memory, made, &again_size);
    cr_assert_eq(again_size, size);
    cr_assert_arr_eq(again, bytes, size);
}

/* Whatever a server calls its descriptors, the tool must not fall over it. */
Test(dynamic_descriptors, survive_mutants, .init = start, .fini = stop)
{
    size_t size = (size_t)(sical_descriptor_set_end - sical_descriptor_set);
    uint8_t *bytes = malloc(size);
    srand(17);
    unsigned read = 0;
    for (int round = 0; round < 300; round++) {
        memcpy(bytes, sical_descriptor_set, size);
        for (int n = 1 + rand() % 8; n > 0; n--)
            bytes[(size_t)rand() % size] = (uint8_t)rand();
        arena a;
        arena_init(&a, 0);
        const char *why = NULL;
        const dynamic_services *s = dynamic_descriptors_read(&a, bytes, size, &why);
        cr_assert((s == NULL) == (why != NULL));
        for (size_t i = 0; s && i < s->count; i++)
            for (unsigned m = 0; m < s->list[i].n_methods; m++)
                cr_assert_not_null(rpc_message_unpack(&a, s->list[i].methods[m].input, NULL, 0, NULL));
        read += s != NULL;
        arena_finish(&a);
    }
    cr_assert_gt(read, 10);
    free(bytes);
}
