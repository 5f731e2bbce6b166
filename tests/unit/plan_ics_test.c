/* What iCalendar files make busy: the reader alone, without a database. Instants are seconds of UTC. */
#include "ics.h"

#include <criterion/criterion.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define AT(DAY, HOUR, MINUTE) (DAY_ZERO + (DAY)*INT64_C(86400) + (HOUR)*3600 + (MINUTE)*60)

enum { TEXT_BYTES = 1 << 20, YEARS = 2 };

static const int64_t DAY_ZERO = 1767571200; /* Monday, 5 January 2026 */

static ics_calendar calendar;
static char text[TEXT_BYTES];

/* Lines without their ends, NULL at the end, within a VCALENDAR. */
static const ics_calendar *read_lines(const char *first, ...)
{
    va_list lines;
    char *end = text + sprintf(text, "BEGIN:VCALENDAR\r\nVERSION:2.0\r\n");

    va_start(lines, first);
    for (const char *line = first; line != NULL; line = va_arg(lines, const char *))
        end += sprintf(end, "%s\r\n", line);
    va_end(lines);
    sprintf(end, "END:VCALENDAR\r\n");
    ics_finish(&calendar);
    ics_read(text, DAY_ZERO, DAY_ZERO + YEARS * 365 * INT64_C(86400), &calendar);
    return &calendar;
}

#define EVENT(...) read_lines("BEGIN:VEVENT", "UID:one", __VA_ARGS__, "END:VEVENT", NULL)

static void forget(void)
{
    ics_finish(&calendar);
}

TestSuite(plan_ics, .fini = forget, .timeout = 60);

static void expect_busy(size_t i, int64_t start, int64_t end, int32_t zone)
{
    cr_assert_lt(i, calendar.busy_count);
    const ics_busy *b = &calendar.busy[i];
    cr_expect_eq(b->start.clock, start, "event %zu begins %lld s later", i, (long long)(b->start.clock - start));
    cr_expect_eq(b->end.clock + b->seconds_more, end, "event %zu ends %lld s later", i,
                 (long long)(b->end.clock + b->seconds_more - end));
    cr_expect_eq(b->start.zone, zone);
}

static void expect_fault(const ics_calendar *c, size_t line, const char *words)
{
    for (size_t i = 0; i < c->fault_count; i++)
        if (c->faults[i].line == line && strstr(c->faults[i].message, words) != NULL)
            return;
    cr_expect_fail("no fault of line %zu says '%s', but %zu others: %s", line, words, c->fault_count,
                   c->fault_count > 0 ? c->faults[0].message : "");
}

Test(plan_ics, times_are_of_utc_of_the_learner_or_of_a_named_zone)
{
    EVENT("DTSTART:20260105T090000Z", "DTEND:20260105T100000Z");
    cr_assert(calendar.fault_count == 0 && calendar.event_count == 1 && calendar.busy_count == 1);
    expect_busy(0, AT(0, 9, 0), AT(0, 10, 0), ICS_UTC);
    EVENT("DTSTART:20260105T090000", "DTEND:20260105T100000");
    expect_busy(0, AT(0, 9, 0), AT(0, 10, 0), ICS_FLOATING);
    EVENT("DTSTART;TZID=Asia/Shanghai:20260105T090000", "DURATION:PT1H30M");
    expect_busy(0, AT(0, 9, 0), AT(0, 10, 30), ICS_NAMED);
    cr_expect(calendar.zone_count == 1 && strcmp(calendar.zones[0], "Asia/Shanghai") == 0);
}

Test(plan_ics, whole_days_are_the_learners)
{
    EVENT("DTSTART;VALUE=DATE:20260106");
    expect_busy(0, AT(1, 0, 0), AT(2, 0, 0), ICS_FLOATING);
    EVENT("DTSTART;VALUE=DATE:20260106", "DTEND;VALUE=DATE:20260109");
    expect_busy(0, AT(1, 0, 0), AT(4, 0, 0), ICS_FLOATING);
}

