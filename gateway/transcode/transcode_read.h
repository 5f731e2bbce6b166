/* What the two reading files share. */
#pragma once

#include "transcode_fields.h"

#include <jansson.h>
#include <stdarg.h>

/* Where a value stands, from inside out; it becomes text only when there is a fault. */
typedef struct place {
    const struct place *up; /* NULL: the input as a whole */
    const char *name;       /* NULL: element number index */
    size_t index;
} place;

typedef struct reader {
    arena *arena;
    transcode_faults *faults;
    const char *shown; /* replaces every place in faults; may be NULL */
} reader;

void transcode_fault_at(reader *r, const place *at, const char *format, ...) __attribute__((format(printf, 3, 4)));

/* All return false after adding a fault (or when the arena's limit was passed). */
bool transcode_read_object(reader *r, const place *at, json_t *object, ProtobufCMessage *m);
/* One field of a message; null leaves it unset. */
bool transcode_read_member(reader *r, const place *at, const ProtobufCFieldDescriptor *field, json_t *json,
                           ProtobufCMessage *m);
bool transcode_read_value(reader *r, const place *at, const ProtobufCFieldDescriptor *field, json_t *json, void *out);
bool transcode_read_scalar(reader *r, const place *at, const ProtobufCFieldDescriptor *field, json_t *json, void *out);
bool transcode_read_well_known(reader *r, const place *at, const ProtobufCMessageDescriptor *type, json_t *json,
                               ProtobufCMessage **out);
