#include "rpc_internal.h"

#include "availability.h"
#include "clock.h"

typedef Sical__Plan__V1__Availability wire_availability;
typedef Sical__Plan__V1__AvailabilityException wire_exception;

enum { NOTE_LENGTH = 500, EXCEPTION_DAYS = 366, USERS_LIMIT = 1000 };

static char *to_time(rpc_call *call, int32_t minutes)
{
    char *text = arena_alloc(call->arena, 6);

    plan_format_time(minutes, text);
    return text;
}

static wire_availability *to_availability(rpc_call *call, const availability_row *row)
{
    wire_availability *a = ARENA_NEW(call->arena, wire_availability);

    sical__plan__v1__availability__init(a);
    a->time_zone = (char *)row->time_zone;
    a->daily_cap_minutes = row->daily_cap > 0 ? plan_wire_int32(call, row->daily_cap) : NULL;
    a->min_session_minutes = row->min_session > 0 ? plan_wire_int32(call, row->min_session) : NULL;
    a->max_session_minutes = row->max_session > 0 ? plan_wire_int32(call, row->max_session) : NULL;
    a->break_minutes = row->break_minutes > 0 ? plan_wire_int32(call, row->break_minutes) : NULL;
    a->update_time = plan_wire_time(call, row->update_us);
    a->etag = plan_wire_etag(call, row->version);
    a->n_windows = row->window_count;
    a->windows = ARENA_ARRAY(call->arena, Sical__Plan__V1__WeeklyWindow *, row->window_count);
    for (size_t i = 0; i < row->window_count; i++) {
        Sical__Plan__V1__WeeklyWindow *w = ARENA_NEW(call->arena, Sical__Plan__V1__WeeklyWindow);
        sical__plan__v1__weekly_window__init(w);
        w->day = (Sical__Plan__V1__WeeklyWindow__Day)row->days[i];
        w->start = to_time(call, row->starts[i]);
        w->end = to_time(call, row->ends[i]);
        a->windows[i] = w;
    }
    return a;
}

status plan_get_availability(rpc_call *call, const Sical__Plan__V1__GetAvailabilityRequest *request,
                             wire_availability **reply)
{
    availability_row row;
    (void)request;

    status s = plan_store_get_availability(plan_database(call), &call->user, &row);
    if (s == STATUS_OK)
        *reply = to_availability(call, &row);
    return s;
}

/* ---- setting it ---- */

static void split_spans(rpc_call *call, const plan_day_span *spans, size_t count, availability_row *row)
{
    int32_t *days = ARENA_ARRAY(call->arena, int32_t, 3 * count), *starts = days + count, *ends = starts + count;

    for (size_t i = 0; i < count; i++) {
        days[i] = spans[i].weekday;
        starts[i] = spans[i].start;
        ends[i] = spans[i].end;
    }
    row->days = days;
    row->starts = starts;
    row->ends = ends;
    row->window_count = count;
}

/* 0: absent. */
static int32_t take_minutes(rpc_call *call, const char *field, const Google__Protobuf__Int32Value *minutes, int32_t low,
                            int32_t high)
{
    if (minutes == NULL)
        return 0;
    if (minutes->value < low || minutes->value > high)
        rpc_add_fault(call, field, "must be %d to %d minutes, not %d", low, high, minutes->value);
    return minutes->value;
}

static void take_session_lengths(rpc_call *call, const wire_availability *a, availability_row *row)
{
    row->min_session = take_minutes(call, "availability.min_session_minutes", a->min_session_minutes, 5, 240);
    row->max_session = take_minutes(call, "availability.max_session_minutes", a->max_session_minutes, 10, 600);
    row->break_minutes = take_minutes(call, "availability.break_minutes", a->break_minutes, 1, 240);
    if (row->max_session > 0 && row->min_session > row->max_session)
        rpc_add_fault(call, "availability.min_session_minutes", "must be no more than max_session_minutes");
    if (a->break_minutes != NULL && a->max_session_minutes == NULL)
        rpc_add_fault(call, "availability.break_minutes",
                      "a break follows the longest session: set "
                      "max_session_minutes too");
}

