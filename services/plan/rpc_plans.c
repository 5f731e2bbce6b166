#include "rpc_internal.h"

#include "log.h"
#include "plan_changes.h"
#include "plan_report.h"

#include <string.h>

/* A plan that is told. */
typedef struct told_plan {
    new_plan plan; /* what is saved */
    session_row *sessions;
    size_t session_count;
    Sical__Plan__V1__Plan *wire; /* without its sessions */
} told_plan;

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

static void attach_sessions(rpc_call *call, Sical__Plan__V1__Plan *plan, const session_row *rows, size_t count)
{
    plan->n_sessions = count;
    plan->sessions = ARENA_ARRAY(call->arena, Sical__Plan__V1__Session *, count);
    for (size_t i = 0; i < count; i++)
        plan->sessions[i] = plan_wire_session(call, &rows[i]);
}

static status find(rpc_call *call, const uuid *id, Sical__Plan__V1__Plan **reply)
{
    plan_row row;
    const char *why = NULL;
    status s = plan_store_get_plan(plan_database(call), &call->user, id, &row);

    if (s != STATUS_OK)
        return s;
    *reply = (Sical__Plan__V1__Plan *)rpc_message_unpack(call->arena, &sical__plan__v1__plan__descriptor, row.report,
                                                         row.report_size, &why);
    if (*reply == NULL) {
        log_error("a saved plan cannot be read", log_text("why", why));
        return STATUS_INTERNAL;
    }
    attach_sessions(call, *reply, row.sessions, row.session_count);
    return STATUS_OK;
}

/* What was placed has another version now. */
static void set_versions(told_plan *d, int64_t version)
{
    size_t next = 0;

    for (size_t i = 0; i < d->session_count && next < d->plan.placed_count; i++)
        if (memcmp(&d->sessions[i].id, &d->plan.placed[next].id, sizeof(uuid)) == 0) {
            d->sessions[i].version = version;
            next++;
        }
}

static status save(rpc_call *call, told_plan *d, Sical__Plan__V1__Plan **reply)
{
    int64_t placed_version;

    d->plan.report = rpc_message_pack(call->arena, &d->wire->base, &d->plan.report_size);
    if (d->plan.report == NULL)
        return STATUS_RESOURCE_EXHAUSTED;
    status s = plan_store_save_plan(plan_database(call), &call->user, &d->plan, &placed_version);
    if (s == PLAN_OVERTAKEN || s == PLAN_ID_TAKEN) {
        /* The same id twice at once: the one that came first is the answer to both. */
        status known = find(call, &d->plan.id, reply);
        return known == PLAN_NO_PLAN ? s : known;
    }
    if (s != STATUS_OK)
        return s;
    set_versions(d, placed_version);
    attach_sessions(call, d->wire, d->sessions, d->session_count);
    *reply = d->wire;
    return STATUS_OK;
}

status plan_create_plan(rpc_call *call, const Sical__Plan__V1__CreatePlanRequest *request,
                        Sical__Plan__V1__Plan **reply)
{
    uuid id;
    told_plan d;

    if (!plan_take_new_id(call, "id", request->id, &id))
        return PLAN_INVALID_INPUT;
    if (request->id[0] != '\0') {
        status known = find(call, &id, reply);
        if (known != PLAN_NO_PLAN)
            return known;
    }
    status s = make(call, &id, &d);
    return s == STATUS_OK ? save(call, &d, reply) : s;
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
    attach_sessions(call, d.wire, d.sessions, d.session_count);
    *reply = d.wire;
    return STATUS_OK;
}

status plan_get_plan(rpc_call *call, const Sical__Plan__V1__GetPlanRequest *request, Sical__Plan__V1__Plan **reply)
{
    (void)request;
    return find(call, NULL, reply);
}

status plan_get_plan_changes(rpc_call *call, const Sical__Plan__V1__GetPlanChangesRequest *request,
                             Sical__Plan__V1__PlanChanges **reply)
{
    Sical__Plan__V1__Plan *plan;
    (void)request;

    status s = find(call, NULL, &plan);
    if (s != STATUS_OK)
        return s;
    *reply = plan->changes;
    if (plan->changes == NULL) {
        *reply = ARENA_NEW(call->arena, Sical__Plan__V1__PlanChanges);
        sical__plan__v1__plan_changes__init(*reply);
    }
    return STATUS_OK;
}
