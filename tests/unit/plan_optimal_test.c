/*
 * The planner against every schedule there is. Each usable minute is given to one of the topics that could be studied
 * in it, or to none; the best of all ways is found by trying them with memory. With a daily cap the minutes of a day
 * may be chosen freely, as long as there are not too many.
 */
#include "plan_cases.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

enum { TOPICS = 5, STEPS = 16, NO_WAY = 1000000 };

typedef struct search {
    const plan_case *c;
    const plan_input *in;
    case_needs needs;
    bool calendar_cost; /* lateness in minutes of the clock, else of the axis */
    int64_t *instants;  /* of each minute that may be used: its start */
    int32_t *days;
    size_t minute_count; /* those inside windows; behind them STEPS virtual ones */
    const bool *usable;  /* the axis, with the cap */
    int64_t end;
    int64_t *memory; /* by step, minutes used on the day, remaining minutes; -NO_WAY - 1 = not known */
    size_t states;
    int32_t cap;
} search;

static int64_t axis_at(const search *s, int64_t instant)
{
    int64_t minutes = 0, now = s->in->calendar.now;

    for (int64_t t = now; t < instant && t < s->end; t++)
        minutes += s->usable[t - now];
    return minutes;
}

/* Where the axis stands when step minutes are over, and the clock. */
static int64_t clock_after(const search *s, size_t step)
{
    return step == 0 ? s->in->calendar.now : s->instants[step - 1] + 1;
}

static bool is_released(const search *s, int32_t topic, size_t step)
{
    if (step >= s->minute_count)
        return true; /* behind the windows everything may be studied */
    return s->instants[step] >= s->needs.not_before[topic];
}

/* The remaining minutes of all topics are one number, mixed by their minutes. */
static int32_t left_of(const search *s, size_t state, int32_t topic)
{
    for (int32_t t = 0; t < topic; t++)
        state /= (size_t)s->in->minutes[t] + 1;
    return (int32_t)(state % ((size_t)s->in->minutes[topic] + 1));
}

static size_t one_less(const search *s, size_t state, int32_t topic)
{
    size_t place = 1;

    for (int32_t t = 0; t < topic; t++)
        place *= (size_t)s->in->minutes[t] + 1;
    return state - place;
}

/* A topic of no minutes is finished as soon as it may be; steps are those gone by. */
static bool is_done(const search *s, int32_t topic, size_t step, size_t state)
{
    if (s->in->mastered[topic])
        return true;
    if (s->in->minutes[topic] > 0)
        return left_of(s, state, topic) == 0;
    if (!is_released(s, topic, step))
        return false;
    for (int32_t e = 0; e < s->in->edge_count; e++)
        if (s->in->edge_topic[e] == topic && !is_done(s, s->in->edge_prerequisite[e], step, state))
            return false;
    return true;
}

static bool can_study(const search *s, int32_t topic, size_t step, size_t state)
{
    if (!s->needs.needed[topic] || left_of(s, state, topic) == 0 || !is_released(s, topic, step))
        return false;
    for (int32_t e = 0; e < s->in->edge_count; e++)
        if (s->in->edge_topic[e] == topic && !is_done(s, s->in->edge_prerequisite[e], step, state))
            return false;
    return true;
}

/* The lateness of a topic that is finished when step minutes are over. */
static int64_t lateness(const search *s, int32_t topic, size_t step)
{
    int64_t due = s->needs.due[topic];

    if (step > s->minute_count)
        return s->calendar_cost ? NO_WAY : axis_at(s, s->end) + (int64_t)(step - s->minute_count) - axis_at(s, due);
    int64_t instant = clock_after(s, step);
    if (instant < s->needs.not_before[topic])
        instant = s->needs.not_before[topic];
    if (s->calendar_cost)
        return instant - due;
    return axis_at(s, instant) - axis_at(s, due);
}

/* The worst lateness of topics that are done at this step and were not at the one before. */
static int64_t newly_late(const search *s, size_t step, size_t state, size_t before)
{
    int64_t worst = -NO_WAY;

    for (int32_t t = 0; t < s->in->topic_count; t++) {
        if (!s->needs.needed[t] || !is_done(s, t, step, state) || (step > 0 && is_done(s, t, step - 1, before)))
            continue;
        int64_t late = lateness(s, t, step);
        worst = late > worst ? late : worst;
    }
    return worst;
}

