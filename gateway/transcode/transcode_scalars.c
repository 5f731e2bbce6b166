/* The buffer that JSON is written into, and scalars. */
#include "transcode_write.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

bool transcode_grow(writer *w, size_t needed)
{
    size_t used = (size_t)(w->end - w->start);
    size_t capacity = (size_t)(w->limit - w->start) * 2 + needed;
    char *larger = w->start ? arena_alloc(w->arena, capacity) : NULL;
    if (larger)
        memcpy(larger, w->start, used);
    w->start = larger;
    w->end = larger ? larger + used : NULL;
    w->limit = larger ? larger + capacity : NULL;
    return larger != NULL;
}

void transcode_put(writer *w, const char *bytes, size_t size)
{
    if (!transcode_reserve(w, size))
        return;
    memcpy(w->end, bytes, size);
    w->end += size;
}

static char *escape(char *out, char c)
{
    static const char digits[] = "0123456789abcdef";
    static const char short_forms[] = "btn.fr"; /* 0x08 to 0x0d */
    *out++ = '\\';
    if (c == '"' || c == '\\') {
        *out++ = c;
    } else if (c >= 0x08 && c <= 0x0d && c != 0x0b) {
        *out++ = short_forms[c - 0x08];
    } else {
        *out++ = 'u';
        *out++ = '0';
        *out++ = '0';
        *out++ = digits[(c >> 4) & 15];
        *out++ = digits[c & 15];
    }
    return out;
}

char *transcode_quote(char *out, const char *s)
{
    *out++ = '"';
    for (; *s; s++) {
        if ((unsigned char)*s >= 0x20 && *s != '"' && *s != '\\')
            *out++ = *s;
        else
            out = escape(out, *s);
    }
    *out++ = '"';
    *out = '\0';
    return out;
}

void transcode_put_string(writer *w, const char *s)
{
    if (!s)
        s = "";
    if (transcode_reserve(w, 6 * strlen(s) + 3))
        w->end = transcode_quote(w->end, s);
}

void transcode_put_unsigned(writer *w, uint64_t value)
{
    char digits[20];
    char *p = digits + sizeof digits;
    do
        *--p = (char)('0' + value % 10);
    while (value /= 10);
    transcode_put(w, p, (size_t)(digits + sizeof digits - p));
}

void transcode_put_signed(writer *w, int64_t value)
{
    if (value < 0)
        transcode_put_char(w, '-');
    transcode_put_unsigned(w, value < 0 ? -(uint64_t)value : (uint64_t)value);
}

/* What "%g" does not write as a JSON number that reads back as the same. */
static bool put_special(writer *w, double value)
{
    if (!isfinite(value))
        transcode_put_string(w, isnan(value) ? "NaN" : value > 0 ? "Infinity" : "-Infinity");
    else if (value == 0 && signbit(value))
        TRANSCODE_PUT_LITERAL(w, "-0.0"); /* "-0" is an integer, which has no sign */
    else
        return false;
    return true;
}

/* Both: the fewest digits that read back as the same number, compared in its own width. */
void transcode_put_real(writer *w, double value)
{
    char text[40];
    int length = 0;
    if (put_special(w, value))
        return;
    for (int digits = 15; digits <= 17; digits++) {
        length = snprintf(text, sizeof text, "%.*g", digits, value);
        if (strtod(text, NULL) == value)
            break;
    }
    transcode_put(w, text, (size_t)length);
}

void transcode_put_float(writer *w, float value)
{
    char text[40];
    int length = 0;
    if (put_special(w, value))
        return;
    for (int digits = 6; digits <= 9; digits++) {
        length = snprintf(text, sizeof text, "%.*g", digits, (double)value);
        if (strtof(text, NULL) == value)
            break;
    }
    transcode_put(w, text, (size_t)length);
}

void transcode_put_base64(writer *w, const ProtobufCBinaryData *bytes)
{
    static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    if (!transcode_reserve(w, (bytes->len + 2) / 3 * 4 + 2))
        return;
    char *out = w->end;
    *out++ = '"';
    for (size_t i = 0; i < bytes->len; i += 3) {
        size_t left = bytes->len - i;
        uint32_t group = (uint32_t)bytes->data[i] << 16;
        if (left > 1)
            group |= (uint32_t)bytes->data[i + 1] << 8;
        if (left > 2)
            group |= bytes->data[i + 2];
        *out++ = alphabet[group >> 18];
        *out++ = alphabet[group >> 12 & 63];
        *out++ = left > 1 ? alphabet[group >> 6 & 63] : '=';
        *out++ = left > 2 ? alphabet[group & 63] : '=';
    }
    *out++ = '"';
    w->end = out;
}

void transcode_put_enum(writer *w, const ProtobufCEnumDescriptor *type, int value)
{
    for (unsigned i = 0; i < type->n_values; i++) {
        if (type->values[i].value == value) {
            transcode_put_string(w, type->values[i].name);
            return;
        }
    }
    transcode_put_signed(w, value); /* from a newer service */
}
