/* What the thread pool does with a planning. */
#include "planning.h"

#include "fiber.h"
#include "memory.h"
#include "outlook.h"

#include <string.h>

enum { PLANNING_DAY_MINUTES = 1440 };

/* From now to the last date, or to the end of the windows. */
static int64_t days_ahead(const planning *p)
{
    const plan_calendar *c = &p->input.calendar;
    int64_t last = c->now, known = c->window_count > 0 ? c->windows[c->window_count - 1].end : c->now;

    for (size_t g = 0; g < p->input.goal_count; g++)
        if (p->goals[g].due > last)
            last = p->goals[g].due;
    return ((last < known ? last : known) - c->now + PLANNING_DAY_MINUTES - 1) / PLANNING_DAY_MINUTES;
}

/* The plan that was made without reviews says how many topics will be learned; with them it is made anew. */
static void reserve_reviews(planning *p)
{
    plan_calendar *c = &p->input.calendar;

    p->lateness_without = p->result.certificate.lateness;
    p->forecast_minutes_a_day = plan_review_forecast(p->result.topic_count, days_ahead(p), p->minutes_a_review);
    if (p->review_count == 0 && p->forecast_minutes_a_day == 0)
        return;
    plan_reserve_init(&p->reserve, c, p->reviews, p->review_count, p->forecast_minutes_a_day);
    p->exams_missed = planning_count_missed_exams(p);
    c->reserved = p->reserve.reserved;
    c->reserved_count = p->reserve.reserved_count;
    plan_result_finish(&p->result);
    plan_make(&p->input, &p->result);
}

/* The topics that goals of an age need, NULL when there are no such goals. */
static bool *mark_needed(const planning *p, planning_age age)
{
    plan_input input = p->input;
    plan_goal *goals = PLAN_ARRAY(plan_goal, input.goal_count);
    bool *needed = NULL;
    size_t count = 0;

    for (size_t g = 0; g < input.goal_count; g++)
        if (p->ages[g] == age)
            goals[count++] = p->goals[g];
    input.goals = goals;
    input.goal_count = count;
    if (count > 0) {
        needed = PLAN_ARRAY(bool, (size_t)input.topic_count);
        plan_mark_needed(&input, needed);
    }
    free(goals);
    return needed;
}

static void take_sessions(plan_result *r, plan_session **sessions, size_t session_count, plan_unplaced **unplaced,
                          size_t unplaced_count)
{
    free(r->sessions);
    free(r->unplaced);
    r->sessions = *sessions;
    r->session_count = session_count;
    r->unplaced = *unplaced;
    r->unplaced_count = unplaced_count;
    *sessions = NULL;
    *unplaced = NULL;
}

/* What of the stretches a lies in none of b; both by start and apart. out: room for both counts. */
static size_t subtract(const plan_reserved *a, size_t a_count, const plan_reserved *b, size_t b_count,
                       plan_reserved *out)
{
    size_t count = 0, next = 0;

    for (size_t i = 0; i < a_count; i++) {
        int64_t at = a[i].start;
        while (next < b_count && b[next].end <= at)
            next++;
        for (size_t k = next; k < b_count && b[k].start < a[i].end; k++) {
            if (b[k].start > at)
                out[count++] = (plan_reserved){at, b[k].start};
            at = b[k].end > at ? b[k].end : at;
        }
        if (at < a[i].end)
            out[count++] = (plan_reserved){at, a[i].end};
    }
    return count;
}

/* Reviews take the time of old lessons, but what is held back for reviews to come does not. To be freed. */
static plan_reserved *spare_old(const planning *p, size_t *count)
{
    const plan_reserve *r = &p->reserve;
    plan_reserved *reviews = PLAN_ARRAY(plan_reserved, r->session_count);
    plan_reserved *old = PLAN_ARRAY(plan_reserved, p->old_count);
    plan_reserved *spared = PLAN_ARRAY(plan_reserved, p->old_count + r->session_count);
    plan_reserved *out = PLAN_ARRAY(plan_reserved, r->reserved_count + p->old_count + r->session_count);

    for (size_t i = 0; i < r->session_count; i++)
        reviews[i] = (plan_reserved){r->sessions[i].start, r->sessions[i].end};
    for (size_t i = 0; i < p->old_count; i++)
        old[i] = (plan_reserved){p->old[i].start, p->old[i].end};
    size_t spared_count = subtract(old, p->old_count, reviews, r->session_count, spared);
    *count = subtract(r->reserved, r->reserved_count, spared, spared_count, out);
    free(reviews);
    free(old);
    free(spared);
    return out;
}

