#include "plan_client.h"
#include "plan_story.h"

#include <string.h>

typedef Sical__Plan__V1__Availability wire_availability;
typedef Sical__Plan__V1__AvailabilityException wire_exception;

PLAN_STORY(plan_hours, free_hours_are_set_replaced_and_read)
{
    const char *const evenings[] = {"MON 18:30-20:00", "SUN 00:00-24:00", NULL};
    const char *const none[] = {NULL};
    Sical__Plan__V1__GetAvailabilityRequest get = SICAL__PLAN__V1__GET_AVAILABILITY_REQUEST__INIT;
    wire_availability *a;

    cr_expect_eq(plan_call(ADA, "GetAvailability", &get, &a), CODE_NOT_FOUND);
    cr_assert_eq(plan_set_hours(ADA, "Asia/Shanghai", 120, evenings), CODE_OK, "%s", last_reply.message);
    cr_assert_eq(plan_call(ADA, "GetAvailability", &get, &a), CODE_OK);
    cr_expect_str_eq(a->time_zone, "Asia/Shanghai");
    cr_assert_not_null(a->daily_cap_minutes);
    cr_expect_eq(a->daily_cap_minutes->value, 120);
    cr_assert_eq(a->n_windows, 2u);
    cr_expect_eq(a->windows[0]->day, SICAL__PLAN__V1__WEEKLY_WINDOW__DAY__MON);
    cr_expect_str_eq(a->windows[0]->start, "18:30");
    cr_expect_str_eq(a->windows[1]->end, "24:00");
    cr_expect_not_null(a->update_time);

    cr_assert_eq(plan_set_hours(ADA, "Europe/Berlin", 0, none), CODE_OK);
    cr_assert_eq(plan_call(ADA, "GetAvailability", &get, &a), CODE_OK);
    cr_expect(a->n_windows == 0 && a->daily_cap_minutes == NULL);
    cr_expect_eq(plan_call(BOB, "GetAvailability", &get, &a), CODE_NOT_FOUND);
}

PLAN_STORY(plan_hours, bad_hours_are_told_with_their_place_and_change_nothing)
{
    const char *const good[] = {"MON 18:30-20:00", NULL};
    const char *const bad[] = {"MON 08:00-10:00", "MON 09:00-11:00", "TUE 10:00-09:00", "XXX 10:00-11:00", NULL};
    Sical__Plan__V1__SetAvailabilityRequest empty = SICAL__PLAN__V1__SET_AVAILABILITY_REQUEST__INIT;
    Sical__Plan__V1__GetAvailabilityRequest get = SICAL__PLAN__V1__GET_AVAILABILITY_REQUEST__INIT;
    wire_availability *a;

    cr_assert_eq(plan_set_hours(ADA, "UTC", 0, good), CODE_OK);
    cr_expect_eq(plan_set_hours(ADA, "", 1500, bad), CODE_INVALID_ARGUMENT);
    cr_expect(plan_has_fault("availability.time_zone", "is required"));
    cr_expect(plan_has_fault("availability.daily_cap_minutes", "1 to 1440"));
    cr_expect(plan_has_fault("availability.windows[1]", "overlaps windows[0]"));
    cr_expect(plan_has_fault("availability.windows[2].end", "end after it starts"));
    cr_expect(plan_has_fault("availability.windows[3].day", "MON"));
    cr_expect_eq(last_reply.fault_count, 5u);
    cr_expect_eq(plan_set_hours(ADA, "Mars/Olympus", 0, good), CODE_INVALID_ARGUMENT);
    cr_expect(plan_has_fault("availability.time_zone", "IANA name"));
    cr_expect_eq(plan_call(ADA, "SetAvailability", &empty, &a), CODE_INVALID_ARGUMENT);
    cr_assert_eq(plan_call(ADA, "GetAvailability", &get, &a), CODE_OK);
    cr_expect_str_eq(a->time_zone, "UTC");
    cr_expect_eq(a->n_windows, 1u);
}

static int add_exception(const char *user, const char *id, const char *date, const char *end_date, const char *start,
                         const char *end, wire_exception **made)
{
    Sical__Plan__V1__CreateExceptionRequest r = SICAL__PLAN__V1__CREATE_EXCEPTION_REQUEST__INIT;
    wire_exception e = SICAL__PLAN__V1__AVAILABILITY_EXCEPTION__INIT;

    r.exception = &e;
    e.id = (char *)id;
    e.date = (char *)date;
    e.end_date = (char *)end_date;
    e.start = (char *)start;
    e.end = (char *)end;
    e.note = "a note";
    return plan_call(user, "CreateException", &r, made);
}

