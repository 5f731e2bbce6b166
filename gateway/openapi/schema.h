/*
 * JSON Schema (2020-12) of messages as the gateway reads and writes them: what gateway/transcode does, told to clients.
 *
 *   an answer   shows every scalar, enum and list; a message that is not set is left out
 *   a body      may leave out, or send as null, what is not required; knows no other fields
 *   a change    (a partial update) has at least one field; null empties a field, where it may be empty
 *
 * Messages become components, one for each use; what refers to them does so by "$ref".
 */
#pragma once

#include "contract.h"

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

typedef enum schema_use { SCHEMA_OF_ANSWER, SCHEMA_OF_BODY, SCHEMA_OF_CHANGE } schema_use;

typedef struct schemas {
    contract *contract;
    json_t *components; /* "components/schemas": grows by what is referred to */
} schemas;

/* How one route shows a message. */
typedef struct schema_view {
    schema_use use;
    bool list;                  /* the repeated field is "items", next_page_token "nextCursor" */
    const char *const *omitted; /* fields that come another way: in the path */
    size_t omitted_count;
} schema_view;

/* {"$ref": ...}; a new reference. */
json_t *schema_of_message(schemas *s, const ProtobufCMessageDescriptor *type, const schema_view *view);

/* Of a field that comes as text, in the path or the query: never null. With its description; a new reference. */
json_t *schema_of_parameter(schemas *s, const ProtobufCMessageDescriptor *type, const ProtobufCFieldDescriptor *field);
