#include "plan_report.h"

#include "clock.h"
#include "describe.h"

static const int64_t minute_us = 60 * CLOCK_US_PER_S;

named_topic plan_report_name(const plan_draft *d, int32_t topic)
{
    int32_t position;
    const planning_graph *g = &d->state.graphs[planning_graph_of(d->planning, topic, &position)];

    return (named_topic){&g->id, g->keys[position], g->titles[position]};
}

session_row plan_report_session(named_topic topic, int64_t start, int64_t end, int32_t kind)
{
    return (session_row){.id = uuid_make(),
                         .graph_id = *topic.graph_id,
                         .topic_key = topic.key,
                         .topic_title = topic.title,
                         .start_us = start * minute_us,
                         .end_us = end * minute_us,
                         .minutes = (int32_t)(end - start),
                         .status = SESSION_PLANNED,
                         .kind = kind};
}

Sical__Plan__V1__ReviewReserve *plan_report_reviews(rpc_call *call, const plan_draft *d)
{
    const planning *p = d->planning;
    Sical__Plan__V1__ReviewReserve *w = ARENA_NEW(call->arena, Sical__Plan__V1__ReviewReserve);

    sical__plan__v1__review_reserve__init(w);
    w->known = d->plan.mastery_known;
    w->session_count = (int32_t)p->reserve.session_count;
    w->review_minutes = plan_report_minutes(p->reserve.review_minutes);
    w->forecast_minutes_a_day = p->forecast_minutes_a_day;
    w->unplaced_minutes = plan_report_minutes(p->reserve.unplaced_minutes);
    w->exam_reviews = (int32_t)(p->review_count - p->told_review_count);
    w->exam_reviews_missed = (int32_t)p->exams_missed;
    w->lateness_without_minutes = plan_report_minutes(p->lateness_without);
    w->cause_lateness = p->lateness_without <= 0 && p->result.certificate.lateness > 0;
    return w;
}

static Sical__Plan__V1__GoalForecast *to_forecast(rpc_call *call, const goal_row *goal, const plan_forecast *f)
{
    Sical__Plan__V1__GoalForecast *w = ARENA_NEW(call->arena, Sical__Plan__V1__GoalForecast);

    sical__plan__v1__goal_forecast__init(w);
    w->goal_id = plan_wire_id(call, &goal->id);
    w->title = (char *)goal->title;
    w->due = plan_wire_time(call, goal->due_us);
    w->work_minutes = plan_report_minutes(f->work_minutes);
    w->usable_lateness_minutes = plan_report_minutes(f->usable_lateness);
    if (f->has_finish) {
        w->finish = plan_wire_time(call, f->finish * minute_us);
        w->calendar_lateness_minutes = plan_wire_int32(call, plan_report_minutes(f->calendar_lateness));
    }
    w->met = f->usable_lateness <= 0;
    return w;
}

Sical__Plan__V1__CriticalTopic *plan_report_topic(rpc_call *call, const plan_draft *d, int32_t topic)
{
    Sical__Plan__V1__CriticalTopic *w = ARENA_NEW(call->arena, Sical__Plan__V1__CriticalTopic);
    named_topic name = plan_report_name(d, topic);

    sical__plan__v1__critical_topic__init(w);
    w->graph_id = plan_wire_id(call, name.graph_id);
    w->topic_key = (char *)name.key;
    w->title = (char *)name.title;
    w->minutes = d->planning->input.minutes[topic];
    return w;
}

/* Of the certificate's time, what is held back for reviews. */
static int64_t reserved_minutes(const plan_draft *d)
{
    const plan_certificate *c = &d->planning->result.certificate;
    const plan_reserve *r = &d->planning->reserve;
    int64_t minutes = 0;

    for (size_t i = 0; i < r->reserved_count && c->topic_count > 0; i++) {
        int64_t start = r->reserved[i].start > c->release ? r->reserved[i].start : c->release;
        int64_t end = r->reserved[i].end < c->due ? r->reserved[i].end : c->due;
        minutes += end > start ? end - start : 0;
    }
    return minutes;
}

static char *certificate_text(rpc_call *call, plan_language language, const plan_draft *d, const int32_t *offsets)
{
    const plan_certificate *c = &d->planning->result.certificate;
    char release[PLAN_LOCAL_TIME_SIZE], due[PLAN_LOCAL_TIME_SIZE], text[PLAN_WORDS_SIZE];
    plan_words words = {.zone = d->plan.time_zone,
                        .due_passed = c->due <= d->plan.now,
                        .reserved_minutes = reserved_minutes(d)};

    if (c->topic_count > 0) {
        words.release = plan_format_local(language, c->release, offsets[0], release);
        words.due = plan_format_local(language, c->due, offsets[1], due);
    }
    return arena_strdup(call->arena, plan_describe(language, c, &words, text));
}