Test(plan_ics, a_zone_that_the_file_defines_gives_instants)
{
    read_lines("BEGIN:VTIMEZONE", "TZID:Home", "BEGIN:STANDARD", "DTSTART:20001029T030000",
               "RRULE:FREQ=YEARLY;BYMONTH=10;BYDAY=-1SU", "TZOFFSETFROM:+0200", "TZOFFSETTO:+0100", "END:STANDARD",
               "BEGIN:DAYLIGHT", "DTSTART:20000326T020000", "RRULE:FREQ=YEARLY;BYMONTH=3;BYDAY=-1SU",
               "TZOFFSETFROM:+0100", "TZOFFSETTO:+0200", "END:DAYLIGHT", "END:VTIMEZONE", "BEGIN:VEVENT", "UID:1",
               "DTSTART;TZID=Home:20260327T090000", "DTEND;TZID=Home:20260327T100000", "RRULE:FREQ=DAILY;COUNT=4",
               "END:VEVENT", NULL);
    cr_assert(calendar.fault_count == 0 && calendar.busy_count == 4, "%zu", calendar.busy_count);
    /* The clocks change in the night to the 29th: nine o'clock is seven in UTC from then on. */
    for (size_t i = 0; i < 4; i++)
        expect_busy(i, AT(81 + (int)i, i < 2 ? 8 : 7, 0), AT(81 + (int)i, i < 2 ? 9 : 8, 0), ICS_UTC);
}

Test(plan_ics, rules_are_unfolded_and_exceptions_told)
{
    EVENT("DTSTART:20260105T090000Z", "DTEND:20260105T100000Z", "RRULE:FREQ=WEEKLY;BYDAY=MO,WE;UNTIL=20260119T090000Z",
          "EXDATE:20260107T090000Z", "RDATE:20260110T090000Z");
    static const int days[] = {0, 2, 7, 9, 14, 5};
    cr_assert_eq(calendar.busy_count, 6, "%zu", calendar.busy_count);
    for (size_t i = 0; i < 6; i++)
        expect_busy(i, AT(days[i], 9, 0), AT(days[i], 10, 0), ICS_UTC);
    cr_assert_eq(calendar.exclusion_count, 1);
    cr_expect_eq(calendar.exclusions[0].start.clock, AT(2, 9, 0));
    cr_expect_eq(calendar.exclusions[0].series, calendar.busy[0].series);
}

Test(plan_ics, an_override_takes_the_place_of_its_occurrence)
{
    read_lines("BEGIN:VEVENT", "UID:1", "DTSTART:20260105T090000Z", "DURATION:PT1H", "RRULE:FREQ=DAILY;COUNT=2",
               "END:VEVENT", "BEGIN:VEVENT", "UID:1", "RECURRENCE-ID:20260106T090000Z", "DTSTART:20260106T150000Z",
               "DURATION:PT2H", "END:VEVENT", NULL);
    cr_assert(calendar.busy_count == 3 && calendar.exclusion_count == 1);
    expect_busy(2, AT(1, 15, 0), AT(1, 17, 0), ICS_UTC);
    cr_expect_eq(calendar.exclusions[0].start.clock, AT(1, 9, 0));
    cr_expect_eq(calendar.exclusions[0].series, calendar.busy[0].series);
    cr_expect_neq(calendar.busy[2].series, calendar.busy[0].series, "no exclusion holds for the override itself");
}

Test(plan_ics, what_is_transparent_cancelled_or_far_is_not_busy)
{
    EVENT("DTSTART:20260105T090000Z", "DURATION:PT1H", "TRANSP:TRANSPARENT");
    cr_expect(calendar.busy_count == 0 && calendar.event_count == 1 && calendar.fault_count == 0);
    EVENT("DTSTART:20260105T090000Z", "DURATION:PT1H", "STATUS:CANCELLED");
    cr_expect_eq(calendar.busy_count, 0);
    EVENT("DTSTART:20200105T090000Z", "DURATION:PT1H");
    cr_expect_eq(calendar.busy_count, 0);
    EVENT("DTSTART:20400105T090000Z", "DURATION:PT1H");
    cr_expect_eq(calendar.busy_count, 0);
    EVENT("DTSTART:20200106T090000Z", "DURATION:PT1H", "RRULE:FREQ=YEARLY");
    cr_expect_eq(calendar.busy_count, 2, "those of the span asked for, from a rule that began before");
}

