/*
 * Zones that a file brings along, and times in them.
 *
 * libical's traps, all for one reason met with one lock around it (ics_read.c):
 * - the changes of a zone are unfolded when they are first needed, into an array that grows, and the year up to which
 * is a variable of the whole program; builtin zones are a cache that all threads fill;
 * - the string functions without _r hand out a ring of buffers of the thread.
 * Its builtin zones are not used at all: they guess the rules of the future from the last changes of a zone file.
 * A VTIMEZONE is unfolded year by year to its end with no bound on what a year holds, so rules that could hold more
 * than one month's days are refused here.
 */
#include "ics_internal.h"

#include <stdlib.h>
#include <string.h>

enum { OBSERVANCES_LIMIT = 1000, RULES_LIMIT = 16, FIRST_YEAR = 1600 };

int64_t ics_clock_of(icaltimetype t)
{
    int64_t y = t.month <= 2 ? t.year - 1 : t.year, era = (y >= 0 ? y : y - 399) / 400, of_era = y - era * 400;
    int64_t day = (153 * (t.month + (t.month > 2 ? -3 : 9)) + 2) / 5 + t.day - 1;
    int64_t days = era * 146097 + of_era * 365 + of_era / 4 - of_era / 100 + day - 719468;

    return days * ICS_DAY + (t.is_date ? 0 : t.hour * 3600 + t.minute * 60 + t.second);
}

icaltimetype ics_time_of(int64_t clock)
{
    return icaltime_from_timet_with_zone((time_t)clock, 0, NULL);
}

static bool is_sane(icaltimetype t)
{
    return t.year >= FIRST_YEAR && t.year <= 2500 && t.month >= 1 && t.month <= 12 && t.day >= 1 &&
           t.day <= icaltime_days_in_month(t.month, t.year) && t.hour >= 0 && t.hour <= 23 && t.minute >= 0 &&
           t.minute <= 59 && t.second >= 0 && t.second <= 60;
}

static bool is_small_rule(const struct icalrecurrencetype *r)
{
    return r->freq == ICAL_YEARLY_RECURRENCE && r->interval >= 1 && r->rscale == NULL &&
           r->by_month[0] != ICAL_RECURRENCE_ARRAY_MAX && r->by_month[1] == ICAL_RECURRENCE_ARRAY_MAX &&
           r->by_hour[0] == ICAL_RECURRENCE_ARRAY_MAX && r->by_minute[0] == ICAL_RECURRENCE_ARRAY_MAX &&
           r->by_second[0] == ICAL_RECURRENCE_ARRAY_MAX && r->by_week_no[0] == ICAL_RECURRENCE_ARRAY_MAX &&
           r->by_year_day[0] == ICAL_RECURRENCE_ARRAY_MAX;
}

/* NULL: it can be used. */
static const char *fault_of_observance(icalcomponent *observance, size_t *rules)
{
    icalproperty *start = icalcomponent_get_first_property(observance, ICAL_DTSTART_PROPERTY);
    icalproperty *rule = icalcomponent_get_first_property(observance, ICAL_RRULE_PROPERTY);

    if (start == NULL || icalvalue_isa(icalproperty_get_value(start)) != ICAL_DATETIME_VALUE ||
        !is_sane(icalproperty_get_dtstart(start)))
        return "a part of it has no DTSTART, or none that is a time";
    if (icalcomponent_get_first_property(observance, ICAL_TZOFFSETTO_PROPERTY) == NULL ||
        icalcomponent_get_first_property(observance, ICAL_TZOFFSETFROM_PROPERTY) == NULL)
        return "a part of it has no TZOFFSETFROM or TZOFFSETTO";
    for (; rule != NULL; rule = icalcomponent_get_next_property(observance, ICAL_RRULE_PROPERTY)) {
        if (icalvalue_isa(icalproperty_get_value(rule)) != ICAL_RECUR_VALUE)
            return "an RRULE in it cannot be read";
        struct icalrecurrencetype r = icalproperty_get_rrule(rule);
        if (++*rules > RULES_LIMIT || !is_small_rule(&r))
            return "a zone's rules are yearly, in one month, and at most 16";
    }
    return NULL;
}

static const char *fault_of_vtimezone(icalcomponent *c)
{
    size_t observances = 0, rules = 0;
    const char *fault = NULL;

    for (icalcomponent *o = icalcomponent_get_first_component(c, ICAL_ANY_COMPONENT); o != NULL && fault == NULL;
         o = icalcomponent_get_next_component(c, ICAL_ANY_COMPONENT)) {
        fault = fault_of_observance(o, &rules);
        if (++observances > OBSERVANCES_LIMIT)
            fault = "it has too many parts";
    }
    return observances == 0 ? "it says no offsets" : fault;
}

void ics_take_vtimezone(ics_reader *r, const char *text)
{
    icalcomponent *c = icalcomponent_new_from_string(text);
    icalproperty *id = c == NULL ? NULL : icalcomponent_get_first_property(c, ICAL_TZID_PROPERTY);
    const char *tzid = id == NULL ? NULL : icalproperty_get_tzid(id);
    const char *fault = tzid == NULL ? "it has no TZID" : fault_of_vtimezone(c);

    if (r->vtimezone_count == ICS_ZONES_LIMIT)
        fault = "a file has at most 64 of them";
    if (fault != NULL) {
        ics_fault_at(r, r->line, "this VTIMEZONE cannot be used: %s", fault);
        if (c != NULL)
            icalcomponent_free(c);
        return;
    }
    ics_vtimezone *v = &r->vtimezones[r->vtimezone_count++];
    *v = (ics_vtimezone){strdup(tzid), icaltimezone_new()};
    icaltimezone_set_component(v->zone, c); /* which owns it now */
}

void ics_finish_vtimezones(ics_reader *r)
{
    for (size_t i = 0; i < r->vtimezone_count; i++) {
        free(r->vtimezones[i].tzid);
        icaltimezone_free(r->vtimezones[i].zone, 1);
    }
}

bool ics_moment_of(ics_reader *r, icaltimetype time, const char *tzid, ics_moment *moment)
{
    if (!is_sane(time))
        return false;
    *moment = (ics_moment){ics_clock_of(time), ICS_FLOATING};
    if (time.is_date)
        return true;
    if (icaltime_is_utc(time) || tzid == NULL) {
        moment->zone = icaltime_is_utc(time) ? ICS_UTC : ICS_FLOATING;
        return true;
    }
    for (size_t i = 0; i < r->vtimezone_count; i++) {
        if (strcmp(r->vtimezones[i].tzid, tzid) == 0) {
            moment->clock -= icaltimezone_get_utc_offset(r->vtimezones[i].zone, &time, NULL);
            moment->zone = ICS_UTC;
            return true;
        }
    }
    moment->zone = ics_named_zone(r, tzid);
    return true;
}
