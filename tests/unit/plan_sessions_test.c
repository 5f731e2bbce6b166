/* Longest and shortest sessions, and breaks. */
#include "plan_cases.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>

enum { HOUR = 60 };

static plan_result plan(const plan_input *input)
{
    plan_result r;

    cr_assert(plan_make(input, &r));
    return r;
}

/* One goal for two topics of a chain. */
static plan_result plan_two(const plan_calendar *calendar, int32_t first, int32_t second)
{
    static const bool mastered[2];
    static const int32_t topic = 1, prerequisite = 0, target = 1;
    const int32_t minutes[] = {first, second};
    const plan_goal goal = {.not_before = INT64_MIN, .due = 100000, .targets = &target, .target_count = 1};
    const plan_input input = {.calendar = *calendar,
                              .topic_count = 2,
                              .minutes = minutes,
                              .mastered = mastered,
                              .edge_count = 1,
                              .edge_topic = &topic,
                              .edge_prerequisite = &prerequisite,
                              .goals = &goal,
                              .goal_count = 1};
    return plan(&input);
}

static void expect_sessions(const plan_result *r, const plan_session *expected, size_t count)
{
    cr_assert_eq(r->session_count, count, "%zu sessions", r->session_count);
    for (size_t i = 0; i < count; i++)
        cr_expect(r->sessions[i].start == expected[i].start && r->sessions[i].end == expected[i].end &&
                      r->sessions[i].topic == expected[i].topic,
                  "session %zu: topic %d from %d to %d", i, r->sessions[i].topic, (int)r->sessions[i].start,
                  (int)r->sessions[i].end);
}

Test(plan_sessions, after_the_longest_session_comes_a_break)
{
    const plan_window windows[] = {{8 * HOUR, 11 * HOUR, 0}, {24 * HOUR, 26 * HOUR, 1}};
    const plan_calendar calendar = {.windows = windows, .window_count = 2, .longest_session = 50, .break_minutes = 10};
    plan_result r = plan_two(&calendar, 70, 100);

    const plan_session expected[] = {{480, 530, 0}, {540, 560, 0}, {560, 590, 1}, {600, 650, 1}, {1440, 1460, 1}};
    expect_sessions(&r, expected, 5);
    cr_expect_eq(r.certificate.gap + r.certificate.session_gap, 0, "this is exact");
    plan_result_finish(&r);
}

Test(plan_sessions, without_a_break_long_sessions_are_only_cut)
{
    const plan_window windows[] = {{0, 100, 0}};
    const plan_calendar calendar = {.windows = windows, .window_count = 1, .longest_session = 30};
    plan_result r = plan_two(&calendar, 80, 20);

    const plan_session expected[] = {{0, 30, 0}, {30, 60, 0}, {60, 80, 0}, {80, 90, 1}, {90, 100, 1}};
    expect_sessions(&r, expected, 5);
    plan_result_finish(&r);
}

/* A lesson in the middle is a break as good as any, and the next day begins anew. */
Test(plan_sessions, busy_time_and_midnight_begin_a_new_row)
{
    const plan_window windows[] = {{0, 200, 0}, {200, 300, 1}};
    const plan_busy busy[] = {{40, 70, 0, false}};
    const plan_calendar calendar = {.windows = windows,
                                    .window_count = 2,
                                    .busy = busy,
                                    .busy_count = 1,
                                    .longest_session = 60,
                                    .break_minutes = 20};
    plan_result r = plan_two(&calendar, 150, 60);

    const plan_session expected[] = {{0, 40, 0}, {70, 130, 0}, {150, 200, 0}, {200, 260, 1}};
    expect_sessions(&r, expected, 4);
    plan_result_finish(&r);
}

/* 25 minutes are left behind the first topic, the second one wants sessions of 40: it waits for the next day. */
Test(plan_sessions, what_is_left_of_a_stretch_stays_empty_when_it_is_too_short)
{
    const plan_window windows[] = {{0, 100, 0}, {1440, 1540, 1}, {2880, 2980, 2}};
    const plan_calendar calendar = {.windows = windows, .window_count = 3, .shortest_session = 40};
    plan_result r = plan_two(&calendar, 75, 90);

    const plan_session expected[] = {{0, 75, 0}, {1440, 1530, 1}};
    expect_sessions(&r, expected, 2);
    cr_expect_eq(r.certificate.session_gap, 25);
    cr_expect_eq(r.forecasts[0].usable_lateness, r.certificate.lateness + 25);
    plan_result_finish(&r);
}

/* ---- fewer sessions ---- */

/* Topic 0 is due late; topic 1, released at 20, is due at its_due. Lateness: topic 2 of 5 minutes, due at 1000, begun
 * last. */
