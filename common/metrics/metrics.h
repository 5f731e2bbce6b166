/*
 * Metrics in Prometheus' text format 0.0.4. One registry a program; series are made on first use and live as long as
 * it. Loop's thread only, so no locks. Label values come from closed sets (route templates, method names, codes), never
 * from input.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

typedef struct metrics_registry metrics_registry;
typedef struct metrics_family metrics_family;
typedef struct metrics_series metrics_series;

typedef enum metrics_type { METRICS_COUNTER, METRICS_GAUGE, METRICS_HISTOGRAM } metrics_type;

metrics_registry *metrics_create(void);
void metrics_destroy(metrics_registry *r);

/* A family of series. name, help and label names are constants; labels: names separated by "," ("" = none, at most 4).
 * The same name again returns the same family. Histograms have the buckets 0.5 ms, 1, 2.5, 5, 10, 25, 50, 100, 250, 500
 * ms, 1 s, 2.5, 5, 10 s. r NULL returns NULL; NULL is accepted below and does nothing. */
metrics_family *metrics_register(metrics_registry *r, metrics_type type, const char *name, const char *labels,
                                 const char *help);

/* The series with these label values, in the order of the names. Callers on a hot path keep the pointer. At most 1,000
 * series a family; beyond that all share one with values "other". */
metrics_series *metrics_with(metrics_family *f, const char *const *values);
#define METRICS_WITH(FAMILY, ...) metrics_with((FAMILY), (const char *const[]){__VA_ARGS__})

void metrics_add(metrics_series *s, double amount);               /* counters: amount >= 0 */
void metrics_set(metrics_series *s, double value);                /* gauges */
void metrics_observe_ns(metrics_series *s, uint64_t duration_ns); /* histograms, shown in seconds */

/* Called before each scrape, to set gauges that are read from elsewhere. */
void metrics_on_scrape(metrics_registry *r, void (*fn)(metrics_registry *r, void *arg), void *arg);

/* No longer, for what ends before the registry. r NULL, or a pair that is not there: nothing. */
void metrics_off_scrape(metrics_registry *r, void (*fn)(metrics_registry *r, void *arg), const void *arg);

/* process_resident_memory_bytes, process_cpu_seconds_total, process_open_fds, process_start_time_seconds,
 * log_lost_lines_total. */
void metrics_register_process(metrics_registry *r);

/* The whole text; malloc'ed, *size without the NUL. The caller frees it. */
char *metrics_render(metrics_registry *r, size_t *size);
