/*
 * Half of what the suite can do, all routes mixed, for SOAK_MINUTES: every answer must be right, and no program may
 * hold more memory or descriptors at the end than at the beginning. What it can do is measured first, in the same run.
 */
#include "soak_internal.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum { CONNECTIONS = 64, MEASURED_S = 10, SAMPLES_A_MINUTE = 20, WARM_UP_PARTS = 6 };

/* As many computations as there are connections: nothing is to be shed, also while the capacity is measured. */
static const char *const environment[] = {"JWT_EXPIRY=24h", "LOG_LEVEL=warn", "OVERLOAD_COMPUTATIONS=64", NULL};

static load *begin(const suite *s, soak_learner *learners, unsigned pace_ms)
{
    static load_server servers[SUITE_REPLICAS_LIMIT];
    return load_start(&(load_options){
        .servers = servers,
        .server_count = suite_gateways(s, servers),
        .connections = CONNECTIONS,
        .pace_ms = pace_ms,
        .only_failures = true,
        .make = soak_make_request,
        .arg = learners,
    });
}

static void end(load *l, const char *title)
{
    load_stop(l);
    load_print(l, title);
    cr_expect_eq(load_failed(l), 0, "%s: answers are wrong", title);
    load_destroy(l);
}

static double capacity(const suite *s, soak_learner *learners)
{
    load *l = begin(s, learners, 0);
    sleep(MEASURED_S);
    double rate = (double)load_ended(l) / MEASURED_S;
    end(l, "as much as it can");
    return rate;
}

static bool stays_flat(const suite *s, soak_learner *learners, unsigned minutes, unsigned pace_ms)
{
    unsigned count = minutes * SAMPLES_A_MINUTE, skipped = count / WARM_UP_PARTS;
    soak_samples *samples = soak_samples_create(count);
    load *l = begin(s, learners, pace_ms);
    for (unsigned i = 0; i < count; i++) {
        sleep(60 / SAMPLES_A_MINUTE);
        if (i >= skipped)
            soak_samples_add(samples, s);
        if (i % SAMPLES_A_MINUTE == 0)
            fprintf(stderr, "minute %u: %llu requests, %llu wrong\n", i / SAMPLES_A_MINUTE,
                    (unsigned long long)load_ended(l), (unsigned long long)load_failed(l));
    }
    end(l, "half of it");
    bool flat = soak_samples_judge(samples);
    soak_samples_destroy(samples);
    return flat;
}

Test(soak, half_of_its_capacity_leaves_memory_and_descriptors_flat)
{
    const char *text = getenv("SOAK_MINUTES");
    unsigned minutes = text ? (unsigned)strtoul(text, NULL, 10) : 1;
    static soak_learner learners[SOAK_LEARNERS];
    suite *s = suite_start_with(&(suite_options){.environment = environment});
    soak_learners_join(learners, suite_url(s));
    double rate = capacity(s, learners);
    unsigned pace_ms = (unsigned)(CONNECTIONS / (rate / 2) * 1000 + 0.5);
    fprintf(stderr, "capacity %.0f requests/s; now half of it for %u min\n", rate, minutes);
    cr_expect(stays_flat(s, learners, minutes, pace_ms), "something grows");
    for (int i = 0; i < SOAK_LEARNERS; i++)
        learner_leave(&learners[i].learner);
    suite_stop(s);
}
