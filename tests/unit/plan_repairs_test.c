/*
 * Repairs on random cases, each proven with plan_make alone: with the repair nothing is late, with a minute less
 * something is, and where none was found even the utmost of its kind is not enough.
 */
#include "plan_cases.h"
#include "repairs.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

enum { DAY_MINUTES = 1440 };

typedef struct proof {
    plan_case *c;
    uint64_t seed;
    plan_goal *goals; /* dates to try; the input has them */
    plan_input input;
    plan_repair_options options;
    int64_t *latest_end;
    bool *edge_soft;
    plan_repairs repairs;
    int counts[PLAN_REPAIR_TOPICS + 1][2]; /* by kind: not possible, possible */
} proof;

#define HOLDS(CONDITION) cr_assert(CONDITION, "seed %llu: " #CONDITION, (unsigned long long)p->seed)

static int64_t lateness(const plan_input *input)
{
    plan_result r;

    cr_assert(plan_make(input, &r));
    int64_t late = r.certificate.lateness;
    plan_result_finish(&r);
    return late;
}

static bool feasible(const plan_input *input)
{
    return lateness(input) <= 0;
}

static void reset_dates(proof *p)
{
    memcpy(p->goals, p->c->goals, p->input.goal_count * sizeof *p->goals);
}

/* ---- dates ---- */

/* Late goals in the order of the repair. */
static size_t late_goals(const proof *p, size_t *late)
{
    plan_result r;
    size_t count = 0;

    cr_assert(plan_make(&p->c->input, &r));
    for (size_t g = 0; g < p->input.goal_count; g++)
        if (r.forecasts[g].usable_lateness > 0)
            late[count++] = g;
    for (size_t i = 0; i < count; i++)
        for (size_t k = i + 1; k < count; k++) {
            const plan_goal *a = &p->c->goals[late[i]], *b = &p->c->goals[late[k]];
            bool later = a->weight != b->weight ? b->weight > a->weight
                         : a->due != b->due     ? b->due < a->due
                                                : late[k] < late[i];
            if (later) {
                size_t swap = late[i];
                late[i] = late[k];
                late[k] = swap;
            }
        }
    plan_result_finish(&r);
    return count;
}

static const plan_new_date *new_date(const plan_repair *r, size_t goal)
{
    for (size_t i = 0; i < r->date_count; i++)
        if (r->dates[i].goal == goal)
            return &r->dates[i];
    return NULL;
}

static void prove_dates(proof *p, const plan_repair *r)
{
    size_t *late = calloc(p->input.goal_count, sizeof *late), count = late_goals(p, late), next = 0;

    HOLDS(r->possible && r->least && r->date_count <= count && r->date_count > 0);
    for (size_t i = 0; i < count; i++)
        p->goals[late[i]].due = INT64_MAX;
    for (size_t i = 0; i < count; i++) {
        plan_goal *goal = &p->goals[late[i]];
        const plan_new_date *date = new_date(r, late[i]);
        goal->due = p->c->goals[late[i]].due;
        if (date == NULL) { /* it keeps its date */
            HOLDS(feasible(&p->input));
            continue;
        }
        HOLDS(&r->dates[next++] == date && !feasible(&p->input));
        goal->due = date->has_date ? date->due - 1 : case_end(&p->c->input);
        HOLDS(!feasible(&p->input));
        goal->due = date->has_date ? date->due : INT64_MAX;
        HOLDS(feasible(&p->input));
    }
    reset_dates(p);
    free(late);
}

static void prove_date(proof *p, const plan_repair *r)
{
    HOLDS(r->least && r->date_count == 1);
    plan_goal *goal = &p->goals[r->dates[0].goal];
    goal->due = r->possible ? r->dates[0].due : case_end(&p->c->input);
    HOLDS(feasible(&p->input) == r->possible);
    goal->due--;
    HOLDS(!feasible(&p->input));
    reset_dates(p);
}

/* ---- minutes ---- */

static bool feasible_with(proof *p, int64_t extra)
{
    const plan_calendar *old = &p->c->input.calendar;
    plan_window *windows = calloc(old->window_count + 1, sizeof *windows);

    for (size_t i = 0; i < old->window_count; i++) {
        int64_t end = old->windows[i].end + extra;
        windows[i] = old->windows[i];
        for (size_t k = 0; k < old->window_count; k++) {
            if (k > i && old->windows[k].day == old->windows[i].day)
                end = old->windows[i].end;
            if (k > i && old->windows[k].start < end)
                end = old->windows[k].start;
        }
        windows[i].end = end < p->latest_end[i] ? end : p->latest_end[i];
    }
    p->input.calendar.windows = windows;
    p->input.calendar.daily_cap += old->daily_cap > 0 ? (int32_t)extra : 0;
    bool answer = feasible(&p->input);
    p->input.calendar = *old;
    free(windows);
    return answer;
}

static void prove_minutes(proof *p, const plan_repair *r)
{
    HOLDS(r->least);
    if (r->possible)
        HOLDS(r->extra_minutes > 0 && feasible_with(p, r->extra_minutes) && !feasible_with(p, r->extra_minutes - 1));
    else
        HOLDS(!feasible_with(p, DAY_MINUTES));
}

