/* Reading scalars. */
#include "transcode_read.h"

#include <errno.h>
#include <float.h>
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* ---- numbers ---- */

/* Decimal digits with an optional minus, nothing else. */
static bool is_integer_text(const char *s)
{
    s += *s == '-';
    return *s && strspn(s, "0123456789") == strlen(s);
}

/* A whole number in any of the forms that JSON clients write: 3, 3.0, 3e0, and "3" where 64 bits are allowed. */
static bool as_signed(json_t *json, bool text_allowed, int64_t *out)
{
    if (json_is_integer(json)) {
        *out = json_integer_value(json);
        return true;
    }
    if (json_is_real(json)) {
        double real = json_real_value(json);
        if (real != trunc(real) || real < (double)INT64_MIN || real >= -(double)INT64_MIN)
            return false;
        *out = (int64_t)real;
        return true;
    }
    if (!text_allowed || !json_is_string(json) || !is_integer_text(json_string_value(json)))
        return false;
    errno = 0;
    *out = strtoll(json_string_value(json), NULL, 10);
    return errno == 0;
}

static bool as_unsigned(json_t *json, uint64_t *out)
{
    int64_t value;
    if (as_signed(json, true, &value)) {
        *out = (uint64_t)value;
        return value >= 0;
    }
    if (!json_is_string(json) || !is_integer_text(json_string_value(json)) || json_string_value(json)[0] == '-')
        return false;
    errno = 0;
    *out = strtoull(json_string_value(json), NULL, 10);
    return errno == 0;
}

static bool read_small(reader *r, const place *at, json_t *json, int64_t low, int64_t high, void *out)
{
    int64_t value;
    if (!as_signed(json, false, &value) || value < low || value > high) {
        transcode_fault_at(r, at, "must be a whole number from %" PRId64 " to %" PRId64, low, high);
        return false;
    }
    uint32_t bits = (uint32_t)value;
    memcpy(out, &bits, sizeof bits);
    return true;
}

static bool read_real(reader *r, const place *at, json_t *json, double limit, double *out)
{
    const char *text = json_string_value(json);
    if (json_is_number(json))
        *out = json_number_value(json);
    else if (text && !strcmp(text, "NaN"))
        *out = NAN;
    else if (text && (!strcmp(text, "Infinity") || !strcmp(text, "-Infinity")))
        *out = *text == '-' ? -INFINITY : INFINITY;
    else
        text = NULL;
    if (json_is_number(json) ? fabs(*out) <= limit : text != NULL)
        return true;
    transcode_fault_at(r, at, json_is_number(json) ? "is too large" : "must be a number");
    return false;
}

/* ---- texts ---- */

static bool read_string(reader *r, const place *at, json_t *json, char **out)
{
    if (!json_is_string(json)) {
        transcode_fault_at(r, at, "must be a string");
        return false;
    }
    *out = arena_memdup(r->arena, json_string_value(json), json_string_length(json) + 1);
    return *out != NULL;
}

static int base64_value(char c)
{
    if (c >= 'A' && c <= 'Z')
        return c - 'A';
    if (c >= 'a' && c <= 'z')
        return c - 'a' + 26;
    if (c >= '0' && c <= '9')
        return c - '0' + 52;
    if (c == '+' || c == '-')
        return 62;
    return c == '/' || c == '_' ? 63 : -1;
}

static bool decode_base64(const char *text, size_t length, ProtobufCBinaryData *out)
{
    while (length && text[length - 1] == '=' && length % 4 != 1)
        length--;
    if (length % 4 == 1)
        return false;
    uint32_t bits = 0;
    for (size_t i = 0; i < length; i++) {
        int value = base64_value(text[i]);
        if (value < 0)
            return false;
        bits = bits << 6 | (uint32_t)value;
        if (i % 4)
            out->data[out->len++] = (uint8_t)(bits >> (6 - 2 * (i % 4)));
    }
    return true;
}

static bool read_bytes(reader *r, const place *at, json_t *json, ProtobufCBinaryData *out)
{
    size_t length = json_string_length(json);
    ProtobufCBinaryData decoded = {.data = arena_alloc(r->arena, length)};
    if (!decoded.data)
        return false;
    if (!json_is_string(json) || !decode_base64(json_string_value(json), length, &decoded)) {
        transcode_fault_at(r, at, "must be a string in base64");
        return false;
    }
    *out = decoded;
    return true;
}

static const char *list_choices(arena *a, const ProtobufCEnumDescriptor *type)
{
    const char *list = "";
    for (unsigned i = 0; i < type->n_values && list; i++) {
        const char *name = type->values[i].name;
        size_t length = strlen(name);
        if (type->values[i].value == 0 && length > 12 && !strcmp(name + length - 12, "_UNSPECIFIED"))
            continue;
        list = arena_printf(a, "%s%s%s", list, *list ? ", " : "", name);
    }
    return list ? list : "";
}

static bool read_enum(reader *r, const place *at, const ProtobufCEnumDescriptor *type, json_t *json, int *out)
{
    const char *name = json_string_value(json);
    for (unsigned i = 0; name && i < type->n_values; i++) {
        if (!strcmp(name, type->values[i].name)) {
            *out = type->values[i].value;
            return true;
        }
    }
    transcode_fault_at(r, at, "must be one of %s", list_choices(r->arena, type));
    return false;
}

/* ---- any scalar ---- */

static bool read_number(reader *r, const place *at, ProtobufCType type, json_t *json, void *out)
{
    double real;
    switch (type) {
    case PROTOBUF_C_TYPE_UINT32:
    case PROTOBUF_C_TYPE_FIXED32:
        return read_small(r, at, json, 0, UINT32_MAX, out);
    case PROTOBUF_C_TYPE_FLOAT:
        if (!read_real(r, at, json, FLT_MAX, &real))
            return false;
        *(float *)out = (float)real;
        return true;
    case PROTOBUF_C_TYPE_DOUBLE:
        return read_real(r, at, json, DBL_MAX, out);
    case PROTOBUF_C_TYPE_UINT64:
    case PROTOBUF_C_TYPE_FIXED64:
        if (as_unsigned(json, out))
            return true;
        transcode_fault_at(r, at, "must be a whole number from 0 to %" PRIu64 ", as a string", UINT64_MAX);
        return false;
    case PROTOBUF_C_TYPE_INT64:
    case PROTOBUF_C_TYPE_SINT64:
    case PROTOBUF_C_TYPE_SFIXED64:
        if (as_signed(json, true, out))
            return true;
        transcode_fault_at(r, at, "must be a whole number of 64 bits, as a string");
        return false;
    default:
        return read_small(r, at, json, INT32_MIN, INT32_MAX, out);
    }
}

bool transcode_read_scalar(reader *r, const place *at, const ProtobufCFieldDescriptor *field, json_t *json, void *out)
{
    switch (field->type) {
    case PROTOBUF_C_TYPE_STRING:
        return read_string(r, at, json, out);
    case PROTOBUF_C_TYPE_BYTES:
        return read_bytes(r, at, json, out);
    case PROTOBUF_C_TYPE_ENUM:
        return read_enum(r, at, field->descriptor, json, out);
    case PROTOBUF_C_TYPE_BOOL:
        if (json_is_boolean(json)) {
            *(protobuf_c_boolean *)out = json_is_true(json);
            return true;
        }
        transcode_fault_at(r, at, "must be true or false");
        return false;
    default:
        return read_number(r, at, field->type, json, out);
    }
}