PLAN_STORY(plan_hours, exceptions_are_made_listed_and_deleted)
{
    const char id[] = "01890000-0000-7000-8000-0000000000e1";
    Sical__Plan__V1__ListExceptionsRequest list = SICAL__PLAN__V1__LIST_EXCEPTIONS_REQUEST__INIT;
    Sical__Plan__V1__ListExceptionsResponse *page;
    Sical__Plan__V1__DeleteExceptionRequest delete = SICAL__PLAN__V1__DELETE_EXCEPTION_REQUEST__INIT;
    Sical__Plan__V1__DeleteExceptionResponse *gone;
    wire_exception *e;

    cr_assert_eq(add_exception(ADA, id, "2026-12-24", "2026-12-26", "", "", &e), CODE_OK, "%s", last_reply.message);
    cr_assert_eq(add_exception(ADA, "", "2026-12-05", "", "10:00", "24:00", &e), CODE_OK);
    cr_expect_str_eq(e->end_date, "2026-12-05");
    cr_assert_eq(add_exception(ADA, "", "2026-12-24", "", "10:00", "11:00", &e), CODE_OK);
    cr_assert_eq(add_exception(ADA, id, "2027-01-01", "", "", "", &e), CODE_OK);
    cr_expect_str_eq(e->date, "2026-12-24", "the same id again is the same exception");
    cr_expect_eq(add_exception(BOB, id, "2027-01-01", "", "", "", &e), CODE_ALREADY_EXISTS);

    list.page_size = 2;
    cr_assert_eq(plan_call(ADA, "ListExceptions", &list, &page), CODE_OK);
    cr_assert_eq(page->n_exceptions, 2u);
    cr_expect_str_eq(page->exceptions[0]->date, "2026-12-05");
    cr_expect_str_eq(page->exceptions[0]->end, "24:00");
    cr_expect_str_eq(page->exceptions[1]->date, "2026-12-24");
    list.page_token = page->next_page_token;
    cr_assert_eq(plan_call(ADA, "ListExceptions", &list, &page), CODE_OK);
    cr_expect_eq(page->n_exceptions, 1u);
    cr_expect_str_eq(page->next_page_token, "");

    delete.id = (char *)id;
    cr_expect_eq(plan_call(BOB, "DeleteException", &delete, &gone), CODE_NOT_FOUND);
    cr_expect_eq(plan_call(ADA, "DeleteException", &delete, &gone), CODE_OK);
    cr_expect_eq(plan_call(ADA, "DeleteException", &delete, &gone), CODE_NOT_FOUND);
}

PLAN_STORY(plan_hours, bad_exceptions_are_refused)
{
    wire_exception *e;

    cr_expect_eq(add_exception(ADA, "x", "24.12.2026", "2026-13-01", "10:00", "", &e), CODE_INVALID_ARGUMENT);
    cr_expect(plan_has_fault("exception.id", "is not a UUID"));
    cr_expect(plan_has_fault("exception.date", "such as"));
    cr_expect(plan_has_fault("exception.end_date", "such as"));
    cr_expect(plan_has_fault("exception.end", "a local time"));
    cr_expect_eq(add_exception(ADA, "", "2026-12-24", "2026-12-23", "", "", &e), CODE_INVALID_ARGUMENT);
    cr_expect(plan_has_fault("exception.end_date", "must not lie before date"));
    cr_expect_eq(add_exception(ADA, "", "2026-01-01", "2027-01-02", "", "", &e), CODE_INVALID_ARGUMENT);
    cr_expect(plan_has_fault("exception.end_date", "at most 366 days"));
    cr_expect_eq(add_exception(ADA, "", "1970-01-01", "", "", "", &e), CODE_INVALID_ARGUMENT);
    cr_expect(plan_has_fault("exception.date", "between 2000-01-01 and 2100-01-01"));
    cr_expect_eq(test_postgres_number(stage.pg, "SELECT count(*) FROM plan.exceptions"), 0);
}

PLAN_STORY(plan_hours, peers_learn_the_zones_and_users_do_not)
{
    const char *const windows[] = {NULL};
    Sical__Plan__V1__BatchGetTimeZonesRequest ask = SICAL__PLAN__V1__BATCH_GET_TIME_ZONES_REQUEST__INIT;
    Sical__Plan__V1__BatchGetTimeZonesResponse *zones;
    plan_time_zones typed;
    uuid users[3];

    cr_assert_eq(plan_set_hours(BOB, "Europe/Berlin", 0, windows), CODE_OK);
    cr_assert_eq(plan_set_hours(ADA, "Asia/Tokyo", 0, windows), CODE_OK);
    ask.user_ids = (char *[]){ADA, BOB, "01890000-0000-7000-8000-000000000bad"};
    ask.n_user_ids = 3;
    cr_assert_eq(plan_call(PEER, "BatchGetTimeZones", &ask, &zones), CODE_OK);
    cr_assert_eq(zones->n_time_zones, 2u);
    cr_expect_eq(plan_call(ADA, "BatchGetTimeZones", &ask, &zones), CODE_PERMISSION_DENIED);
    ask.user_ids[1] = "nobody";
    cr_expect_eq(plan_call(PEER, "BatchGetTimeZones", &ask, &zones), CODE_INVALID_ARGUMENT);
    cr_expect(plan_has_fault("user_ids[1]", "is not a UUID"));

    uuid_parse(BOB, &users[0]);
    uuid_parse(ADA, &users[1]);
    users[2] = uuid_make();
    cr_assert_eq(plan_client_get_time_zones(stage.client, NULL, users, 3, &typed), STATUS_OK);
    cr_assert_eq(typed.count, 2u);
    cr_expect_str_eq(typed.zones[0].time_zone, "Asia/Tokyo");
    cr_expect_eq(memcmp(&typed.zones[1].user_id, &users[0], sizeof users[0]), 0);
}
