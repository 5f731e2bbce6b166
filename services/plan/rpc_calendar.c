/*
 * The import of an iCalendar file. It is read on the thread pool; what it means as instants is said by the store, which
 * knows the zones.
 */
#include "rpc_internal.h"

#include "clock.h"
#include "fiber.h"
#include "ics.h"
#include "store_calendar.h"

#include <stdlib.h>
#include <string.h>

enum { CALENDAR_NAME_LENGTH = 100, DAYS_BACK = 1, DAYS_AHEAD = 732, SECONDS_A_DAY = 86400 };

/* Owned by whoever works on it: the thread pool may be the last. */
typedef struct reading {
    char *text;
    int64_t from, to; /* seconds */
    ics_calendar calendar;
} reading;

static reading *reading_create(const char *text)
{
    reading *r = calloc(1, sizeof *r);
    int64_t now = clock_wall_us() / 1000000;

    if (r == NULL || (r->text = strdup(text)) == NULL)
        abort();
    r->from = now - DAYS_BACK * SECONDS_A_DAY;
    r->to = now + (int64_t)DAYS_AHEAD * SECONDS_A_DAY;
    return r;
}

static void reading_destroy(void *arg)
{
    reading *r = arg;

    ics_finish(&r->calendar);
    free(r->text);
    free(r);
}

static void read_on_thread(void *arg)
{
    reading *r = arg;

    ics_read(r->text, r->from, r->to, &r->calendar);
}

/* "": the learner's. */
static const char *zone_name(const ics_calendar *c, ics_moment moment)
{
    if (moment.zone == ICS_UTC)
        return "UTC";
    return moment.zone == ICS_FLOATING ? "" : c->zones[moment.zone - ICS_NAMED];
}

static calendar_rows to_rows(arena *a, const ics_calendar *c)
{
    size_t n = c->busy_count, m = c->exclusion_count;
    calendar_rows r = {
        .series = ARENA_ARRAY(a, int32_t, n),
        .starts = ARENA_ARRAY(a, int64_t, n),
        .ends = ARENA_ARRAY(a, int64_t, n),
        .start_zones = ARENA_ARRAY(a, const char *, n),
        .end_zones = ARENA_ARRAY(a, const char *, n),
        .seconds_more = ARENA_ARRAY(a, int64_t, n),
        .until = ARENA_ARRAY(a, int64_t, n),
        .count = n,
        .excluded_series = ARENA_ARRAY(a, int32_t, m),
        .excluded_starts = ARENA_ARRAY(a, int64_t, m),
        .excluded_zones = ARENA_ARRAY(a, const char *, m),
        .excluded_count = m,
    };

    for (size_t i = 0; i < n; i++) {
        const ics_busy *b = &c->busy[i];
        r.series[i] = b->series;
        r.starts[i] = b->start.clock;
        r.start_zones[i] = zone_name(c, b->start);
        r.ends[i] = b->end.clock;
        r.end_zones[i] = zone_name(c, b->end);
        r.seconds_more[i] = b->seconds_more;
        r.until[i] = b->until;
    }
    for (size_t i = 0; i < m; i++) {
        const ics_exclusion *e = &c->exclusions[i];
        r.excluded_series[i] = e->series;
        r.excluded_starts[i] = e->start.clock;
        r.excluded_zones[i] = zone_name(c, e->start);
    }
    return r;
}

static status store(rpc_call *call, const reading *r, const char *name, int32_t *busy_count)
{
    const ics_calendar *c = &r->calendar;
    const char *unknown;

    for (size_t i = 0; i < c->fault_count; i++)
        rpc_add_fault(call, "ics", "line %zu: %s", c->faults[i].line, c->faults[i].message);
    if (c->fault_count > 0)
        return PLAN_INVALID_INPUT;
    status s =
        plan_store_find_unknown_zone(plan_database(call), (const char *const *)c->zones, c->zone_count, &unknown);
    if (s != STATUS_OK)
        return s;
    if (unknown != NULL) {
        rpc_add_fault(call, "ics", "names the zone '%s', which is no IANA zone and has no VTIMEZONE here", unknown);
        return PLAN_INVALID_INPUT;
    }
    calendar_rows rows = to_rows(call->arena, c);
    return plan_store_import_calendar(plan_database(call), &call->user, name, r->from * 1000000, r->to * 1000000, &rows,
                                      busy_count);
}

status plan_import_calendar(rpc_call *call, const Sical__Plan__V1__ImportCalendarRequest *request,
                            Sical__Plan__V1__ImportCalendarResponse **reply)
{
    plan_take_text(call, "calendar", request->calendar, CALENDAR_NAME_LENGTH, true);
    if (request->ics == NULL || request->ics[0] == '\0')
        rpc_add_fault(call, "ics", "is required");
    if (rpc_fault_count(call) > 0 || request->ics == NULL)
        return PLAN_INVALID_INPUT;
    reading *r = reading_create(request->ics);
    status s = fiber_offload(read_on_thread, r, reading_destroy);
    if (s == STATUS_RESOURCE_EXHAUSTED)
        reading_destroy(r);
    if (s != STATUS_OK)
        return s;
    *reply = ARENA_NEW(call->arena, Sical__Plan__V1__ImportCalendarResponse);
    sical__plan__v1__import_calendar_response__init(*reply);
    (*reply)->event_count = (int32_t)r->calendar.event_count;
    s = store(call, r, request->calendar, &(*reply)->busy_count);
    reading_destroy(r);
    return s;
}
