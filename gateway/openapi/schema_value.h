/* Schemas of single values: the type as transcode maps it, and the rules of the contract. For schema.c. */
#pragma once

#include "options.pb-c.h"

#include <jansson.h>
#include <protobuf-c/protobuf-c.h>
#include <stdbool.h>

/* Whether transcode shows a message as one value: a timestamp, a wrapper, a field mask. */
bool schema_is_value(const ProtobufCFieldDescriptor *field);

/* Of one value, for a list of one element: no message but those above. A new reference. */
json_t *schema_of_value(const ProtobufCFieldDescriptor *field, const Sical__Api__FieldRules *rules);

/* Lets schema also be null; a list of choices, too. Takes over the reference, gives a new one. */
json_t *schema_or_null(json_t *schema);

/* "low" and "high" of bounds become two keywords; NULL bounds become none. */
void schema_set_bounds(json_t *schema, const Sical__Api__Bounds *bounds, const char *low, const char *high);
