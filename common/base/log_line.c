#include "log_line.h"

#include "utf8.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#define REDACTED "[redacted]"

void line_put_raw(line *l, const char *bytes, size_t size)
{
    if (l->cut || (size_t)(l->end - l->at) < size) {
        l->cut = true;
        return;
    }
    memcpy(l->at, bytes, size);
    l->at += size;
}

void line_put_constant(line *l, const char *s)
{
    line_put_raw(l, s, strlen(s));
}

void line_put_integer(line *l, int64_t value)
{
    char digits[20];
    char *first = digits + sizeof digits;
    uint64_t rest = value < 0 ? -(uint64_t)value : (uint64_t)value;
    do
        *--first = (char)('0' + rest % 10);
    while (rest /= 10);
    if (value < 0)
        *--first = '-';
    line_put_raw(l, first, (size_t)(digits + sizeof digits - first));
}

void line_put_real(line *l, double value)
{
    char text[32];
    if (!isfinite(value))
        line_put_constant(l, "null"); /* JSON knows neither NaN nor infinity */
    else
        line_put_raw(l, text, (size_t)snprintf(text, sizeof text, "%.9g", value));
}

/* Writes what stands for the character at *s in a JSON string, and steps over it. */
static void put_unusual(line *l, const char **s)
{
    unsigned char c = (unsigned char)**s;
    size_t length = utf8_sequence(*s);
    char escape[8];
    if (c == '"' || c == '\\')
        line_put_raw(l, (char[]){'\\', (char)c}, 2);
    else if (c == '\n')
        line_put_raw(l, "\\n", 2);
    else if (c < 0x20)
        line_put_raw(l, escape, (size_t)snprintf(escape, sizeof escape, "\\u%04x", c));
    else if (length)
        line_put_raw(l, *s, length);
    else
        line_put_raw(l, "\xef\xbf\xbd", 3); /* U+FFFD */
    *s += length ? length : 1;
}

static bool is_plain(unsigned char c)
{
    return c >= 0x20 && c < 0x80 && c != '"' && c != '\\';
}

void line_put_string(line *l, const char *text)
{
    line_put_raw(l, "\"", 1);
    if (l->cut)
        return;
    while (*text && !l->cut) {
        const char *from = text;
        while (is_plain((unsigned char)*text) && text - from < l->end - l->at)
            text++;
        line_put_raw(l, from, (size_t)(text - from));
        if (*text)
            put_unusual(l, &text);
    }
    *l->at++ = '"';
}

static void put_value(line *l, const log_field *field)
{
    if (log_name_says_secret(field->name))
        line_put_string(l, REDACTED);
    else if (field->type == LOG_INT)
        line_put_integer(l, field->integer);
    else if (field->type == LOG_REAL)
        line_put_real(l, field->real);
    else if (field->type == LOG_BOOL)
        line_put_constant(l, field->boolean ? "true" : "false");
    else if (!field->text)
        line_put_constant(l, "null");
    else
        line_put_string(l, log_value_looks_secret(field->text) ? REDACTED : field->text);
}

/* A field begins only where its name and any number fit, so that only a text can be cut, and the line stays JSON. */
void line_put_field(line *l, const log_field *field)
{
    const size_t longest_escape = 6, longest_number = 32;
    if ((size_t)(l->end - l->at) < strlen(field->name) * longest_escape + longest_number)
        l->cut = true;
    if (l->cut)
        return;
    line_put_raw(l, ",", 1);
    line_put_string(l, field->name);
    line_put_raw(l, ":", 1);
    put_value(l, field);
}
