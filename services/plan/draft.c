#include "draft.h"

#include "clock.h"
#include "fiber.h"
#include "log.h"
#include "progress_client.h"

enum { PROGRESS_TIMEOUT_MS = 1000 };

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

status plan_draft_make(rpc_call *call, const uuid *id, bool with_repairs, plan_draft *d)
{
    const int64_t minute_us = 60 * CLOCK_US_PER_S;

    *d = (plan_draft){.plan = {.id = *id, .create_us = clock_wall_us()}};
    d->plan.now = (d->plan.create_us + minute_us - 1) / minute_us;
    status s = plan_store_read_planning(plan_database(call), &call->user, d->plan.now, &d->state);
    if (s != STATUS_OK)
        return s;
    d->plan.version = d->state.version + 1;
    d->plan.horizon = d->state.horizon;
    d->plan.time_zone = d->state.time_zone;
    s = find_mastered(call, &d->state, &d->plan);
    if (s != STATUS_OK)
        return s;
    d->planning = planning_create(&d->state, d->plan.now, d->plan.mastered, d->plan.mastered_count);
    d->planning->with_repairs = with_repairs;
    s = planning_run(&d->planning);
    if (s != STATUS_OK)
        return s;
    d->plan.work_minutes = d->planning->result.work_minutes;
    d->plan.lateness_minutes = d->planning->result.certificate.lateness;
    return STATUS_OK;
}

void plan_draft_finish(plan_draft *d)
{
    planning_destroy(d->planning);
    d->planning = NULL;
}

status plan_draft_offsets(rpc_call *call, const plan_draft *d, const int64_t *instants, size_t count,
                          const int32_t **offsets)
{
    int32_t *values = ARENA_ARRAY(call->arena, int32_t, count);

    *offsets = values;
    return count > 0 ? plan_store_offsets(plan_database(call), d->state.time_zone, instants, count, values) : STATUS_OK;
}
