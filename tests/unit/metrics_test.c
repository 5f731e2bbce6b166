#include "metrics.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static metrics_registry *r;

static void start(void)
{
    r = metrics_create();
}

static void end(void)
{
    metrics_destroy(r);
}

static void expect_text(const char *expected)
{
    size_t size;
    char *text = metrics_render(r, &size);
    cr_assert_eq(strlen(text), size);
    cr_assert_str_eq(text, expected);
    free(text);
}

static void expect_line(const char *line)
{
    size_t size;
    char *text = metrics_render(r, &size);
    char *found = strstr(text, line);
    cr_assert(found && (found == text || found[-1] == '\n'), "no %s in\n%s", line, text);
    free(text);
}

Test(metrics, empty_registry_is_empty, .init = start, .fini = end)
{
    expect_text("");
}

Test(metrics, counters_and_gauges, .init = start, .fini = end)
{
    metrics_family *requests =
        metrics_register(r, METRICS_COUNTER, "http_requests_total", "method,status", "Requests.");
    metrics_family *connections = metrics_register(r, METRICS_GAUGE, "active_connections", "", "Connections.");
    metrics_series *ok = METRICS_WITH(requests, "GET", "200");
    metrics_add(ok, 1);
    metrics_add(ok, 2.5);
    metrics_add(METRICS_WITH(requests, "POST", "201"), 1);
    metrics_set(metrics_with(connections, NULL), 7);
    metrics_add(metrics_with(connections, NULL), -2);
    expect_text("# HELP http_requests_total Requests.\n"
                "# TYPE http_requests_total counter\n"
                "http_requests_total{method=\"GET\",status=\"200\"} 3.5\n"
                "http_requests_total{method=\"POST\",status=\"201\"} 1\n"
                "# HELP active_connections Connections.\n"
                "# TYPE active_connections gauge\n"
                "active_connections 5\n");
}

Test(metrics, same_names_are_the_same_series, .init = start, .fini = end)
{
    metrics_family *f = metrics_register(r, METRICS_COUNTER, "c", "a,b", "h");
    cr_assert_eq(metrics_register(r, METRICS_COUNTER, "c", "a,b", "h"), f);
    char copy[] = "x";
    cr_assert_eq(METRICS_WITH(f, "x", "y"), METRICS_WITH(f, copy, "y"));
    cr_assert_neq(METRICS_WITH(f, "x", "y"), METRICS_WITH(f, "y", "x"));
    cr_assert_neq(METRICS_WITH(f, "xy", ""), METRICS_WITH(f, "x", "y"));
    cr_assert_neq(METRICS_WITH(f, "", "xy"), METRICS_WITH(f, "xy", ""));
}

Test(metrics, large_counts_stay_whole, .init = start, .fini = end)
{
    metrics_add(metrics_with(metrics_register(r, METRICS_COUNTER, "c", "", "h"), NULL), 123456789012345);
    expect_line("c 123456789012345\n");
}

Test(metrics, values_and_help_are_escaped, .init = start, .fini = end)
{
    metrics_family *f = metrics_register(r, METRICS_COUNTER, "c", "l", "a \\ b\nc \"d\"");
    metrics_add(METRICS_WITH(f, "a\"b\\c\nd"), 1);
    expect_text("# HELP c a \\\\ b\\nc \"d\"\n# TYPE c counter\nc{l=\"a\\\"b\\\\c\\nd\"} 1\n");
}

Test(metrics, histograms_add_up, .init = start, .fini = end)
{
    metrics_family *f = metrics_register(r, METRICS_HISTOGRAM, "h_seconds", "route", "h");
    metrics_series *s = METRICS_WITH(f, "/a");
    metrics_observe_ns(s, 0);
    metrics_observe_ns(s, 500000); /* the bound belongs to its bucket */
    metrics_observe_ns(s, 500001);
    metrics_observe_ns(s, 3000000);
    metrics_observe_ns(s, 10000000000);
    metrics_observe_ns(s, 10000000001);
    metrics_observe_ns(s, 90000000000);
    expect_text("# HELP h_seconds h\n"
                "# TYPE h_seconds histogram\n"
                "h_seconds_bucket{route=\"/a\",le=\"0.0005\"} 2\n"
                "h_seconds_bucket{route=\"/a\",le=\"0.001\"} 3\n"
                "h_seconds_bucket{route=\"/a\",le=\"0.0025\"} 3\n"
                "h_seconds_bucket{route=\"/a\",le=\"0.005\"} 4\n"
                "h_seconds_bucket{route=\"/a\",le=\"0.01\"} 4\n"
                "h_seconds_bucket{route=\"/a\",le=\"0.025\"} 4\n"
                "h_seconds_bucket{route=\"/a\",le=\"0.05\"} 4\n"
                "h_seconds_bucket{route=\"/a\",le=\"0.1\"} 4\n"
                "h_seconds_bucket{route=\"/a\",le=\"0.25\"} 4\n"
                "h_seconds_bucket{route=\"/a\",le=\"0.5\"} 4\n"
                "h_seconds_bucket{route=\"/a\",le=\"1\"} 4\n"
                "h_seconds_bucket{route=\"/a\",le=\"2.5\"} 4\n"
                "h_seconds_bucket{route=\"/a\",le=\"5\"} 4\n"
                "h_seconds_bucket{route=\"/a\",le=\"10\"} 5\n"
                "h_seconds_bucket{route=\"/a\",le=\"+Inf\"} 7\n"
                "h_seconds_sum{route=\"/a\"} 110.004000002\n"
                "h_seconds_count{route=\"/a\"} 7\n");
}

