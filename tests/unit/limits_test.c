/* The pure parts of rate limits and overload, against what one would write without thinking of speed. */
#include "breaker.h"
#include "concurrency_limit.h"
#include "rate.h"
#include "rate_table.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

enum { US_PER_S = 1000000, MS = 1000000 };

Test(rate, is_read_from_text)
{
    rate r;
    cr_assert(rate_parse("5/min", &r));
    cr_expect(r.count == 5 && r.window_s == 60);
    cr_assert(rate_parse("10000/s", &r));
    cr_expect(r.count == 10000 && r.window_s == 1);
    cr_assert(rate_parse("1/day", &r));
    cr_expect(r.count == 1 && r.window_s == 86400);
    cr_assert(rate_parse("7/h", &r));
    cr_expect_eq(r.window_s, 3600);
    cr_assert(rate_parse("off", &r));
    cr_expect_eq(r.count, 0);
    static const char *const none[] = {"",     "5",      "/min",  "5/",  "0/min", "10001/s", "99999999999/s",
                                       "-1/s", "5 /min", "5/ s",  "5/m", "5/MIN", " 5/min",  "5/min ",
                                       "Off",  "5.5/s",  "5//min"};
    for (size_t i = 0; i < sizeof none / sizeof none[0]; i++)
        cr_expect_not(rate_parse(none[i], &r), "%s", none[i]);
}

/* A bucket of tokens that fills drop by drop: the same rule told the other way round. Tokens are counted in intervals'
 * microseconds, so that both are exact. */
typedef struct bucket {
    int64_t tokens_us, last_us;
} bucket;

static bool bucket_take(const rate *r, bucket *b, int64_t now_us)
{
    b->tokens_us += now_us - b->last_us;
    if (b->tokens_us > rate_burst_us(r))
        b->tokens_us = rate_burst_us(r);
    b->last_us = now_us;
    if (b->tokens_us < rate_interval_us(r))
        return false;
    b->tokens_us -= rate_interval_us(r);
    return true;
}

Test(rate, takes_as_a_bucket_of_tokens_does)
{
    srand(7);
    static const rate rates[] = {{1, 1}, {5, 60}, {3, 60}, {7, 60}, {100, 60}, {10000, 1}, {999, 86400}};
    for (size_t i = 0; i < sizeof rates / sizeof rates[0]; i++) {
        const rate *r = &rates[i];
        int64_t arrival = 0, now = 1000000;
        bucket b = {.tokens_us = rate_burst_us(r), .last_us = now};
        for (int step = 0; step < 20000; step++) {
            bool expected = bucket_take(r, &b, now);
            rate_verdict v = rate_verdict_of(r, rate_take(r, &arrival, now));
            cr_assert_eq(v.allowed, expected);
            if (v.allowed)
                cr_assert_eq(v.remaining, b.tokens_us / rate_interval_us(r));
            int kind = rand() % 8;
            now += kind == 0 ? rate_burst_us(r) + rand() % 1000 : kind < 4 ? rand() % (rate_interval_us(r) + 2) : 0;
        }
    }
}

Test(rate, allows_exactly_the_count_at_once_and_says_when_the_next_may_come)
{
    static const rate r = {7, 60}; /* an interval that is rounded down */
    int64_t arrival = 0, now = 123456789;
    for (uint32_t i = 1; i <= 7; i++) {
        rate_verdict v = rate_verdict_of(&r, rate_take(&r, &arrival, now));
        cr_assert(v.allowed);
        cr_expect_eq(v.remaining, 7 - i);
        cr_expect_eq(v.next_in_s, 9);
    }
    int64_t level = rate_take(&r, &arrival, now);
    cr_assert_lt(level, 0);
    cr_expect_eq(rate_verdict_of(&r, level).next_in_s, 9);
    cr_expect_lt(rate_take(&r, &arrival, now - level - 1), 0, "a microsecond too early");
    cr_expect_geq(rate_take(&r, &arrival, now - level), 0);
}

Test(rate, a_clock_that_was_put_back_locks_nobody_out_longer_than_a_burst)
{
    static const rate r = {5, 60};
    int64_t arrival = INT64_C(1000000) * US_PER_S;
    int64_t level = rate_take(&r, &arrival, 0);
    cr_expect_eq(level, -rate_interval_us(&r));
}

/* What Redis answers is enough to go on from. */
Test(rate, a_level_tells_the_instant_that_led_to_it)
{
    static const rate r = {5, 60};
    int64_t theirs = 0, now = 5000000, shift = 777777777;
    for (int i = 0; i < 9; i++, now += 1234567) {
        int64_t level = rate_take(&r, &theirs, now);
        int64_t ours = rate_arrival_of(&r, level, now + shift);
        cr_expect_eq(ours - shift, theirs);
    }
}

/* ---- the table ---- */

Test(rate_table, keeps_keys_apart_and_gives_up_the_nearest_instant)
{
    rate_table *t = rate_table_create(64); /* 8 sets of 8 */
    for (uint64_t way = 0; way < 8; way++) {
        int64_t *at = rate_table_find(t, 3 + way * 8);
        cr_assert_eq(*at, 0);
        *at = (int64_t)(100 + way);
    }
    for (uint64_t way = 0; way < 8; way++)
        cr_assert_eq(*rate_table_find(t, 3 + way * 8), (int64_t)(100 + way));
    cr_expect_eq(*rate_table_find(t, 3 + 8 * 8), 0, "new");
    *rate_table_find(t, 3 + 8 * 8) = 500;
    for (uint64_t way = 1; way <= 7; way++)
        cr_expect_eq(*rate_table_find(t, 3 + way * 8), (int64_t)(100 + way), "only the nearest was given up");
    rate_table_destroy(t);
    rate_table_destroy(NULL);
}

