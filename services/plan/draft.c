#include "draft.h"

#include "clock.h"
#include "fiber.h"
#include "log.h"
#include "progress_client.h"

/* REVIEW_MINUTES: how long a review takes, as far as nobody knows better. */
enum { PROGRESS_TIMEOUT_MS = 1000, REVIEW_MINUTES = 5 };

/* What progress is asked, and its answers. */
typedef struct answers {
    progress_mastered_topics mastered;
    progress_reviews reviews;
} answers;

static status ask_progress(rpc_call *call, const plan_draft *d, answers *a)
{
    const int64_t minute_us = 60 * CLOCK_US_PER_S;
    const plan_service *p = call->service;
    size_t graph_count = d->state.graph_count;
    uuid *graphs = ARENA_ARRAY(call->arena, uuid, graph_count);

    *a = (answers){.reviews.minutes_a_review = REVIEW_MINUTES};
    if (p->progress == NULL)
        return STATUS_UNAVAILABLE;
    for (size_t i = 0; i < graph_count; i++)
        graphs[i] = d->state.graphs[i].id;
    uint64_t deadline = fiber_limit_ms(PROGRESS_TIMEOUT_MS);
    status s = STATUS_OK;
    if (graph_count > 0)
        s = progress_client_list_mastered(p->progress, &call->metadata, graphs, graph_count, &a->mastered);
    if (s == STATUS_OK)
        s = progress_client_list_reviews(p->progress, &call->metadata, d->state.horizon * minute_us, &a->reviews);
    fiber_set_deadline_ns(deadline);
    return s;
}

/* When progress does not answer: what was known when the newest plan was made. */
static status take_last_known(rpc_call *call, plan_draft *d, planning_progress *known)
{
    status s = plan_store_last_mastered(plan_database(call), &call->user, &known->mastered, &known->mastered_count);

    known->minutes_a_review = REVIEW_MINUTES;
    if (s == STATUS_OK)
        s = plan_store_last_reviews(plan_database(call), &call->user, &known->reviews, &known->review_count);
    d->reviews = known->reviews;
    return s;
}

static void take_answers(rpc_call *call, plan_draft *d, const answers *a, planning_progress *known)
{
    mastered_row *mastered = ARENA_ARRAY(call->arena, mastered_row, a->mastered.count);
    review_row *reviews = ARENA_ARRAY(call->arena, review_row, a->reviews.count);

    for (size_t i = 0; i < a->mastered.count; i++)
        mastered[i] = (mastered_row){a->mastered.topics[i].graph_id, a->mastered.topics[i].topic_key};
    for (size_t i = 0; i < a->reviews.count; i++) {
        const progress_review *r = &a->reviews.reviews[i];
        reviews[i] = (review_row){.graph_id = r->graph_id,
                                  .topic_key = r->topic_key,
                                  .due_us = r->due_us,
                                  .minutes = a->reviews.minutes_a_review,
                                  .last_us = r->last_review_us,
                                  .stability_days = r->stability_days};
    }
    d->reviews = reviews;
    *known = (planning_progress){mastered,         a->mastered.count,           reviews,
                                 a->reviews.count, a->reviews.minutes_a_review, a->reviews.decay};
}

static status find_progress(rpc_call *call, plan_draft *d, planning_progress *known)
{
    answers a;
    status s = ask_progress(call, d, &a);

    *known = (planning_progress){0};
    d->plan.mastery_known = s == STATUS_OK;
    if (s == STATUS_CANCELLED)
        return s;
    if (s == STATUS_OK) {
        take_answers(call, d, &a, known);
    } else {
        log_warn("progress did not answer: planning with the last known state", log_text("status", status_name(s)));
        s = take_last_known(call, d, known);
    }
    d->plan.mastered = known->mastered;
    d->plan.mastered_count = known->mastered_count;
    return s;
}

status plan_draft_make(rpc_call *call, const uuid *id, planning_aim aim, plan_draft *d)
{
    const int64_t minute_us = 60 * CLOCK_US_PER_S;
    planning_progress known;

    *d = (plan_draft){.plan = {.id = *id, .create_us = clock_wall_us()}};
    d->plan.now = (d->plan.create_us + minute_us - 1) / minute_us;
    status s = plan_store_read_planning(plan_database(call), &call->user, d->plan.now, &d->state);
    if (s != STATUS_OK)
        return s;
    d->plan.version = d->state.standing.version + 1;
    d->plan.calendar_version = d->state.standing.calendar_version;
    d->plan.horizon = d->state.horizon;
    d->plan.time_zone = d->state.time_zone;
    s = find_progress(call, d, &known);
    if (s != STATUS_OK)
        return s;
    d->planning = planning_create(&d->state, d->plan.now, &known);
    d->planning->aim = aim;
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
