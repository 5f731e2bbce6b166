#include "activity.h"
#include "date_range.h"
#include "streak.h"

#include <criterion/criterion.h>
#include <stdlib.h>

static activity days_of(const int64_t *numbers, size_t count, day_activity *days)
{
    for (size_t i = 0; i < count; i++)
        days[i] = (day_activity){.day = numbers[i], .events = 1, .reviews = 1, .studied_seconds = numbers[i]};
    return (activity){days, count};
}

#define DAYS(...)                                                                                                      \
    days_of((const int64_t[]){__VA_ARGS__}, sizeof((const int64_t[]){__VA_ARGS__}) / sizeof(int64_t),                  \
            (day_activity[sizeof((const int64_t[]){__VA_ARGS__}) / sizeof(int64_t)]){{0}})

static void expect(activity a, int64_t today, int current, int longest, bool studied_today)
{
    streak s = streak_of(a, today);
    cr_assert_eq(s.current_days, current, "current %d, not %d", s.current_days, current);
    cr_assert_eq(s.longest_days, longest, "longest %d, not %d", s.longest_days, longest);
    cr_assert_eq(s.studied_today, studied_today);
}

/* ---- streak ---- */

Test(streak, is_nothing_for_who_never_studied)
{
    streak s = streak_of((activity){NULL, 0}, 100);
    cr_assert(!s.ever && !s.studied_today && s.current_days == 0 && s.longest_days == 0);
}

Test(streak, lives_while_today_is_open_and_ends_after_it)
{
    expect(DAYS(98, 99, 100), 100, 3, 3, true);
    expect(DAYS(97, 98, 99), 100, 3, 3, false);
    expect(DAYS(96, 97, 98), 100, 0, 3, false);
    expect(DAYS(100), 100, 1, 1, true);
    expect(DAYS(99), 100, 1, 1, false);
    expect(DAYS(98), 100, 0, 1, false);
}

Test(streak, breaks_at_gaps_and_remembers_the_longest)
{
    expect(DAYS(1, 2, 3, 4, 6, 7, 9, 10), 10, 2, 4, true);
    expect(DAYS(1, 3, 5, 7), 7, 1, 1, true);
    expect(DAYS(1, 2, 4, 5, 6, 7, 8), 8, 5, 5, true);
    expect(DAYS(1, 2, 98, 100), 100, 1, 2, true);
}

Test(streak, counts_the_day_after_today_and_none_beyond)
{
    expect(DAYS(99, 100, 101), 100, 3, 3, true);
    expect(DAYS(100, 101), 100, 2, 2, true);
    expect(DAYS(101), 100, 1, 1, true);
    expect(DAYS(98, 99, 100, 130), 100, 3, 3, true);
    expect(DAYS(98, 99, 130, 131, 132, 133), 100, 2, 4, false);
    expect(DAYS(102), 100, 0, 1, false);
}

Test(streak, tells_the_last_day)
{
    streak s = streak_of(DAYS(3, 7, 8), 100);
    cr_assert(s.ever);
    cr_assert_eq(s.last_day, 8);
}

Test(streak, works_before_1970_and_far_from_it)
{
    expect(DAYS(-3, -2, -1, 0, 1), 1, 5, 5, true);
    expect(DAYS(2932894, 2932895, 2932896), 2932896, 3, 3, true);
}

/* Counting days backwards from today, on every set of days of a span. */
static int run_back_from(unsigned set, int day)
{
    int run = 0;
    for (; day >= 0 && set >> day & 1; day--)
        run++;
    return run;
}

Test(streak, agrees_with_counting_on_every_set_of_twelve_days)
{
    enum { SPAN = 12 };
    for (unsigned set = 0; set < 1u << SPAN; set++) {
        day_activity days[SPAN];
        size_t count = 0;
        int longest = 0;
        for (int day = 0; day < SPAN; day++) {
            if (set >> day & 1)
                days[count++] = (day_activity){.day = day};
            int run = run_back_from(set, day);
            longest = run > longest ? run : longest;
        }
        for (int today = SPAN - 1; today <= SPAN + 1; today++) {
            int current = run_back_from(set, today < SPAN && set >> today & 1 ? today : today - 1);
            expect((activity){days, count}, today, today - 1 < SPAN ? current : 0, longest,
                   today < SPAN && set >> today & 1);
        }
    }
}

/* ---- parts and sums ---- */

Test(activity, shows_the_days_between_both_inclusive)
{
    activity a = DAYS(10, 12, 13, 20);
    static const struct {
        int64_t from, to, first;
        size_t count;
    } cases[] = {{10, 20, 10, 4}, {11, 13, 12, 2}, {12, 12, 12, 1}, {11, 11, 0, 0}, {0, 9, 0, 0},
                 {21, 99, 0, 0},  {0, 10, 10, 1},  {20, 20, 20, 1}, {14, 13, 0, 0}, {0, 99, 10, 4}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        activity part = activity_between(a, cases[i].from, cases[i].to);
        cr_assert_eq(part.count, cases[i].count, "case %zu", i);
        if (part.count)
            cr_assert_eq(part.days[0].day, cases[i].first, "case %zu", i);
    }
    cr_assert_eq(activity_between((activity){NULL, 0}, 0, 99).count, 0u);
}

Test(activity, adds_up)
{
    const day_activity days[] = {{1, 3, 2, 1, 100}, {2, 5, 5, 0, 59}, {9, 1, 0, 1, 5000000000}};
    day_activity sum = activity_sum((activity){days, 3}, 7);
    cr_assert_eq(sum.day, 7);
    cr_assert_eq(sum.events, 9);
    cr_assert_eq(sum.reviews, 7);
    cr_assert_eq(sum.lessons, 2);
    cr_assert_eq(sum.studied_seconds, 5000000159);
    cr_assert_eq(activity_sum((activity){NULL, 0}, 7).events, 0);
}

/* ---- ranges ---- */

static date_range good(const int64_t *from, const int64_t *to, int64_t today)
{
    date_range r;
    cr_assert_eq(date_range_make(from, to, today, &r), DATE_RANGE_GOOD);
    return r;
}

Test(date_range, fills_in_what_is_not_given)
{
    const int64_t from = 900, to = 500;
    date_range r = good(NULL, NULL, 1000);
    cr_assert(r.from == 636 && r.to == 1000);
    r = good(&from, NULL, 1000);
    cr_assert(r.from == 900 && r.to == 1000);
    r = good(NULL, &to, 1000);
    cr_assert(r.from == 136 && r.to == 500);
    r = good(&to, &from, 0);
    cr_assert(r.from == 500 && r.to == 900);
    r = good(&to, &to, 0);
    cr_assert(r.from == 500 && r.to == 500);
}

Test(date_range, refuses_what_ends_before_it_begins_or_is_too_long)
{
    date_range r = {1, 2};
    const int64_t from = 1001, first = 0, last = 1099, after = 1100;
    cr_assert_eq(date_range_make(&from, NULL, 1000, &r), DATE_RANGE_REVERSED);
    cr_assert_eq(date_range_make(&last, &first, 1000, &r), DATE_RANGE_REVERSED);
    cr_assert_eq(date_range_make(&first, &after, 0, &r), DATE_RANGE_TOO_LONG);
    cr_assert(r.from == 1 && r.to == 2, "untouched");
    cr_assert_eq(date_range_make(&first, &last, 0, &r), DATE_RANGE_GOOD);
}
