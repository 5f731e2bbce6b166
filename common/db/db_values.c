/* Parameters in PostgreSQL's binary formats: big-endian, times from 2000-01-01. */
#include "db_internal.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

#define EPOCH_DAYS 10957 /* 2000-01-01 */
#define EPOCH_US   (EPOCH_DAYS * INT64_C(86400000000))

enum {
    OID_BOOL = 16,
    OID_BYTEA = 17,
    OID_INT8 = 20,
    OID_INT4 = 23,
    OID_TEXT = 25,
    OID_FLOAT8 = 701,
    OID_DATE = 1082,
    OID_TIMESTAMPTZ = 1184,
    OID_UUID = 2950,
    OID_JSONB = 3802,
};

/* Of a type: its OID; and of an array: its elements' type and their size in memory. */
static const struct {
    Oid oid;
    int element;
    size_t stride;
} types[] = {
    [DB_NULL] = {0, DB_NULL, 0},
    [DB_BOOL] = {OID_BOOL, DB_NULL, 0},
    [DB_INT4] = {OID_INT4, DB_NULL, 0},
    [DB_INT8] = {OID_INT8, DB_NULL, 0},
    [DB_FLOAT8] = {OID_FLOAT8, DB_NULL, 0},
    [DB_TEXT] = {OID_TEXT, DB_NULL, 0},
    [DB_BYTES] = {OID_BYTEA, DB_NULL, 0},
    [DB_UUID] = {OID_UUID, DB_NULL, 0},
    [DB_TIMESTAMP] = {OID_TIMESTAMPTZ, DB_NULL, 0},
    [DB_DATE] = {OID_DATE, DB_NULL, 0},
    [DB_JSON] = {OID_JSONB, DB_NULL, 0},
    [DB_TEXT_ARRAY] = {1009, DB_TEXT, sizeof(char *)},
    [DB_INT4_ARRAY] = {1007, DB_INT4, sizeof(int32_t)},
    [DB_INT8_ARRAY] = {1016, DB_INT8, sizeof(int64_t)},
    [DB_FLOAT8_ARRAY] = {1022, DB_FLOAT8, sizeof(double)},
    [DB_UUID_ARRAY] = {2951, DB_UUID, sizeof(uuid)},
    [DB_TIMESTAMP_ARRAY] = {1185, DB_TIMESTAMP, sizeof(int64_t)},
    [DB_BOOL_ARRAY] = {1000, DB_BOOL, sizeof(bool)},
};

Oid db_value_type(const db_value *v)
{
    return types[v->type].oid;
}

/* ---- writing; room was made before ---- */

static char *put(char *out, const void *bytes, size_t size)
{
    if (size)
        memcpy(out, bytes, size);
    return out + size;
}

static char *put_int(char *out, uint64_t value, int size)
{
    for (int i = size - 1; i >= 0; i--)
        *out++ = (char)(value >> (8 * i));
    return out;
}

/* ---- scalars ---- */

static bool is_null(const db_value *v)
{
    switch (v->type) {
    case DB_NULL:
        return true;
    case DB_TEXT:
    case DB_JSON:
        return !v->text;
    case DB_UUID:
        return !v->id;
    default:
        return false;
    }
}

static size_t scalar_size(const db_value *v)
{
    switch (v->type) {
    case DB_BOOL:
        return 1;
    case DB_INT4:
    case DB_DATE:
        return 4;
    case DB_INT8:
    case DB_FLOAT8:
    case DB_TIMESTAMP:
        return 8;
    case DB_UUID:
        return 16;
    case DB_TEXT:
        return strlen(v->text);
    case DB_JSON:
        return 1 + strlen(v->text);
    case DB_BYTES:
        return v->blob.size;
    default:
        return 0;
    }
}

/* The ends of int64_t stand for PostgreSQL's infinities, so that they survive the way there and back. */
static bool from_unix(int64_t value, int64_t epoch, int64_t lowest, int64_t highest, int64_t *out)
{
    if (value == INT64_MIN || value == INT64_MAX) {
        *out = value == INT64_MIN ? lowest : highest;
        return true;
    }
    return !__builtin_sub_overflow(value, epoch, out) && *out > lowest && *out < highest;
}