static bool take_availability(rpc_call *call, const wire_availability *a, availability_row *row)
{
    plan_faults faults = plan_faults_to(call);

    if (a == NULL) {
        rpc_add_fault(call, "availability", "is required");
        return false;
    }
    plan_weekly_window *windows = ARENA_ARRAY(call->arena, plan_weekly_window, a->n_windows);
    plan_day_span *spans = ARENA_ARRAY(call->arena, plan_day_span, a->n_windows);
    for (size_t i = 0; i < a->n_windows; i++)
        windows[i] = (plan_weekly_window){(int32_t)a->windows[i]->day, a->windows[i]->start, a->windows[i]->end};
    *row = (availability_row){.time_zone = a->time_zone,
                              .daily_cap = a->daily_cap_minutes != NULL ? a->daily_cap_minutes->value : 0};
    take_session_lengths(call, a, row);
    plan_take_text(call, "availability.time_zone", a->time_zone, PLAN_ZONE_LENGTH, true);
    if (plan_windows_check("availability", windows, a->n_windows,
                           a->daily_cap_minutes != NULL ? &a->daily_cap_minutes->value : NULL, &faults, spans))
        split_spans(call, spans, a->n_windows, row);
    return rpc_fault_count(call) == 0;
}

status plan_set_availability(rpc_call *call, const Sical__Plan__V1__SetAvailabilityRequest *request,
                             wire_availability **reply)
{
    availability_row row;

    if (!take_availability(call, request->availability, &row))
        return PLAN_INVALID_INPUT;
    row_condition condition = plan_take_etag(call, request->availability->etag);
    status s = plan_store_set_availability(plan_database(call), &call->user, &condition, &row);
    if (s == PLAN_ANOTHER_VERSION)
        return plan_tell_another_version(call, "availability.etag");
    if (s == PLAN_UNKNOWN_ZONE) {
        rpc_add_fault(call, "availability.time_zone",
                      "is no time zone; an IANA name such as \"Europe/Berlin\" is needed");
        return PLAN_INVALID_INPUT;
    }
    if (s == STATUS_OK)
        *reply = to_availability(call, &row);
    return s;
}

/* ---- exceptions ---- */

static wire_exception *to_exception(rpc_call *call, const exception_row *row)
{
    wire_exception *e = ARENA_NEW(call->arena, wire_exception);

    sical__plan__v1__availability_exception__init(e);
    e->id = plan_wire_id(call, &row->id);
    e->date = arena_alloc(call->arena, CLOCK_DATE_SIZE);
    e->end_date = arena_alloc(call->arena, CLOCK_DATE_SIZE);
    clock_format_date(row->first_day, e->date);
    clock_format_date(row->last_day, e->end_date);
    if (row->start >= 0) {
        e->start = to_time(call, row->start);
        e->end = to_time(call, row->end);
    }
    e->note = (char *)row->note;
    return e;
}

static bool take_exception(rpc_call *call, const wire_exception *e, exception_row *row)
{
    plan_faults faults = plan_faults_to(call);

    if (e == NULL) {
        rpc_add_fault(call, "exception", "is required");
        return false;
    }
    *row = (exception_row){.note = e->note};
    plan_take_new_id(call, "exception.id", e->id, &row->id);
    plan_take_text(call, "exception.note", e->note, NOTE_LENGTH, false);
    plan_exception_check("exception", e->start, e->end, &faults, &row->start, &row->end);
    bool dated = plan_take_date(call, "exception.date", e->date, &row->first_day);
    row->last_day = row->first_day;
    if (e->end_date[0] != '\0' && plan_take_date(call, "exception.end_date", e->end_date, &row->last_day) && dated) {
        if (row->last_day < row->first_day)
            rpc_add_fault(call, "exception.end_date", "must not lie before date");
        else if (row->last_day - row->first_day >= EXCEPTION_DAYS)
            rpc_add_fault(call, "exception.end_date", "an exception has at most %d days", EXCEPTION_DAYS);
    }
    return rpc_fault_count(call) == 0;
}

status plan_create_exception(rpc_call *call, const Sical__Plan__V1__CreateExceptionRequest *request,
                             wire_exception **reply)
{
    exception_row row;

    if (!take_exception(call, request->exception, &row))
        return PLAN_INVALID_INPUT;
    status s = plan_store_add_exception(plan_database(call), &call->user, &row);
    if (s == STATUS_OK)
        *reply = to_exception(call, &row);
    return s;
}