status plan_report_certificate(rpc_call *call, const plan_draft *d, Sical__Plan__V1__Certificate **wire)
{
    const plan_certificate *c = &d->planning->result.certificate;
    const int64_t instants[] = {c->release, c->due};
    Sical__Plan__V1__Certificate *w = ARENA_NEW(call->arena, Sical__Plan__V1__Certificate);
    const int32_t *offsets;
    status s = plan_draft_offsets(call, d, instants, c->topic_count > 0 ? 2 : 0, &offsets);

    if (s != STATUS_OK)
        return s;
    sical__plan__v1__certificate__init(w);
    w->lateness_minutes = plan_report_minutes(c->lateness);
    w->feasible = c->lateness <= 0;
    w->gap_minutes = plan_report_minutes(c->gap);
    w->reserved_minutes = plan_report_minutes(reserved_minutes(d));
    w->session_gap_minutes = plan_report_minutes(c->session_gap);
    w->work_minutes = plan_report_minutes(c->work_minutes);
    w->free_minutes = plan_report_minutes(c->free_minutes);
    w->text = certificate_text(call, PLAN_ENGLISH, d, offsets);
    w->text_zh = certificate_text(call, PLAN_CHINESE, d, offsets);
    w->n_topics = c->topic_count;
    w->topics = ARENA_ARRAY(call->arena, Sical__Plan__V1__CriticalTopic *, c->topic_count);
    for (size_t i = 0; i < c->topic_count; i++)
        w->topics[i] = plan_report_topic(call, d, c->topics[i]);
    if (c->topic_count > 0) {
        w->release = plan_wire_time(call, c->release * minute_us);
        w->due = plan_wire_time(call, c->due * minute_us);
    }
    *wire = w;
    return STATUS_OK;
}

static void add_unplaced(rpc_call *call, const plan_draft *d, Sical__Plan__V1__Plan *w)
{
    const plan_result *r = &d->planning->result;

    w->n_unplaced = r->unplaced_count;
    w->unplaced = ARENA_ARRAY(call->arena, Sical__Plan__V1__UnplacedTopic *, w->n_unplaced);
    for (size_t i = 0; i < w->n_unplaced; i++) {
        named_topic topic = plan_report_name(d, r->unplaced[i].topic);
        w->unplaced[i] = ARENA_NEW(call->arena, Sical__Plan__V1__UnplacedTopic);
        sical__plan__v1__unplaced_topic__init(w->unplaced[i]);
        w->unplaced[i]->graph_id = plan_wire_id(call, topic.graph_id);
        w->unplaced[i]->topic_key = (char *)topic.key;
        w->unplaced[i]->minutes = plan_report_minutes(r->unplaced[i].minutes);
    }
}

/* Pins that are in the way of their prerequisites, or outside of free hours. */
static void add_misplaced_pins(rpc_call *call, const plan_draft *d, Sical__Plan__V1__Plan *w)
{
    const planning *p = d->planning;

    w->misplaced_pins = ARENA_ARRAY(call->arena, char *, p->place_count);
    for (size_t i = 0; i < p->place_count; i++)
        if (p->places[i].fault != PLAN_PLACE_GOOD)
            w->misplaced_pins[w->n_misplaced_pins++] =
                plan_wire_id(call, &d->state.standing.sessions[p->pin_rows[i]].id);
}

status plan_report(rpc_call *call, const plan_draft *d, Sical__Plan__V1__Plan **wire)
{
    Sical__Plan__V1__Plan *w = ARENA_NEW(call->arena, Sical__Plan__V1__Plan);

    sical__plan__v1__plan__init(w);
    w->id = plan_wire_id(call, &d->plan.id);
    w->version = d->plan.version;
    w->create_time = plan_wire_time(call, d->plan.create_us);
    w->horizon = plan_wire_time(call, d->plan.horizon * minute_us);
    w->time_zone = (char *)d->plan.time_zone;
    w->work_minutes = plan_report_minutes(d->plan.work_minutes);
    w->mastery_known = d->plan.mastery_known;
    w->n_goals = d->state.goal_count;
    w->goals = ARENA_ARRAY(call->arena, Sical__Plan__V1__GoalForecast *, w->n_goals);
    for (size_t i = 0; i < w->n_goals; i++)
        w->goals[i] = to_forecast(call, &d->state.goals[i], &d->planning->result.forecasts[i]);
    w->reviews = plan_report_reviews(call, d);
    add_unplaced(call, d, w);
    add_misplaced_pins(call, d, w);
    *wire = w;
    return plan_report_certificate(call, d, &w->certificate);
}
