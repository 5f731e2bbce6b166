/*
 * Pins come before the dates of goals. A pin that begins before what it needs can be done, even if no goal had a date,
 * is a date for nobody: it is left where it is, and the plan names it. For the others the dates of all goals are moved
 * by as little as can be.
 */
#include "memory.h"
#include "outlook.h"
#include "planning.h"

enum { PLANNING_PIN_ROUNDS = 8 }; /* then no pin is a date */

/* Whether every pin is met when goals are due so much later; INT64_MAX: never. result NULL: only whether. */
static bool try_later(planning *p, int64_t later, bool *unmet, plan_result *result)
{
    plan_input input = p->input;
    plan_goal *goals = PLAN_ARRAY(plan_goal, input.goal_count);
    bool *own = PLAN_ARRAY(bool, (size_t)input.topic_count);
    plan_result own_result;
    plan_result *r = result != NULL ? result : &own_result;

    for (size_t g = 0; g < input.goal_count; g++) {
        goals[g] = p->goals[g];
        if (goals[g].due != INT64_MAX)
            goals[g].due = later != INT64_MAX ? goals[g].due + later : INT64_MAX;
    }
    input.goals = goals;
    plan_make(&input, r);
    bool met = plan_find_unmet(&input, r, unmet != NULL ? unmet : own) == 0;
    if (result == NULL)
        plan_result_finish(r);
    free(own);
    free(goals);
    return met;
}

static bool is_met(planning *p)
{
    bool *unmet = PLAN_ARRAY(bool, (size_t)p->input.topic_count);
    bool met = plan_find_unmet(&p->input, &p->result, unmet) == 0;

    free(unmet);
    return met;
}

void planning_forget_impossible_pins(planning *p)
{
    int32_t topics = p->input.topic_count;
    bool possible = p->pin_count == 0 || is_met(p), forgotten = false;

    for (int round = 0; !possible && round <= PLANNING_PIN_ROUNDS; round++) {
        bool *unmet = PLAN_ARRAY(bool, (size_t)topics);
        possible = try_later(p, INT64_MAX, unmet, NULL);
        for (int32_t topic = 0; !possible && topic < topics; topic++)
            if (unmet[topic] || round == PLANNING_PIN_ROUNDS)
                p->fixed_start[topic] = INT64_MAX;
        forgotten |= !possible;
        free(unmet);
    }
    if (!forgotten)
        return;
    plan_result_finish(&p->result);
    plan_make(&p->input, &p->result);
}

/* Up to the last window: later dates change nothing any more. */
static int64_t least_delay(planning *p)
{
    const plan_calendar *c = &p->input.calendar;
    int64_t low = 0, high = c->window_count > 0 ? c->windows[c->window_count - 1].end : c->now;

    for (size_t g = 0; g < p->input.goal_count; g++)
        low = p->goals[g].due < low ? p->goals[g].due : low;
    high -= low;
    low = 0;
    while (low + 1 < high) {
        int64_t middle = low + (high - low) / 2;
        if (try_later(p, middle, NULL, NULL))
            high = middle;
        else
            low = middle;
    }
    return high;
}

int64_t planning_delay_goals(planning *p, plan_result *delayed)
{
    if (p->pin_count == 0 || is_met(p))
        return 0;
    int64_t delay = least_delay(p);
    try_later(p, delay, NULL, delayed);
    return delay;
}