Test(plan_ics, faults_name_the_line_and_the_event)
{
    expect_fault(EVENT("DTSTART:yesterday"), 3, "event \"one\": ");
    expect_fault(EVENT("SUMMARY:no start"), 3, "DTSTART");
    expect_fault(EVENT("DTSTART:20260105T090000Z", "DTEND:20260105T080000Z"), 3, "DTEND");
    expect_fault(EVENT("DTSTART:20260105T090000Z", "DURATION:-PT1H"), 3, "DURATION");
    expect_fault(EVENT("DTSTART:20260105T090000Z", "RRULE:FREQ=SOMETIMES"), 3, "RRULE");
    expect_fault(EVENT("DTSTART:20260105T090000Z", "RRULE:FREQ=SECONDLY"), 3, "every hour");
    expect_fault(read_lines("BEGIN:VEVENT", "UID:1", NULL), 5, "closes nothing");
    ics_finish(&calendar);
    ics_read("hello", 0, 1, &calendar);
    expect_fault(&calendar, 1, "BEGIN:VCALENDAR");
    ics_finish(&calendar);
    ics_read("", 0, 1, &calendar);
    expect_fault(&calendar, 1, "BEGIN:VCALENDAR");
}

/* Nothing may buy time or memory: each of these ends, in a fault or in little. */
Test(plan_ics, hostile_rules_end)
{
    static const char *const rules[] = {
        "RRULE:FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30",
        "RRULE:FREQ=HOURLY;BYMONTH=2;BYMONTHDAY=31",
        "RRULE:FREQ=HOURLY;INTERVAL=168;BYDAY=TU",
        "RRULE:FREQ=YEARLY;INTERVAL=2000000000",
        "RRULE:FREQ=MINUTELY;BYMONTH=2",
        "RRULE:FREQ=DAILY;BYMONTH=2;BYMONTHDAY=31;BYHOUR=1,2,3;BYMINUTE=1,2",
    };

    for (size_t i = 0; i < sizeof rules / sizeof rules[0]; i++)
        cr_expect_gt(EVENT("DTSTART:20260105T090000Z", "DURATION:PT1M", rules[i])->fault_count, 0, "%s", rules[i]);
    const char *hourly = "RRULE:FREQ=HOURLY;BYMINUTE=0,15,30,45";
    read_lines("BEGIN:VEVENT", "DTSTART:20260105T090000Z", hourly, "END:VEVENT", "BEGIN:VEVENT",
               "DTSTART:20260105T090000Z", hourly, "END:VEVENT", NULL);
    expect_fault(&calendar, 7, "100,000 occurrences");
}

/* Some milliseconds each, and together no more than they may have. */
Test(plan_ics, many_rules_that_never_come_share_their_time)
{
    enum { RULES = 4000 };
    char *end = text + sprintf(text, "BEGIN:VCALENDAR\n");

    for (int i = 0; i < RULES; i++)
        end +=
            sprintf(end,
                    "BEGIN:VEVENT\nDTSTART:19700105T090000Z\nRRULE:FREQ=DAILY;BYMONTHDAY=31;BYMONTH=2\nEND:VEVENT\n");
    sprintf(end, "END:VCALENDAR\n");
    ics_read(text, DAY_ZERO, DAY_ZERO + 86400, &calendar);
    cr_assert_eq(calendar.fault_count, 1, "one fault says it all");
    cr_expect(strstr(calendar.faults[0].message, "too long") != NULL, "%s", calendar.faults[0].message);
}

Test(plan_ics, many_events_and_deep_nests_are_bounded)
{
    enum { DEEP = 5000 };
    char *end = text + sprintf(text, "BEGIN:VCALENDAR\r\n");

    for (int i = 0; i < DEEP; i++)
        end += sprintf(end, "BEGIN:X-%d\r\n", i % 10);
    ics_read(text, DAY_ZERO, DAY_ZERO + 86400, &calendar);
    cr_expect_gt(calendar.fault_count, 0);
    char *many = malloc(64 * (ICS_EVENTS_LIMIT + 2));
    end = many + sprintf(many, "BEGIN:VCALENDAR\r\n");
    for (int i = 0; i <= ICS_EVENTS_LIMIT; i++)
        end += sprintf(end, "BEGIN:VEVENT\nDTSTART:20400105T090000Z\nEND:VEVENT\n");
    sprintf(end, "END:VCALENDAR\n");
    ics_finish(&calendar);
    ics_read(many, DAY_ZERO, DAY_ZERO + 86400, &calendar);
    expect_fault(&calendar, 2 + 3 * ICS_EVENTS_LIMIT, "20,000 events");
    free(many);
}
