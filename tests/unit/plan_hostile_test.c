/* Inputs that nobody means well with: everything ends soon, and the answers still hold. */
#include "plan_cases.h"
#include "repairs.h"
#include "reviews.h"

#include <criterion/criterion.h>
#include <stdlib.h>

enum { DAY = 1440 };

typedef struct hostile {
    plan_input input;
    int32_t *minutes, *edge_topic, *edge_prerequisite, *targets;
    bool *mastered;
    plan_goal *goals;
    plan_window *windows;
} hostile;

static void *room(size_t count, size_t size)
{
    return calloc(count + 1, size);
}

/* Goals of one target each; a chain of all topics. */
static hostile make_chain(int32_t topics, size_t goals, size_t windows)
{
    hostile h = {.minutes = room((size_t)topics, 4),
                 .edge_topic = room((size_t)topics, 4),
                 .edge_prerequisite = room((size_t)topics, 4),
                 .targets = room(goals, 4),
                 .mastered = room((size_t)topics, 1),
                 .goals = room(goals, sizeof(plan_goal)),
                 .windows = room(windows, sizeof(plan_window))};

    for (int32_t t = 0; t < topics; t++) {
        h.minutes[t] = 1;
        h.edge_topic[t] = t + 1;
        h.edge_prerequisite[t] = t;
    }
    for (size_t g = 0; g < goals; g++) {
        h.targets[g] = topics - 1 - (int32_t)g % topics;
        h.goals[g] =
            (plan_goal){.not_before = INT64_MIN, .due = DAY, .weight = 1, .targets = &h.targets[g], .target_count = 1};
    }
    for (size_t i = 0; i < windows; i++) /* of one minute, every other minute */
        h.windows[i] = (plan_window){2 * (int64_t)i, 2 * (int64_t)i + 1, (int32_t)(2 * i / DAY)};
    h.input = (plan_input){.calendar = {.windows = h.windows, .window_count = windows},
                           .topic_count = topics,
                           .minutes = h.minutes,
                           .mastered = h.mastered,
                           .edge_count = topics - 1,
                           .edge_topic = h.edge_topic,
                           .edge_prerequisite = h.edge_prerequisite,
                           .goals = h.goals,
                           .goal_count = goals};
    return h;
}

static void finish(hostile *h)
{
    free(h->minutes);
    free(h->edge_topic);
    free(h->edge_prerequisite);
    free(h->targets);
    free(h->mastered);
    free(h->goals);
    free(h->windows);
}

/* All minutes are in sessions or listed, and the certificate adds up. */
static void plan_it(const hostile *h, int64_t work)
{
    plan_result r;
    int64_t placed = 0;

    cr_assert(plan_make(&h->input, &r));
    for (size_t i = 0; i < r.session_count; i++) {
        cr_assert(i == 0 || r.sessions[i].start >= r.sessions[i - 1].end);
        placed += r.sessions[i].end - r.sessions[i].start;
    }
    for (size_t i = 0; i < r.unplaced_count; i++)
        placed += r.unplaced[i].minutes;
    cr_expect_eq(placed, work);
    cr_expect_eq(r.work_minutes, work);
    cr_expect_eq(r.certificate.lateness, r.certificate.work_minutes - r.certificate.free_minutes);
    plan_result_finish(&r);
}

Test(plan_hostile, a_thousand_goals_on_one_chain_with_dates_in_no_order)
{
    enum { TOPICS = 10000, GOALS = 1000 };
    hostile h = make_chain(TOPICS, GOALS, 5 * 365 * DAY / 2);
    uint64_t state = 1;

    for (size_t g = 0; g < GOALS; g++) {
        h.goals[g].due = case_random(&state, 1000 * DAY) - 10 * DAY;
        h.goals[g].not_before = case_random(&state, 1000 * DAY); /* behind its own date as often as not */
    }
    plan_it(&h, TOPICS);
    h.input.calendar.shortest_session = 30;
    h.input.calendar.longest_session = 50;
    h.input.calendar.break_minutes = 10;
    h.input.calendar.daily_cap = 7;
    plan_it(&h, TOPICS);
    finish(&h);
}

/* Each topic interrupts the one before: the later in the chain of releases, the earlier due. */
Test(plan_hostile, fifty_thousand_interruptions)
{
    enum { TOPICS = 50000, WINDOWS = 1000 };
    hostile h = make_chain(TOPICS, TOPICS, WINDOWS);

    h.input.edge_count = 0;
    for (int32_t t = 0; t < TOPICS; t++) {
        h.minutes[t] = 4;
        h.targets[t] = t;
        h.goals[t].not_before = 2 * t;
        h.goals[t].due = 10 * (int64_t)TOPICS - t;
    }
    for (int32_t i = 0; i < WINDOWS; i++)
        h.windows[i] = (plan_window){i * DAY, (i + 1) * DAY, i};
    plan_it(&h, 4 * TOPICS);
    h.input.calendar.shortest_session = 5;
    plan_it(&h, 4 * TOPICS);
    finish(&h);
}

Test(plan_hostile, zero_and_huge_minutes)
{
    enum { TOPICS = 10000 };
    hostile h = make_chain(TOPICS, 2, 1000);
    int64_t work = 0;

    for (int32_t t = 0; t < TOPICS; t++) {
        h.minutes[t] = t % 3 == 0 ? 0 : t % 3 == 1 ? INT32_MAX : 100000;
        work += h.minutes[t];
    }
    plan_it(&h, work);
    for (int32_t t = 0; t < TOPICS; t++)
        h.minutes[t] = 0;
    plan_it(&h, 0);
    finish(&h);
}

Test(plan_hostile, no_windows_no_goals_no_topics)
{
    hostile h = make_chain(3, 1, 0);
    plan_result r;
    plan_repairs repairs;

    plan_it(&h, 3);
    cr_assert(plan_repairs_make(&h.input, &(plan_repair_options){0}, &repairs));
    cr_assert_eq(repairs.count, 1u, "only dates can move, and none is inside the windows");
    cr_expect(repairs.repairs[0].possible && !repairs.repairs[0].dates[0].has_date);
    plan_repairs_finish(&repairs);
    h.input.goal_count = 0;
    plan_it(&h, 0);
    h.input.topic_count = h.input.edge_count = 0;
    cr_assert(plan_make(&h.input, &r));
    cr_expect_eq(r.session_count + r.unplaced_count + r.certificate.topic_count, 0u);
    plan_result_finish(&r);
    finish(&h);
}

/* Every minute of five years in a window of its own, and more reviews than there are minutes. */
Test(plan_hostile, reviews_without_end)
{
    enum { REVIEWS = 20000 };
    hostile h = make_chain(10, 1, 5 * 365 * DAY / 2);
    plan_review *reviews = room(REVIEWS, sizeof *reviews);
    uint64_t state = 1;
    plan_reserve r;

    for (size_t i = 0; i < REVIEWS; i++)
        reviews[i] = (plan_review){case_random(&state, 3000 * DAY) - 500 * DAY, 1 + case_random(&state, 600)};
    plan_reserve_init(&r, &h.input.calendar, reviews, REVIEWS, DAY);
    h.input.calendar.reserved = r.reserved;
    h.input.calendar.reserved_count = r.reserved_count;
    plan_it(&h, 10);
    cr_expect_gt(r.unplaced_minutes, 0);
    plan_reserve_finish(&r);
    free(reviews);
    finish(&h);
}