/* ---- topics ---- */

/* What a topic needs itself comes back with it. */
static void put_back(const proof *p, int32_t topic, bool *left_out)
{
    const plan_input *in = &p->c->input;

    if (!left_out[topic] || in->mastered[topic])
        return;
    left_out[topic] = false;
    for (int32_t e = 0; e < in->edge_count; e++)
        if (in->edge_topic[e] == topic && !p->edge_soft[e])
            put_back(p, in->edge_prerequisite[e], left_out);
}

static bool is_asked_for(const proof *p, const bool *left_out, int32_t topic)
{
    const plan_input *in = &p->c->input;
    plan_input reduced = *in;
    bool asked = false;

    reduced.mastered = left_out;
    case_needs needs = case_find_needs(&reduced);
    for (int32_t e = 0; e < in->edge_count; e++)
        asked |= in->edge_prerequisite[e] == topic && needs.needed[in->edge_topic[e]];
    case_needs_finish(&needs);
    return asked;
}

static void prove_topics(proof *p, const plan_repair *r)
{
    size_t size = (size_t)p->input.topic_count * sizeof(bool);
    bool *left_out = calloc(1, size), *more = calloc(1, size);

    memcpy(left_out, p->c->mastered, size);
    for (size_t i = 0; i < r->topic_count; i++)
        left_out[r->topics[i]] = true;
    p->input.mastered = left_out;
    case_needs needs = case_find_needs(&p->input);
    /* No topic that stays needs one of them by a hard edge, nor is one of them a target. */
    for (int32_t e = 0; e < p->input.edge_count; e++)
        HOLDS(p->edge_soft[e] || !needs.needed[p->c->edge_topic[e]] || p->c->mastered[p->c->edge_prerequisite[e]] ||
              !left_out[p->c->edge_prerequisite[e]]);
    case_needs_finish(&needs);
    for (size_t g = 0; g < p->input.goal_count; g++)
        for (size_t i = 0; i < p->goals[g].target_count; i++)
            HOLDS(p->c->mastered[p->goals[g].targets[i]] || !left_out[p->goals[g].targets[i]]);
    HOLDS(feasible(&p->input));
    for (size_t i = 0; i < r->topic_count; i++) {
        memcpy(more, left_out, size);
        put_back(p, r->topics[i], more);
        p->input.mastered = more;
        HOLDS(!is_asked_for(p, left_out, r->topics[i]) || !feasible(&p->input));
    }
    p->input.mastered = p->c->mastered;
    free(left_out);
    free(more);
}

/* ---- all of a case ---- */

static void proof_init(proof *p, const case_shape *shape, uint64_t seed)
{
    uint64_t state = seed;

    p->seed = seed;
    p->c = case_create(shape, seed);
    p->input = p->c->input;
    p->goals = calloc(p->input.goal_count, sizeof *p->goals);
    p->input.goals = p->goals;
    reset_dates(p);
    p->latest_end = calloc(p->input.calendar.window_count + 1, sizeof *p->latest_end);
    for (size_t i = 0; i < p->input.calendar.window_count; i++)
        p->latest_end[i] = (int64_t)(p->c->windows[i].day + 1) * shape->day_length;
    p->edge_soft = calloc((size_t)p->input.edge_count + 1, sizeof *p->edge_soft);
    for (int32_t e = 0; e < p->input.edge_count; e++)
        p->edge_soft[e] = case_random(&state, 2) == 0;
    p->options = (plan_repair_options){.latest_end = p->latest_end, .edge_soft = p->edge_soft};
}

static void proof_finish(proof *p)
{
    plan_repairs_finish(&p->repairs);
    free(p->goals);
    free(p->latest_end);
    free(p->edge_soft);
    case_destroy(p->c);
}

static void prove(proof *p, const plan_repair *r)
{
    HOLDS(!r->possible || r->cost > 0 || r->kind == PLAN_REPAIR_TOPICS);
    p->counts[r->kind][r->possible]++;
    switch (r->kind) {
    case PLAN_REPAIR_DATES:
        prove_dates(p, r);
        break;
    case PLAN_REPAIR_DATE:
        prove_date(p, r);
        break;
    case PLAN_REPAIR_MINUTES:
        prove_minutes(p, r);
        break;
    case PLAN_REPAIR_TOPICS:
        if (r->possible)
            prove_topics(p, r);
        break;
    case PLAN_REPAIR_RETENTION:
        cr_assert_fail("nobody plans reviews here");
    }
}

static int prove_case(proof *p, const case_shape *shape, uint64_t seed)
{
    proof_init(p, shape, seed);
    bool late = !feasible(&p->input);

    cr_assert(plan_repairs_make(&p->c->input, &p->options, &p->repairs));
    HOLDS(p->repairs.complete && (p->repairs.count > 0) == late);
    for (size_t i = 0; i < p->repairs.count; i++) {
        const plan_repair *r = &p->repairs.repairs[i];
        if (i > 0) /* possible ones first, the cheaper first */
            HOLDS(r[-1].possible > r->possible || (r[-1].possible == r->possible && r[-1].cost <= r->cost));
        prove(p, r);
    }
    proof_finish(p);
    return late;
}