static int64_t best(search *s, size_t step, int32_t used, size_t state);

static int64_t after(search *s, size_t step, int32_t used, size_t state, size_t before)
{
    int64_t now = newly_late(s, step, state, before), later;
    bool same_day = step < s->minute_count && step > 0 && s->days[step] == s->days[step - 1];

    later = best(s, step, same_day ? used : -1, state);
    return now > later ? now : later;
}

static int32_t studied(const search *s, int32_t day)
{
    int64_t minutes = 0;

    for (size_t i = 0; i < s->in->calendar.busy_count; i++)
        if (s->in->calendar.busy[i].studied && s->in->calendar.busy[i].day == day)
            minutes += s->in->calendar.busy[i].end - s->in->calendar.busy[i].start;
    return (int32_t)minutes;
}

static int64_t best(search *s, size_t step, int32_t used, size_t state)
{
    bool done = true;

    if (used < 0)
        used = s->cap > 0 && step < s->minute_count ? studied(s, s->days[step]) : 0;
    if (used > s->cap)
        used = s->cap;
    for (int32_t t = 0; t < s->in->topic_count; t++)
        done &= !s->needs.needed[t] || is_done(s, t, step, state);
    if (done)
        return -NO_WAY;
    if (step >= s->minute_count + STEPS)
        return NO_WAY;
    int64_t *known = &s->memory[(step * ((size_t)s->cap + 1) + (size_t)used) * s->states + state];
    if (*known != -NO_WAY - 1)
        return *known;
    int64_t least = after(s, step + 1, used, state, state);
    bool room = step >= s->minute_count || s->cap == 0 || used < s->cap;
    for (int32_t t = 0; room && t < s->in->topic_count; t++) {
        if (!can_study(s, t, step, state))
            continue;
        int64_t way = after(s, step + 1, used + (s->cap > 0), one_less(s, state, t), state);
        least = way < least ? way : least;
    }
    return *known = least;
}

static void list_minutes(search *s)
{
    plan_calendar uncapped = s->in->calendar;
    uncapped.daily_cap = 0;
    bool *all = case_usable_minutes(&uncapped, s->end);

    s->instants = calloc((size_t)(s->end - uncapped.now) + 1, sizeof *s->instants);
    s->days = calloc((size_t)(s->end - uncapped.now) + 1, sizeof *s->days);
    for (int64_t t = uncapped.now; t < s->end; t++) {
        if (!all[t - uncapped.now])
            continue;
        s->instants[s->minute_count] = t;
        for (size_t w = 0; w < uncapped.window_count; w++)
            if (t >= uncapped.windows[w].start && t < uncapped.windows[w].end)
                s->days[s->minute_count] = uncapped.windows[w].day;
        s->minute_count++;
    }
    free(all);
}

static int64_t best_of_all(const plan_case *c, bool calendar_cost)
{
    search s = {.c = c,
                .in = &c->input,
                .needs = case_find_needs(&c->input),
                .calendar_cost = calendar_cost,
                .end = case_end(&c->input),
                .states = 1,
                .cap = c->input.calendar.daily_cap};
    bool *usable = case_usable_minutes(&c->input.calendar, s.end);

    s.usable = usable;
    list_minutes(&s);
    for (int32_t t = 0; t < c->input.topic_count; t++)
        s.states *= (size_t)c->input.minutes[t] + 1;
    size_t size = (s.minute_count + STEPS + 1) * ((size_t)s.cap + 1) * s.states;
    s.memory = malloc(size * sizeof *s.memory);
    for (size_t i = 0; i < size; i++)
        s.memory[i] = -NO_WAY - 1;
    int64_t at_once = newly_late(&s, 0, s.states - 1, s.states - 1), later = best(&s, 0, -1, s.states - 1);
    free(s.memory);
    free(s.instants);
    free(s.days);
    free(usable);
    case_needs_finish(&s.needs);
    return at_once > later ? at_once : later;
}

