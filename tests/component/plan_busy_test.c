/* Busy times, typed in and imported, by the real program: what they leave of the windows. */
#include "plan_story.h"

#include <stdio.h>
#include <string.h>

enum { DAY_S = 86400, HOUR_S = 3600 };

typedef Sical__Plan__V1__BusyTime wire_busy;
typedef Sical__Plan__V1__ListBusyTimesResponse wire_list;

static int64_t midnight(int days)
{
    int64_t now = plan_days_from_now(days)->seconds;

    return now - now % DAY_S;
}

static int add_busy(const char *user, int64_t start, int64_t end, wire_busy **reply)
{
    Sical__Plan__V1__CreateBusyTimeRequest r = SICAL__PLAN__V1__CREATE_BUSY_TIME_REQUEST__INIT;
    wire_busy b = SICAL__PLAN__V1__BUSY_TIME__INIT;
    wire_time from = GOOGLE__PROTOBUF__TIMESTAMP__INIT, to = GOOGLE__PROTOBUF__TIMESTAMP__INIT;

    from.seconds = start;
    to.seconds = end;
    b.start_time = &from;
    b.end_time = &to;
    b.note = "dentist";
    r.busy_time = &b;
    return plan_call(user, "CreateBusyTime", &r, reply);
}

static wire_list *list_busy(const char *user)
{
    Sical__Plan__V1__ListBusyTimesRequest r = SICAL__PLAN__V1__LIST_BUSY_TIMES_REQUEST__INIT;
    wire_list *list;

    r.page_size = 100;
    cr_assert_eq(plan_call(user, "ListBusyTimes", &r, &list), CODE_OK, "%s", last_reply.message);
    return list;
}

static int import_events(const char *user, const char *name, const char *events,
                         Sical__Plan__V1__ImportCalendarResponse **reply)
{
    static char ics[8192];
    Sical__Plan__V1__ImportCalendarRequest r = SICAL__PLAN__V1__IMPORT_CALENDAR_REQUEST__INIT;

    snprintf(ics, sizeof ics, "BEGIN:VCALENDAR\r\nVERSION:2.0\r\n%sEND:VCALENDAR\r\n", events);
    r.calendar = (char *)name;
    r.ics = ics;
    return plan_call(user, "ImportCalendar", &r, reply);
}

static const char *stamp(int64_t seconds)
{
    static char out[4][32];
    static unsigned next;
    char text[CLOCK_RFC3339_SIZE];

    clock_format_rfc3339(seconds * 1000000, text);
    char *to = out[next++ % 4];
    snprintf(to, 32, "%.4s%.2s%.2sT%.2s%.2s%.2s", text, text + 5, text + 8, text + 11, text + 14, text + 17);
    return to;
}

PLAN_STORY(plan_busy, nothing_is_planned_into_a_busy_time)
{
    const char *graph = plan_import_chain(ADA, NULL, "private");
    wire_busy *busy;
    wire_plan *plan;

    plan_set_mornings(ADA);
    cr_assert_eq(plan_add_goal(ADA, graph, "a", plan_days_from_now(6), NULL), CODE_OK);
    /* From now to three days on, but for half an hour of the last morning. */
    cr_assert_eq(add_busy(ADA, midnight(0), midnight(3) + 8 * HOUR_S + HOUR_S / 2, &busy), CODE_OK);
    cr_assert_eq(add_busy(ADA, midnight(3) + 9 * HOUR_S, midnight(3) + 12 * HOUR_S, &busy), CODE_OK);
    cr_assert_eq(plan_create(ADA, NULL, &plan), CODE_OK, "%s", last_reply.message);
    cr_assert_eq(plan->n_sessions, 2);
    cr_expect_eq(plan->sessions[0]->start->seconds, midnight(3) + 8 * HOUR_S + HOUR_S / 2);
    cr_expect_eq(plan->sessions[0]->end->seconds, midnight(3) + 9 * HOUR_S);
    cr_expect_eq(plan->sessions[1]->start->seconds, midnight(4) + 8 * HOUR_S);
}

PLAN_STORY(plan_busy, busy_times_are_ones_own)
{
    wire_busy *busy;
    Sical__Plan__V1__DeleteBusyTimeResponse *gone;
    Sical__Plan__V1__DeleteBusyTimeRequest r = SICAL__PLAN__V1__DELETE_BUSY_TIME_REQUEST__INIT;

    cr_assert_eq(add_busy(ADA, midnight(1), midnight(2), &busy), CODE_OK);
    cr_expect_str_eq(busy->note, "dentist");
    r.id = busy->id;
    cr_expect_eq(list_busy(BOB)->n_busy_times, 0);
    cr_expect_eq(plan_call(BOB, "DeleteBusyTime", &r, &gone), CODE_NOT_FOUND);
    cr_expect_eq(list_busy(ADA)->n_busy_times, 1);
    cr_expect_eq(plan_call(ADA, "DeleteBusyTime", &r, &gone), CODE_OK);
    cr_expect_eq(list_busy(ADA)->n_busy_times, 0);
    cr_expect_eq(add_busy(ADA, midnight(2), midnight(1), &busy), CODE_INVALID_ARGUMENT);
    cr_expect(plan_has_fault("busy_time.end_time", "after start_time"));
    cr_expect_eq(add_busy(ADA, midnight(2), midnight(900), &busy), CODE_INVALID_ARGUMENT);
    cr_expect(plan_has_fault("busy_time.end_time", "366 days"));
}

