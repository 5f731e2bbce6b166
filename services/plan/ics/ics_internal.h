#pragma once

#include "ics.h"

#include <libical/ical.h>

#define ICS_DAY INT64_C(86400)

typedef struct ics_event {
    char *uid;     /* "": it has none */
    bool override; /* of one occurrence of the event with that UID */
    int32_t series;
} ics_event;

typedef struct ics_vtimezone {
    char *tzid;
    icaltimezone *zone;
} ics_vtimezone;

/* A calendar while it is read. */
typedef struct ics_reader {
    ics_calendar *out;
    int64_t from, to;
    int64_t deadline_ns;
    size_t busy_room, exclusion_room;
    ics_vtimezone vtimezones[ICS_ZONES_LIMIT];
    size_t vtimezone_count;
    ics_event *events; /* while they are read, series are numbers of events */
    size_t event_count, event_room;
    size_t line;     /* of the component being read */
    const char *uid; /* of the event being read; "" */
    bool given_up;   /* a limit was passed: one fault says it all */
} ics_reader;

/* ics_read.c */
void ics_fault_at(ics_reader *r, size_t line, const char *format, ...) __attribute__((format(printf, 3, 4)));
/* A fault of the event being read. */
void ics_event_fault(ics_reader *r, const char *format, ...) __attribute__((format(printf, 2, 3)));
void ics_give_up(ics_reader *r, const char *why);
void ics_add_busy(ics_reader *r, const ics_busy *busy);
void ics_add_exclusion(ics_reader *r, int32_t series, ics_moment start);
bool ics_out_of_time(const ics_reader *r);
/* The number of the event being read; -1: there are too many. uid is copied. */
int32_t ics_add_event(ics_reader *r, const char *uid, bool override);
/* The number of a zone that the file only names. */
int32_t ics_named_zone(ics_reader *r, const char *name);

/* ics_scan.c: cuts the file into its events and zones and hands each out, the zones first. text is written to and
 * restored. */
typedef void ics_take_component(ics_reader *r, const char *text);
void ics_scan(ics_reader *r, char *text, ics_take_component *take_zone, ics_take_component *take_event);

/* ics_vtimezone.c */
void ics_take_vtimezone(ics_reader *r, const char *text);
void ics_finish_vtimezones(ics_reader *r);
/* The moment at which a clock shows time, as an instant where the file defines the zone; tzid NULL: none is given.
 * False: no such time. */
bool ics_moment_of(ics_reader *r, icaltimetype time, const char *tzid, ics_moment *moment);
int64_t ics_clock_of(icaltimetype time);
icaltimetype ics_time_of(int64_t clock);

/* ics_event.c */
void ics_take_event(ics_reader *r, const char *text);

/* ics_recur.c */
typedef struct ics_shape {
    icaltimetype start;
    const char *tzid;  /* of start; NULL: none */
    int64_t end_shift; /* what the end's clock shows more than the start's */
    bool end_is_utc;
    const char *end_tzid;
    int64_t seconds_more;
    int32_t series;
} ics_shape;
/* One occurrence of the shape at another time. */
void ics_add_occurrence(ics_reader *r, const ics_shape *shape, icaltimetype start, int64_t until);
void ics_unfold_rule(ics_reader *r, const ics_shape *shape, struct icalrecurrencetype rule);
