#include "rpc_internal.h"

#include "clock.h"
#include "fiber.h"
#include "log.h"
#include "plan_report.h"
#include "progress_client.h"

enum { PROGRESS_TIMEOUT_MS = 1000 };

/* A plan in the making. */
typedef struct draft {
    new_plan plan; /* what is saved */
    Sical__Plan__V1__Plan *wire;
} draft;

static status ask_progress(rpc_call *call, const planning_state *state, progress_mastered_topics *topics)
{
    const plan_service *p = call->service;
    uuid *graphs = ARENA_ARRAY(call->arena, uuid, state->graph_count);

    *topics = (progress_mastered_topics){0};
    if (state->graph_count == 0)
        return STATUS_OK;
    if (p->progress == NULL)
        return STATUS_UNAVAILABLE;
    for (size_t i = 0; i < state->graph_count; i++)
        graphs[i] = state->graphs[i].id;
    uint64_t deadline = fiber_limit_ms(PROGRESS_TIMEOUT_MS);
    status s = progress_client_list_mastered(p->progress, &call->metadata, graphs, state->graph_count, topics);
    fiber_set_deadline_ns(deadline);
    return s;
}

/* What is mastered by now; when progress does not answer, what was known when the newest plan was made. */
static status find_mastered(rpc_call *call, const planning_state *state, new_plan *plan)
{
    progress_mastered_topics topics;
    status s = ask_progress(call, state, &topics);

    plan->mastery_known = s == STATUS_OK;
    if (s == STATUS_CANCELLED)
        return s;
    if (s != STATUS_OK) {
        log_warn("progress did not answer: planning with the last known state", log_text("status", status_name(s)));
        return plan_store_last_mastered(plan_database(call), &call->user, &plan->mastered, &plan->mastered_count);
    }
    mastered_row *rows = ARENA_ARRAY(call->arena, mastered_row, topics.count);
    for (size_t i = 0; i < topics.count; i++)
        rows[i] = (mastered_row){topics.topics[i].graph_id, topics.topics[i].topic_key};
    plan->mastered = rows;
    plan->mastered_count = topics.count;
    return STATUS_OK;
}

static status report(rpc_call *call, const planning_state *state, const planning *p, draft *d)
{
    plan_zone_offsets offsets = {0};
    const plan_certificate *c = &p->result.certificate;

    if (c->topic_count > 0) {
        const int64_t instants[] = {c->release, c->due};
        int32_t values[2] = {0};
        status s = plan_store_offsets(plan_database(call), state->time_zone, instants, 2, values);
        if (s != STATUS_OK)
            return s;
        offsets = (plan_zone_offsets){values[0], values[1]};
    }
    d->plan.work_minutes = p->result.work_minutes;
    d->plan.lateness_minutes = c->lateness;
    d->wire = plan_report(call, state, p, &d->plan, &offsets);
    d->plan.sessions = plan_report_sessions(call, state, p, &d->plan.session_count);
    return STATUS_OK;
}

/* Reads, asks, plans, reports; saves nothing. */
static status make(rpc_call *call, const uuid *id, draft *d)
{
    const int64_t minute_us = 60 * CLOCK_US_PER_S;
    planning_state state;

    d->plan = (new_plan){.id = *id, .create_us = clock_wall_us()};
    d->plan.now = (d->plan.create_us + minute_us - 1) / minute_us;
    status s = plan_store_read_planning(plan_database(call), &call->user, d->plan.now, &state);
    if (s != STATUS_OK)
        return s;
    d->plan.version = state.version + 1;
    d->plan.horizon = state.horizon;
    d->plan.time_zone = state.time_zone;
    s = find_mastered(call, &state, &d->plan);
    if (s != STATUS_OK)
        return s;
    planning *p = planning_create(&state, d->plan.now, d->plan.mastered, d->plan.mastered_count);
    s = planning_run(&p);
    if (s != STATUS_OK)
        return s;
    s = report(call, &state, p, d);
    planning_destroy(p);
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

static status save(rpc_call *call, draft *d, Sical__Plan__V1__Plan **reply)
{
    d->plan.report = rpc_message_pack(call->arena, &d->wire->base, &d->plan.report_size);
    if (d->plan.report == NULL)
        return STATUS_RESOURCE_EXHAUSTED;
    status s = plan_store_save_plan(plan_database(call), &call->user, &d->plan);
    if (s == PLAN_OVERTAKEN || s == PLAN_ID_TAKEN) {
        /* The same id twice at once: the one that came first is the answer to both. */
        status known = find(call, &d->plan.id, reply);
        return known == PLAN_NO_PLAN ? s : known;
    }
    if (s != STATUS_OK)
        return s;
    attach_sessions(call, d->wire, d->plan.sessions, d->plan.session_count);
    *reply = d->wire;
    return STATUS_OK;
}

status plan_create_plan(rpc_call *call, const Sical__Plan__V1__CreatePlanRequest *request,
                        Sical__Plan__V1__Plan **reply)
{
    uuid id;
    draft d;

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
    draft d;
    (void)request;

    status s = make(call, &id, &d);
    if (s != STATUS_OK)
        return s;
    attach_sessions(call, d.wire, d.plan.sessions, d.plan.session_count);
    *reply = d.wire;
    return STATUS_OK;
}

status plan_get_plan(rpc_call *call, const Sical__Plan__V1__GetPlanRequest *request, Sical__Plan__V1__Plan **reply)
{
    (void)request;
    return find(call, NULL, reply);
}
