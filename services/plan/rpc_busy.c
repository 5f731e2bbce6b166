#include "rpc_internal.h"

#include "store_calendar.h"

typedef Sical__Plan__V1__BusyTime wire_busy;

enum { NOTE_LENGTH = 500, BUSY_DAYS = 366 };

#define BUSY_US (INT64_C(86400) * 1000000 * BUSY_DAYS)

static wire_busy *to_busy(rpc_call *call, const busy_row *row)
{
    wire_busy *b = ARENA_NEW(call->arena, wire_busy);

    sical__plan__v1__busy_time__init(b);
    b->id = plan_wire_id(call, &row->id);
    b->start_time = plan_wire_time(call, row->start_us);
    b->end_time = plan_wire_time(call, row->end_us);
    b->note = (char *)row->note;
    b->calendar = (char *)row->calendar;
    return b;
}

static bool take_busy(rpc_call *call, const wire_busy *b, busy_row *row)
{
    if (b == NULL) {
        rpc_add_fault(call, "busy_time", "is required");
        return false;
    }
    *row = (busy_row){.note = b->note, .calendar = ""};
    plan_take_new_id(call, "busy_time.id", b->id, &row->id);
    plan_take_text(call, "busy_time.note", b->note, NOTE_LENGTH, false);
    bool started = plan_take_time(call, "busy_time.start_time", b->start_time, &row->start_us);
    if (plan_take_time(call, "busy_time.end_time", b->end_time, &row->end_us) && started) {
        if (row->end_us <= row->start_us)
            rpc_add_fault(call, "busy_time.end_time", "must lie after start_time");
        else if (row->end_us - row->start_us > BUSY_US)
            rpc_add_fault(call, "busy_time.end_time", "a busy time has at most %d days", BUSY_DAYS);
    }
    return rpc_fault_count(call) == 0;
}

status plan_create_busy_time(rpc_call *call, const Sical__Plan__V1__CreateBusyTimeRequest *request, wire_busy **reply)
{
    busy_row row;

    if (!take_busy(call, request->busy_time, &row))
        return PLAN_INVALID_INPUT;
    status s = plan_store_add_busy(plan_database(call), &call->user, &row);
    if (s == STATUS_OK)
        *reply = to_busy(call, &row);
    return s;
}

static Sical__Plan__V1__ListBusyTimesResponse *to_list(rpc_call *call, const busy_row *rows, size_t count,
                                                       size_t page_size)
{
    Sical__Plan__V1__ListBusyTimesResponse *r = ARENA_NEW(call->arena, Sical__Plan__V1__ListBusyTimesResponse);

    sical__plan__v1__list_busy_times_response__init(r);
    r->n_busy_times = count > page_size ? page_size : count;
    r->busy_times = ARENA_ARRAY(call->arena, wire_busy *, r->n_busy_times);
    for (size_t i = 0; i < r->n_busy_times; i++)
        r->busy_times[i] = to_busy(call, &rows[i]);
    if (count > r->n_busy_times) {
        const busy_row *last = &rows[r->n_busy_times - 1];
        rpc_page_key key = {.number = last->start_us, .id = last->id};
        r->next_page_token = rpc_page_token_make(call->arena, LIST_OF_BUSY_TIMES, &key);
    }
    return r;
}

status plan_list_busy_times(rpc_call *call, const Sical__Plan__V1__ListBusyTimesRequest *request,
                            Sical__Plan__V1__ListBusyTimesResponse **reply)
{
    rpc_page page;
    const busy_row *rows;
    size_t count;

    if (!rpc_take_page(call, LIST_OF_BUSY_TIMES, request->page_size, request->page_token, &page))
        return PLAN_INVALID_INPUT;
    status s = plan_store_list_busy(plan_database(call), &call->user, page.after.number, &page.after.id, page.size + 1,
                                    &rows, &count);
    if (s == STATUS_OK)
        *reply = to_list(call, rows, count, (size_t)page.size);
    return s;
}

status plan_delete_busy_time(rpc_call *call, const Sical__Plan__V1__DeleteBusyTimeRequest *request,
                             Sical__Plan__V1__DeleteBusyTimeResponse **reply)
{
    uuid id;

    if (!plan_take_id(call, "id", request->id, &id))
        return PLAN_INVALID_INPUT;
    *reply = ARENA_NEW(call->arena, Sical__Plan__V1__DeleteBusyTimeResponse);
    sical__plan__v1__delete_busy_time_response__init(*reply);
    return plan_store_delete_busy(plan_database(call), &call->user, &id);
}
