/*
 * How long a plan takes: metacademy whole (when its file is there), and random graphs of 392 to 40,000 topics with
 * three edges a topic, over a year and more of two windows a day. Prints the median, and the exponent that fits the
 * growth; then how long the search for repairs takes.
 */
#include "repairs.h"
#include "replan.h"

#include <jansson.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { DAYS = 400, RUNS = 41 };

typedef struct graph {
    int32_t topics, edges;
    int32_t *minutes, *edge_topic, *edge_prerequisite, *targets;
    size_t target_count;
} graph;

static uint64_t state = 1;

static int32_t random_below(int32_t bound)
{
    state = state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (int32_t)((state >> 33) % (uint64_t)bound);
}

/* Prerequisites have smaller numbers in a random permutation; every topic is a target. */
static graph random_graph(int32_t topics, int32_t edges)
{
    graph g = {.topics = topics, .edges = edges, .target_count = (size_t)topics};
    int32_t *order = calloc((size_t)topics, sizeof *order);

    g.minutes = calloc((size_t)topics, sizeof *g.minutes);
    g.targets = calloc((size_t)topics, sizeof *g.targets);
    g.edge_topic = calloc((size_t)edges, sizeof *g.edge_topic);
    g.edge_prerequisite = calloc((size_t)edges, sizeof *g.edge_prerequisite);
    for (int32_t i = 0; i < topics; i++) {
        int32_t k = random_below(i + 1);
        order[i] = order[k];
        order[k] = i;
        g.minutes[i] = 10 + random_below(110);
        g.targets[i] = i;
    }
    for (int32_t e = 0; e < edges; e++) {
        int32_t high = 1 + random_below(topics - 1);
        g.edge_topic[e] = order[high];
        g.edge_prerequisite[e] = order[random_below(high)];
    }
    free(order);
    return g;
}

static int32_t position(json_t *topics, const char *key)
{
    size_t i;
    json_t *topic;

    json_array_foreach(topics, i,
                       topic) if (strcmp(json_string_value(json_object_get(topic, "key")), key) == 0) return (int32_t)i;
    return -1;
}

static bool read_graph(const char *path, graph *g)
{
    json_t *root = json_load_file(path, 0, NULL), *topics = json_object_get(root, "topics"),
           *edges = json_object_get(root, "edges"), *entry;
    size_t i;

    if (root == NULL)
        return false;
    *g = (graph){.topics = (int32_t)json_array_size(topics),
                 .edges = (int32_t)json_array_size(edges),
                 .target_count = json_array_size(topics)};
    g->minutes = calloc((size_t)g->topics, sizeof *g->minutes);
    g->targets = calloc((size_t)g->topics, sizeof *g->targets);
    g->edge_topic = calloc((size_t)g->edges, sizeof *g->edge_topic);
    g->edge_prerequisite = calloc((size_t)g->edges, sizeof *g->edge_prerequisite);
    json_array_foreach(topics, i, entry)
    {
        json_t *minutes = json_object_get(entry, "minutes");
        g->minutes[i] = json_is_integer(minutes) ? (int32_t)json_integer_value(minutes) : 60;
        g->targets[i] = (int32_t)i;
    }
    json_array_foreach(edges, i, entry)
    {
        g->edge_topic[i] = position(topics, json_string_value(json_object_get(entry, "topic")));
        g->edge_prerequisite[i] = position(topics, json_string_value(json_object_get(entry, "prerequisite")));
    }
    json_decref(root);
    return true;
}

static int by_value(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;

    return x < y ? -1 : x > y;
}

