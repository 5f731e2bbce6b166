/* The outline of a file: which lines begin and end which component. libical has no numbers of lines and mends what does
 * not close, so it is given single components that are known to be whole. */
#include "ics_internal.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

enum { DEPTH_LIMIT = 6, NAME_SIZE = 32 };

typedef struct outline {
    ics_reader *reader;
    size_t line;
    char open[DEPTH_LIMIT][NAME_SIZE];
    size_t opened_at[DEPTH_LIMIT];
    size_t depth;
    bool seen;   /* a VCALENDAR */
    char *begin; /* of the component at depth 2 */
} outline;

static bool has_name(const char *line, size_t length, const char *word, char name[NAME_SIZE])
{
    size_t skip = strlen(word);

    if (length < skip || strncasecmp(line, word, skip) != 0)
        return false;
    length -= skip;
    while (length > 0 && isspace((unsigned char)line[skip + length - 1]))
        length--;
    if (length >= NAME_SIZE)
        length = NAME_SIZE - 1;
    memcpy(name, line + skip, length);
    name[length] = '\0';
    return true;
}

static bool begin(outline *o, const char *name, char *line)
{
    if (o->depth == 0 && strcasecmp(name, "VCALENDAR") != 0) {
        ics_fault_at(o->reader, o->line, "a file begins with BEGIN:VCALENDAR");
        return false;
    }
    if (o->depth == DEPTH_LIMIT) {
        ics_fault_at(o->reader, o->line, "components are nested too deep");
        return false;
    }
    o->seen = true;
    strcpy(o->open[o->depth], name);
    o->opened_at[o->depth++] = o->line;
    if (o->depth == 2)
        o->begin = line;
    return true;
}

/* The component from o->begin to end, with its text ended there for the while. */
static void hand_out(outline *o, char *end, ics_take_component *take)
{
    char after = *end;

    o->reader->line = o->opened_at[1];
    o->reader->uid = "";
    if (end - o->begin > ICS_COMPONENT_LIMIT) {
        ics_fault_at(o->reader, o->opened_at[1], "this %s is larger than 1 MiB", o->open[1]);
        return;
    }
    *end = '\0';
    take(o->reader, o->begin);
    *end = after;
}

static bool end(outline *o, const char *name, char *next, const char *kind, ics_take_component *take)
{
    if (o->depth == 0 || strcasecmp(name, o->open[o->depth - 1]) != 0) {
        ics_fault_at(o->reader, o->line, "END:%s closes nothing that is open here", name);
        return false;
    }
    if (o->depth == 2 && strcasecmp(name, kind) == 0)
        hand_out(o, next, take);
    o->depth--;
    return true;
}

static bool take_line(outline *o, char *line, char *next, const char *kind, ics_take_component *take)
{
    char name[NAME_SIZE];
    size_t length = (size_t)(next - line);

    if (has_name(line, length, "BEGIN:", name))
        return begin(o, name, line);
    if (has_name(line, length, "END:", name))
        return end(o, name, next, kind, take);
    if (o->depth == 0 && strspn(line, " \t\r\n") < length) {
        ics_fault_at(o->reader, o->line, "a file begins with BEGIN:VCALENDAR and ends with END:VCALENDAR");
        return false;
    }
    return true;
}

static void pass(ics_reader *r, char *text, const char *kind, ics_take_component *take)
{
    outline o = {.reader = r, .line = 1};

    for (char *line = text, *next; *line != '\0' && !r->given_up; line = next, o.line++) {
        next = line + strcspn(line, "\n");
        next += *next == '\n';
        if (!take_line(&o, line, next, kind, take))
            return;
    }
    if (o.depth > 0 && !r->given_up)
        ics_fault_at(r, o.opened_at[o.depth - 1], "this BEGIN:%s has no END", o.open[o.depth - 1]);
    else if (!o.seen)
        ics_fault_at(r, 1, "a file begins with BEGIN:VCALENDAR");
}

void ics_scan(ics_reader *r, char *text, ics_take_component *take_zone, ics_take_component *take_event)
{
    if (strncmp(text, "\xEF\xBB\xBF", 3) == 0)
        text += 3;
    pass(r, text, "VTIMEZONE", take_zone);
    if (r->out->fault_count == 0)
        pass(r, text, "VEVENT", take_event);
}
