/* Places that a learner wants, case by case. */
#include "place.h"

#include <criterion/criterion.h>

enum { HOUR = 60, DAY = 1440 };

/* 2 needs 1, 1 needs 0; 3 is alone. */
static const int32_t minutes[] = {60, 60, 60, 60};
static const bool mastered[4];
static const int32_t topics[] = {1, 2}, prerequisites[] = {0, 1};
static const plan_window windows[] = {{8 * HOUR, 12 * HOUR, 0},
                                      {22 * HOUR, DAY, 0},
                                      {DAY, DAY + 2 * HOUR, 1},
                                      {DAY + 8 * HOUR, DAY + 12 * HOUR, 1}};
static const plan_busy busy[] = {{9 * HOUR, 10 * HOUR, 0, true}};

static plan_place_fault fault_of(int32_t topic, int64_t start, int64_t end, const plan_session *fixed, size_t count)
{
    const plan_input input = {.calendar = {.now = 7 * HOUR,
                                           .windows = windows,
                                           .window_count = 4,
                                           .busy = busy,
                                           .busy_count = 1,
                                           .daily_cap = 30,
                                           .longest_session = 20,
                                           .break_minutes = 10},
                              .topic_count = 4,
                              .minutes = minutes,
                              .mastered = mastered,
                              .edge_count = 2,
                              .edge_topic = topics,
                              .edge_prerequisite = prerequisites};
    plan_place place = {.session = {start, end, topic}};

    plan_check_places(&input, fixed, count, &place, 1);
    return place.fault;
}

Test(plan_place, lies_within_free_time_of_one_day)
{
    cr_expect_eq(fault_of(0, 8 * HOUR, 9 * HOUR, NULL, 0), PLAN_PLACE_GOOD, "whatever the cap and the breaks are");
    cr_expect_eq(fault_of(0, 10 * HOUR, 12 * HOUR, NULL, 0), PLAN_PLACE_GOOD);
    cr_expect_eq(fault_of(0, 10 * HOUR, 12 * HOUR + 1, NULL, 0), PLAN_PLACE_NOT_FREE);
    cr_expect_eq(fault_of(0, 8 * HOUR + 1, 9 * HOUR + 1, NULL, 0), PLAN_PLACE_NOT_FREE, "what is taken");
    cr_expect_eq(fault_of(0, 8 * HOUR - 1, 8 * HOUR + 9, NULL, 0), PLAN_PLACE_NOT_FREE);
    cr_expect_eq(fault_of(0, 23 * HOUR, DAY, NULL, 0), PLAN_PLACE_GOOD);
    cr_expect_eq(fault_of(0, 23 * HOUR, DAY + 1, NULL, 0), PLAN_PLACE_NOT_FREE, "over midnight");
    cr_expect_eq(fault_of(0, 6 * HOUR, 7 * HOUR, NULL, 0), PLAN_PLACE_NOT_FREE, "in the past");
    cr_expect_eq(fault_of(0, 90 * DAY, 90 * DAY + 10, NULL, 0), PLAN_PLACE_NOT_FREE, "behind all windows");
}

Test(plan_place, keeps_away_from_fixed_sessions_and_in_the_order_of_prerequisites)
{
    const plan_session fixed[] = {{10 * HOUR, 11 * HOUR, 1}};

    cr_expect_eq(fault_of(3, 10 * HOUR + 59, 11 * HOUR + 30, fixed, 1), PLAN_PLACE_OVERLAPS);
    cr_expect_eq(fault_of(3, 8 * HOUR, 9 * HOUR, fixed, 1), PLAN_PLACE_GOOD);
    cr_expect_eq(fault_of(2, 8 * HOUR, 9 * HOUR, fixed, 1), PLAN_PLACE_BEFORE_PREREQUISITE);
    cr_expect_eq(fault_of(2, 11 * HOUR, 12 * HOUR, fixed, 1), PLAN_PLACE_GOOD);
    cr_expect_eq(fault_of(0, 11 * HOUR, 12 * HOUR, fixed, 1), PLAN_PLACE_BEHIND_DEPENDENT);
    cr_expect_eq(fault_of(0, 8 * HOUR, 9 * HOUR, fixed, 1), PLAN_PLACE_GOOD);
    cr_expect_eq(fault_of(1, 8 * HOUR, 9 * HOUR, fixed, 1), PLAN_PLACE_GOOD, "parts of one topic have no order");
    cr_expect_eq(fault_of(-1, 11 * HOUR, 12 * HOUR, fixed, 1), PLAN_PLACE_GOOD);
}
