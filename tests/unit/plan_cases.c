#include "plan_cases.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

/* splitmix64 */
int32_t case_random(uint64_t *state, int32_t bound)
{
    uint64_t z = (*state += UINT64_C(0x9E3779B97F4A7C15));
    z = (z ^ (z >> 30)) * UINT64_C(0xBF58476D1CE4E5B9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94D049BB133111EB);
    return (int32_t)((z ^ (z >> 31)) % (uint64_t)bound);
}

static int32_t from_1(uint64_t *state, int32_t high)
{
    return 1 + case_random(state, high);
}

static void make_graph(plan_case *c, const case_shape *shape, uint64_t *state)
{
    plan_input *in = &c->input;

    in->topic_count = from_1(state, shape->topics);
    in->minutes = c->minutes = calloc((size_t)in->topic_count, sizeof *c->minutes);
    in->mastered = c->mastered = calloc((size_t)in->topic_count, sizeof *c->mastered);
    for (int32_t i = 0; i < in->topic_count; i++) {
        c->minutes[i] = case_random(state, shape->minutes_high + 1);
        c->mastered[i] = shape->mastered && case_random(state, 8) == 0;
    }
    /* Edges lead down a random permutation, so that the numbers say nothing about the order. */
    int32_t *order = calloc((size_t)in->topic_count, sizeof *order);
    for (int32_t i = 0; i < in->topic_count; i++) {
        int32_t k = case_random(state, i + 1);
        order[i] = order[k];
        order[k] = i;
    }
    int32_t edges = in->topic_count > 1 ? case_random(state, shape->edges + 1) : 0;
    in->edge_topic = c->edge_topic = calloc((size_t)edges + 1, sizeof *c->edge_topic);
    in->edge_prerequisite = c->edge_prerequisite = calloc((size_t)edges + 1, sizeof *c->edge_prerequisite);
    for (; in->edge_count < edges; in->edge_count++) {
        int32_t high = from_1(state, in->topic_count - 1);
        c->edge_topic[in->edge_count] = order[high];
        c->edge_prerequisite[in->edge_count] = order[case_random(state, high)];
    }
    free(order);
}

static void make_goals(plan_case *c, const case_shape *shape, uint64_t *state)
{
    plan_input *in = &c->input;
    int32_t span = shape->days * shape->day_length, next = 0;

    in->goal_count = (size_t)from_1(state, shape->goals);
    in->goals = c->goals = calloc(in->goal_count, sizeof *c->goals);
    c->targets = calloc(in->goal_count * (size_t)shape->targets_of_goal, sizeof *c->targets);
    for (size_t g = 0; g < in->goal_count; g++) {
        plan_goal *goal = &c->goals[g];
        goal->targets = c->targets + next;
        goal->target_count = (size_t)from_1(state, shape->targets_of_goal);
        for (size_t k = 0; k < goal->target_count; k++)
            c->targets[next++] = case_random(state, in->topic_count);
        goal->not_before = shape->releases && case_random(state, 2) ? case_random(state, span) : INT64_MIN;
        goal->due = goal->not_before > 0 ? goal->not_before + from_1(state, span) : from_1(state, span);
        goal->weight = from_1(state, 3);
    }
}

