/* Bytes from anywhere as an iCalendar file. Whatever it is, what is read stays within its limits. */
#include "fuzz.h"

#include "ics.h"

#include <string.h>

enum { FROM = 1767571200, TO = FROM + 60 * 86400 };

static void check_moment(const ics_calendar *c, ics_moment m)
{
    require(m.zone >= 0 && (m.zone < ICS_NAMED || (size_t)(m.zone - ICS_NAMED) < c->zone_count));
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    char *text = malloc(size + 1);
    ics_calendar c;

    memcpy(text, bytes, size);
    text[size] = '\0';
    ics_read(text, FROM, TO, &c);
    require(c.busy_count + c.exclusion_count <= ICS_OCCURRENCES_LIMIT && c.event_count <= ICS_EVENTS_LIMIT);
    for (size_t i = 0; i < c.busy_count; i++) {
        require(c.busy[i].seconds_more >= 0);
        check_moment(&c, c.busy[i].start);
        check_moment(&c, c.busy[i].end);
    }
    for (size_t i = 0; i < c.exclusion_count; i++)
        check_moment(&c, c.exclusions[i].start);
    for (size_t i = 0; i < c.fault_count; i++)
        require(c.faults[i].line > 0 && c.faults[i].message[0] != '\0');
    ics_finish(&c);
    free(text);
    return 0;
}
