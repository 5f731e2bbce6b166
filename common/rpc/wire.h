/* The wire format of protobuf, read in place: what the scan and the envelope share. Internal to this room. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

typedef enum wire_type {
    WIRE_VARINT = 0,
    WIRE_64BIT = 1,
    WIRE_BYTES = 2,
    WIRE_GROUP_START = 3,
    WIRE_GROUP_END = 4,
    WIRE_32BIT = 5,
} wire_type;

/* What is left to read. Every function below takes from it, or returns false when it does not hold what is asked. */
typedef struct wire_reader {
    const uint8_t *at;
    const uint8_t *end;
} wire_reader;

/* Bytes inside a message; not NUL-terminated. */
typedef struct wire_span {
    const uint8_t *at;
    size_t size;
} wire_span;

static inline wire_reader wire_read(wire_span s)
{
    return (wire_reader){.at = s.at, .end = s.at + s.size};
}

static inline wire_span wire_span_of(const char *s)
{
    return (wire_span){.at = (const uint8_t *)s, .size = s ? strlen(s) : 0};
}

/* A varint of at most limit bytes (10 hold 64 bits). */
static inline bool wire_varint(wire_reader *r, unsigned limit, uint64_t *value)
{
    uint64_t v = 0;
    for (unsigned i = 0; i < limit && r->at < r->end; i++) {
        uint8_t byte = *r->at++;
        v |= (uint64_t)(byte & 0x7f) << (7 * i);
        if (byte < 0x80) {
            *value = v;
            return true;
        }
    }
    return false;
}

static inline bool wire_tag(wire_reader *r, uint32_t *number, wire_type *type)
{
    uint64_t tag;
    if (!wire_varint(r, 5, &tag) || tag >> 32 || tag < 8)
        return false;
    *number = (uint32_t)tag >> 3;
    *type = tag & 7;
    return true;
}

static inline bool wire_bytes(wire_reader *r, wire_span *out)
{
    uint64_t size;
    if (!wire_varint(r, 5, &size) || size > (size_t)(r->end - r->at))
        return false;
    *out = (wire_span){.at = r->at, .size = size};
    r->at += size;
    return true;
}

/* Passes over one value. Groups are refused: protobuf-c cannot read them. */
static inline bool wire_skip(wire_reader *r, wire_type type)
{
    uint64_t ignored;
    wire_span span;
    size_t fixed = type == WIRE_64BIT ? 8 : 4;
    switch (type) {
    case WIRE_VARINT:
        return wire_varint(r, 10, &ignored);
    case WIRE_BYTES:
        return wire_bytes(r, &span);
    case WIRE_64BIT:
    case WIRE_32BIT:
        if ((size_t)(r->end - r->at) < fixed)
            return false;
        r->at += fixed;
        return true;
    case WIRE_GROUP_START:
    case WIRE_GROUP_END:
        break;
    }
    return false;
}

static inline size_t wire_varint_size(uint64_t v)
{
    return (size_t)(70 - __builtin_clzll(v | 1)) / 7;
}

static inline uint8_t *wire_put_varint(uint8_t *out, uint64_t v)
{
    while (v >= 0x80) {
        *out++ = (uint8_t)v | 0x80;
        v >>= 7;
    }
    *out++ = (uint8_t)v;
    return out;
}

/* Field numbers below 16 make tags of one byte; the envelope has no others. */
static inline uint8_t *wire_put_tag(uint8_t *out, unsigned number, wire_type type)
{
    *out++ = (uint8_t)(number << 3 | type);
    return out;
}

/* UTF-8 without NUL (rpc_scan.c). */
bool wire_is_text(wire_span s);
