/*
 * Larger inputs against two other ways to find the lateness: the same rule written naively (every choice looks at all
 * topics, prerequisites are checked when a topic begins), and the bound over all sets of topics between a release and a
 * due date. All three must agree, and the plan must pass the check.
 */
#include "plan_cases.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

typedef struct naive {
    const plan_input *in;
    case_needs needs;
    int64_t *usable_before; /* A(now + i) */
    int64_t span;
    int64_t *release; /* on the axis, of the topic alone */
    int64_t *left, *completion;
    bool *done;
} naive;

static int64_t axis_at(const naive *n, int64_t instant)
{
    int64_t i = instant - n->in->calendar.now;

    return n->usable_before[i < 0 ? 0 : i > n->span ? n->span : i];
}

static naive naive_create(const plan_input *in)
{
    size_t count = (size_t)in->topic_count;
    naive n = {.in = in, .needs = case_find_needs(in), .span = case_end(in) - in->calendar.now};
    bool *usable = case_usable_minutes(&in->calendar, case_end(in));

    n.usable_before = calloc((size_t)n.span + 1, sizeof *n.usable_before);
    for (int64_t i = 0; i < n.span; i++)
        n.usable_before[i + 1] = n.usable_before[i] + usable[i];
    free(usable);
    n.release = calloc(count, sizeof *n.release);
    n.left = calloc(count, sizeof *n.left);
    n.completion = calloc(count, sizeof *n.completion);
    n.done = calloc(count, sizeof *n.done);
    for (int32_t t = 0; t < in->topic_count; t++) {
        n.left[t] = in->minutes[t];
        n.done[t] = in->mastered[t] || !n.needs.needed[t];
        if (n.needs.needed[t])
            n.release[t] = axis_at(&n, n.needs.not_before[t]);
    }
    return n;
}

static void naive_destroy(naive *n)
{
    case_needs_finish(&n->needs);
    free(n->usable_before);
    free(n->release);
    free(n->left);
    free(n->completion);
    free(n->done);
}

static bool may_run(const naive *n, int32_t topic, int64_t now)
{
    if (n->done[topic] || n->release[topic] > now)
        return false;
    for (int32_t e = 0; e < n->in->edge_count; e++)
        if (n->in->edge_topic[e] == topic && !n->done[n->in->edge_prerequisite[e]])
            return false;
    return true;
}

static int64_t next_release(const naive *n, int64_t now)
{
    int64_t next = INT64_MAX;

    for (int32_t t = 0; t < n->in->topic_count; t++)
        if (!n->done[t] && n->release[t] > now && n->release[t] < next)
            next = n->release[t];
    return next;
}

static int64_t naive_lateness(naive *n)
{
    int64_t now = 0, worst = INT64_MIN;

    for (;;) {
        int32_t chosen = -1;
        for (int32_t t = 0; t < n->in->topic_count; t++)
            if (may_run(n, t, now) && (chosen < 0 || n->needs.due[t] < n->needs.due[chosen]))
                chosen = t;
        int64_t next = next_release(n, now);
        if (chosen < 0 && next == INT64_MAX)
            return worst;
        if (chosen < 0) {
            now = next;
            continue;
        }
        int64_t run = n->left[chosen] < next - now ? n->left[chosen] : next - now;
        now += run;
        n->left[chosen] -= run;
        if (n->left[chosen] == 0) {
            n->done[chosen] = true;
            n->completion[chosen] = now;
            int64_t late = now - axis_at(n, n->needs.due[chosen]);
            worst = late > worst ? late : worst;
        }
    }
}

/* Releases moved behind prerequisites until nothing moves. */
static void propagate(naive *n)
{
    for (bool moved = true; moved;) {
        moved = false;
        for (int32_t e = 0; e < n->in->edge_count; e++) {
            int32_t topic = n->in->edge_topic[e], before = n->in->edge_prerequisite[e];
            if (!n->needs.needed[topic] || !n->needs.needed[before])
                continue;
            if (n->release[topic] < n->release[before] + n->in->minutes[before]) {
                n->release[topic] = n->release[before] + n->in->minutes[before];
                moved = true;
            }
        }
    }
}

