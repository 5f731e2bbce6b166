/*
 * One event. libical does not refuse what it cannot read: it drops the property and leaves an X-LIC-ERROR in its place,
 * as it does for an empty DESCRIPTION, which is no fault; and a VALUE parameter decides the kind of a value, whose
 * getters then read another member of a union. So errors count only on the properties that matter here, and kinds are
 * checked.
 */
#include "ics_internal.h"

#include <string.h>

enum { VALUES_LIMIT = 5000 }; /* of RDATE and EXDATE in one event */

static const char *const needed[] = {"DTSTART", "DTEND", "DURATION", "RRULE", "RDATE", "EXDATE", "RECURRENCE-ID"};

static bool has_unread(ics_reader *r, icalcomponent *event)
{
    bool any = false;
    char phrase[64];

    for (icalproperty *p = icalcomponent_get_first_property(event, ICAL_XLICERROR_PROPERTY); p != NULL;
         p = icalcomponent_get_next_property(event, ICAL_XLICERROR_PROPERTY)) {
        const char *text = icalproperty_get_xlicerror(p);
        for (size_t i = 0; text != NULL && i < sizeof needed / sizeof needed[0]; i++) {
            snprintf(phrase, sizeof phrase, " %s property", needed[i]);
            if (strstr(text, phrase) != NULL) {
                ics_event_fault(r, "the %s cannot be read", needed[i]);
                any = true;
            }
        }
    }
    return any;
}

static const char *tzid_of(icalproperty *p)
{
    icalparameter *tzid = icalproperty_get_first_parameter(p, ICAL_TZID_PARAMETER);

    return tzid == NULL ? NULL : icalparameter_get_tzid(tzid);
}

/* A date or a time. */
static bool take_time(icalproperty *p, icaltimetype *time)
{
    const icalvalue *value = icalproperty_get_value(p);
    icalvalue_kind kind = value == NULL ? ICAL_NO_VALUE : icalvalue_isa(value);

    if (kind == ICAL_DATE_VALUE)
        *time = icalvalue_get_date(value);
    else if (kind == ICAL_DATETIME_VALUE)
        *time = icalvalue_get_datetime(value);
    else
        return false;
    return !icaltime_is_null_time(*time);
}

static void add_duration(ics_shape *shape, struct icaldurationtype d)
{
    shape->end_shift = (int64_t)d.weeks * 7 * ICS_DAY + (int64_t)d.days * ICS_DAY;
    shape->seconds_more = (int64_t)d.hours * 3600 + (int64_t)d.minutes * 60 + d.seconds;
    shape->end_is_utc = icaltime_is_utc(shape->start);
    shape->end_tzid = shape->tzid;
}

static bool set_end(ics_shape *shape, icaltimetype end, const char *tzid)
{
    shape->end_shift = ics_clock_of(end) - ics_clock_of(shape->start);
    shape->end_is_utc = icaltime_is_utc(end);
    shape->end_tzid = tzid;
    bool comparable = icaltime_is_utc(shape->start) == shape->end_is_utc &&
                      (tzid == NULL ? shape->tzid == NULL : shape->tzid != NULL && strcmp(tzid, shape->tzid) == 0);
    return end.is_date == shape->start.is_date && (shape->end_shift >= 0 || !comparable);
}

/* Without an end a day is a day and a time takes none (RFC 5545, 3.6.1). */
static bool take_end(ics_reader *r, icalcomponent *event, ics_shape *shape)
{
    icalproperty *dtend = icalcomponent_get_first_property(event, ICAL_DTEND_PROPERTY);
    icalproperty *duration = icalcomponent_get_first_property(event, ICAL_DURATION_PROPERTY);
    icaltimetype end;

    add_duration(shape, (struct icaldurationtype){.days = shape->start.is_date});
    if (dtend != NULL) {
        if (take_time(dtend, &end) && set_end(shape, end, tzid_of(dtend)))
            return true;
        ics_event_fault(r, "DTEND must be of the kind of DTSTART and not before it");
        return false;
    }
    if (duration == NULL)
        return true;
    const icalvalue *value = icalproperty_get_value(duration);
    if (value == NULL || icalvalue_isa(value) != ICAL_DURATION_VALUE || icalvalue_get_duration(value).is_neg) {
        ics_event_fault(r, "the DURATION is none, or negative");
        return false;
    }
    add_duration(shape, icalvalue_get_duration(value));
    return true;
}

static bool take_shape(ics_reader *r, icalcomponent *event, ics_shape *shape)
{
    icalproperty *start = icalcomponent_get_first_property(event, ICAL_DTSTART_PROPERTY);
    ics_moment moment;

    if (start == NULL || !take_time(start, &shape->start)) {
        ics_event_fault(r, "it has no DTSTART that is a date or a time");
        return false;
    }
    shape->tzid = tzid_of(start);
    if (!ics_moment_of(r, shape->start, shape->tzid, &moment)) {
        ics_event_fault(r, "DTSTART is no possible date, or not of the years 1600 to 2500");
        return false;
    }
    return take_end(r, event, shape);
}

