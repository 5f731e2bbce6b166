/* What the store keeps of a learner's other calendars. Outcomes and ownership are those of store.h. */
#pragma once

#include "store.h"

/* ---- busy times (store_busy.c) ---- */

typedef struct busy_row {
    uuid id;
    int64_t start_us, end_us;
    const char *note, *calendar;
} busy_row;

enum { BUSY_TIMES_LIMIT = 20000 }; /* of a learner */

/* When the id is the caller's already, row becomes what is stored. PLAN_ID_TAKEN, PLAN_TOO_BUSY. */
status plan_store_add_busy(db *d, const uuid *user, busy_row *row);
/* By start and id, behind those of after. */
status plan_store_list_busy(db *d, const uuid *user, int64_t after_us, const uuid *after_id, int32_t limit,
                            const busy_row **rows, size_t *count);
/* PLAN_NO_BUSY_TIME. */
status plan_store_delete_busy(db *d, const uuid *user, const uuid *id);

/* ---- imported calendars (store_calendar.c) ---- */

/* Clocks are seconds since 1970-01-01 00:00 as the clock of the zone shows them; a zone is a name, "": the
 * learner's. What is marked as excluded was taken out of its series. */
typedef struct calendar_rows {
    int32_t *series;
    int64_t *starts, *ends;
    const char **start_zones, **end_zones;
    int64_t *seconds_more; /* behind the end, as time that passes */
    int64_t *until;        /* it is none when it starts later than this instant */
    size_t count;
    int32_t *excluded_series;
    int64_t *excluded_starts;
    const char **excluded_zones;
    size_t excluded_count;
} calendar_rows;

/* The first of the names that is not one of a zone; NULL: all are. */
status plan_store_find_unknown_zone(db *d, const char *const *names, size_t count, const char **unknown);

/* Makes busy, between from and to, what the rows say, in place of what the calendar of this name made busy before.
 * *busy_count: stretches, those that touch are one. PLAN_AVAILABILITY_NEEDED, PLAN_TOO_BUSY: nothing was changed. */
status plan_store_import_calendar(db *d, const uuid *user, const char *calendar, int64_t from_us, int64_t to_us,
                                  const calendar_rows *rows, int32_t *busy_count);