PLAN_STORY(plan_busy, a_calendar_is_imported_and_replaced)
{
    Sical__Plan__V1__ImportCalendarResponse *r;
    wire_busy *typed;
    char events[2000];

    plan_set_mornings(ADA);
    cr_assert_eq(add_busy(ADA, midnight(30), midnight(31), &typed), CODE_OK);
    /* Every day for a week from nine to ten, one excluded in another zone's words, one moved, and one that touches. */
    snprintf(events, sizeof events,
             "BEGIN:VEVENT\r\nUID:1\r\nDTSTART:%sZ\r\nDURATION:PT1H\r\nRRULE:FREQ=DAILY;COUNT=7\r\n"
             "EXDATE;TZID=Asia/Tokyo:%s\r\nEND:VEVENT\r\n"
             "BEGIN:VEVENT\r\nUID:1\r\nRECURRENCE-ID:%sZ\r\nDTSTART:%sZ\r\nDURATION:PT1H\r\nEND:VEVENT\r\n",
             stamp(midnight(2) + 9 * HOUR_S), stamp(midnight(3) + 18 * HOUR_S), stamp(midnight(4) + 9 * HOUR_S),
             stamp(midnight(5) + 10 * HOUR_S));
    cr_assert_eq(import_events(ADA, "work", events, &r), CODE_OK, "%s", last_reply.message);
    cr_expect_eq(r->event_count, 2);
    cr_expect_eq(r->busy_count, 5, "seven, less one excluded and one moved to where it touches another: %d",
                 r->busy_count);
    wire_list *list = list_busy(ADA);
    static const int days[] = {2, 5, 6, 7, 8};
    cr_assert_eq(list->n_busy_times, 6);
    for (size_t i = 0; i < 5; i++) {
        cr_expect_eq(list->busy_times[i]->start_time->seconds, midnight(days[i]) + 9 * HOUR_S);
        cr_expect_eq(list->busy_times[i]->end_time->seconds, midnight(days[i]) + (i == 1 ? 11 : 10) * HOUR_S);
        cr_expect_str_eq(list->busy_times[i]->calendar, "work");
        cr_expect_str_eq(list->busy_times[i]->note, "", "of an event nothing is kept but its time");
    }
    cr_assert_eq(import_events(ADA, "work", "", &r), CODE_OK);
    cr_expect_eq(r->busy_count, 0);
    list = list_busy(ADA);
    cr_expect(list->n_busy_times == 1 && strcmp(list->busy_times[0]->id, typed->id) == 0, "what was typed in stays");
}

PLAN_STORY(plan_busy, whole_days_and_floating_times_are_the_learners)
{
    Sical__Plan__V1__ImportCalendarResponse *r;
    char events[1000];

    cr_assert_eq(plan_set_hours(ADA, "Asia/Shanghai", 0, (const char *const[]){"MON 18:00-20:00", NULL}), CODE_OK);
    snprintf(events, sizeof events,
             "BEGIN:VEVENT\r\nDTSTART;VALUE=DATE:%.8s\r\nEND:VEVENT\r\n"
             "BEGIN:VEVENT\r\nDTSTART:%s\r\nDURATION:PT1H\r\nEND:VEVENT\r\n",
             stamp(midnight(5)), stamp(midnight(9) + 9 * HOUR_S));
    cr_assert_eq(import_events(ADA, "home", events, &r), CODE_OK, "%s", last_reply.message);
    wire_list *list = list_busy(ADA);
    cr_assert_eq(list->n_busy_times, 2);
    cr_expect_eq(list->busy_times[0]->start_time->seconds, midnight(5) - 8 * HOUR_S);
    cr_expect_eq(list->busy_times[0]->end_time->seconds, midnight(6) - 8 * HOUR_S);
    cr_expect_eq(list->busy_times[1]->start_time->seconds, midnight(9) + HOUR_S);
}

PLAN_STORY(plan_busy, what_cannot_be_imported_is_named_and_changes_nothing)
{
    Sical__Plan__V1__ImportCalendarResponse *r;
    char good[400], events[1000];

    snprintf(good, sizeof good, "BEGIN:VEVENT\r\nDTSTART:%sZ\r\nDURATION:PT1H\r\nEND:VEVENT\r\n", stamp(midnight(2)));
    cr_expect_eq(import_events(ADA, "work", good, &r), CODE_FAILED_PRECONDITION, "without a zone of the learner");
    plan_set_mornings(ADA);
    cr_assert_eq(import_events(ADA, "work", good, &r), CODE_OK);
    cr_expect_eq(import_events(ADA, "work", "BEGIN:VEVENT\r\nSUMMARY:x\r\nEND:VEVENT\r\n", &r), CODE_INVALID_ARGUMENT);
    cr_expect(plan_has_fault("ics", "line 3: event: it has no DTSTART"));
    snprintf(events, sizeof events, "BEGIN:VEVENT\r\nDTSTART;TZID=Moon/Base:%s\r\nEND:VEVENT\r\n", stamp(midnight(2)));
    cr_expect_eq(import_events(ADA, "work", events, &r), CODE_INVALID_ARGUMENT);
    cr_expect(plan_has_fault("ics", "'Moon/Base'"));
    /* 20,001 hours, each for a minute, are more than a learner may have; two years have fewer. */
    snprintf(events, sizeof events,
             "BEGIN:VEVENT\r\nDTSTART:%1$sZ\r\nDURATION:PT1M\r\nRRULE:FREQ=HOURLY;BYMINUTE=0,30\r\nEND:VEVENT\r\n",
             stamp(midnight(1)));
    cr_expect_eq(import_events(ADA, "work", events, &r), CODE_FAILED_PRECONDITION);
    cr_expect_eq(import_events(ADA, "", good, &r), CODE_INVALID_ARGUMENT);
    cr_expect(plan_has_fault("calendar", "required"));
    cr_expect_eq(list_busy(ADA)->n_busy_times, 1, "the last good import stands");
}
