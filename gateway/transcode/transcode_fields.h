/* How the files of this room see messages: kinds of well-known types, members by descriptor, names. */
#pragma once

#include "transcode.h"

#include <stdint.h>

typedef enum well_known { PLAIN_MESSAGE, TIMESTAMP, WRAPPER, FIELD_MASK } well_known;

well_known transcode_well_known(const ProtobufCMessageDescriptor *type);

/* Writes the lowerCamelCase form of name with its NUL; out has room for strlen(name) + 1. Returns its length. */
size_t transcode_camel_into(char *out, const char *name);

/* True when key is the field's name in either form. */
bool transcode_is_called(const ProtobufCFieldDescriptor *field, const char *key);

/* Bytes of one value in the C struct (of one element of a repeated field); 0 for a type that protobuf-c lacks. */
size_t transcode_value_size(ProtobufCType type);

static inline void *transcode_member(const ProtobufCMessage *message, const ProtobufCFieldDescriptor *field)
{
    return (char *)(uintptr_t)message + field->offset;
}

static inline void *transcode_quantifier(const ProtobufCMessage *message, const ProtobufCFieldDescriptor *field)
{
    return (char *)(uintptr_t)message + field->quantifier_offset;
}
