/*
 * What an iCalendar file (RFC 5545) makes busy. The only room that knows libical.
 *
 * Recurrences are unfolded here, on the clocks of their zones; a name of a zone without a VTIMEZONE in the file is
 * handed out as it is, for the instants of IANA zones are PostgreSQL's business. Whether an occurrence is one of the
 * excluded is decided where both are instants, too: EXDATE and RECURRENCE-ID may be written in another zone than
 * DTSTART.
 *
 * Calendars are read one at a time in a program, under a lock (ics_vtimezone.c says why), each for at most
 * ICS_SECONDS_LIMIT; to be called off the loop.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    ICS_EVENTS_LIMIT = 20000,
    ICS_OCCURRENCES_LIMIT = 100000, /* within the span asked for; exclusions are counted with them */
    ICS_COMPONENT_LIMIT = 1 << 20,  /* bytes of an event or a zone */
    ICS_ZONES_LIMIT = 64,           /* VTIMEZONEs, and as many names without one */
    ICS_FAULTS_LIMIT = 20,          /* of more the first ones are told */
    ICS_SECONDS_LIMIT = 2
};

/* Numbers of the zones that are always there. */
enum { ICS_UTC, ICS_FLOATING, ICS_NAMED };

typedef struct ics_moment {
    int64_t clock; /* what the zone's clock shows, as seconds since 1970-01-01 00:00 */
    int32_t zone;  /* ICS_UTC, ICS_FLOATING (the learner's), or ICS_NAMED + i: zones[i] */
} ics_moment;

#define ICS_FOREVER INT64_C(32503680000) /* the year 3000 */

typedef struct ics_busy {
    int32_t series; /* which exclusions hold for it */
    ics_moment start, end;
    int64_t seconds_more; /* behind end, as time that passes (a DURATION in hours) */
    int64_t until;        /* it is none when it starts later than this instant; ICS_FOREVER */
} ics_busy;

typedef struct ics_exclusion {
    int32_t series;
    ics_moment start;
} ics_exclusion;

typedef struct ics_fault {
    size_t line; /* of the file, from 1 */
    char message[256];
} ics_fault;

typedef struct ics_calendar {
    ics_busy *busy;
    size_t busy_count;
    ics_exclusion *exclusions;
    size_t exclusion_count;
    char **zones; /* names, as the file writes them */
    size_t zone_count;
    size_t event_count;
    ics_fault faults[ICS_FAULTS_LIMIT];
    size_t fault_count; /* 0: all was understood */
} ics_calendar;

/* Reads text for occurrences that may touch [from, to) (seconds since the epoch); some outside are there too.
 * Transparent and cancelled events are not busy. calendar is to be finished whatever it holds. */
void ics_read(const char *text, int64_t from, int64_t to, ics_calendar *calendar);
void ics_finish(ics_calendar *calendar);
