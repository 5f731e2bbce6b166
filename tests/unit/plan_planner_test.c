#include "describe.h"
#include "planner.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

enum { HOUR = 60, DAY = 1440 };

static plan_result make(const plan_input *input)
{
    plan_result result;

    cr_assert(plan_make(input, &result));
    return result;
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

Test(plan_planner, prerequisites_come_first_and_sessions_are_cut_at_window_ends)
{
    /* 2 needs 1 needs 0; 100 minutes each; windows of an hour. */
    const int32_t minutes[] = {100, 100, 100}, topic[] = {1, 2}, prerequisite[] = {0, 1}, target = 2;
    const bool mastered[3] = {false};
    const plan_window windows[] = {{0, 60, 0}, {1440, 1500, 1}, {2880, 3000, 2}, {4320, 4440, 3}};
    const plan_goal goal = {.due = 5000, .weight = 10, .targets = &target, .target_count = 1};
    const plan_input input = {.calendar = {.windows = windows, .window_count = 4},
                              .topic_count = 3,
                              .minutes = minutes,
                              .mastered = mastered,
                              .edge_count = 2,
                              .edge_topic = topic,
                              .edge_prerequisite = prerequisite,
                              .goals = &goal,
                              .goal_count = 1};
    plan_result r = make(&input);

    const plan_session expected[] = {{0, 60, 0},      {1440, 1480, 0}, {1480, 1500, 1},
                                     {2880, 2960, 1}, {2960, 3000, 2}, {4320, 4380, 2}};
    expect_sessions(&r, expected, 6);
    cr_expect_eq(r.forecasts[0].finish, 4380);
    cr_expect_eq(r.forecasts[0].usable_lateness, -60);
    cr_expect_eq(r.certificate.lateness, -60);
    cr_expect_eq(r.certificate.work_minutes, 300);
    cr_expect_eq(r.certificate.free_minutes, 360);
    cr_expect_eq(r.unplaced_count, 0u);
    plan_result_finish(&r);
}

/* One topic of one goal, for the tests of calendars. */
static plan_input one_topic(const plan_calendar *calendar, const int32_t *minutes, const plan_goal *goal)
{
    static const bool mastered[1] = {false};
    static const int32_t none[1];

    return (plan_input){.calendar = *calendar,
                        .topic_count = 1,
                        .minutes = minutes,
                        .mastered = mastered,
                        .edge_topic = none,
                        .edge_prerequisite = none,
                        .goals = goal,
                        .goal_count = 1};
}

/* 8-10 and 18-20 on each day, a cap of two hours, nothing before 12:00 of the first day. The cap keeps the mornings, so
 * the work begins on the next day, although the evening would do: the gap says so. */
Test(plan_planner, a_not_before_inside_a_capped_day_is_late_by_no_more_than_the_gap)
{
    const plan_window windows[] = {{8 * HOUR, 10 * HOUR, 0},
                                   {18 * HOUR, 20 * HOUR, 0},
                                   {DAY + 8 * HOUR, DAY + 10 * HOUR, 1},
                                   {DAY + 18 * HOUR, DAY + 20 * HOUR, 1}};
    const plan_calendar calendar = {.windows = windows, .window_count = 4, .daily_cap = 120};
    const int32_t minutes = 120, target = 0;
    const plan_goal goal = {
        .not_before = 12 * HOUR, .due = DAY + 9 * HOUR, .weight = 1, .targets = &target, .target_count = 1};
    const plan_input input = one_topic(&calendar, &minutes, &goal);
    plan_result r = make(&input);

    const plan_session expected[] = {{DAY + 8 * HOUR, DAY + 10 * HOUR, 0}};
    expect_sessions(&r, expected, 1);
    cr_expect_eq(r.certificate.lateness, 60);
    cr_expect_eq(r.certificate.free_minutes, 60);
    cr_expect_eq(r.certificate.gap, 120, "the bound lets it begin at 8:00");
    plan_result_finish(&r);
}

Test(plan_planner, a_release_before_or_behind_the_capped_minutes_has_no_gap)
{
    const plan_window windows[] = {{8 * HOUR, 10 * HOUR, 0},
                                   {18 * HOUR, 20 * HOUR, 0},
                                   {DAY + 8 * HOUR, DAY + 10 * HOUR, 1}};
    const plan_calendar calendar = {.windows = windows, .window_count = 3, .daily_cap = 120};
    const int32_t minutes = 30, target = 0;
    const int64_t harmless[] = {INT64_MIN, 8 * HOUR, 20 * HOUR, 23 * HOUR};

    for (size_t i = 0; i < 4; i++) {
        const plan_goal goal = {
            .not_before = harmless[i], .due = 2 * DAY, .weight = 1, .targets = &target, .target_count = 1};
        const plan_input input = one_topic(&calendar, &minutes, &goal);
        plan_result r = make(&input);
        cr_expect_eq(r.certificate.gap, 0, "not before %d", (int)harmless[i]);
        plan_result_finish(&r);
    }
}

Test(plan_planner, completed_sessions_count_for_the_cap_and_hold_their_place)
{
    const plan_window windows[] = {{8 * HOUR, 12 * HOUR, 0}, {DAY + 8 * HOUR, DAY + 12 * HOUR, 1}};
    const plan_busy busy[] = {{8 * HOUR, 9 * HOUR, 0, true}, {DAY + 8 * HOUR, DAY + 9 * HOUR, 1, false}};
    const plan_calendar calendar = {
        .windows = windows, .window_count = 2, .busy = busy, .busy_count = 2, .daily_cap = 90};
    const int32_t minutes = 100, target = 0;
    const plan_goal goal = {.not_before = INT64_MIN, .due = 2 * DAY, .targets = &target, .target_count = 1};
    const plan_input input = one_topic(&calendar, &minutes, &goal);
    plan_result r = make(&input);

    const plan_session expected[] = {{9 * HOUR, 9 * HOUR + 30, 0}, {DAY + 9 * HOUR, DAY + 10 * HOUR + 10, 0}};
    expect_sessions(&r, expected, 2);
    plan_result_finish(&r);
}

Test(plan_planner, windows_that_touch_are_one_within_a_day_and_two_across_midnight)
{
    const plan_window windows[] = {{20 * HOUR, 22 * HOUR, 0},
                                   {22 * HOUR, DAY, 0},
                                   {DAY, DAY + HOUR, 1},
                                   {DAY + HOUR, DAY + 2 * HOUR, 1}};
    const plan_calendar calendar = {.windows = windows, .window_count = 4};
    const int32_t minutes = 300, target = 0;
    const plan_goal goal = {.not_before = INT64_MIN, .due = 2 * DAY, .targets = &target, .target_count = 1};
    const plan_input input = one_topic(&calendar, &minutes, &goal);
    plan_result r = make(&input);

    const plan_session expected[] = {{20 * HOUR, DAY, 0}, {DAY, DAY + HOUR, 0}};
    expect_sessions(&r, expected, 2);
    plan_result_finish(&r);
}

Test(plan_planner, work_beyond_the_windows_is_late_without_a_date_and_listed)
{
    const plan_window windows[] = {{0, 60, 0}};
    const plan_calendar calendar = {.windows = windows, .window_count = 1};
    const int32_t minutes = 100, target = 0;
    const plan_goal goal = {.not_before = INT64_MIN, .due = 30, .targets = &target, .target_count = 1};
    const plan_input input = one_topic(&calendar, &minutes, &goal);
    plan_result r = make(&input);

    cr_expect_not(r.forecasts[0].has_finish);
    cr_expect_eq(r.forecasts[0].usable_lateness, 70);
    cr_expect_eq(r.certificate.lateness, 70);
    cr_assert_eq(r.unplaced_count, 1u);
    cr_expect_eq(r.unplaced[0].minutes, 40);
    plan_result_finish(&r);
}

Test(plan_planner, a_date_that_has_passed_is_late_by_all_its_work)
{
    const plan_window windows[] = {{1000, 2000, 0}};
    const plan_calendar calendar = {.now = 500, .windows = windows, .window_count = 1};
    const int32_t minutes = 100, target = 0;
    const plan_goal goal = {.not_before = INT64_MIN, .due = 400, .targets = &target, .target_count = 1};
    const plan_input input = one_topic(&calendar, &minutes, &goal);
    plan_result r = make(&input);

    cr_expect_eq(r.certificate.lateness, 100);
    cr_expect_eq(r.certificate.free_minutes, 0);
    cr_expect_eq(r.forecasts[0].calendar_lateness, 700);
    plan_result_finish(&r);
}

Test(plan_planner, mastered_topics_hide_what_lies_behind_them)
{
    /* 2 needs 1 needs 0; 1 is mastered. Another goal needs 0 itself. */
    const int32_t minutes[] = {10, 20, 40}, topic[] = {1, 2}, prerequisite[] = {0, 1}, targets[] = {2, 0};
    const bool mastered[3] = {false, true, false};
    const plan_window windows[] = {{0, 1000, 0}};
    plan_goal goals[] = {{.due = 500, .targets = &targets[0], .target_count = 1},
                         {.due = 600, .targets = &targets[1], .target_count = 1}};
    plan_input input = {.calendar = {.windows = windows, .window_count = 1},
                        .topic_count = 3,
                        .minutes = minutes,
                        .mastered = mastered,
                        .edge_count = 2,
                        .edge_topic = topic,
                        .edge_prerequisite = prerequisite,
                        .goals = goals,
                        .goal_count = 1};
    plan_result r = make(&input);
    cr_expect_eq(r.work_minutes, 40);
    plan_result_finish(&r);

    input.goal_count = 2;
    r = make(&input);
    cr_expect_eq(r.work_minutes, 50);
    cr_expect_eq(r.forecasts[0].work_minutes, 40);
    cr_expect_eq(r.forecasts[1].work_minutes, 10);
    plan_result_finish(&r);
}

Test(plan_planner, nothing_to_learn_is_met)
{
    const plan_calendar calendar = {.now = 900};
    const int32_t minutes = 100, target = 0;
    const bool mastered = true;
    const plan_goal goal = {.not_before = INT64_MIN, .due = 100, .targets = &target, .target_count = 1};
    plan_input input = one_topic(&calendar, &minutes, &goal);
    input.mastered = &mastered;
    plan_result r = make(&input);
    char words[PLAN_WORDS_SIZE];

    cr_expect_not(r.forecasts[0].has_work);
    cr_expect_not(r.forecasts[0].has_finish);
    cr_expect_leq(r.forecasts[0].usable_lateness, 0);
    cr_expect_eq(r.certificate.topic_count, 0u);
    cr_expect_leq(r.certificate.lateness, 0);
    cr_expect_str_eq(plan_describe(PLAN_ENGLISH, &r.certificate, &(plan_words){0}, words),
                     "Nothing is left to learn: every goal is met.");
    plan_result_finish(&r);
}

Test(plan_planner, equal_dates_go_by_weight_then_by_number_and_what_was_begun_goes_on)
{
    const int32_t minutes[] = {30, 30, 30, 10}, targets[] = {0, 1, 2, 3}, none[1] = {0};
    const bool mastered[4] = {false};
    const plan_window windows[] = {{0, 1000, 0}};
    const plan_goal goals[] = {{.due = 500, .weight = 1, .targets = &targets[0], .target_count = 1},
                               {.due = 500, .weight = 5, .targets = &targets[1], .target_count = 1},
                               {.due = 500, .weight = 5, .targets = &targets[2], .target_count = 1},
                               /* comes while 1 is learned, and is due earlier */
                               {.not_before = 10, .due = 100, .weight = 1, .targets = &targets[3], .target_count = 1}};
    const plan_input input = {.calendar = {.windows = windows, .window_count = 1},
                              .topic_count = 4,
                              .minutes = minutes,
                              .mastered = mastered,
                              .edge_topic = none,
                              .edge_prerequisite = none,
                              .goals = goals,
                              .goal_count = 4};
    plan_result r = make(&input);

    const plan_session expected[] = {{0, 10, 1}, {10, 20, 3}, {20, 40, 1}, {40, 70, 2}, {70, 100, 0}};
    expect_sessions(&r, expected, 5);
    plan_result_finish(&r);
}

Test(plan_planner, a_circle_is_refused)
{
    const int32_t minutes[] = {1, 1}, topic[] = {0, 1}, prerequisite[] = {1, 0}, target = 0;
    const bool mastered[2] = {false};
    const plan_goal goal = {.due = 500, .targets = &target, .target_count = 1};
    const plan_input input = {.topic_count = 2,
                              .minutes = minutes,
                              .mastered = mastered,
                              .edge_count = 2,
                              .edge_topic = topic,
                              .edge_prerequisite = prerequisite,
                              .goals = &goal,
                              .goal_count = 1};
    plan_result r;

    cr_expect_not(plan_make(&input, &r));
    cr_expect_null(r.forecasts);
}

/* ---- hostile sizes ---- */

/* n topics of minutes each, edges given by arrays, one goal for the last; windows of one minute, every other minute. */
static void plan_large(int32_t n, int32_t minutes_each, int32_t edge_count, const int32_t *topic,
                       const int32_t *prerequisite, size_t windows_count)
{
    int32_t *minutes = calloc((size_t)n, sizeof *minutes), target = n - 1;
    bool *mastered = calloc((size_t)n, sizeof *mastered);
    plan_window *windows = calloc(windows_count, sizeof *windows);
    for (int32_t i = 0; i < n; i++)
        minutes[i] = minutes_each;
    for (size_t i = 0; i < windows_count; i++)
        windows[i] = (plan_window){2 * (int64_t)i, 2 * (int64_t)i + 1, (int32_t)(2 * i / DAY)};
    const plan_goal goal = {.due = DAY, .targets = &target, .target_count = 1};
    const plan_input input = {.calendar = {.windows = windows, .window_count = windows_count},
                              .topic_count = n,
                              .minutes = minutes,
                              .mastered = mastered,
                              .edge_count = edge_count,
                              .edge_topic = topic,
                              .edge_prerequisite = prerequisite,
                              .goals = &goal,
                              .goal_count = 1};
    plan_result r = make(&input);

    cr_expect_eq(r.work_minutes, (int64_t)n * minutes_each);
    cr_expect_eq(r.certificate.lateness, (int64_t)n * minutes_each - DAY / 2);
    cr_expect_eq(r.certificate.topic_count, (size_t)n);
    int64_t placed = 0;
    for (size_t i = 0; i < r.session_count; i++)
        placed += r.sessions[i].end - r.sessions[i].start;
    for (size_t i = 0; i < r.unplaced_count; i++)
        placed += r.unplaced[i].minutes;
    cr_expect_eq(placed, r.work_minutes);
    plan_result_finish(&r);
    free(minutes);
    free(mastered);
    free(windows);
}

Test(plan_planner, a_hundred_thousand_edges_on_one_topic)
{
    enum { N = 100001 };
    int32_t *topic = calloc(N, sizeof *topic), *prerequisite = calloc(N, sizeof *prerequisite);

    for (int32_t i = 0; i < N - 1; i++) {
        topic[i] = N - 1;
        prerequisite[i] = i;
    }
    plan_large(N, 1, N - 1, topic, prerequisite, 2 * N);
    free(topic);
    free(prerequisite);
}

Test(plan_planner, a_chain_of_ten_thousand_over_five_years_of_single_minutes)
{
    enum { N = 10000, FIVE_YEARS = 5 * 365 * DAY };
    int32_t *topic = calloc(N, sizeof *topic), *prerequisite = calloc(N, sizeof *prerequisite);

    for (int32_t i = 0; i < N - 1; i++) {
        topic[i] = i + 1;
        prerequisite[i] = i;
    }
    plan_large(N, 150, N - 1, topic, prerequisite, FIVE_YEARS / 2);
    free(topic);
    free(prerequisite);
}