static void make_calendar(plan_case *c, const case_shape *shape, uint64_t *state)
{
    plan_calendar *calendar = &c->input.calendar;
    int32_t days = from_1(state, shape->days), length = shape->day_length;

    calendar->now = case_random(state, length);
    calendar->windows = c->windows = calloc((size_t)(days * shape->windows_of_day), sizeof *c->windows);
    calendar->busy = c->busy = calloc((size_t)days, sizeof *c->busy);
    for (int32_t day = 0; day < days; day++) {
        int32_t at = day * length;
        for (int32_t w = 0; w < shape->windows_of_day; w++) {
            int32_t left = (day + 1) * length - at;
            if (left < 2 || case_random(state, 3) == 0)
                continue;
            int32_t start = at + case_random(state, left - 1);
            int32_t end = start + from_1(state, (day + 1) * length - start);
            c->windows[calendar->window_count++] = (plan_window){start, end, day};
            at = end;
        }
        if (shape->busy && case_random(state, 3) == 0) {
            int32_t start = day * length + case_random(state, length - 1);
            int32_t end = start + from_1(state, (day + 1) * length - start - 1);
            c->busy[calendar->busy_count++] = (plan_busy){start, end, day, case_random(state, 2) == 0};
        }
    }
    calendar->daily_cap = shape->caps && case_random(state, 2) ? from_1(state, length / 2) : 0;
    if (shape->rows && case_random(state, 4) > 0) {
        calendar->longest_session = from_1(state, length / 4);
        calendar->break_minutes = case_random(state, 4);
    }
    calendar->shortest_session = shape->shortest ? from_1(state, 6) : 0;
}

plan_case *case_create(const case_shape *shape, uint64_t seed)
{
    plan_case *c = calloc(1, sizeof *c);
    uint64_t state = seed * 2 + 1;

    c->seed = seed;
    make_graph(c, shape, &state);
    make_goals(c, shape, &state);
    make_calendar(c, shape, &state);
    return c;
}

void case_destroy(plan_case *c)
{
    free(c->minutes);
    free(c->mastered);
    free(c->edge_topic);
    free(c->edge_prerequisite);
    free(c->goals);
    free(c->targets);
    free(c->windows);
    free(c->busy);
    free(c);
}

/* ---- what the goals need ---- */

static void need(const plan_input *in, int32_t topic, const plan_goal *goal, bool *seen, case_needs *n)
{
    if (in->mastered[topic] || seen[topic])
        return;
    seen[topic] = true;
    int64_t not_before = goal->not_before > in->calendar.now ? goal->not_before : in->calendar.now;
    if (!n->needed[topic] || not_before < n->not_before[topic])
        n->not_before[topic] = not_before;
    if (!n->needed[topic] || goal->due < n->due[topic])
        n->due[topic] = goal->due;
    n->needed[topic] = true;
    for (int32_t e = 0; e < in->edge_count; e++)
        if (in->edge_topic[e] == topic)
            need(in, in->edge_prerequisite[e], goal, seen, n);
}

case_needs case_find_needs(const plan_input *in)
{
    size_t n = (size_t)in->topic_count;
    case_needs needs = {calloc(n, sizeof(bool)), calloc(n, sizeof(int64_t)), calloc(n, sizeof(int64_t))};
    bool *seen = calloc(n, sizeof *seen);

    for (size_t g = 0; g < in->goal_count; g++) {
        memset(seen, 0, n);
        for (size_t k = 0; k < in->goals[g].target_count; k++)
            need(in, in->goals[g].targets[k], &in->goals[g], seen, &needs);
    }
    free(seen);
    return needs;
}

void case_needs_finish(case_needs *n)
{
    free(n->needed);
    free(n->not_before);
    free(n->due);
}

/* ---- the calendar, minute by minute ---- */

int64_t case_end(const plan_input *in)
{
    int64_t end = in->calendar.now;

    for (size_t i = 0; i < in->calendar.window_count; i++)
        end = in->calendar.windows[i].end > end ? in->calendar.windows[i].end : end;
    for (size_t g = 0; g < in->goal_count; g++) {
        end = in->goals[g].due > end ? in->goals[g].due : end;
        end = in->goals[g].not_before > end ? in->goals[g].not_before : end;
    }
    return end + 1;
}

static bool is_free(const plan_calendar *c, int64_t t, int32_t *day)
{
    bool free = false;

    for (size_t i = 0; i < c->window_count; i++)
        if (t >= c->windows[i].start && t < c->windows[i].end) {
            free = true;
            *day = c->windows[i].day;
        }
    for (size_t i = 0; i < c->busy_count; i++)
        free &= t < c->busy[i].start || t >= c->busy[i].end;
    return free;
}

