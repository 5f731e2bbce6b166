/* What became of the requests: records, counts, latencies. */
#include "load_internal.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SHOWN_FAILURES = 10 };

/* Steps of 1/16 of an octave of microseconds. */
static size_t latency_index(int64_t us)
{
    int octave = 0;
    while (us >> (octave + 1) && octave < LATENCY_OCTAVES - 1)
        octave++;
    int64_t step = us <= 0 ? 0 : ((us - ((int64_t)1 << octave)) * LATENCY_STEPS) >> octave;
    return (size_t)octave * LATENCY_STEPS + (size_t)(step < LATENCY_STEPS ? step : LATENCY_STEPS - 1);
}

static double latency_end_ms(size_t index)
{
    double octave = ldexp(1, (int)(index / LATENCY_STEPS));
    return octave * (1 + (double)(index % LATENCY_STEPS + 1) / LATENCY_STEPS) / 1000;
}

static void keep(load *l, const load_record *record)
{
    if (l->record_count == l->record_capacity) {
        l->record_capacity = l->record_capacity ? 2 * l->record_capacity : 1024;
        l->records = realloc(l->records, l->record_capacity * sizeof *l->records);
        if (!l->records)
            abort();
    }
    l->records[l->record_count++] = *record;
}

static bool is_good(const wire *w, const load_answer *answer)
{
    return answer && answer->status == w->request.success && strstr(answer->body, w->request.expect);
}

void load_note(load *l, const wire *w, load_fate fate, const load_answer *answer)
{
    load_record record = {
        .number = w->number,
        .kind = w->request.kind,
        .fate = fate,
        .status = answer ? answer->status : 0,
        .good = is_good(w, answer),
        .began_us = w->began_us,
        .took_us = load_now_us(l) - w->began_us,
    };
    l->fates[fate]++;
    l->statuses[record.status]++;
    if (record.good)
        l->latencies[latency_index(record.took_us)]++;
    else if (answer)
        snprintf(record.answer, sizeof record.answer, "%s", answer->body);
    if (!record.good || !l->options.only_failures)
        keep(l, &record);
    if (!record.good)
        atomic_fetch_add(&l->failed, 1);
    atomic_fetch_add(&l->ended, 1);
}

const load_record *load_records(const load *l, size_t *count)
{
    *count = l->record_count;
    return l->records;
}

double load_quantile_ms(const load *l, double part)
{
    uint64_t total = 0, below = 0;
    size_t count = sizeof l->latencies / sizeof *l->latencies;
    for (size_t i = 0; i < count; i++)
        total += l->latencies[i];
    for (size_t i = 0; i < count; i++) {
        below += l->latencies[i];
        if (below && (double)below >= part * (double)total)
            return latency_end_ms(i);
    }
    return 0;
}

void load_print(const load *l, const char *title)
{
    static const char *const fates[] = {"not sent", "cut", "late", "answered"};
    double seconds = (double)l->stopped_us / 1e6;
    fprintf(stderr, "%s: %llu requests in %.1f s (%.0f/s)", title, (unsigned long long)l->ended, seconds,
            (double)l->ended / seconds);
    for (int i = 0; i < LOAD_ANSWERED; i++)
        if (l->fates[i])
            fprintf(stderr, ", %llu %s", (unsigned long long)l->fates[i], fates[i]);
    for (int i = 100; i < 600; i++)
        if (l->statuses[i])
            fprintf(stderr, ", %d: %llu", i, (unsigned long long)l->statuses[i]);
    fprintf(stderr, "; p50 %.2f p99 %.2f max %.2f ms\n", load_quantile_ms(l, 0.5), load_quantile_ms(l, 0.99),
            load_quantile_ms(l, 1));
    int shown = 0;
    for (size_t i = 0; i < l->record_count && shown < SHOWN_FAILURES; i++) {
        const load_record *r = &l->records[i];
        if (r->good || shown++ == SHOWN_FAILURES)
            continue;
        fprintf(stderr, "    number %llu, kind %u, at %.3f s, after %.1f ms: %s, status %d %.240s\n",
                (unsigned long long)r->number, r->kind, (double)r->began_us / 1e6, (double)r->took_us / 1e3,
                fates[r->fate], r->status, r->answer);
    }
}
