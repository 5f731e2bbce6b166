#include "latency.h"

#include <criterion/criterion.h>

static latency l;

Test(latency, a_single_duration_is_every_quantile)
{
    latency_add(&l, 123456789);
    for (double share = 0; share <= 1; share += 0.25)
        cr_expect_eq(latency_quantile_ns(&l, share), 123456789);
    cr_expect_eq(l.max_ns, 123456789);
}

Test(latency, none_is_zero)
{
    cr_expect_eq(latency_quantile_ns(&l, 0.5), 0);
}

Test(latency, quantiles_are_right_within_two_percent)
{
    for (uint64_t i = 1; i <= 1000000; i++)
        latency_add(&l, i * 37);
    const double shares[] = {0.001, 0.1, 0.5, 0.9, 0.99, 0.999, 1};
    for (int i = 0; i < 7; i++) {
        double truth = shares[i] * 37e6, told = (double)latency_quantile_ns(&l, shares[i]);
        cr_expect(told >= truth && told <= truth * 1.02, "%g: %g instead of %g", shares[i], told, truth);
    }
}

Test(latency, any_number_has_a_bucket)
{
    for (unsigned shift = 0; shift < 64; shift++) {
        uint64_t n = UINT64_C(1) << shift;
        for (uint64_t i = n - 1; i != n + 2; i++) {
            l = (latency){.total = 0};
            latency_add(&l, i);
            latency_add(&l, UINT64_MAX);
            uint64_t told = latency_quantile_ns(&l, 0.5);
            cr_expect(told >= i && told - i <= i / 64, "%llu is told as %llu", (unsigned long long)i,
                      (unsigned long long)told);
        }
    }
}
