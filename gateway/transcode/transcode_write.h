/* What the two writing files share. */
#pragma once

#include "transcode_fields.h"

#include <stdint.h>

typedef struct writer {
    arena *arena;
    char *start, *end, *limit; /* start NULL: the arena's limit was passed, everything is ignored */
    const transcode_options *options;
    unsigned depth;
} writer;

bool transcode_grow(writer *w, size_t needed);

/* True when there is room for bytes more. */
static inline bool transcode_reserve(writer *w, size_t bytes)
{
    return (size_t)(w->limit - w->end) >= bytes || transcode_grow(w, bytes);
}

static inline void transcode_put_char(writer *w, char c)
{
    if (transcode_reserve(w, 1))
        *w->end++ = c;
}

/* size > 0 */
void transcode_put(writer *w, const char *bytes, size_t size);
#define TRANSCODE_PUT_LITERAL(W, S) transcode_put((W), (S), sizeof(S) - 1)

void transcode_put_string(writer *w, const char *s); /* NULL counts as "" */
void transcode_put_unsigned(writer *w, uint64_t value);
void transcode_put_signed(writer *w, int64_t value);
void transcode_put_float(writer *w, float value);
void transcode_put_real(writer *w, double value);
void transcode_put_base64(writer *w, const ProtobufCBinaryData *bytes);
void transcode_put_enum(writer *w, const ProtobufCEnumDescriptor *type, int value);