bool *case_usable_minutes(const plan_calendar *c, int64_t end)
{
    bool *usable = calloc((size_t)(end - c->now) + 1, sizeof *usable);
    int32_t last_day = -1, row = 0;
    int64_t last = c->now - 2, resume = c->now; /* the last usable minute; when the break behind it is over */

    for (int64_t t = c->now; t < end; t++) {
        int32_t day = -1;
        if (!is_free(c, t, &day) || (day == last_day && t < resume))
            continue;
        int64_t spent = 0;
        for (size_t i = 0; i < c->busy_count; i++)
            if (c->busy[i].studied && c->busy[i].day == day)
                spent += c->busy[i].end - c->busy[i].start;
        for (int64_t before = c->now; before < t; before++) {
            int32_t other = -1;
            spent += usable[before - c->now] && is_free(c, before, &other) && other == day;
        }
        if (c->daily_cap > 0 && spent >= c->daily_cap)
            continue;
        usable[t - c->now] = true;
        row = t == last + 1 && day == last_day && row < c->longest_session ? row + 1 : 1;
        resume = t + 1 + (row == c->longest_session ? c->break_minutes : 0);
        last = t;
        last_day = day;
    }
    for (size_t i = 0; i < c->reserved_count; i++)
        for (int64_t t = c->reserved[i].start; t < c->reserved[i].end; t++)
            usable[t - c->now] = false;
    return usable;
}

static int64_t count(const plan_calendar *c, const bool *usable, int64_t from, int64_t to)
{
    int64_t minutes = 0;

    for (int64_t t = from > c->now ? from : c->now; t < to; t++)
        minutes += usable[t - c->now];
    return minutes;
}

/* ---- the check ---- */

#define HOLDS(CONDITION) cr_assert(CONDITION, "seed %llu: " #CONDITION, (unsigned long long)c->seed)

typedef struct placed {
    int64_t *minutes, *first, *last; /* of each topic: in sessions, their first start and last end */
    int64_t *unplaced;
} placed;

static placed check_sessions(const plan_case *c, const plan_result *r, const case_needs *needs, const bool *usable)
{
    const plan_input *in = &c->input;
    size_t n = (size_t)in->topic_count;
    placed p = {calloc(n, 8), calloc(n, 8), calloc(n, 8), calloc(n, 8)};

    for (size_t i = 0; i < r->session_count; i++) {
        const plan_session *s = &r->sessions[i];
        HOLDS(s->start >= in->calendar.now && s->end > s->start);
        HOLDS(i == 0 || s->start >= r->sessions[i - 1].end);
        HOLDS(needs->needed[s->topic] && s->start >= needs->not_before[s->topic]);
        HOLDS(count(&in->calendar, usable, s->start, s->end) == s->end - s->start);
        HOLDS(in->calendar.longest_session == 0 || s->end - s->start <= in->calendar.longest_session);
        if (p.minutes[s->topic] == 0)
            p.first[s->topic] = s->start;
        p.minutes[s->topic] += s->end - s->start;
        p.last[s->topic] = s->end;
    }
    for (size_t i = 0; i < r->unplaced_count; i++) {
        HOLDS(r->unplaced[i].minutes > 0 && (i == 0 || r->unplaced[i].topic > r->unplaced[i - 1].topic));
        p.unplaced[r->unplaced[i].topic] = r->unplaced[i].minutes;
    }
    for (int32_t t = 0; t < in->topic_count; t++)
        HOLDS(p.minutes[t] + p.unplaced[t] == (needs->needed[t] ? in->minutes[t] : 0));
    return p;
}

