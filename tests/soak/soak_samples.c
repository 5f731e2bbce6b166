#include "soak_internal.h"

#include <stdio.h>
#include <stdlib.h>

/* Of the last quarter's median over the first one's. A loop's pools, tables and free lists breathe a little with what
 * comes at once; a leak of 16 bytes a request would be 30 MiB in 20 minutes. */
static const double growth_bound_mib = 1.5, growth_bound_part = 0.05;
enum { DESCRIPTORS_BOUND = 4 };

struct soak_samples {
    size_t count, limit;
    double *mib[SUITE_PROGRAMS], *descriptors[SUITE_PROGRAMS];
};

soak_samples *soak_samples_create(size_t limit)
{
    soak_samples *s = calloc(1, sizeof *s);
    if (!s)
        abort();
    s->limit = limit;
    for (int i = 0; i < SUITE_PROGRAMS; i++) {
        s->mib[i] = calloc(limit, sizeof *s->mib[i]);
        s->descriptors[i] = calloc(limit, sizeof *s->descriptors[i]);
        if (!s->mib[i] || !s->descriptors[i])
            abort();
    }
    return s;
}

void soak_samples_destroy(soak_samples *s)
{
    for (int i = 0; i < SUITE_PROGRAMS; i++) {
        free(s->mib[i]);
        free(s->descriptors[i]);
    }
    free(s);
}

void soak_samples_add(soak_samples *s, const suite *from)
{
    if (s->count == s->limit)
        return;
    for (suite_program which = 0; which < SUITE_PROGRAMS; which++) {
        s->mib[which][s->count] = suite_resident_mib(from, which, 0);
        s->descriptors[which][s->count] = suite_descriptors(from, which, 0);
    }
    s->count++;
}

static int compare(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static double median(const double *values, size_t count)
{
    double *sorted = malloc(count * sizeof *sorted);
    if (!sorted)
        abort();
    for (size_t i = 0; i < count; i++)
        sorted[i] = values[i];
    qsort(sorted, count, sizeof *sorted, compare);
    double middle = sorted[count / 2];
    free(sorted);
    return middle;
}

static bool judge_program(const soak_samples *s, suite_program which)
{
    size_t quarter = s->count / 4 ? s->count / 4 : 1, last = s->count - quarter;
    double mib[] = {median(s->mib[which], quarter), median(s->mib[which] + last, quarter)};
    double descriptors[] = {median(s->descriptors[which], quarter), median(s->descriptors[which] + last, quarter)};
    double growth = mib[1] - mib[0];
    bool grows = growth > growth_bound_mib && growth > growth_bound_part * mib[0];
    bool leaks = descriptors[1] - descriptors[0] > DESCRIPTORS_BOUND;
    printf("%-16s %10.2f %10.2f %+10.2f %12.0f %6.0f  %s%s\n", suite_program_name(which), mib[0], mib[1], growth,
           descriptors[0], descriptors[1], grows ? "memory grows " : "", leaks ? "descriptors grow" : "");
    return !grows && !leaks;
}

bool soak_samples_judge(const soak_samples *s)
{
    bool flat = s->count > 0;
    printf("medians of the first and the last quarter of %zu samples; allowed: %+.1f MiB or %+.0f %%, %+d descriptors\n"
           "%-16s %10s %10s %10s %12s %6s\n",
           s->count, growth_bound_mib, growth_bound_part * 100, DESCRIPTORS_BOUND, "program", "first MiB", "last MiB",
           "growth", "descriptors", "last");
    for (suite_program which = 0; which < SUITE_PROGRAMS; which++)
        flat &= judge_program(s, which);
    return flat;
}
