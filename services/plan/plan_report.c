#include "plan_report.h"

#include "clock.h"
#include "describe.h"

static const int64_t minute_us = 60 * CLOCK_US_PER_S;

static int32_t narrow(int64_t minutes)
{
    if (minutes > INT32_MAX)
        return INT32_MAX;
    return minutes < INT32_MIN ? INT32_MIN : (int32_t)minutes;
}

/* A topic of the planner, as the world knows it. */
typedef struct named_topic {
    const uuid *graph_id;
    const char *key, *title;
} named_topic;

static named_topic name_topic(const planning_state *state, const planning *p, int32_t topic)
{
    int32_t position;
    const planning_graph *g = &state->graphs[planning_graph_of(p, topic, &position)];

    return (named_topic){&g->id, g->keys[position], g->titles[position]};
}

const session_row *plan_report_sessions(rpc_call *call, const planning_state *state, const planning *p, size_t *count)
{
    session_row *rows = ARENA_ARRAY(call->arena, session_row, p->result.session_count);

    *count = p->result.session_count;
    for (size_t i = 0; i < *count; i++) {
        const plan_session *s = &p->result.sessions[i];
        named_topic topic = name_topic(state, p, s->topic);
        rows[i] = (session_row){.id = uuid_make(),
                                .graph_id = *topic.graph_id,
                                .topic_key = topic.key,
                                .topic_title = topic.title,
                                .start_us = s->start * minute_us,
                                .end_us = s->end * minute_us,
                                .minutes = (int32_t)(s->end - s->start),
                                .status = SESSION_PLANNED};
    }
    return rows;
}

static Sical__Plan__V1__GoalForecast *to_forecast(rpc_call *call, const goal_row *goal, const plan_forecast *f)
{
    Sical__Plan__V1__GoalForecast *w = ARENA_NEW(call->arena, Sical__Plan__V1__GoalForecast);

    sical__plan__v1__goal_forecast__init(w);
    w->goal_id = plan_wire_id(call, &goal->id);
    w->title = (char *)goal->title;
    w->due = plan_wire_time(call, goal->due_us);
    w->work_minutes = narrow(f->work_minutes);
    w->usable_lateness_minutes = narrow(f->usable_lateness);
    if (f->has_finish) {
        w->finish = plan_wire_time(call, f->finish * minute_us);
        w->calendar_lateness_minutes = plan_wire_int32(call, narrow(f->calendar_lateness));
    }
    w->met = f->usable_lateness <= 0;
    return w;
}

static char *certificate_text(rpc_call *call, const plan_certificate *c, const new_plan *plan,
                              const plan_zone_offsets *offsets)
{
    char release[PLAN_LOCAL_TIME_SIZE], due[PLAN_LOCAL_TIME_SIZE], words[PLAN_WORDS_SIZE];
    const plan_words say = {.release = plan_format_local(c->release, offsets->release, release),
                            .due = plan_format_local(c->due, offsets->due, due),
                            .zone = plan->time_zone,
                            .due_passed = c->due <= plan->now};

    return arena_strdup(call->arena, plan_describe(c, &say, words));
}

static Sical__Plan__V1__Certificate *to_certificate(rpc_call *call, const planning_state *state, const planning *p,
                                                    const new_plan *plan, const plan_zone_offsets *offsets)
{
    const plan_certificate *c = &p->result.certificate;
    Sical__Plan__V1__Certificate *w = ARENA_NEW(call->arena, Sical__Plan__V1__Certificate);

    sical__plan__v1__certificate__init(w);
    w->lateness_minutes = narrow(c->lateness);
    w->feasible = c->lateness <= 0;
    w->gap_minutes = narrow(c->gap);
    w->work_minutes = narrow(c->work_minutes);
    w->free_minutes = narrow(c->free_minutes);
    w->text = certificate_text(call, c, plan, offsets);
    w->n_topics = c->topic_count;
    w->topics = ARENA_ARRAY(call->arena, Sical__Plan__V1__CriticalTopic *, c->topic_count);
    for (size_t i = 0; i < c->topic_count; i++) {
        named_topic topic = name_topic(state, p, c->topics[i]);
        w->topics[i] = ARENA_NEW(call->arena, Sical__Plan__V1__CriticalTopic);
        sical__plan__v1__critical_topic__init(w->topics[i]);
        w->topics[i]->graph_id = plan_wire_id(call, topic.graph_id);
        w->topics[i]->topic_key = (char *)topic.key;
        w->topics[i]->title = (char *)topic.title;
        w->topics[i]->minutes = p->input.minutes[c->topics[i]];
    }
    if (c->topic_count > 0) {
        w->release = plan_wire_time(call, c->release * minute_us);
        w->due = plan_wire_time(call, c->due * minute_us);
    }
    return w;
}

static void add_unplaced(rpc_call *call, const planning_state *state, const planning *p, Sical__Plan__V1__Plan *w)
{
    w->n_unplaced = p->result.unplaced_count;
    w->unplaced = ARENA_ARRAY(call->arena, Sical__Plan__V1__UnplacedTopic *, w->n_unplaced);
    for (size_t i = 0; i < w->n_unplaced; i++) {
        const plan_unplaced *u = &p->result.unplaced[i];
        named_topic topic = name_topic(state, p, u->topic);
        w->unplaced[i] = ARENA_NEW(call->arena, Sical__Plan__V1__UnplacedTopic);
        sical__plan__v1__unplaced_topic__init(w->unplaced[i]);
        w->unplaced[i]->graph_id = plan_wire_id(call, topic.graph_id);
        w->unplaced[i]->topic_key = (char *)topic.key;
        w->unplaced[i]->minutes = narrow(u->minutes);
    }
}

Sical__Plan__V1__Plan *plan_report(rpc_call *call, const planning_state *state, const planning *p, const new_plan *plan,
                                   const plan_zone_offsets *offsets)
{
    Sical__Plan__V1__Plan *w = ARENA_NEW(call->arena, Sical__Plan__V1__Plan);

    sical__plan__v1__plan__init(w);
    w->id = plan_wire_id(call, &plan->id);
    w->version = plan->version;
    w->create_time = plan_wire_time(call, plan->create_us);
    w->horizon = plan_wire_time(call, plan->horizon * minute_us);
    w->time_zone = (char *)plan->time_zone;
    w->work_minutes = narrow(p->result.work_minutes);
    w->mastery_known = plan->mastery_known;
    w->n_goals = state->goal_count;
    w->goals = ARENA_ARRAY(call->arena, Sical__Plan__V1__GoalForecast *, state->goal_count);
    for (size_t i = 0; i < state->goal_count; i++)
        w->goals[i] = to_forecast(call, &state->goals[i], &p->result.forecasts[i]);
    w->certificate = to_certificate(call, state, p, plan, offsets);
    add_unplaced(call, state, p, w);
    return w;
}
