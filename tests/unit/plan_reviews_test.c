/* Reviews take their place before lessons; plans are exact for what is left. */
#include "plan_cases.h"
#include "reviews.h"

#include <criterion/criterion.h>
#include <math.h>
#include <stdlib.h>

enum { HOUR = 60, DAY = 1440 };

static void expect(const plan_reserve *r, const plan_review_session *expected, size_t count)
{
    cr_assert_eq(r->session_count, count, "%zu sessions", r->session_count);
    for (size_t i = 0; i < count; i++)
        cr_expect(r->sessions[i].start == expected[i].start && r->sessions[i].end == expected[i].end &&
                      r->sessions[i].review == expected[i].review,
                  "session %zu: review %zu from %d to %d", i, r->sessions[i].review, (int)r->sessions[i].start,
                  (int)r->sessions[i].end);
}

Test(plan_reviews, overdue_ones_come_at_once_and_others_on_their_date)
{
    const plan_window windows[] = {{8 * HOUR, 9 * HOUR, 0}, {DAY + 8 * HOUR, DAY + 9 * HOUR, 1}};
    const plan_calendar calendar = {.now = 7 * HOUR, .windows = windows, .window_count = 2};
    const plan_review reviews[] = {{DAY + 8 * HOUR + 20, 10}, {-5 * DAY, 40}, {-6 * DAY, 30}, {9 * HOUR, 5}};
    plan_reserve r;

    plan_reserve_init(&r, &calendar, reviews, 4, 0);
    const plan_review_session expected[] = {
        {480, 510, 2}, {510, 540, 1}, {DAY + 480, DAY + 490, 1}, {DAY + 490, DAY + 495, 3}, {DAY + 500, DAY + 510, 0}};
    expect(&r, expected, 5);
    cr_expect(r.review_minutes == 85 && r.unplaced_minutes == 0 && r.forecast_minutes == 0);
    cr_expect_eq(r.reserved_count, 3u, "what touches is one");
    plan_reserve_finish(&r);
}

/* Nothing is free on days 1 to 9. */
Test(plan_reviews, what_falls_into_a_vacation_is_done_on_the_day_before)
{
    const plan_window windows[] = {{600, 660, 0}, {720, 780, 0}, {10 * DAY, 10 * DAY + 60, 10}};
    const plan_calendar calendar = {.windows = windows, .window_count = 3};
    const plan_review reviews[] = {{4 * DAY, 15}, {9 * DAY + 1, 15}, {100 * DAY, 15}};
    plan_reserve r;

    plan_reserve_init(&r, &calendar, reviews, 3, 0);
    const plan_review_session expected[] = {{600, 615, 0}, {10 * DAY, 10 * DAY + 15, 1}};
    expect(&r, expected, 2);
    cr_expect_eq(r.unplaced_minutes, 15, "there is nothing behind the last window");
    plan_reserve_finish(&r);
}

Test(plan_reviews, minutes_are_held_back_for_what_is_yet_to_be_learned)
{
    const plan_window windows[] = {{0, 100, 0}, {DAY, DAY + 30, 1}, {2 * DAY, 2 * DAY + 40, 2}};
    const plan_calendar calendar = {.windows = windows, .window_count = 3};
    const plan_review review = {0, 10};
    plan_reserve r;

    plan_reserve_init(&r, &calendar, &review, 1, 20);
    cr_assert_eq(r.reserved_count, 4u);
    cr_expect(r.reserved[0].start == 0 && r.reserved[0].end == 10, "the review itself");
    cr_expect(r.reserved[1].start == 80 && r.reserved[1].end == 100);
    cr_expect(r.reserved[2].start == DAY + 15 && r.reserved[2].end == DAY + 30, "no more than half of a day");
    cr_expect(r.reserved[3].start == 2 * DAY + 20 && r.reserved[3].end == 2 * DAY + 40);
    cr_expect_eq(r.forecast_minutes, 55);
    plan_reserve_finish(&r);
}

/* A hundred topics in a hundred days: nearly each has its first two reviews by then, four of ten a third one. */
Test(plan_reviews, the_forecast_of_reviews)
{
    cr_expect_eq(plan_review_forecast(100, 100, 5), 10, "%d", plan_review_forecast(100, 100, 5));
    cr_expect_eq(plan_review_forecast(0, 100, 5), 0);
    cr_expect_eq(plan_review_forecast(100, 0, 5), 0);
    cr_expect_eq(plan_review_forecast(40, 1, 5), 25, "as for four days");
    for (int64_t days = 1; days < 1000; days++)
        cr_expect_leq(plan_review_forecast(1000, days + 1, 5), plan_review_forecast(1000, days, 5), "%d", (int)days);
    cr_expect_eq(plan_review_forecast(1, 365, 5), 0, "not worth a minute");
    cr_expect_eq(plan_review_forecast(100000, 10, 60), DAY);
}

