#include "rpc_internal.h"

#include "clock.h"

typedef Sical__Plan__V1__Session wire_session;

static const int64_t year_us = 365 * 86400 * CLOCK_US_PER_S;

static bool take_range(rpc_call *call, const Sical__Plan__V1__ListSessionsRequest *request, session_range *range,
                       rpc_page *page)
{
    range->from_us = clock_wall_us();
    if (request->from != NULL)
        plan_take_time(call, "from", request->from, &range->from_us);
    range->to_us = range->from_us + year_us;
    if (request->to != NULL && plan_take_time(call, "to", request->to, &range->to_us) && range->to_us <= range->from_us)
        rpc_add_fault(call, "to", "must lie behind from");
    rpc_take_page(call, LIST_OF_SESSIONS, request->page_size, request->page_token, page);
    range->after_us = page->first ? range->from_us : page->after.number;
    range->after_id = page->after.id;
    if (range->after_us < range->from_us || range->after_us > range->to_us)
        range->after_us = range->from_us; /* a token of another range */
    return rpc_fault_count(call) == 0;
}

static Sical__Plan__V1__ListSessionsResponse *to_sessions(rpc_call *call, const session_row *rows, size_t count,
                                                          size_t page_size)
{
    Sical__Plan__V1__ListSessionsResponse *r = ARENA_NEW(call->arena, Sical__Plan__V1__ListSessionsResponse);

    sical__plan__v1__list_sessions_response__init(r);
    r->n_sessions = count > page_size ? page_size : count;
    r->sessions = ARENA_ARRAY(call->arena, wire_session *, r->n_sessions);
    for (size_t i = 0; i < r->n_sessions; i++)
        r->sessions[i] = plan_wire_session(call, &rows[i]);
    if (count > r->n_sessions) {
        const session_row *last = &rows[r->n_sessions - 1];
        rpc_page_key key = {.number = last->start_us, .id = last->id};
        r->next_page_token = rpc_page_token_make(call->arena, LIST_OF_SESSIONS, &key);
    }
    return r;
}

status plan_list_sessions(rpc_call *call, const Sical__Plan__V1__ListSessionsRequest *request,
                          Sical__Plan__V1__ListSessionsResponse **reply)
{
    session_range range;
    rpc_page page;
    const session_row *rows;
    size_t count;

    if (!take_range(call, request, &range, &page))
        return PLAN_INVALID_INPUT;
    status s = plan_store_list_sessions(plan_database(call), &call->user, &range, page.size + 1, &rows, &count);
    if (s == STATUS_OK)
        *reply = to_sessions(call, rows, count, (size_t)page.size);
    return s;
}

static status mark(rpc_call *call, const char *id_text, int32_t session_status, wire_session **reply)
{
    uuid id;
    session_row row;

    if (!plan_take_id(call, "id", id_text, &id))
        return PLAN_INVALID_INPUT;
    status s = plan_store_mark_session(plan_database(call), &call->user, &id, session_status, clock_wall_us(), &row);
    if (s == STATUS_OK)
        *reply = plan_wire_session(call, &row);
    return s;
}

status plan_complete_session(rpc_call *call, const Sical__Plan__V1__CompleteSessionRequest *request,
                             wire_session **reply)
{
    return mark(call, request->id, SESSION_COMPLETED, reply);
}

status plan_skip_session(rpc_call *call, const Sical__Plan__V1__SkipSessionRequest *request, wire_session **reply)
{
    return mark(call, request->id, SESSION_SKIPPED, reply);
}
