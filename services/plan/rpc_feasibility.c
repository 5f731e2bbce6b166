/* Whether all goals can be met, and the repairs, in numbers and words. */
#include "rpc_internal.h"

#include "clock.h"
#include "describe.h"
#include "plan_report.h"

static const int64_t minute_us = 60 * CLOCK_US_PER_S;

static Sical__Plan__V1__NewDate *to_new_date(rpc_call *call, const plan_draft *d, const plan_new_date *date)
{
    const goal_row *goal = &d->state.goals[date->goal];
    Sical__Plan__V1__NewDate *w = ARENA_NEW(call->arena, Sical__Plan__V1__NewDate);

    sical__plan__v1__new_date__init(w);
    w->goal_id = plan_wire_id(call, &goal->id);
    w->title = (char *)goal->title;
    w->due = plan_wire_time(call, goal->due_us);
    if (date->has_date)
        w->new_due = plan_wire_time(call, date->due * minute_us);
    return w;
}

/* offsets: of the dates that are told, in their order. */
static char *repair_text(rpc_call *call, plan_language language, const plan_draft *d, const plan_repair *r,
                         const int32_t *offsets)
{
    const char *titles[PLAN_DATES_TOLD], *dates[PLAN_DATES_TOLD];
    char local[PLAN_DATES_TOLD][PLAN_LOCAL_TIME_SIZE], *text = arena_alloc(call->arena, PLAN_REPAIR_WORDS_SIZE);
    const plan_repair_words words = {.titles = titles, .dates = dates, .zone = d->plan.time_zone};

    for (size_t i = 0; i < r->date_count && i < PLAN_DATES_TOLD; i++) {
        titles[i] = d->state.goals[r->dates[i].goal].title;
        dates[i] = r->dates[i].has_date ? plan_format_local(language, r->dates[i].due, offsets[i], local[i]) : NULL;
    }
    return arena_strdup(call->arena, plan_describe_repair(language, r, &words, text));
}

static Sical__Plan__V1__Repair *to_repair(rpc_call *call, const plan_draft *d, const plan_repair *r,
                                          const int32_t *offsets)
{
    Sical__Plan__V1__Repair *w = ARENA_NEW(call->arena, Sical__Plan__V1__Repair);

    sical__plan__v1__repair__init(w);
    w->kind = (Sical__Plan__V1__Repair__Kind)(r->kind + 1);
    w->possible = r->possible;
    w->least = r->least;
    w->cost_minutes = plan_report_minutes(r->cost);
    w->extra_minutes_a_day = r->extra_minutes;
    w->retention_percent = r->retention_percent;
    w->n_dates = r->date_count;
    w->dates = ARENA_ARRAY(call->arena, Sical__Plan__V1__NewDate *, r->date_count);
    for (size_t i = 0; i < r->date_count; i++)
        w->dates[i] = to_new_date(call, d, &r->dates[i]);
    w->n_topics = r->topic_count;
    w->topics = ARENA_ARRAY(call->arena, Sical__Plan__V1__CriticalTopic *, r->topic_count);
    for (size_t i = 0; i < r->topic_count; i++)
        w->topics[i] = plan_report_topic(call, d, r->topics[i]);
    w->text = repair_text(call, PLAN_ENGLISH, d, r, offsets);
    w->text_zh = repair_text(call, PLAN_CHINESE, d, r, offsets);
    return w;
}

/* The zone is asked once, for the dates of all repairs: PLAN_DATES_TOLD of each. */
static status add_repairs(rpc_call *call, const plan_draft *d, Sical__Plan__V1__Feasibility *w)
{
    const plan_repairs *found = &d->planning->repairs;
    size_t count = found->count * PLAN_DATES_TOLD;
    int64_t *instants = ARENA_ARRAY(call->arena, int64_t, count);
    const int32_t *offsets;

    for (size_t i = 0; i < count; i++) {
        const plan_repair *r = &found->repairs[i / PLAN_DATES_TOLD];
        size_t k = i % PLAN_DATES_TOLD;
        instants[i] = k < r->date_count && r->dates[k].has_date ? r->dates[k].due : d->plan.now;
    }
    status s = plan_draft_offsets(call, d, instants, count, &offsets);
    if (s != STATUS_OK)
        return s;
    w->n_repairs = found->count;
    w->repairs = ARENA_ARRAY(call->arena, Sical__Plan__V1__Repair *, found->count);
    for (size_t i = 0; i < found->count; i++)
        w->repairs[i] = to_repair(call, d, &found->repairs[i], offsets + i * PLAN_DATES_TOLD);
    w->complete = found->complete;
    return STATUS_OK;
}

static status report(rpc_call *call, const plan_draft *d, Sical__Plan__V1__Feasibility **reply)
{
    Sical__Plan__V1__Feasibility *w = ARENA_NEW(call->arena, Sical__Plan__V1__Feasibility);

    sical__plan__v1__feasibility__init(w);
    w->mastery_known = d->plan.mastery_known;
    w->reviews = plan_report_reviews(call, d);
    *reply = w;
    status s = plan_report_certificate(call, d, &w->certificate);
    return s == STATUS_OK ? add_repairs(call, d, w) : s;
}

status plan_get_feasibility(rpc_call *call, const Sical__Plan__V1__GetFeasibilityRequest *request,
                            Sical__Plan__V1__Feasibility **reply)
{
    uuid id = uuid_make();
    plan_draft d;
    (void)request;

    status s = plan_draft_make(call, &id, PLANNING_REPAIRS, &d);
    if (s != STATUS_OK)
        return s;
    s = report(call, &d, reply);
    plan_draft_finish(&d);
    return s;
}