static double seconds(void)
{
    struct timespec t;

    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/* The plan of before, after one topic has become half an hour longer. */
static void measure_replan(const plan_input *input, int32_t *minutes, const plan_result *before)
{
    double times[RUNS];
    plan_result optimal;
    plan_replanned r;
    size_t kept = 0;
    int32_t topic = before->sessions[before->session_count / 2].topic;

    minutes[topic] += 30;
    for (int run = 0; run < RUNS; run++) {
        double start = seconds();
        if (!plan_make(input, &optimal) ||
            !plan_replan(input, &optimal, before->sessions, before->session_count, 0, &r))
            abort();
        times[run] = seconds() - start;
        plan_result_finish(&optimal);
        if (run < RUNS - 1)
            plan_replanned_finish(&r);
    }
    for (size_t i = 0; i < r.change_count; i++)
        kept += r.changes[i].kind == PLAN_KEPT;
    qsort(times, RUNS, sizeof times[0], by_value);
    printf("%-28s median %8.3f ms  best %8.3f ms  %zu of %zu sessions kept%s\n", "  replan after an edit",
           times[RUNS / 2] * 1e3, times[0] * 1e3, kept, before->session_count, r.complete ? "" : ", cut short");
    plan_replanned_finish(&r);
    minutes[topic] -= 30;
}

/* Ten goals, each for a tenth of the topics, with dates and not-befores spread over the year. */
static double measure(const char *name, const graph *g)
{
    plan_window windows[2 * DAYS];
    plan_goal goals[10];
    bool *mastered = calloc((size_t)g->topics, sizeof *mastered);
    double times[RUNS];
    plan_result r;

    for (int32_t day = 0; day < DAYS; day++) {
        windows[2 * day] = (plan_window){day * 1440 + 420, day * 1440 + 540, day};
        windows[2 * day + 1] = (plan_window){day * 1440 + 1080, day * 1440 + 1320, day};
    }
    for (int i = 0; i < 10; i++) {
        size_t first = g->target_count * (size_t)i / 10, end = g->target_count * ((size_t)i + 1) / 10;
        goals[i] = (plan_goal){.not_before = i * 20 * 1440,
                               .due = (40 + (i * 7 % 10) * 36) * 1440,
                               .weight = 10,
                               .targets = g->targets + first,
                               .target_count = end - first};
    }
    const plan_input input = {.calendar = {.windows = windows, .window_count = 2 * DAYS, .daily_cap = 240},
                              .topic_count = g->topics,
                              .minutes = g->minutes,
                              .mastered = mastered,
                              .edge_count = g->edges,
                              .edge_topic = g->edge_topic,
                              .edge_prerequisite = g->edge_prerequisite,
                              .goals = goals,
                              .goal_count = 10};
    for (int run = 0; run < RUNS; run++) {
        double start = seconds();
        if (!plan_make(&input, &r))
            abort();
        times[run] = seconds() - start;
        if (run < RUNS - 1)
            plan_result_finish(&r);
    }
    qsort(times, RUNS, sizeof times[0], by_value);
    printf("%-28s %6d topics %7d edges  median %8.3f ms  best %8.3f ms  %6zu sessions  L* %lld min\n", name, g->topics,
           g->edges, times[RUNS / 2] * 1e3, times[0] * 1e3, r.session_count, (long long)r.certificate.lateness);
    measure_replan(&input, g->minutes, &r);
    plan_result_finish(&r);
    free(mastered);
    return times[RUNS / 2];
}

/* One goal for everything, due after a hundred days. */
static void measure_repairs(const char *name, const graph *g)
{
    plan_window windows[2 * DAYS];
    int64_t latest_end[2 * DAYS];
    bool *mastered = calloc((size_t)g->topics, sizeof *mastered);
    const plan_goal goal = {.due = 100 * 1440, .weight = 10, .targets = g->targets, .target_count = g->target_count};
    plan_repairs r;

    for (int32_t i = 0; i < 2 * DAYS; i++) {
        int32_t start = i / 2 * 1440 + (i % 2 == 0 ? 420 : 1080);
        windows[i] = (plan_window){start, start + 120, i / 2};
        latest_end[i] = (i / 2 + 1) * 1440;
    }
    const plan_input input = {.calendar = {.windows = windows, .window_count = 2 * DAYS, .daily_cap = 180},
                              .topic_count = g->topics,
                              .minutes = g->minutes,
                              .mastered = mastered,
                              .edge_count = g->edges,
                              .edge_topic = g->edge_topic,
                              .edge_prerequisite = g->edge_prerequisite,
                              .goals = &goal,
                              .goal_count = 1};
    double start = seconds();
    if (!plan_repairs_make(&input, &(plan_repair_options){.latest_end = latest_end}, &r))
        abort();
    printf("%-28s %6d topics %7d edges  repairs %7.3f ms  %zu of them, %s\n", name, g->topics, g->edges,
           (seconds() - start) * 1e3, r.count, r.complete ? "complete" : "cut short");
    plan_repairs_finish(&r);
    free(mastered);
}

static void graph_finish(graph *g)
{
    free(g->minutes);
    free(g->targets);
    free(g->edge_topic);
    free(g->edge_prerequisite);
}

int main(void)
{
    const int32_t sizes[] = {1000, 2000, 5000, 10000, 20000, 40000};
    const int count = sizeof sizes / sizeof sizes[0];
    const char *shared = getenv("SICAL_SHARED_DATA"), *source = getenv("SICAL_SOURCE");
    char path[4096];
    double x = 0, y = 0, xx = 0, xy = 0;
    graph g;

    snprintf(path, sizeof path, "%s/metacademy.json", shared != NULL ? shared : "../shared/data");
    if (shared == NULL && source != NULL)
        snprintf(path, sizeof path, "%s/../shared/data/metacademy.json", source);
    if (read_graph(path, &g)) {
        measure("metacademy", &g);
        measure_repairs("metacademy", &g);
        graph_finish(&g);
    } else {
        printf("metacademy: no file %s\n", path);
    }
    g = random_graph(392, 964);
    measure("random", &g);
    graph_finish(&g);
    for (int i = 0; i < count; i++) {
        g = random_graph(sizes[i], 3 * sizes[i]);
        double work = sizes[i] * log2(sizes[i]), t = log(measure("random", &g)), n = log(work);
        graph_finish(&g);
        x += n;
        y += t;
        xx += n * n;
        xy += n * t;
    }
    g = random_graph(10000, 30000);
    measure_repairs("random", &g);
    graph_finish(&g);
    /* 1.0 is n log n. */
    printf("time grows as (n log n)^%.2f\n", (count * xy - x * y) / (count * xx - x * x));
    return 0;
}
