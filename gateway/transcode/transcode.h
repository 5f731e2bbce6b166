/*
 * JSON <-> protobuf, led by descriptors: generated ones or ones built at run time. The proto3 JSON mapping:
 *
 *   names        lowerCamelCase; reading accepts the name in the .proto (snake_case) too
 *   enums        their names, and nothing else when reading
 *   int64 uint64 strings; reading accepts numbers too
 *   bytes        base64; reading accepts the URL alphabet and missing padding too
 *   double float numbers, "NaN", "Infinity", "-Infinity"
 *   Timestamp    RFC 3339 in UTC, microseconds where there are any
 *   wrappers     the plain value; absent or null = unset
 *   FieldMask    one string of comma-joined lowerCamelCase paths
 *
 * Writing shows every scalar, enum and repeated field, defaults too, so that a client sees every field there is; left
 * out are only messages that are not set and members of a oneof that are not chosen.
 *
 * Pure: no I/O, no global state, any thread. Memory is the arena's (and jansson's own while it parses).
 */
#pragma once

#include "arena.h"
#include "rpc_message.h"

#include <protobuf-c/protobuf-c.h>
#include <stdbool.h>
#include <stddef.h>

enum { TRANSCODE_DEPTH_MAX = 32, TRANSCODE_FAULTS_MAX = 100 };

/* What is wrong with an input: all faults of it, at most TRANSCODE_FAULTS_MAX. A field is the path as the client wrote
 * it, "topics[3].titel"; "" is the input as a whole. Zero it to begin. */
typedef struct transcode_faults {
    rpc_fault *list;
    size_t count;
} transcode_faults;

/* field and the text are copied into the arena. */
void transcode_add_fault(arena *a, transcode_faults *faults, const char *field, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

/* Reads an object. NULL when there are faults (broken JSON, nesting past TRANSCODE_DEPTH_MAX, duplicate keys, unknown
 * fields with the closest known one, wrong types, ranges, timestamps, enum names), and with none only when the arena's
 * limit was passed. */
ProtobufCMessage *transcode_read(arena *a, const ProtobufCMessageDescriptor *type, const char *json, size_t size,
                                 transcode_faults *faults);

/* The same; also tells which fields of the object were there (null counts), by their names in the .proto, in the
 * object's order: what an update mask is made of. */
ProtobufCMessage *transcode_read_present(arena *a, const ProtobufCMessageDescriptor *type, const char *json,
                                         size_t size, transcode_faults *faults, const char ***present,
                                         size_t *present_count);

/* Sets one field from the text of a path segment or a query parameter: the value as in JSON, strings without quotes. A
 * repeated field grows by one. shown is the name that a fault gives to the field. Message fields other than Timestamp,
 * wrappers and FieldMask are refused. false after adding a fault. */
bool transcode_set_text(arena *a, ProtobufCMessage *message, const ProtobufCFieldDescriptor *field, const char *text,
                        const char *shown, transcode_faults *faults);

/* Sets a FieldMask field to these names as they stand in the .proto. They are borrowed, the array is copied. */
void transcode_set_mask(arena *a, ProtobufCMessage *message, const ProtobufCFieldDescriptor *field,
                        const char *const *names, size_t count);

/* A new message with its defaults. NULL when the arena's limit would be passed. */
ProtobufCMessage *transcode_new_message(arena *a, const ProtobufCMessageDescriptor *type);

/* The field called name (lowerCamelCase or as in the .proto); NULL when there is none. */
const ProtobufCFieldDescriptor *transcode_find_field(const ProtobufCMessageDescriptor *type, const char *name);

/* The closest field name, lowerCamelCase, in the arena; NULL when none is close. */
const char *transcode_suggest_field(arena *a, const ProtobufCMessageDescriptor *type, const char *name);

/* "next_page_token" -> "nextPageToken"; of a whole path too: "goal.not_before". In the arena. */
const char *transcode_camel_case(arena *a, const char *name);

typedef struct transcode_options {
    bool list;       /* at the top, show the repeated field as "items" and next_page_token as "nextCursor" */
    unsigned indent; /* spaces per level; 0 = all on one line */
} transcode_options;

/* Writes a message as a JSON object, NUL added; *size without it. options may be NULL. NULL when the arena's limit
 * would be passed. */
char *transcode_write(arena *a, const ProtobufCMessage *message, const transcode_options *options, size_t *size);

/* Appends s as a JSON string in quotes to out (at most 6 * strlen(s) + 3 bytes with the NUL) and returns its end. */
char *transcode_quote(char *out, const char *s);