/* ---- the breaker ---- */

Test(breaker, opens_only_when_failures_last)
{
    breaker b = {0};
    uint64_t now = 1000 * (uint64_t)MS;
    for (int i = 0; i < 1000; i++)
        breaker_note(&b, false, now); /* a replica died with a thousand calls */
    cr_expect_not(breaker_refuses(&b, now));
    breaker_note(&b, true, now);
    breaker_note(&b, false, now + BREAKER_FAILING_MS * (uint64_t)MS);
    cr_expect_not(breaker_refuses(&b, now + BREAKER_FAILING_MS * (uint64_t)MS), "a success in between");
}

static breaker an_open_one(uint64_t now)
{
    breaker b = {0};
    for (int i = 0; i < BREAKER_FAILURES; i++)
        breaker_note(&b, false, now - (i < BREAKER_FAILURES - 1 ? BREAKER_FAILING_MS * (uint64_t)MS : 0));
    return b;
}

Test(breaker, lets_one_probe_at_a_time_through_and_closes_with_the_first_success)
{
    uint64_t now = 5000 * (uint64_t)MS, probe = BREAKER_PROBE_MS * (uint64_t)MS;
    breaker b = an_open_one(now);
    cr_expect(breaker_refuses(&b, now));
    cr_expect(breaker_refuses(&b, now + probe - 1));
    cr_expect_not(breaker_refuses(&b, now + probe));
    breaker_begin(&b, now + probe);
    cr_expect(breaker_refuses(&b, now + probe), "one");
    cr_expect_not(breaker_refuses(&b, now + 2 * probe), "though the first has not ended");
    breaker_begin(&b, now + 2 * probe);
    breaker_note(&b, false, now + 2 * probe + 1);
    cr_expect(breaker_refuses(&b, now + 2 * probe + 1));
    breaker_note(&b, true, now + 2 * probe + 2);
    cr_expect_not(breaker_refuses(&b, now + 2 * probe + 2));
}

/* ---- the limit of calls in flight ---- */

enum { MAXIMUM = 256, TARGET_MS = 50 };

/* One window in which calls of this latency end while `used` are in flight. */
static void window(concurrency_limit *c, unsigned used, unsigned latency_ms, uint64_t *now)
{
    unsigned entered = 0;
    while (entered < used && concurrency_limit_enter(c))
        entered++;
    for (int i = 0; i < 20; i++)
        concurrency_limit_note(c, (uint64_t)latency_ms * MS, *now);
    *now += CONCURRENCY_WINDOW_MS * (uint64_t)MS;
    concurrency_limit_note(c, 0, *now); /* the next window begins */
    while (entered--)
        concurrency_limit_leave(c);
}

Test(concurrency_limit, falls_while_calls_are_slow_and_comes_back)
{
    concurrency_limit c;
    uint64_t now = MS;
    concurrency_limit_init(&c, MAXIMUM, TARGET_MS * (uint64_t)MS);
    for (int i = 0; i < 100; i++)
        window(&c, MAXIMUM, TARGET_MS + 1, &now);
    cr_expect_eq(c.limit, CONCURRENCY_MIN);
    for (unsigned i = 0; i < 100; i++)
        window(&c, MAXIMUM, TARGET_MS, &now);
    cr_expect_eq(c.limit, MAXIMUM);
    cr_expect_eq(c.in_flight, 0);
}

Test(concurrency_limit, blames_nobody_for_a_service_that_is_slow_with_few_calls)
{
    concurrency_limit c;
    uint64_t now = MS;
    concurrency_limit_init(&c, MAXIMUM, TARGET_MS * (uint64_t)MS);
    for (int i = 0; i < 100; i++)
        window(&c, MAXIMUM / 2 - 1, 1000, &now);
    cr_expect_eq(c.limit, MAXIMUM);
}

Test(concurrency_limit, admits_exactly_its_limit)
{
    concurrency_limit c;
    concurrency_limit_init(&c, 3, MS);
    for (int i = 0; i < 3; i++)
        cr_assert(concurrency_limit_enter(&c));
    cr_expect_not(concurrency_limit_enter(&c));
    concurrency_limit_leave(&c);
    cr_expect(concurrency_limit_enter(&c));
}

/* A service with a fixed rate and more callers than it can serve: the limit settles where the latency is about the
 * target, whatever the rate is. */
Test(concurrency_limit, settles_at_the_latency_that_was_asked_for)
{
    for (unsigned per_ms = 1; per_ms <= 16; per_ms *= 4) {
        concurrency_limit c;
        uint64_t now = MS;
        concurrency_limit_init(&c, 4096, TARGET_MS * (uint64_t)MS);
        for (int ms = 0; ms < 30000; ms++, now += MS) {
            while (concurrency_limit_enter(&c))
                continue;
            for (unsigned i = 0; i < per_ms; i++) {
                concurrency_limit_note(&c, (uint64_t)c.in_flight * MS / per_ms, now);
                concurrency_limit_leave(&c);
            }
        }
        unsigned ideal = per_ms * TARGET_MS;
        cr_expect_leq(c.limit, ideal + CONCURRENCY_STEP, "%u for %u", c.limit, ideal);
        cr_expect_geq(c.limit, ideal / 2, "%u for %u", c.limit, ideal);
    }
}