static bool is_busy(icalcomponent *event)
{
    icalproperty *p = icalcomponent_get_first_property(event, ICAL_TRANSP_PROPERTY);

    if (p != NULL && (icalproperty_get_transp(p) == ICAL_TRANSP_TRANSPARENT ||
                      icalproperty_get_transp(p) == ICAL_TRANSP_TRANSPARENTNOCONFLICT))
        return false;
    return icalcomponent_get_status(event) != ICAL_STATUS_CANCELLED;
}

/* ---- what recurs ---- */

static void take_rdate(ics_reader *r, icalproperty *p, const ics_shape *shape)
{
    ics_shape one = *shape;
    const icalvalue *value = icalproperty_get_value(p);

    one.tzid = tzid_of(p);
    if (value != NULL && icalvalue_isa(value) == ICAL_PERIOD_VALUE) {
        struct icalperiodtype period = icalvalue_get_period(value);
        one.start = period.start;
        if (icaltime_is_null_time(period.end))
            add_duration(&one, period.duration);
        else if (!set_end(&one, period.end, one.tzid))
            ics_event_fault(r, "a period of RDATE ends before it starts");
    } else if (!take_time(p, &one.start)) {
        ics_event_fault(r, "an RDATE is no date, time or period");
        return;
    } else if (one.end_tzid != NULL && shape->tzid != NULL && strcmp(one.end_tzid, shape->tzid) == 0) {
        one.end_tzid = one.tzid;
        one.end_is_utc = icaltime_is_utc(one.start);
    }
    ics_add_occurrence(r, &one, one.start, ICS_FOREVER);
}

static void take_exclusion(ics_reader *r, icalproperty *p, int32_t series)
{
    icaltimetype time;
    ics_moment moment;

    if (!take_time(p, &time) || !ics_moment_of(r, time, tzid_of(p), &moment))
        ics_event_fault(r, "an EXDATE or RECURRENCE-ID is no date or time");
    else
        ics_add_exclusion(r, series, moment);
}

static void take_recurrences(ics_reader *r, icalcomponent *event, const ics_shape *shape)
{
    size_t values = 0;

    for (icalproperty *p = icalcomponent_get_first_property(event, ICAL_ANY_PROPERTY); p != NULL && !r->given_up;
         p = icalcomponent_get_next_property(event, ICAL_ANY_PROPERTY)) {
        icalproperty_kind kind = icalproperty_isa(p);
        if ((kind == ICAL_RDATE_PROPERTY || kind == ICAL_EXDATE_PROPERTY) && ++values > VALUES_LIMIT) {
            ics_event_fault(r, "it has more than %d RDATEs and EXDATEs", VALUES_LIMIT);
            return;
        }
        if (kind == ICAL_RDATE_PROPERTY)
            take_rdate(r, p, shape);
        else if (kind == ICAL_EXDATE_PROPERTY)
            take_exclusion(r, p, shape->series);
        else if (kind == ICAL_RRULE_PROPERTY && icalvalue_isa(icalproperty_get_value(p)) == ICAL_RECUR_VALUE)
            ics_unfold_rule(r, shape, icalproperty_get_rrule(p));
    }
}

/* An override takes its occurrence away from the series, whether it is busy itself or not. */
static void take_parsed(ics_reader *r, icalcomponent *event)
{
    icalproperty *uid = icalcomponent_get_first_property(event, ICAL_UID_PROPERTY);
    icalproperty *override = icalcomponent_get_first_property(event, ICAL_RECURRENCEID_PROPERTY);
    ics_shape shape = {0};

    if (uid != NULL && icalproperty_get_uid(uid) != NULL)
        r->uid = icalproperty_get_uid(uid);
    shape.series = ics_add_event(r, r->uid, override != NULL);
    if (shape.series < 0 || has_unread(r, event))
        return;
    if (override != NULL && icalproperty_get_first_parameter(override, ICAL_RANGE_PARAMETER) != NULL)
        ics_event_fault(r, "a RECURRENCE-ID with RANGE is not understood");
    else if (override != NULL)
        take_exclusion(r, override, shape.series);
    if (!take_shape(r, event, &shape) || !is_busy(event))
        return;
    ics_add_occurrence(r, &shape, shape.start, ICS_FOREVER);
    if (override == NULL)
        take_recurrences(r, event, &shape);
}

void ics_take_event(ics_reader *r, const char *text)
{
    icalcomponent *event = icalcomponent_new_from_string(text);

    if (event != NULL && icalcomponent_isa(event) == ICAL_VEVENT_COMPONENT)
        take_parsed(r, event);
    else
        ics_event_fault(r, "it cannot be read");
    if (event != NULL)
        icalcomponent_free(event);
    r->uid = "";
}