static Sical__Plan__V1__ListExceptionsResponse *to_exceptions(rpc_call *call, const exception_row *rows, size_t count,
                                                              size_t page_size)
{
    Sical__Plan__V1__ListExceptionsResponse *r = ARENA_NEW(call->arena, Sical__Plan__V1__ListExceptionsResponse);

    sical__plan__v1__list_exceptions_response__init(r);
    r->n_exceptions = count > page_size ? page_size : count;
    r->exceptions = ARENA_ARRAY(call->arena, wire_exception *, r->n_exceptions);
    for (size_t i = 0; i < r->n_exceptions; i++)
        r->exceptions[i] = to_exception(call, &rows[i]);
    if (count > r->n_exceptions) {
        const exception_row *last = &rows[r->n_exceptions - 1];
        rpc_page_key key = {.number = last->first_day, .id = last->id};
        r->next_page_token = rpc_page_token_make(call->arena, LIST_OF_EXCEPTIONS, &key);
    }
    return r;
}

status plan_list_exceptions(rpc_call *call, const Sical__Plan__V1__ListExceptionsRequest *request,
                            Sical__Plan__V1__ListExceptionsResponse **reply)
{
    rpc_page page;
    const exception_row *rows;
    size_t count;

    if (!rpc_take_page(call, LIST_OF_EXCEPTIONS, request->page_size, request->page_token, &page))
        return PLAN_INVALID_INPUT;
    int64_t after_day = page.after.number;
    if (after_day > INT32_MAX / 2)
        after_day = 0; /* a token that was made up */
    status s = plan_store_list_exceptions(plan_database(call), &call->user, after_day, &page.after.id, page.size + 1,
                                          &rows, &count);
    if (s == STATUS_OK)
        *reply = to_exceptions(call, rows, count, (size_t)page.size);
    return s;
}

status plan_delete_exception(rpc_call *call, const Sical__Plan__V1__DeleteExceptionRequest *request,
                             Sical__Plan__V1__DeleteExceptionResponse **reply)
{
    uuid id;

    if (!plan_take_id(call, "id", request->id, &id))
        return PLAN_INVALID_INPUT;
    *reply = ARENA_NEW(call->arena, Sical__Plan__V1__DeleteExceptionResponse);
    sical__plan__v1__delete_exception_response__init(*reply);
    return plan_store_delete_exception(plan_database(call), &call->user, &id);
}

/* ---- for peers ---- */

status plan_batch_get_time_zones(rpc_call *call, const Sical__Plan__V1__BatchGetTimeZonesRequest *request,
                                 Sical__Plan__V1__BatchGetTimeZonesResponse **reply)
{
    const zone_row *rows;
    size_t count;

    if (request->n_user_ids > USERS_LIMIT) {
        rpc_add_fault(call, "user_ids", "at most %d", USERS_LIMIT);
        return PLAN_INVALID_INPUT;
    }
    uuid *users = ARENA_ARRAY(call->arena, uuid, request->n_user_ids);
    for (size_t i = 0; i < request->n_user_ids; i++)
        plan_take_id(call, arena_printf(call->arena, "user_ids[%zu]", i), request->user_ids[i], &users[i]);
    if (rpc_fault_count(call) > 0)
        return PLAN_INVALID_INPUT;
    status s = plan_store_list_zones(plan_database(call), users, request->n_user_ids, &rows, &count);
    if (s != STATUS_OK)
        return s;
    Sical__Plan__V1__BatchGetTimeZonesResponse *r = ARENA_NEW(call->arena, Sical__Plan__V1__BatchGetTimeZonesResponse);
    sical__plan__v1__batch_get_time_zones_response__init(r);
    r->n_time_zones = count;
    r->time_zones = ARENA_ARRAY(call->arena, Sical__Plan__V1__UserTimeZone *, count);
    for (size_t i = 0; i < count; i++) {
        r->time_zones[i] = ARENA_NEW(call->arena, Sical__Plan__V1__UserTimeZone);
        sical__plan__v1__user_time_zone__init(r->time_zones[i]);
        r->time_zones[i]->user_id = plan_wire_id(call, &rows[i].user_id);
        r->time_zones[i]->time_zone = (char *)rows[i].time_zone;
    }
    *reply = r;
    return STATUS_OK;
}