/* S = 10 days; nine of ten after ten days, 95 of a hundred after 4.34. */
Test(plan_reviews, before_an_exam_a_review_comes_late_enough)
{
    const plan_recall r = {.stability_days = 10, .decay = 0.1542, .last = 0, .due = 10 * DAY};

    cr_expect_eq(plan_exam_review(&r, 9 * DAY, 0.9), INT64_MIN, "the last one will do");
    cr_expect_eq(plan_exam_review(&r, 20 * DAY, 0.9), INT64_MIN, "the next one will do");
    cr_expect_eq(plan_exam_review(&r, 20 * DAY + 1, 0.9), 10 * DAY + 1);
    int64_t date = plan_exam_review(&r, 30 * DAY, 0.95);
    double days = (double)(30 * DAY - date) / DAY, factor = pow(0.9, -1 / 0.1542) - 1;
    cr_expect_float_eq(pow(1 + factor * days / 10, -0.1542), 0.95, 1e-4);
    cr_expect_geq(pow(1 + factor * days / 10, -0.1542), 0.95, "no earlier than that is needed, no later will do");
    cr_expect_eq(plan_exam_review(&(plan_recall){1e9, 0.1542, 0, DAY}, 100000 * DAY, 0.7), 100000 * DAY - 36500 * DAY);
}

/* ---- random cases ---- */

/* The reserve lies in usable minutes, reviews are done no earlier than their dates, or on the day before a vacation. */
static void check_reserve(const plan_case *c, const plan_reserve *r, const plan_review *reviews, const bool *usable)
{
    int64_t now = c->input.calendar.now, reserved = 0;

    for (size_t i = 0; i < r->reserved_count; i++) {
        cr_assert(r->reserved[i].start < r->reserved[i].end);
        cr_assert(i == 0 || r->reserved[i].start > r->reserved[i - 1].end);
        reserved += r->reserved[i].end - r->reserved[i].start;
        int64_t inside = 0;
        for (int64_t t = r->reserved[i].start; t < r->reserved[i].end; t++)
            inside += usable[t - now];
        cr_assert_eq(inside, r->reserved[i].end - r->reserved[i].start, "seed %d", (int)c->seed);
    }
    cr_assert_eq(reserved, r->review_minutes + r->forecast_minutes);
    for (size_t i = 0; i < r->session_count; i++) {
        const plan_review_session *s = &r->sessions[i];
        int64_t due = reviews[s->review].due, next = due > now ? due : now;
        cr_assert(i == 0 || s->start >= r->sessions[i - 1].end);
        while (next < case_end(&c->input) && !usable[next - now])
            next++;
        if (s->start < due)
            cr_assert_gt(next, due + DAY, "seed %d: review %zu", (int)c->seed, s->review);
    }
}

Test(plan_reviews, plans_keep_every_promise_in_what_is_left)
{
    const case_shape shape = {.topics = 15,
                              .minutes_high = 30,
                              .edges = 20,
                              .goals = 4,
                              .targets_of_goal = 3,
                              .days = 6,
                              .day_length = 150,
                              .windows_of_day = 3,
                              .caps = true,
                              .releases = true,
                              .busy = true,
                              .rows = true};
    int caused = 0;

    for (uint64_t seed = 1; seed <= 1500; seed++) {
        plan_case *c = case_create(&shape, seed);
        uint64_t state = seed;
        plan_review reviews[20];
        size_t count = (size_t)case_random(&state, 20);
        plan_result without, with;
        plan_reserve r;
        for (size_t i = 0; i < count; i++)
            reviews[i] = (plan_review){case_random(&state, 2000) - 1000, 1 + case_random(&state, 12)};
        bool *usable = case_usable_minutes(&c->input.calendar, case_end(&c->input));
        plan_reserve_init(&r, &c->input.calendar, reviews, count, case_random(&state, 10));
        check_reserve(c, &r, reviews, usable);
        cr_assert(plan_make(&c->input, &without));
        c->input.calendar.reserved = r.reserved;
        c->input.calendar.reserved_count = r.reserved_count;
        cr_assert(plan_make(&c->input, &with));
        case_check(c, &with);
        caused += without.certificate.lateness <= 0 && with.certificate.lateness > 0;
        plan_result_finish(&without);
        plan_result_finish(&with);
        plan_reserve_finish(&r);
        free(usable);
        case_destroy(c);
    }
    cr_assert_gt(caused, 30, "%d", caused);
}
