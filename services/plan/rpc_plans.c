#include "rpc_internal.h"

#include "plan_changes.h"
#include "plan_history.h"
#include "plan_report.h"

/* Reads, asks, plans, reports; saves nothing. */
static status make(rpc_call *call, const uuid *id, told_plan *told)
{
    plan_draft d;
    status s = plan_draft_make(call, id, PLANNING_A_PLAN, &d);

    if (s != STATUS_OK)
        return s;
    s = plan_report(call, &d, &told->wire);
    if (s == STATUS_OK) {
        plan_changes changes = plan_changes_of(call, &d);
        told->wire->changes =
            plan_changes_wire(call, &changes, d.state.standing.version > 0 ? &d.state.standing.id : NULL);
        told->plan = d.plan;
        plan_changes_save(call, &changes, &told->plan);
        told->sessions = plan_changes_sessions(call, &changes, &told->session_count);
    }
    plan_draft_finish(&d);
    return s;
}

status plan_create_plan(rpc_call *call, const Sical__Plan__V1__CreatePlanRequest *request,
                        Sical__Plan__V1__Plan **reply)
{
    uuid id;
    told_plan d;

    if (!plan_take_new_id(call, "id", request->id, &id))
        return PLAN_INVALID_INPUT;
    if (request->id[0] != '\0') {
        status known = plan_find(call, &id, reply);
        if (known != PLAN_NO_PLAN)
            return known;
    }
    status s = make(call, &id, &d);
    return s == STATUS_OK ? plan_save(call, &d, reply) : s;
}

status plan_preview_plan(rpc_call *call, const Sical__Plan__V1__PreviewPlanRequest *request,
                         Sical__Plan__V1__Plan **reply)
{
    uuid id = uuid_make();
    told_plan d;
    (void)request;

    status s = make(call, &id, &d);
    if (s != STATUS_OK)
        return s;
    plan_attach_sessions(call, d.wire, d.sessions, d.session_count);
    *reply = d.wire;
    return STATUS_OK;
}
