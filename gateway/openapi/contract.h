/*
 * What the .proto files say beyond the generated descriptors: comments, and the options of proto/options.proto. Read
 * from a FileDescriptorSet, which holds both: the embedded one, or what a server's reflection answered.
 */
#pragma once

#include "google/protobuf/descriptor.pb-c.h"
#include "options.pb-c.h"

#include <protobuf-c/protobuf-c.h>

typedef struct contract contract;

/* NULL when the bytes are no FileDescriptorSet; *why is a constant sentence then. They may come from anybody. */
contract *contract_create(const uint8_t *set, size_t size, const char **why);
/* NULL is allowed. */
void contract_destroy(contract *c);

/* Comments: the lines before, else the one behind, joined and without blanks at either end; "" when there is none. All
 * answers live as long as the contract. */
const char *contract_message_comment(contract *c, const ProtobufCMessageDescriptor *type);
const char *contract_field_comment(contract *c, const ProtobufCMessageDescriptor *type, const char *field);
const char *contract_method_comment(contract *c, const char *method); /* "/sical.plan.v1.PlanService/GetGoal" */

/* Never NULL: rules that say nothing where none are stated. */
const Sical__Api__FieldRules *contract_field_rules(contract *c, const ProtobufCMessageDescriptor *type,
                                                   const char *field);
const Sical__Api__MessageRules *contract_message_rules(contract *c, const ProtobufCMessageDescriptor *type);
const Sical__Api__MethodRules *contract_method_rules(contract *c, const char *method);

/* IDEMPOTENCY_UNKNOWN where none is stated. */
Google__Protobuf__MethodOptions__IdempotencyLevel contract_method_idempotency(const contract *c, const char *method);