static bool put_scalar(char **out, const db_value *v)
{
    int64_t moment;
    uint64_t bits;
    switch (v->type) {
    case DB_BOOL:
        *out = put_int(*out, v->boolean, 1);
        return true;
    case DB_INT4:
        *out = put_int(*out, (uint32_t)v->int4, 4);
        return true;
    case DB_INT8:
        *out = put_int(*out, (uint64_t)v->int8, 8);
        return true;
    case DB_FLOAT8:
        memcpy(&bits, &v->float8, sizeof bits);
        *out = put_int(*out, bits, 8);
        return true;
    case DB_TIMESTAMP:
        if (!from_unix(v->int8, EPOCH_US, INT64_MIN, INT64_MAX, &moment))
            return false;
        *out = put_int(*out, (uint64_t)moment, 8);
        return true;
    case DB_DATE:
        if (!from_unix(v->int8, EPOCH_DAYS, INT32_MIN, INT32_MAX, &moment))
            return false;
        *out = put_int(*out, (uint64_t)moment, 4);
        return true;
    case DB_UUID:
        *out = put(*out, v->id->bytes, 16);
        return true;
    case DB_JSON:
        *out = put_int(*out, 1, 1); /* jsonb's version */
        /* fall through */
    case DB_TEXT:
        *out = put(*out, v->text, strlen(v->text));
        return true;
    case DB_BYTES:
        *out = put(*out, v->blob.bytes, v->blob.size);
        return true;
    default:
        return false;
    }
}

/* ---- arrays ---- */

static db_value element_at(const db_value *v, size_t i)
{
    const char *place = (const char *)v->array.elements + i * types[v->type].stride;
    if (v->array.nulls && v->array.nulls[i])
        return db_null();
    switch (types[v->type].element) {
    case DB_BOOL:
        return db_bool(*(const bool *)place);
    case DB_INT4:
        return db_int4(*(const int32_t *)place);
    case DB_INT8:
        return db_int8(*(const int64_t *)place);
    case DB_FLOAT8:
        return db_float8(*(const double *)place);
    case DB_TIMESTAMP:
        return db_timestamp(*(const int64_t *)place);
    case DB_UUID:
        return db_uuid((const uuid *)place);
    default:
        return db_text(*(const char *const *)place);
    }
}

/* Dimensions, whether there are NULLs, the element type; then, unless empty, length and lower bound. */
static size_t array_size(const db_value *v)
{
    size_t size = 12 + (v->array.count ? 8 : 0);
    for (size_t i = 0; i < v->array.count; i++) {
        db_value element = element_at(v, i);
        size += 4 + (is_null(&element) ? 0 : scalar_size(&element));
    }
    return size;
}

static bool put_array(char **out, const db_value *v)
{
    char *flag = *out + 7;
    *out = put_int(*out, v->array.count ? 1 : 0, 4);
    *out = put_int(*out, 0, 4);
    *out = put_int(*out, types[types[v->type].element].oid, 4);
    if (v->array.count) {
        *out = put_int(*out, v->array.count, 4);
        *out = put_int(*out, 1, 4);
    }
    for (size_t i = 0; i < v->array.count; i++) {
        db_value element = element_at(v, i);
        if (is_null(&element)) {
            *out = put_int(*out, UINT32_MAX, 4);
            *flag = 1;
            continue;
        }
        *out = put_int(*out, scalar_size(&element), 4);
        if (!put_scalar(out, &element))
            return false;
    }
    return true;
}

bool db_values_encode(arena *a, const db_value *values, size_t count, db_step_call *step)
{
    step->count = (int)count;
    step->values = ARENA_ARRAY(a, const char *, count);
    step->lengths = ARENA_ARRAY(a, int, count);
    for (size_t i = 0; i < count; i++) {
        const db_value *v = &values[i];
        if (is_null(v))
            continue;
        bool is_array = types[v->type].stride != 0;
        size_t size = is_array ? array_size(v) : scalar_size(v);
        if (size > INT_MAX)
            return false;
        char *bytes = arena_alloc(a, size), *end = bytes;
        if (!(is_array ? put_array(&end, v) : put_scalar(&end, v)))
            return false;
        step->values[i] = bytes;
        step->lengths[i] = (int)size;
    }
    return true;
}
