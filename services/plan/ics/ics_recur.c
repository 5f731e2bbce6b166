/* Occurrences. A rule is unfolded on the clock of its own zone, as RFC 5545 has it ("every day at nine"), by libical's
 * iterator, which looks for an occurrence that never comes from its start to UNTIL, step by step and once for each time
 * of the day that a rule lists. So it is given an UNTIL, little is let in that takes small steps, and the clock on the
 * wall is looked at after each look. */
#include "ics_internal.h"

enum { TIMES_LIMIT = 4, FIRST_YEAR_OF_SMALL_STEPS = 1970 };

void ics_add_occurrence(ics_reader *r, const ics_shape *shape, icaltimetype start, int64_t until)
{
    ics_busy b = {.series = shape->series, .seconds_more = shape->seconds_more, .until = until};
    int64_t clock = ics_clock_of(start);
    icaltimetype end = ics_time_of(clock + shape->end_shift);

    if (clock > r->to + ICS_DAY || clock + shape->end_shift + shape->seconds_more < r->from - ICS_DAY)
        return;
    end.is_date = shape->start.is_date;
    if (shape->end_is_utc)
        end.zone = icaltimezone_get_utc_timezone();
    if (!ics_moment_of(r, start, shape->tzid, &b.start) || !ics_moment_of(r, end, shape->end_tzid, &b.end))
        ics_event_fault(r, "an occurrence lies at no possible time");
    else
        ics_add_busy(r, &b);
}

/* Whether a rule has parts that leave out occurrences. */
static bool has_parts(const struct icalrecurrencetype *r)
{
    return r->by_month[0] != ICAL_RECURRENCE_ARRAY_MAX || r->by_week_no[0] != ICAL_RECURRENCE_ARRAY_MAX ||
           r->by_year_day[0] != ICAL_RECURRENCE_ARRAY_MAX || r->by_month_day[0] != ICAL_RECURRENCE_ARRAY_MAX ||
           r->by_day[0] != ICAL_RECURRENCE_ARRAY_MAX || r->by_hour[0] != ICAL_RECURRENCE_ARRAY_MAX ||
           r->by_set_pos[0] != ICAL_RECURRENCE_ARRAY_MAX;
}

static int count_values(const short *values, int size)
{
    int count = 0;

    while (count < size && values[count] != ICAL_RECURRENCE_ARRAY_MAX)
        count++;
    return count > 0 ? count : 1;
}

/* How many times BYHOUR, BYMINUTE and BYSECOND list. */
static int count_times(const struct icalrecurrencetype *r)
{
    return count_values(r->by_hour, ICAL_BY_HOUR_SIZE) * count_values(r->by_minute, ICAL_BY_MINUTE_SIZE) *
           count_values(r->by_second, ICAL_BY_SECOND_SIZE);
}

static const char *fault_of_rule(const struct icalrecurrencetype *rule, const ics_shape *shape)
{
    if (rule->freq == ICAL_SECONDLY_RECURRENCE || rule->freq == ICAL_MINUTELY_RECURRENCE)
        return "an RRULE that repeats more often than every hour is not understood";
    if (rule->freq == ICAL_NO_RECURRENCE || rule->interval < 1)
        return "the RRULE cannot be read";
    if (rule->rscale != NULL)
        return "an RRULE with RSCALE is not understood";
    if (rule->freq == ICAL_HOURLY_RECURRENCE && has_parts(rule))
        return "an RRULE of every hour that holds on some days or hours only is not understood";
    if (count_times(rule) > TIMES_LIMIT)
        return "an RRULE that lists more than four times of a day or an hour is not understood";
    if ((rule->freq == ICAL_HOURLY_RECURRENCE || rule->freq == ICAL_DAILY_RECURRENCE) &&
        shape->start.year < FIRST_YEAR_OF_SMALL_STEPS)
        return "an RRULE of every day or hour that began before 1970 is not understood";
    if (shape->start.is_date && rule->freq == ICAL_HOURLY_RECURRENCE)
        return "an all-day event cannot repeat every hour";
    return NULL;
}

/* UNTIL of another kind of time than DTSTART is an instant: until takes it, for nobody here knows the zone's offsets;
 * the clock's end is then a day later, which no offset passes. */
static int64_t end_of_rule(const struct icalrecurrencetype *rule, const ics_shape *shape, int64_t *until)
{
    *until = ICS_FOREVER;
    if (icaltime_is_null_time(rule->until))
        return ICS_FOREVER;
    int64_t end = ics_clock_of(rule->until);
    if (rule->until.is_date)
        return end + ICS_DAY - 1;
    if (!icaltime_is_utc(rule->until) || icaltime_is_utc(shape->start))
        return end;
    *until = end;
    return end + ICS_DAY;
}

static void unfold(ics_reader *r, const ics_shape *shape, icalrecur_iterator *it, int64_t last, int64_t until)
{
    int64_t first = ics_clock_of(shape->start);

    for (;;) {
        icaltimetype t = icalrecur_iterator_next(it);
        if (ics_out_of_time(r))
            ics_give_up(r, "the recurrences take too long to unfold");
        if (icaltime_is_null_time(t) || r->given_up)
            return;
        int64_t clock = ics_clock_of(t);
        if (clock > last || clock > r->to + ICS_DAY)
            return;
        t.zone = shape->start.zone;
        if (clock != first) /* which is an occurrence whatever the rule says */
            ics_add_occurrence(r, shape, t, until);
    }
}

void ics_unfold_rule(ics_reader *r, const ics_shape *shape, struct icalrecurrencetype rule)
{
    const char *fault = fault_of_rule(&rule, shape);
    int64_t until, last = fault == NULL ? end_of_rule(&rule, shape, &until) : 0;

    if (fault != NULL) {
        ics_event_fault(r, "%s", fault);
        return;
    }
    if (ics_out_of_time(r)) {
        ics_give_up(r, "the recurrences take too long to unfold");
        return;
    }
    rule.until = ics_time_of(r->to + 2 * ICS_DAY);
    icaltimetype start = shape->start;
    start.zone = NULL;
    icalrecur_iterator *it = icalrecur_iterator_new(rule, start);
    if (it == NULL) {
        ics_event_fault(r, "the RRULE cannot be unfolded");
        return;
    }
    unfold(r, shape, it, last, until);
    icalrecur_iterator_free(it);
}
