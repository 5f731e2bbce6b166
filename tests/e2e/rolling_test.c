/* Every program is replaced while clients go on: none of them notices. */
#include "traffic.h"

#include <criterion/criterion.h>
#include <stdio.h>

/* As in production, only shorter: while it lasts, those who send requests learn that the program leaves. */
static const char *const environment[] = {"DRAIN_DELAY=500ms", NULL};

static void roll(suite *s, traffic *t, suite_program which)
{
    for (unsigned replica = 0; replica < suite_replicas(s, which); replica++) {
        uint64_t failed = traffic_failed(t);
        suite_end_program(s, which, replica);
        traffic_pass(t, 100);
        suite_start_program(s, which, replica);
        suite_wait_program(s, which, replica);
        traffic_pass(t, 100);
        fprintf(stderr, "    %s %u replaced, %llu failed\n", suite_program_name(which), replica,
                (unsigned long long)(traffic_failed(t) - failed));
    }
}

Test(rolling, every_program_is_replaced_and_no_request_fails, .timeout = 180)
{
    suite *s = suite_start_with(&(suite_options){.replicas = {2, 2, 2, 2, 2}, .environment = environment});
    traffic *t = traffic_start(s, NULL);
    for (suite_program which = 0; which < SUITE_PROGRAMS; which++)
        roll(s, t, which);
    cr_expect_gt(load_sent_elsewhere(traffic_load(t)), 0, "no answer told a client to leave its gateway");
    traffic_finish_unharmed(t, "rolling restart");
    suite_stop(s);
}