static void check_order(const plan_case *c, const case_needs *needs, const placed *p)
{
    const plan_input *in = &c->input;

    for (int32_t e = 0; e < in->edge_count; e++) {
        int32_t topic = in->edge_topic[e], before = in->edge_prerequisite[e];
        if (!needs->needed[topic] || in->mastered[before] || p->minutes[topic] == 0)
            continue;
        HOLDS(p->unplaced[before] == 0);
        HOLDS(p->minutes[before] == 0 || p->last[before] <= p->first[topic]);
    }
}

static void check_forecasts(const plan_case *c, const plan_result *r, const placed *p, const bool *usable)
{
    const plan_input *in = &c->input;
    int64_t worst = INT64_MIN;
    bool any = false;

    for (size_t g = 0; g < in->goal_count; g++) {
        plan_input alone = *in;
        alone.goals = &in->goals[g];
        alone.goal_count = 1;
        case_needs needs = case_find_needs(&alone);
        int64_t minutes = 0, last = INT64_MIN;
        bool unplaced = false, zero = false;
        for (int32_t t = 0; t < in->topic_count; t++) {
            minutes += needs.needed[t] ? in->minutes[t] : 0;
            unplaced |= needs.needed[t] && p->unplaced[t] > 0;
            zero |= needs.needed[t] && in->minutes[t] == 0;
            if (needs.needed[t] && p->minutes[t] > 0 && p->last[t] > last)
                last = p->last[t];
        }
        const plan_forecast *f = &r->forecasts[g];
        HOLDS(f->work_minutes == minutes && f->has_work == (minutes > 0 || zero));
        HOLDS(!unplaced || !f->has_finish);
        if (f->has_work) {
            any = true;
            worst = f->usable_lateness > worst ? f->usable_lateness : worst;
        }
        /* A topic of no minutes may end a goal after its last session, at its own not-before. */
        if (f->has_finish) {
            HOLDS(f->finish >= last && (f->finish == last || zero));
            HOLDS(f->calendar_lateness == f->finish - in->goals[g].due);
            int64_t end = case_end(in);
            if (f->finish < end && !zero)
                HOLDS(f->usable_lateness == count(&in->calendar, usable, in->calendar.now, f->finish) -
                                                count(&in->calendar, usable, in->calendar.now, in->goals[g].due));
        }
        case_needs_finish(&needs);
    }
    HOLDS(!any || worst == r->certificate.lateness + r->certificate.session_gap);
}

/* Whatever the plan, these topics begin no earlier than release, take work minutes, and one of them is the last: it is
 * due no later than due. So the lateness cannot be smaller than work less what is free between. */
static void check_certificate(const plan_case *c, const plan_result *r, const case_needs *needs, const bool *usable)
{
    const plan_certificate *p = &r->certificate;
    const plan_calendar *calendar = &c->input.calendar;
    int64_t work = 0;

    for (size_t i = 0; i < p->topic_count; i++) {
        int32_t topic = p->topics[i];
        HOLDS(needs->needed[topic] && needs->not_before[topic] >= p->release && needs->due[topic] <= p->due);
        for (size_t k = 0; k < i; k++)
            HOLDS(p->topics[k] != topic);
        work += c->input.minutes[topic];
    }
    HOLDS(work == p->work_minutes);
    HOLDS(p->lateness == p->work_minutes - p->free_minutes);
    HOLDS(p->gap >= 0 && (p->gap == 0 || calendar->daily_cap > 0));
    if (p->topic_count > 0)
        HOLDS(p->free_minutes ==
              count(calendar, usable, calendar->now, p->due) - count(calendar, usable, calendar->now, p->release));
}

void case_check(const plan_case *c, const plan_result *r)
{
    case_needs needs = case_find_needs(&c->input);
    bool *usable = case_usable_minutes(&c->input.calendar, case_end(&c->input));
    placed p = check_sessions(c, r, &needs, usable);

    check_order(c, &needs, &p);
    check_forecasts(c, r, &p, usable);
    check_certificate(c, r, &needs, usable);
    free(p.minutes);
    free(p.first);
    free(p.last);
    free(p.unplaced);
    free(usable);
    case_needs_finish(&needs);
}