static int64_t worst_calendar(const plan_case *c, const plan_result *r)
{
    int64_t worst = -NO_WAY;

    for (size_t g = 0; g < c->input.goal_count; g++) {
        if (r->forecasts[g].has_work && !r->forecasts[g].has_finish)
            return NO_WAY;
        if (r->forecasts[g].has_work && r->forecasts[g].calendar_lateness > worst)
            worst = r->forecasts[g].calendar_lateness;
    }
    return worst;
}

typedef struct tally {
    int with_work, late, with_gap, unplaced;
} tally;

/* Only then may the plan be later than need be, by the clock or by the axis. */
static bool cap_meets_release(const plan_input *in)
{
    bool later = false;

    for (size_t g = 0; g < in->goal_count; g++)
        later |= in->goals[g].not_before > in->calendar.now;
    return later && in->calendar.daily_cap > 0;
}

static void compare(const case_shape *shape, uint64_t seed, tally *seen)
{
    plan_case *c = case_create(shape, seed);
    plan_result r;

    cr_assert(plan_make(&c->input, &r));
    case_check(c, &r);
    if (r.certificate.topic_count > 0) {
        int64_t usable = best_of_all(c, false), calendar = best_of_all(c, true);
        cr_assert_leq(usable, r.certificate.lateness, "seed %llu: %lld is possible, the plan has %lld",
                      (unsigned long long)seed, (long long)usable, (long long)r.certificate.lateness);
        cr_assert_geq(usable, r.certificate.lateness - r.certificate.gap, "seed %llu: %lld is below the bound %lld",
                      (unsigned long long)seed, (long long)usable,
                      (long long)(r.certificate.lateness - r.certificate.gap));
        if (!cap_meets_release(&c->input))
            cr_assert_eq(calendar, worst_calendar(c, &r), "seed %llu: %lld minutes late is possible, not %lld",
                         (unsigned long long)seed, (long long)calendar, (long long)worst_calendar(c, &r));
        if (!cap_meets_release(&c->input))
            cr_assert_eq(r.certificate.gap, 0);
        seen->with_work++;
        seen->late += r.certificate.lateness > 0;
        seen->with_gap += r.certificate.gap > 0;
        seen->unplaced += r.unplaced_count > 0;
    }
    plan_result_finish(&r);
    case_destroy(c);
}

static tally compare_many(const case_shape *shape, uint64_t first, uint64_t count)
{
    tally seen = {0};

    for (uint64_t seed = first; seed < first + count; seed++)
        compare(shape, seed, &seen);
    /* Otherwise nothing was proven. */
    cr_assert_gt(seen.with_work, (int)count / 2);
    cr_assert_gt(seen.late, (int)count / 20);
    cr_assert_gt(seen.unplaced, (int)count / 100);
    return seen;
}

Test(plan_optimal, no_schedule_is_better_without_a_cap)
{
    const case_shape shape = {.topics = TOPICS,
                              .minutes_high = 3,
                              .edges = 6,
                              .goals = 3,
                              .targets_of_goal = 2,
                              .days = 3,
                              .day_length = 8,
                              .windows_of_day = 3,
                              .releases = true,
                              .busy = true,
                              .mastered = true};
    compare_many(&shape, 1, 20000);
}

Test(plan_optimal, no_schedule_is_better_by_more_than_the_gap_with_a_cap)
{
    const case_shape shape = {.topics = 4,
                              .minutes_high = 3,
                              .edges = 5,
                              .goals = 3,
                              .targets_of_goal = 2,
                              .days = 3,
                              .day_length = 8,
                              .windows_of_day = 3,
                              .caps = true,
                              .releases = true,
                              .busy = true};
    tally seen = compare_many(&shape, 100000, 15000);
    cr_assert_gt(seen.with_gap, 250);
}

Test(plan_optimal, no_schedule_is_better_between_breaks)
{
    const case_shape shape = {.topics = 4,
                              .minutes_high = 3,
                              .edges = 5,
                              .goals = 3,
                              .targets_of_goal = 2,
                              .days = 3,
                              .day_length = 12,
                              .windows_of_day = 2,
                              .caps = true,
                              .releases = true,
                              .busy = true,
                              .rows = true};
    compare_many(&shape, 200000, 8000);
}
