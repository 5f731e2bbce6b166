/* Ejection, latency and budgets of the RPC client: pure, with the time in the test's hand. */
#include "rpc_budget.h"
#include "rpc_latency.h"
#include "rpc_standing.h"

#include <criterion/criterion.h>
#include <stdlib.h>

#define S(N)  ((N)*UINT64_C(1000000000))
#define MS(N) ((N)*UINT64_C(1000000))

static bool fail_at(rpc_standing *s, uint64_t now)
{
    bool due = rpc_standing_fail(s, now);
    if (due)
        rpc_standing_eject(s, now);
    return due;
}

static void fail_until_ejected(rpc_standing *s, uint64_t now)
{
    for (int i = 1; i < RPC_FAILURES_TO_EJECT; i++)
        cr_assert_not(fail_at(s, now));
    cr_assert(fail_at(s, now));
}

Test(rpc_standing, five_failures_in_a_row_eject)
{
    rpc_standing s = {0};
    uint64_t now = S(100);
    for (int round = 0; round < 10; round++) { /* a success begins the count anew */
        for (int i = 1; i < RPC_FAILURES_TO_EJECT; i++)
            cr_expect_not(fail_at(&s, now));
        rpc_standing_succeed(&s, MS(1), now);
    }
    fail_until_ejected(&s, now);
    cr_expect(rpc_standing_is_ejected(&s, now + S(1) - 1));
    cr_expect_not(rpc_standing_is_ejected(&s, now + S(1)));
}

Test(rpc_standing, what_was_under_way_does_not_count_twice)
{
    rpc_standing s = {0};
    fail_until_ejected(&s, S(100));
    for (int i = 0; i < 100; i++)
        cr_expect_not(fail_at(&s, S(100) - MS(1)));
    cr_expect_not(rpc_standing_is_ejected(&s, S(101)));
}

Test(rpc_standing, one_probe_decides)
{
    rpc_standing s = {0};
    fail_until_ejected(&s, S(100));
    uint64_t now = S(101) + 1;
    rpc_standing_begin(&s, now);
    cr_expect(rpc_standing_is_ejected(&s, now + 1), "a second call is no probe");
    cr_expect_not(fail_at(&s, now - MS(5)), "a call from before is no probe");
    rpc_standing_succeed(&s, MS(1), now + MS(2));
    cr_expect_not(rpc_standing_is_ejected(&s, now + MS(3)));
    for (int i = 1; i < RPC_FAILURES_TO_EJECT; i++)
        cr_expect_not(fail_at(&s, now + MS(4)), "it begins anew");
}

Test(rpc_standing, a_lost_probe_gives_way_to_the_next)
{
    rpc_standing s = {0};
    fail_until_ejected(&s, S(100));
    rpc_standing_begin(&s, S(102));
    cr_expect(rpc_standing_is_ejected(&s, S(103) - 1));
    cr_expect_not(rpc_standing_is_ejected(&s, S(103)));
    rpc_standing_begin(&s, S(103));
    cr_expect(rpc_standing_is_ejected(&s, S(104) - 1));
}

Test(rpc_standing, pauses_grow_and_are_forgotten)
{
    rpc_standing s = {0};
    static const unsigned pauses_s[] = {1, 2, 4, 8, 8, 8};
    uint64_t now = S(1000);
    fail_until_ejected(&s, now);
    for (size_t i = 0; i < sizeof pauses_s / sizeof pauses_s[0]; i++) {
        cr_expect(rpc_standing_is_ejected(&s, now + S(pauses_s[i]) - 1), "pause %zu", i);
        now += S(pauses_s[i]);
        cr_expect_not(rpc_standing_is_ejected(&s, now), "pause %zu", i);
        rpc_standing_begin(&s, now);
        cr_expect(fail_at(&s, now), "the probe fails");
    }
    rpc_standing_succeed(&s, MS(1), now + S(9));
    now += S(80);
    fail_until_ejected(&s, now);
    cr_expect_not(rpc_standing_is_ejected(&s, now + S(1)), "after a minute of peace the first pause again");
}

Test(rpc_standing, latency_is_an_average_of_late)
{
    rpc_standing s = {0};
    cr_expect_eq(rpc_standing_latency_ns(&s, S(100)), 0);
    rpc_standing_succeed(&s, MS(8), S(100));
    cr_expect_eq(rpc_standing_latency_ns(&s, S(100)), MS(8), "the first counts whole");
    rpc_standing_succeed(&s, MS(16), S(100) + MS(100));
    cr_expect_eq(rpc_standing_latency_ns(&s, S(100) + MS(100)), MS(9), "then each an eighth");
    cr_expect_eq(rpc_standing_latency_ns(&s, S(100) + MS(349)), MS(9));
    cr_expect_eq(rpc_standing_latency_ns(&s, S(100) + MS(350)), MS(9) / 2,
                 "halved with a quarter of a second of silence");
    cr_expect_eq(rpc_standing_latency_ns(&s, S(101) + MS(100)), MS(9) / 16);
    cr_expect_eq(rpc_standing_latency_ns(&s, S(200)), 0);
    rpc_standing_succeed(&s, MS(1), S(101) + MS(100));
    cr_expect_eq(rpc_standing_latency_ns(&s, S(101) + MS(100)), MS(1), "after a second the first counts whole again");
}

static int by_size(const void *a, const void *b)
{
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
    return (x > y) - (x < y);
}

Test(rpc_latency, the_95th_of_the_last_256)
{
    rpc_latency *l = calloc(1, sizeof *l);
    uint64_t all[5000];
    srand(7);
    for (unsigned n = 0; n < 5000; n++) {
        all[n] = (uint64_t)(rand() % 100000) * 1000 + (n > 3000 ? MS(50) : 0);
        rpc_latency_add(l, all[n]);
        if ((n + 1) % 32)
            continue;
        unsigned count = n + 1 < RPC_LATENCY_SAMPLES ? n + 1 : RPC_LATENCY_SAMPLES;
        uint64_t last[RPC_LATENCY_SAMPLES];
        for (unsigned i = 0; i < count; i++)
            last[i] = all[n - i];
        qsort(last, count, sizeof last[0], by_size);
        cr_assert_eq(l->p95_ns, last[count * 95 / 100], "after %u", n + 1);
    }
    rpc_latency_add(l, UINT64_MAX); /* more than fits */
    free(l);
}

Test(rpc_latency, nothing_is_said_of_few)
{
    rpc_latency *l = calloc(1, sizeof *l);
    for (int i = 0; i < 31; i++)
        rpc_latency_add(l, MS(1));
    cr_expect_eq(l->p95_ns, 0);
    free(l);
}

Test(rpc_budget, gives_and_takes)
{
    rpc_budget b = rpc_budget_full(10);
    for (int i = 0; i < 10; i++)
        cr_expect(rpc_budget_take(&b));
    cr_expect_not(rpc_budget_take(&b));
    for (int i = 0; i < 8; i++)
        rpc_budget_give(&b, 0.125);
    cr_expect(rpc_budget_take(&b));
    cr_expect_not(rpc_budget_take(&b));
    for (int i = 0; i < 10000; i++)
        rpc_budget_give(&b, 0.1);
    for (int i = 0; i < 10; i++)
        cr_expect(rpc_budget_take(&b));
    cr_expect_not(rpc_budget_take(&b), "never more than it holds");
}
