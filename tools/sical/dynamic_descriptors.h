/*
 * Descriptors of protobuf-c made at run time from a FileDescriptorSet, as reflection answers it: so the tool can call
 * any version of any service without its generated code. Messages of these types unpack, pack and transcode like
 * generated ones.
 */
#pragma once

#include "arena.h"

#include <protobuf-c/protobuf-c.h>

typedef struct dynamic_services {
    ProtobufCServiceDescriptor *list;
    size_t count;
} dynamic_services;

/* The services of all files, in their order. Everything lives in the arena. NULL when the bytes are no set of files,
 * name a type that is not among them, or have a field that no compiler makes (*why is a sentence then). */
const dynamic_services *dynamic_descriptors_read(arena *a, const uint8_t *bytes, size_t size, const char **why);