/* The result's sessions are changed for those that keep what can be kept, when goals are due so much later. optimal:
 * the best plan then. */
static void keep_old(planning *p, int64_t delay, const plan_result *optimal)
{
    plan_input input = p->input;
    plan_goal *goals = PLAN_ARRAY(plan_goal, input.goal_count);
    plan_reserved *reserved = spare_old(p, &input.calendar.reserved_count);
    plan_replanned *r = &p->replanned;

    for (size_t g = 0; g < input.goal_count; g++) {
        goals[g] = p->goals[g];
        goals[g].due += goals[g].due != INT64_MAX ? delay : 0;
    }
    input.goals = goals;
    input.calendar.reserved = reserved;
    plan_replan(&input, optimal, p->old, p->old_count, 0, r);
    take_sessions(&p->result, &r->sessions, r->session_count, &r->unplaced, r->unplaced_count);
    free(reserved);
    free(goals);
}

/* Goals are met with what is planned and what is pinned. */
static void forecast(planning *p)
{
    plan_result *r = &p->result;
    plan_session *all = PLAN_ARRAY(plan_session, r->session_count + p->pin_count);
    size_t count = r->session_count;

    if (count > 0)
        memcpy(all, r->sessions, count * sizeof *all);
    for (size_t i = 0; i < p->pin_count; i++)
        if (p->pins[i].topic >= 0)
            all[count++] = p->pins[i];
    plan_forecast_sessions(&p->input, all, count, r->unplaced, r->unplaced_count, r->forecasts);
    free(all);
}

/* Places are wanted in a calendar without pins, which are fixed sessions there. */
static void check_places(planning *p, const plan_session *fixed, size_t fixed_count)
{
    plan_input input = p->input;

    input.calendar.busy = p->busy;
    input.calendar.busy_count -= p->pin_count;
    plan_check_places(&input, fixed, fixed_count, p->places, p->place_count);
}

/* Whether pins still stand well among what was planned around them. */
static void check_pins(planning *p)
{
    p->places = PLAN_ARRAY(plan_place, p->pin_count);
    p->place_count = p->pin_count;
    for (size_t i = 0; i < p->pin_count; i++)
        p->places[i] = (plan_place){.session = p->pins[i]};
    check_places(p, p->result.sessions, p->result.session_count);
}

static void settle(planning *p)
{
    plan_result delayed = {0};
    int64_t delay = planning_delay_goals(p, &delayed);

    p->needed_by_new = mark_needed(p, PLANNING_NEW);
    p->needed_by_changed = mark_needed(p, PLANNING_CHANGED);
    if (p->old_count > 0)
        keep_old(p, delay, delay > 0 ? &delayed : &p->result);
    else if (delay > 0)
        take_sessions(&p->result, &delayed.sessions, delayed.session_count, &delayed.unplaced, delayed.unplaced_count);
    plan_result_finish(&delayed);
    if (p->old_count + p->pin_count > 0)
        forecast(p);
    if (p->pin_count > 0)
        check_pins(p);
}

static void find_repairs(planning *p)
{
    plan_repairs_make(&p->input, &(plan_repair_options){.latest_end = p->latest_end, .edge_soft = p->edge_soft},
                      &p->repairs);
    if (p->repairs.count > 0)
        planning_repair_retention(p);
}

static void solve(void *arg)
{
    planning *p = arg;

    if (p->aim == PLANNING_PLACES) {
        check_places(p, p->pins, p->pin_count);
        p->solved = true;
        return;
    }
    p->solved = plan_make(&p->input, &p->result);
    if (!p->solved)
        return;
    reserve_reviews(p);
    planning_forget_impossible_pins(p);
    if (p->aim == PLANNING_REPAIRS)
        find_repairs(p);
    else
        settle(p);
}

status planning_run(planning **p)
{
    status s = fiber_offload(solve, *p, planning_destroy);

    if (s == STATUS_OK && (*p)->solved)
        return STATUS_OK;
    /* A work that was given up frees itself. */
    if (s == STATUS_OK || s == STATUS_RESOURCE_EXHAUSTED)
        planning_destroy(*p);
    *p = NULL;
    return s == STATUS_OK ? STATUS_INTERNAL : s;
}