static plan_result plan_interrupted(int64_t its_due)
{
    static const bool mastered[3];
    static const int32_t minutes[] = {50, 10, 5}, targets[] = {0, 1, 2};
    const plan_window windows[] = {{0, 2000, 0}};
    const plan_goal goals[] = {
        {.not_before = INT64_MIN, .due = 900, .targets = &targets[0], .target_count = 1},
        {.not_before = 20, .due = its_due, .targets = &targets[1], .target_count = 1},
        {.not_before = 995, .due = 1000, .targets = &targets[2], .target_count = 1},
    };
    const plan_input input = {.calendar = {.windows = windows, .window_count = 1},
                              .topic_count = 3,
                              .minutes = minutes,
                              .mastered = mastered,
                              .edge_topic = targets,
                              .edge_prerequisite = targets,
                              .goals = goals,
                              .goal_count = 3};
    return plan(&input);
}

Test(plan_sessions, a_topic_is_not_split_for_one_that_can_wait)
{
    plan_result r = plan_interrupted(60);

    const plan_session whole[] = {{0, 50, 0}, {50, 60, 1}, {995, 1000, 2}};
    expect_sessions(&r, whole, 3);
    cr_expect_eq(r.certificate.lateness, 0);
    cr_expect_eq(r.forecasts[1].usable_lateness, 0);
    plan_result_finish(&r);

    r = plan_interrupted(59); /* it would be late */
    const plan_session split[] = {{0, 20, 0}, {20, 30, 1}, {30, 60, 0}, {995, 1000, 2}};
    expect_sessions(&r, split, 4);
    plan_result_finish(&r);
}

/* ---- random cases ---- */

static bool is_usable(const plan_case *c, const bool *usable, int64_t t, int64_t end)
{
    return t >= c->input.calendar.now && t < end && usable[t - c->input.calendar.now];
}

/* The free stretch around a minute. */
static int64_t stretch(const plan_case *c, const bool *usable, int64_t t, int64_t end)
{
    int64_t first = t, last = t;

    while (is_usable(c, usable, first - 1, end))
        first--;
    while (is_usable(c, usable, last + 1, end))
        last++;
    return last + 1 - first;
}

/* Stretches of two days that touch at midnight are two: a session there may be as short as either. */
static bool touches_midnight(const plan_session *s, int32_t day_length)
{
    return s->start % day_length == 0 || s->end % day_length == 0;
}

static void check_lengths(const plan_case *c, const plan_result *r, int32_t day_length)
{
    const plan_input *in = &c->input;
    int64_t end = case_end(in), *left = calloc((size_t)in->topic_count, sizeof *left);
    bool *usable = case_usable_minutes(&in->calendar, end);

    for (int32_t t = 0; t < in->topic_count; t++)
        left[t] = in->minutes[t];
    for (size_t i = 0; i < r->session_count; i++) {
        const plan_session *s = &r->sessions[i];
        int64_t length = s->end - s->start;
        cr_assert(length >= in->calendar.shortest_session || length == left[s->topic] ||
                      length == stretch(c, usable, s->start, end) || touches_midnight(s, day_length),
                  "seed %d: session %zu of %d minutes", (int)c->seed, i, (int)length);
        left[s->topic] -= length;
    }
    free(usable);
    free(left);
}

Test(plan_sessions, none_is_shorter_than_wanted_without_need_and_the_gap_is_told)
{
    const case_shape shape = {.topics = 12,
                              .minutes_high = 20,
                              .edges = 14,
                              .goals = 4,
                              .targets_of_goal = 3,
                              .days = 8,
                              .day_length = 60,
                              .windows_of_day = 3,
                              .caps = true,
                              .releases = true,
                              .busy = true,
                              .mastered = true,
                              .shortest = true};
    int with_gap = 0, exact = 0;

    for (uint64_t seed = 1; seed <= 5000; seed++) {
        plan_case *c = case_create(&shape, seed);
        plan_result r = plan(&c->input);
        case_check(c, &r);
        check_lengths(c, &r, shape.day_length);
        cr_assert_geq(r.certificate.session_gap, 0, "seed %d", (int)seed);
        with_gap += r.certificate.session_gap > 0;
        exact += r.certificate.topic_count > 0 && r.certificate.session_gap == 0;
        plan_result_finish(&r);
        case_destroy(c);
    }
    printf("%d plans as good as without, %d later\n", exact, with_gap);
    cr_assert(exact > with_gap && with_gap > 100, "%d and %d", exact, with_gap);
}

Test(plan_sessions, lengths_and_breaks_together_keep_every_promise)
{
    const case_shape shape = {.topics = 12,
                              .minutes_high = 20,
                              .edges = 14,
                              .goals = 4,
                              .targets_of_goal = 3,
                              .days = 8,
                              .day_length = 60,
                              .windows_of_day = 3,
                              .caps = true,
                              .releases = true,
                              .busy = true,
                              .rows = true,
                              .shortest = true};

    for (uint64_t seed = 1; seed <= 5000; seed++) {
        plan_case *c = case_create(&shape, seed);
        plan_result r = plan(&c->input);
        case_check(c, &r);
        plan_result_finish(&r);
        case_destroy(c);
    }
}