Test(metrics, histogram_without_labels, .init = start, .fini = end)
{
    metrics_observe_ns(metrics_with(metrics_register(r, METRICS_HISTOGRAM, "h", "", "h"), NULL), 1);
    expect_line("h_bucket{le=\"+Inf\"} 1\n");
    expect_line("h_sum 0.000000001\n");
    expect_line("h_count 1\n");
}

Test(metrics, series_are_bounded, .init = start, .fini = end)
{
    metrics_family *f = metrics_register(r, METRICS_COUNTER, "c", "l", "h");
    char value[16];
    for (int i = 0; i < 5000; i++) {
        snprintf(value, sizeof value, "v%d", i);
        metrics_add(METRICS_WITH(f, value), 1);
    }
    expect_line("c{l=\"v998\"} 1\n");
    expect_line("c{l=\"other\"} 4001\n");
    size_t size;
    char *text = metrics_render(r, &size);
    int lines = 0;
    for (char *s = text; (s = strchr(s, '\n')); s++)
        lines++;
    cr_assert_eq(lines, 2 + 1000);
    free(text);
    metrics_add(METRICS_WITH(f, "v5"), 1); /* those that are there still count alone */
    expect_line("c{l=\"v5\"} 2\n");
}

Test(metrics, without_a_registry_nothing_happens)
{
    metrics_family *f = metrics_register(NULL, METRICS_HISTOGRAM, "h", "l", "h");
    cr_assert_null(f);
    metrics_series *s = METRICS_WITH(f, "v");
    cr_assert_null(s);
    metrics_add(s, 1);
    metrics_set(s, 1);
    metrics_observe_ns(s, 1);
    metrics_on_scrape(NULL, NULL, NULL);
    metrics_off_scrape(NULL, NULL, NULL);
    metrics_destroy(NULL);
}

static void set_depth(metrics_registry *registry, void *arg)
{
    metrics_family *f = metrics_register(registry, METRICS_GAUGE, "depth", "", "h");
    metrics_set(metrics_with(f, NULL), ++*(int *)arg);
}

Test(metrics, scrape_hooks_run_before_each_scrape, .init = start, .fini = end)
{
    int scrapes = 0;
    metrics_on_scrape(r, set_depth, &scrapes);
    expect_line("depth 1\n");
    expect_line("depth 2\n");
    int others = 40;
    metrics_on_scrape(r, set_depth, &others);
    metrics_off_scrape(r, set_depth, &others);
    metrics_off_scrape(r, set_depth, &others);
    expect_line("depth 3\n");
    metrics_off_scrape(r, set_depth, &scrapes);
    expect_line("depth 3\n");
    cr_expect_eq(scrapes, 3);
    cr_expect_eq(others, 40);
}

static double value_of(const char *name)
{
    size_t size;
    char *text = metrics_render(r, &size);
    char *found = strstr(text, name);
    cr_assert_not_null(found, "no %s", name);
    double value = strtod(found + strlen(name), NULL);
    free(text);
    return value;
}

Test(metrics, a_process_tells_of_itself, .init = start, .fini = end)
{
    metrics_register_process(r);
    double memory = value_of("\nprocess_resident_memory_bytes ");
    cr_assert(memory > 500e3 && memory < 1e12);
    double descriptors = value_of("\nprocess_open_fds ");
    int further = dup(0);
    cr_assert_eq(value_of("\nprocess_open_fds "), descriptors + 1);
    close(further);
    double cpu = value_of("\nprocess_cpu_seconds_total ");
    for (int i = 0; value_of("\nprocess_cpu_seconds_total ") <= cpu; i++)
        cr_assert_lt(i, 10000000, "CPU time stands still");
    cr_assert_gt(value_of("\nprocess_start_time_seconds "), 1.7e9);
    cr_assert_eq(value_of("\nlog_lost_lines_total "), 0);
}
