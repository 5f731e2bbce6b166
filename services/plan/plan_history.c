#include "plan_history.h"

#include "log.h"

#include <string.h>

static status read_report(rpc_call *call, const plan_row *row, Sical__Plan__V1__Plan **plan)
{
    const char *why = NULL;

    *plan = (Sical__Plan__V1__Plan *)rpc_message_unpack(call->arena, &sical__plan__v1__plan__descriptor, row->report,
                                                        row->report_size, &why);
    if (*plan == NULL) {
        log_error("a saved plan cannot be read", log_text("why", why));
        return STATUS_INTERNAL;
    }
    return STATUS_OK;
}

void plan_attach_sessions(rpc_call *call, Sical__Plan__V1__Plan *plan, const session_row *rows, size_t count)
{
    plan->n_sessions = count;
    plan->sessions = ARENA_ARRAY(call->arena, Sical__Plan__V1__Session *, count);
    for (size_t i = 0; i < count; i++)
        plan->sessions[i] = plan_wire_session(call, &rows[i]);
}

status plan_find(rpc_call *call, const uuid *id, Sical__Plan__V1__Plan **plan)
{
    plan_row row;
    status s = plan_store_get_plan(plan_database(call), &call->user, id, &row);

    if (s == STATUS_OK)
        s = read_report(call, &row, plan);
    if (s == STATUS_OK)
        plan_attach_sessions(call, *plan, row.sessions, row.session_count);
    return s;
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

status plan_save(rpc_call *call, told_plan *d, Sical__Plan__V1__Plan **reply)
{
    int64_t placed_version;

    d->plan.report = rpc_message_pack(call->arena, &d->wire->base, &d->plan.report_size);
    if (d->plan.report == NULL)
        return STATUS_RESOURCE_EXHAUSTED;
    status s = plan_store_save_plan(plan_database(call), &call->user, &d->plan, &placed_version);
    if (s == PLAN_OVERTAKEN || s == PLAN_ID_TAKEN) {
        /* The same id twice at once: the one that came first is the answer to both. */
        status known = plan_find(call, &d->plan.id, reply);
        return known == PLAN_NO_PLAN ? s : known;
    }
    if (s != STATUS_OK)
        return s;
    set_versions(d, placed_version);
    plan_attach_sessions(call, d->wire, d->sessions, d->session_count);
    *reply = d->wire;
    return STATUS_OK;
}
