#include "negotiation.h"

#include <stddef.h>
#include <string.h>
#include <strings.h>

enum { QUALITY_ONE = 1000 };

/* A part of a header's value: not ended by a NUL. */
typedef struct part {
    const char *start;
    size_t size;
} part;

static bool is(part p, const char *text)
{
    return p.size == strlen(text) && !strncasecmp(p.start, text, p.size);
}

static const char *skip_blanks(const char *p)
{
    return p + strspn(p, " \t");
}

/* ---- parameters: *(";" name ["=" value]) ---- */

/* A token, or what stands between quotes (escapes are left as they are: no value of ours has one). */
static const char *read_value(const char *p, part *value)
{
    if (*p != '"') {
        *value = (part){p, strcspn(p, " \t,;\"")};
        return value->size ? p + value->size : NULL;
    }
    const char *end = p + 1;
    while (*end && *end != '"')
        end += *end == '\\' && end[1] ? 2 : 1;
    *value = (part){p + 1, (size_t)(end - p - 1)};
    return *end ? end + 1 : NULL;
}

/* Returns the end of one parameter, p itself when there is none, NULL when it is broken. */
static const char *read_parameter(const char *p, part *name, part *value)
{
    const char *next = skip_blanks(p);
    *name = *value = (part){"", 0};
    if (*next != ';')
        return p;
    next = skip_blanks(next + 1);
    *name = (part){next, strcspn(next, " \t,;=\"")};
    next += name->size;
    return *next == '=' ? read_value(next + 1, value) : next;
}

/* "0.25" in thousandths; -1 when it is no weight. */
static int read_quality(part p)
{
    if (!p.size || p.size > 5 || (p.start[0] != '0' && p.start[0] != '1') || (p.size > 1 && p.start[1] != '.'))
        return -1;
    int quality = (p.start[0] - '0') * QUALITY_ONE, unit = QUALITY_ONE / 10;
    for (size_t i = 2; i < p.size; i++, unit /= 10) {
        if (p.start[i] < '0' || p.start[i] > '9')
            return -1;
        quality += (p.start[i] - '0') * unit;
    }
    return quality <= QUALITY_ONE ? quality : -1;
}

/* ---- lists with weights ---- */

typedef struct preference {
    part name;
    int quality;
} preference;

/* Returns where the element ends, at a comma or the end; NULL when it is broken. */
static const char *read_preference(const char *p, preference *out)
{
    p = skip_blanks(p);
    *out = (preference){{p, strcspn(p, " \t,;")}, QUALITY_ONE};
    p += out->name.size;
    for (const char *next; p; p = next) {
        part name, value;
        next = read_parameter(p, &name, &value);
        if (!next || next == p)
            break;
        if (is(name, "q"))
            out->quality = read_quality(value);
        if (out->quality < 0)
            return NULL;
    }
    p = p ? skip_blanks(p) : NULL;
    return p && (!*p || *p == ',') ? p : NULL;
}

/* How specific a media range is that covers JSON; -1: it does not. */
static int specificity(part range)
{
    static const char *const ranges[] = {"*/*", "application/*", "application/json"};
    for (int i = 2; i >= 0; i--)
        if (is(range, ranges[i]))
            return i;
    return -1;
}

bool negotiation_takes_json(const char *accept)
{
    if (!accept || !*skip_blanks(accept) || !strcmp(accept, "*/*"))
        return true;
    int best = -1, quality = 0;
    for (const char *p = accept;; p++) {
        preference range;
        p = read_preference(p, &range);
        if (!p)
            return true;
        int rank = specificity(range.name);
        if (rank > best || (rank == best && rank >= 0 && range.quality > quality)) {
            best = rank;
            quality = range.quality;
        }
        if (!*p)
            return quality > 0;
    }
}

bool negotiation_wants_gzip(const char *accept_encoding)
{
    int gzip = -1, any = 0, identity = 0;
    if (!accept_encoding)
        return false;
    for (const char *p = accept_encoding;; p++) {
        preference coding;
        p = read_preference(p, &coding);
        if (!p)
            return false;
        if (is(coding.name, "gzip") || is(coding.name, "x-gzip"))
            gzip = coding.quality;
        else if (is(coding.name, "identity"))
            identity = coding.quality;
        else if (is(coding.name, "*"))
            any = coding.quality;
        if (!*p)
            break;
    }
    if (gzip < 0)
        gzip = any;
    return gzip > 0 && gzip >= identity;
}

/* ---- what is sent ---- */

bool negotiation_is_json(const char *content_type)
{
    static const char json[] = "application/json";
    if (!content_type || strncasecmp(content_type, json, sizeof json - 1) != 0)
        return false;
    const char *p = content_type + sizeof json - 1;
    for (const char *next;; p = next) {
        part name, value;
        next = read_parameter(p, &name, &value);
        if (!next || next == p)
            break;
        if (is(name, "charset") && !is(value, "utf-8") && !is(value, "utf8"))
            return false;
    }
    return !*skip_blanks(p);
}

bool negotiation_is_identity(const char *content_encoding)
{
    return !content_encoding || !*content_encoding || !strcasecmp(content_encoding, "identity");
}