Test(plan_repairs, each_is_enough_and_a_minute_less_is_not)
{
    const case_shape shape = {.topics = 12,
                              .minutes_high = 12,
                              .edges = 16,
                              .goals = 5,
                              .targets_of_goal = 2,
                              .days = 8,
                              .day_length = 40,
                              .windows_of_day = 3,
                              .caps = true,
                              .releases = true,
                              .busy = true,
                              .mastered = true,
                              .rows = true};
    proof p = {0};
    int late = 0;

    for (uint64_t seed = 1; seed <= 30000; seed++)
        late += prove_case(&p, &shape, seed);
    cr_assert_gt(late, 10000);
    /* Otherwise nothing was proven. */
    for (int kind = PLAN_REPAIR_DATES; kind <= PLAN_REPAIR_TOPICS; kind++) {
        cr_assert_gt(p.counts[kind][true], 100, "kind %d: %d", kind, p.counts[kind][true]);
        cr_assert(kind == PLAN_REPAIR_DATES || p.counts[kind][false] > 100, "kind %d: %d", kind, p.counts[kind][false]);
    }
}

/* Whatever the limit, what is found is true; only it may not be the least. */
Test(plan_repairs, with_little_work_allowed_dates_still_repair_everything)
{
    const case_shape shape = {.topics = 12,
                              .minutes_high = 12,
                              .edges = 16,
                              .goals = 5,
                              .targets_of_goal = 2,
                              .days = 8,
                              .day_length = 40,
                              .windows_of_day = 3,
                              .releases = true};
    int cut_short = 0;

    for (uint64_t seed = 1; seed <= 1000; seed++) {
        proof q = {0}, *p = &q;
        proof_init(p, &shape, seed);
        p->options.work_limit = 1 + (int64_t)seed % 400;
        cr_assert(plan_repairs_make(&p->c->input, &p->options, &p->repairs));
        cut_short += !p->repairs.complete;
        for (size_t i = 0; i < p->repairs.count; i++) {
            const plan_repair *r = &p->repairs.repairs[i];
            if (r->kind != PLAN_REPAIR_DATES)
                continue;
            for (size_t k = 0; k < r->date_count; k++)
                p->goals[r->dates[k].goal].due = r->dates[k].has_date ? r->dates[k].due : INT64_MAX;
            HOLDS(feasible(&p->input));
        }
        proof_finish(p);
    }
    cr_assert_gt(cut_short, 200);
}

/* A thousand goals that are all late, on a chain of ten thousand topics: the work limit ends the search, not patience.
 */
Test(plan_repairs, a_thousand_late_goals_on_ten_thousand_topics_end_at_the_work_limit)
{
    enum { TOPICS = 10000, GOALS = 1000, WINDOWS = 1800 };
    static int32_t minutes[TOPICS], edge_topic[TOPICS], edge_prerequisite[TOPICS], targets[GOALS];
    static bool mastered[TOPICS], soft[TOPICS];
    static plan_goal goals[GOALS];
    static plan_window windows[WINDOWS];
    static int64_t latest_end[WINDOWS];
    plan_repairs r;

    for (int32_t i = 0; i < TOPICS; i++) {
        minutes[i] = 60;
        edge_topic[i] = i + 1 < TOPICS ? i + 1 : 1;
        edge_prerequisite[i] = i + 1 < TOPICS ? i : 0;
        soft[i] = i % 2 == 0;
    }
    for (int32_t i = 0; i < WINDOWS; i++) {
        windows[i] = (plan_window){i * DAY_MINUTES, i * DAY_MINUTES + 120, i};
        latest_end[i] = (i + 1) * DAY_MINUTES;
    }
    for (int32_t g = 0; g < GOALS; g++) {
        targets[g] = TOPICS - 1 - g;
        goals[g] = (plan_goal){.due = 1 + g, .weight = 1 + g % 7, .targets = &targets[g], .target_count = 1};
    }
    const plan_input input = {.calendar = {.windows = windows, .window_count = WINDOWS, .daily_cap = 60},
                              .topic_count = TOPICS,
                              .minutes = minutes,
                              .mastered = mastered,
                              .edge_count = TOPICS,
                              .edge_topic = edge_topic,
                              .edge_prerequisite = edge_prerequisite,
                              .goals = goals,
                              .goal_count = GOALS};
    const plan_repair_options options = {.latest_end = latest_end, .edge_soft = soft};

    cr_assert(plan_repairs_make(&input, &options, &r));
    cr_expect_not(r.complete);
    cr_assert_geq(r.count, 2u);
    for (size_t i = 0; i < r.count; i++)
        if (r.repairs[i].kind == PLAN_REPAIR_DATES)
            cr_expect(r.repairs[i].possible && r.repairs[i].date_count == GOALS && !r.repairs[i].least);
    plan_repairs_finish(&r);
}
