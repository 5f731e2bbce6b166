#include "describe.h"
#include "planner.h"

#include <criterion/criterion.h>
#include <string.h>

static plan_result make(const plan_input *input)
{
    plan_result result;

    cr_assert_eq(plan_make(input, &result), PLAN_OK);
    return result;
}

Test(plan_planner, prerequisites_come_first_and_sessions_are_cut_at_window_ends)
{
    /* 2 needs 1 needs 0; 100 minutes each; windows of an hour. */
    const int32_t minutes[] = {100, 100, 100}, topic[] = {1, 2}, prerequisite[] = {0, 1}, target = 2;
    const bool mastered[3] = {false};
    const plan_window windows[] = {{0, 60, 0}, {1440, 1500, 1}, {2880, 3000, 2}, {4320, 4440, 3}};
    const plan_goal goal = {.not_before = 0, .due = 5000, .weight = 10, .targets = &target, .target_count = 1};
    plan_input input = {.calendar = {.windows = windows, .window_count = 4},
                        .topic_count = 3,
                        .minutes = minutes,
                        .mastered = mastered,
                        .edge_count = 2,
                        .edge_topic = topic,
                        .edge_prerequisite = prerequisite,
                        .goals = &goal,
                        .goal_count = 1};
    plan_result r = make(&input);

    const plan_session expected[] = {{0, 60, 0}, {1440, 1480, 0}, {1480, 1500, 1}, {2880, 2960, 1}, {2960, 3000, 2},
                                     {4320, 4380, 2}};
    cr_assert_eq(r.session_count, 6u);
    for (size_t i = 0; i < 6; i++) {
        cr_expect_eq(r.sessions[i].start, expected[i].start);
        cr_expect_eq(r.sessions[i].end, expected[i].end);
        cr_expect_eq(r.sessions[i].topic, expected[i].topic);
    }
    cr_expect_eq(r.forecasts[0].finish, 4380);
    cr_expect_eq(r.forecasts[0].usable_lateness, -60);
    cr_expect_eq(r.certificate.lateness, -60);
    cr_expect_eq(r.certificate.work_minutes, 300);
    cr_expect_eq(r.certificate.free_minutes, 360);
    cr_expect_eq(r.unplaced_count, 0u);
    plan_result_finish(&r);
}