static int64_t set_bound(const naive *n)
{
    int64_t worst = INT64_MIN;

    for (int32_t i = 0; i < n->in->topic_count; i++)
        for (int32_t k = 0; k < n->in->topic_count; k++) {
            int64_t work = 0;
            bool any = false;
            if (!n->needs.needed[i] || !n->needs.needed[k])
                continue;
            for (int32_t t = 0; t < n->in->topic_count; t++)
                if (n->needs.needed[t] && n->release[t] >= n->release[i] && n->needs.due[t] <= n->needs.due[k]) {
                    work += n->in->minutes[t];
                    any = true;
                }
            int64_t late = n->release[i] + work - axis_at(n, n->needs.due[k]);
            if (any && late > worst)
                worst = late;
        }
    return worst;
}

Test(plan_naive, the_lateness_is_that_of_the_naive_rule_and_of_the_set_bound)
{
    const case_shape shape = {.topics = 60,
                              .minutes_high = 40,
                              .edges = 120,
                              .goals = 6,
                              .targets_of_goal = 4,
                              .days = 14,
                              .day_length = 120,
                              .windows_of_day = 3,
                              .caps = true,
                              .releases = true,
                              .busy = true,
                              .mastered = true,
                              .rows = true};
    int compared = 0;

    for (uint64_t seed = 1; seed <= 400; seed++) {
        plan_case *c = case_create(&shape, seed);
        naive n = naive_create(&c->input);
        plan_result r;
        cr_assert(plan_make(&c->input, &r));
        case_check(c, &r);
        if (r.certificate.topic_count > 0) {
            int64_t lateness = naive_lateness(&n);
            cr_assert_eq(lateness, r.certificate.lateness, "seed %d: %lld, not %lld", (int)seed, (long long)lateness,
                         (long long)r.certificate.lateness);
            propagate(&n);
            cr_assert_eq(set_bound(&n), r.certificate.lateness, "seed %d", (int)seed);
            compared++;
        }
        plan_result_finish(&r);
        naive_destroy(&n);
        case_destroy(c);
    }
    cr_assert_gt(compared, 300);
}

/* ---- the same input in another order ---- */

static void swap_ints(int32_t *a, int32_t *b)
{
    int32_t c = *a;
    *a = *b;
    *b = c;
}

static void shuffle(plan_case *c, uint64_t *state)
{
    for (int32_t i = c->input.edge_count - 1; i > 0; i--) {
        int32_t k = case_random(state, i + 1);
        swap_ints(&c->edge_topic[i], &c->edge_topic[k]);
        swap_ints(&c->edge_prerequisite[i], &c->edge_prerequisite[k]);
    }
    for (int32_t i = (int32_t)c->input.goal_count - 1; i > 0; i--) {
        int32_t k = case_random(state, i + 1);
        plan_goal goal = c->goals[i];
        c->goals[i] = c->goals[k];
        c->goals[k] = goal;
    }
    for (size_t g = 0; g < c->input.goal_count; g++) {
        int32_t *targets = c->targets + (c->goals[g].targets - c->targets);
        for (int32_t i = (int32_t)c->goals[g].target_count - 1; i > 0; i--)
            swap_ints(&targets[i], &targets[case_random(state, i + 1)]);
    }
}

Test(plan_naive, the_order_of_edges_goals_and_targets_changes_no_byte)
{
    const case_shape shape = {.topics = 40,
                              .minutes_high = 30,
                              .edges = 100,
                              .goals = 5,
                              .targets_of_goal = 3,
                              .days = 10,
                              .day_length = 100,
                              .windows_of_day = 3,
                              .caps = true,
                              .releases = true};

    for (uint64_t seed = 1; seed <= 300; seed++) {
        plan_case *c = case_create(&shape, seed);
        uint64_t state = seed;
        plan_result one, two;
        cr_assert(plan_make(&c->input, &one));
        shuffle(c, &state);
        cr_assert(plan_make(&c->input, &two));
        cr_assert_eq(one.session_count, two.session_count);
        for (size_t i = 0; i < one.session_count; i++)
            cr_assert(one.sessions[i].start == two.sessions[i].start && one.sessions[i].end == two.sessions[i].end &&
                          one.sessions[i].topic == two.sessions[i].topic,
                      "seed %d, session %zu", (int)seed, i);
        cr_assert_eq(one.certificate.topic_count, two.certificate.topic_count);
        cr_assert_eq(memcmp(one.certificate.topics, two.certificate.topics,
                            one.certificate.topic_count * sizeof *one.certificate.topics),
                     0);
        plan_result_finish(&one);
        plan_result_finish(&two);
        case_destroy(c);
    }
}
