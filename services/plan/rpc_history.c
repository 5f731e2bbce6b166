#include "plan_history.h"

status plan_get_plan(rpc_call *call, const Sical__Plan__V1__GetPlanRequest *request, Sical__Plan__V1__Plan **reply)
{
    (void)request;
    return plan_find(call, NULL, reply);
}

status plan_get_past_plan(rpc_call *call, const Sical__Plan__V1__GetPastPlanRequest *request,
                          Sical__Plan__V1__Plan **reply)
{
    uuid id;

    return plan_take_id(call, "id", request->id, &id) ? plan_find(call, &id, reply) : PLAN_INVALID_INPUT;
}

status plan_get_plan_changes(rpc_call *call, const Sical__Plan__V1__GetPlanChangesRequest *request,
                             Sical__Plan__V1__PlanChanges **reply)
{
    Sical__Plan__V1__Plan *plan;
    (void)request;

    status s = plan_find(call, NULL, &plan);
    if (s != STATUS_OK)
        return s;
    *reply = plan->changes;
    if (plan->changes == NULL) {
        *reply = ARENA_NEW(call->arena, Sical__Plan__V1__PlanChanges);
        sical__plan__v1__plan_changes__init(*reply);
    }
    return STATUS_OK;
}

static Sical__Plan__V1__PlanSummary *to_summary(rpc_call *call, const plan_summary_row *row)
{
    Sical__Plan__V1__PlanSummary *w = ARENA_NEW(call->arena, Sical__Plan__V1__PlanSummary);

    sical__plan__v1__plan_summary__init(w);
    w->id = plan_wire_id(call, &row->id);
    w->version = row->version;
    w->create_time = plan_wire_time(call, row->create_us);
    w->work_minutes = row->work_minutes;
    w->lateness_minutes = row->lateness_minutes;
    w->kept = row->counts.kept;
    w->moved = row->counts.moved;
    w->shortened = row->counts.shortened;
    w->added = row->counts.added;
    w->removed = row->counts.removed;
    return w;
}

status plan_list_plans(rpc_call *call, const Sical__Plan__V1__ListPlansRequest *request,
                       Sical__Plan__V1__ListPlansResponse **reply)
{
    rpc_page page;
    const plan_summary_row *rows;
    size_t count;

    if (!rpc_take_page(call, LIST_OF_PLANS, request->page_size, request->page_token, &page))
        return PLAN_INVALID_INPUT;
    int64_t before = page.first || page.after.number > INT32_MAX ? INT32_MAX : page.after.number;
    status s = plan_store_list_plans(plan_database(call), &call->user, (int32_t)before, page.size + 1, &rows, &count);
    if (s != STATUS_OK)
        return s;
    Sical__Plan__V1__ListPlansResponse *r = ARENA_NEW(call->arena, Sical__Plan__V1__ListPlansResponse);
    sical__plan__v1__list_plans_response__init(r);
    r->n_plans = count > (size_t)page.size ? (size_t)page.size : count;
    r->plans = ARENA_ARRAY(call->arena, Sical__Plan__V1__PlanSummary *, r->n_plans);
    for (size_t i = 0; i < r->n_plans; i++)
        r->plans[i] = to_summary(call, &rows[i]);
    if (count > r->n_plans)
        r->next_page_token =
            rpc_page_token_make(call->arena, LIST_OF_PLANS, &(rpc_page_key){.number = rows[r->n_plans - 1].version});
    *reply = r;
    return STATUS_OK;
}
