#include "availability.h"
#include "graph.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- what a check told ---- */

enum { TOLD_MAX = 200 };

typedef struct told {
    char field[PLAN_FAULT_FIELD_BYTES];
    char message[PLAN_FAULT_MESSAGE_BYTES];
} told;

static told all[TOLD_MAX];
static size_t told_count;

static void tell(void *arg, const char *field, const char *message)
{
    (void)arg;
    cr_assert_lt(told_count, (size_t)TOLD_MAX);
    snprintf(all[told_count].field, sizeof all[0].field, "%s", field);
    snprintf(all[told_count++].message, sizeof all[0].message, "%s", message);
}

static plan_faults fresh_faults(void)
{
    told_count = 0;
    return (plan_faults){.report = tell};
}

static void expect_fault(const char *field, const char *message)
{
    for (size_t i = 0; i < told_count; i++)
        if (strcmp(all[i].field, field) == 0 && strstr(all[i].message, message) != NULL)
            return;
    for (size_t i = 0; i < told_count; i++)
        fprintf(stderr, "%s: %s\n", all[i].field, all[i].message);
    cr_expect_fail("not told: %s: %s", field, message);
}

/* ---- graphs ---- */

#define TOPIC(KEY)                                                                                                     \
    {                                                                                                                  \
        .key = (KEY), .title = "", .summary = ""                                                                       \
    }
#define EDGE(TOPIC_KEY, PREREQUISITE, STRENGTH)                                                                        \
    {                                                                                                                  \
        .topic = (TOPIC_KEY), .prerequisite = (PREREQUISITE), .strength = (STRENGTH), .reason = ""                     \
    }
#define GRAPH(TOPICS, EDGES)                                                                                           \
    {                                                                                                                  \
        .title = "", .source = "", .license = "", .default_minutes = 60, .topics = (TOPICS),                           \
        .topic_count = sizeof(TOPICS) / sizeof(TOPICS)[0], .edges = (EDGES),                                           \
        .edge_count = sizeof(EDGES) / sizeof(EDGES)[0]                                                                 \
    }

static bool check(const plan_graph *graph)
{
    plan_faults faults = fresh_faults();
    plan_graph_form form;
    bool good = plan_graph_check(graph, &faults, &form);

    cr_expect_eq(good, faults.count == 0);
    if (good)
        plan_graph_form_finish(&form);
    return good;
}

Test(plan_graph, every_fault_is_told_with_its_place)
{
    const plan_topic topics[] = {
        TOPIC("a"),
        TOPIC("b"),
        TOPIC("a"),
        TOPIC(""),
        TOPIC("A b"),
        {.key = "c", .title = "", .summary = "", .has_minutes = true, .minutes = -1},
        {.key = "d", .title = "", .summary = "", .has_minutes = true, .minutes = 100001},
    };
    const plan_edge edges[] = {
        EDGE("b", "a", ""),     EDGE("b", "foo", "hard"), EDGE("bar", "a", "soft"), EDGE("c", "c", "hard"),
        EDGE("d", "c", "firm"), EDGE("b", "a", "soft"),   EDGE("b", "<x>", ""),
    };
    const plan_graph graph = GRAPH(topics, edges);

    cr_expect_not(check(&graph));
    expect_fault("topics[2].key", "'a' is already the key of topics[0]");
    expect_fault("topics[3].key", "a key has 1 to 100 characters");
    expect_fault("topics[4].key", "a key has 1 to 100 characters");
    expect_fault("topics[5].minutes", "0 to 100000, not -1");
    expect_fault("topics[6].minutes", "0 to 100000, not 100001");
    expect_fault("edges[1].prerequisite", "no topic has the key 'foo'");
    expect_fault("edges[2].topic", "no topic has the key 'bar'");
    expect_fault("edges[3].prerequisite", "'c' cannot be its own prerequisite");
    expect_fault("edges[4].strength", "\"hard\" or \"soft\"");
    expect_fault("edges[5]", "the same edge as edges[0]");
    expect_fault("edges[6].prerequisite", "this is not the key of any topic");
    cr_expect_eq(told_count, 11u);
}

Test(plan_graph, a_graph_needs_topics_but_no_edges)
{
    const plan_topic topics[] = {TOPIC("a")};
    const plan_edge edges[] = {EDGE("a", "a", "")};
    plan_graph graph = GRAPH(topics, edges);

    graph.edge_count = 0;
    cr_expect(check(&graph));
    graph.topic_count = 0;
    cr_expect_not(check(&graph));
    expect_fault("topics", "at least one topic");
}

Test(plan_graph, a_circle_is_spelled_out_and_the_next_one_too)
{
    const plan_topic topics[] = {TOPIC("a"), TOPIC("b"), TOPIC("c"), TOPIC("d"), TOPIC("e"), TOPIC("f"), TOPIC("g")};
    /* a -> b -> c -> a, e <-> f; d waits behind the first, g is needed by it. */
    const plan_edge edges[] = {EDGE("a", "b", ""), EDGE("b", "c", ""), EDGE("c", "a", ""), EDGE("d", "a", ""),
                               EDGE("c", "g", ""), EDGE("f", "e", ""), EDGE("e", "f", "")};
    const plan_graph graph = GRAPH(topics, edges);

    cr_expect_not(check(&graph));
    expect_fault("edges[2].prerequisite", "circle: a -> b -> c -> a");
    expect_fault("edges[5].prerequisite", "circle: e -> f -> e");
    cr_expect_eq(told_count, 2u);
}

Test(plan_graph, a_circle_through_a_soft_edge_is_none)
{
    const plan_topic topics[] = {TOPIC("a"), TOPIC("b"), TOPIC("c")};
    const plan_edge edges[] = {EDGE("a", "b", ""), EDGE("b", "c", ""), EDGE("c", "a", "soft")};
    const plan_graph graph = GRAPH(topics, edges);

    cr_expect(check(&graph));
}

Test(plan_graph, lengths_are_counted_in_characters)
{
    char title[3 * (PLAN_TITLE_LENGTH + 1) + 1], key[PLAN_KEY_LENGTH + 2];
    for (int i = 0; i <= PLAN_TITLE_LENGTH; i++)
        memcpy(title + 3 * i, "\xe5\xad\xa6", 4); /* a Chinese character */
    memset(key, 'k', sizeof key);
    key[PLAN_KEY_LENGTH] = '\0';
    plan_topic topics[] = {{.key = key, .title = title + 3, .summary = ""}};
    const plan_edge edges[] = {EDGE("a", "a", "")};
    plan_graph graph = GRAPH(topics, edges);
    graph.edge_count = 0;

    cr_expect(check(&graph));
    topics[0].title = title;
    cr_expect_not(check(&graph));
    expect_fault("topics[0].title", "at most 200 characters, this has 201");
    topics[0].title = "";
    key[PLAN_KEY_LENGTH] = 'k';
    key[PLAN_KEY_LENGTH + 1] = '\0';
    cr_expect_not(check(&graph));
}

Test(plan_graph, positions_follow_the_keys_whatever_the_order)
{
    const plan_topic topics[] = {TOPIC("b.x"), TOPIC("a"), TOPIC("b-x"), TOPIC("b_x")};
    const plan_edge edges[] = {EDGE("b_x", "a", "soft"), EDGE("a", "b-x", "hard")};
    const plan_graph graph = GRAPH(topics, edges);
    plan_faults faults = fresh_faults();
    plan_graph_form form;

    cr_assert(plan_graph_check(&graph, &faults, &form));
    const int32_t order[] = {1, 2, 0, 3}; /* a, b-x, b.x, b_x: '-' < '.' < '_' */
    cr_expect_arr_eq(form.topic_at, order, sizeof order);
    cr_expect(form.topic[0] == 3 && form.prerequisite[0] == 0 && !form.hard[0]);
    cr_expect(form.topic[1] == 0 && form.prerequisite[1] == 1 && form.hard[1]);
    plan_graph_form_finish(&form);
}

/* ---- hostile graphs ---- */

typedef struct large {
    char (*keys)[16];
    plan_topic *topics;
    plan_edge *edges;
    plan_graph graph;
} large;

static large large_create(size_t topics, size_t edges)
{
    large l = {calloc(topics, 16), calloc(topics, sizeof(plan_topic)), calloc(edges, sizeof(plan_edge)), {0}};

    for (size_t i = 0; i < topics; i++) {
        snprintf(l.keys[i], 16, "t%zu", i);
        l.topics[i] = (plan_topic){.key = l.keys[i], .title = "", .summary = ""};
    }
    l.graph = (plan_graph){.title = "",
                           .source = "",
                           .license = "",
                           .topics = l.topics,
                           .topic_count = topics,
                           .edges = l.edges,
                           .edge_count = edges};
    return l;
}

static void large_finish(large *l)
{
    free(l->keys);
    free(l->topics);
    free(l->edges);
}

Test(plan_graph, limits_are_told_before_anything_is_looked_at)
{
    large l = large_create(PLAN_TOPICS_LIMIT + 1, 1);

    l.graph.edge_count = PLAN_EDGES_LIMIT + 1;
    cr_expect_not(check(&l.graph));
    expect_fault("topics", "at most 20000 topics, this graph has 20001");
    expect_fault("edges", "at most 200000 edges, this graph has 200001");
    large_finish(&l);
}

Test(plan_graph, a_circle_of_twenty_thousand_is_told_shortened)
{
    large l = large_create(PLAN_TOPICS_LIMIT, PLAN_TOPICS_LIMIT);

    for (size_t i = 0; i < PLAN_TOPICS_LIMIT; i++)
        l.edges[i] = (plan_edge)EDGE(l.keys[i], l.keys[(i + 1) % PLAN_TOPICS_LIMIT], "");
    cr_expect_not(check(&l.graph));
    cr_assert_eq(told_count, 1u);
    expect_fault("edges[19999].prerequisite", "circle: t0 -> t1 -> t2 -> ");
    expect_fault("edges[19999].prerequisite", "(19960 more) -> t0");
    large_finish(&l);
}

Test(plan_graph, the_most_faults_are_counted_but_not_all_told)
{
    large l = large_create(100, PLAN_EDGES_LIMIT);

    for (size_t i = 0; i < PLAN_EDGES_LIMIT; i++)
        l.edges[i] = (plan_edge)EDGE(l.keys[i % 100], "nowhere", "");
    cr_expect_not(check(&l.graph));
    cr_expect_eq(told_count, (size_t)PLAN_FAULTS_LIMIT);
    large_finish(&l);
}

Test(plan_graph, all_pairs_of_topics_in_circles_end_soon)
{
    /* Every topic needs every other one. */
    large l = large_create(400, 400 * 399);
    size_t next = 0;

    for (size_t i = 0; i < 400; i++)
        for (size_t k = 0; k < 400; k++)
            if (i != k)
                l.edges[next++] = (plan_edge)EDGE(l.keys[i], l.keys[k], "hard");
    cr_expect_not(check(&l.graph));
    cr_expect_eq(told_count, (size_t)PLAN_FAULTS_LIMIT);
    large_finish(&l);
}

/* ---- free hours ---- */

static bool check_windows(const plan_weekly_window *windows, size_t count, const int32_t *cap)
{
    plan_faults faults = fresh_faults();
    plan_day_span spans[PLAN_WINDOWS_LIMIT + 1];

    return plan_windows_check("availability", windows, count, cap, &faults, spans);
}

Test(plan_availability, times_of_the_day)
{
    const char *const bad[] = {"", "8:00", "08:60", "24:01", "25:00", "08-00", "08:00 ", "0800", "-1:00", "ab:cd"};
    char text[6];

    cr_expect_eq(plan_parse_time("00:00"), 0);
    cr_expect_eq(plan_parse_time("18:30"), 1110);
    cr_expect_eq(plan_parse_time("24:00"), 1440);
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        cr_expect_eq(plan_parse_time(bad[i]), -1, "%s", bad[i]);
    for (int32_t minutes = 0; minutes <= 1440; minutes++) {
        plan_format_time(minutes, text);
        cr_assert_eq(plan_parse_time(text), minutes);
    }
}

Test(plan_availability, every_fault_is_told_with_its_place)
{
    const plan_weekly_window windows[] = {
        {1, "08:00", "10:00"}, {1, "09:30", "11:00"}, {2, "08:00", "10:00"}, {1, "10:00", "09:00"},
        {0, "08:00", "10:00"}, {8, "08:00", "10:00"}, {3, "noon", "24:00"},  {3, "24:00", "24:00"},
        {2, "10:00", "24:00"}, {2, "23:00", "23:30"},
    };
    const int32_t cap = 1441;

    cr_expect_not(check_windows(windows, sizeof windows / sizeof windows[0], &cap));
    expect_fault("availability.windows[1]", "overlaps windows[0]");
    expect_fault("availability.windows[3].end", "must end after it starts");
    expect_fault("availability.windows[4].day", "one of MON");
    expect_fault("availability.windows[5].day", "one of MON");
    expect_fault("availability.windows[6].start", "a local time from 00:00");
    expect_fault("availability.windows[7].start", "a local time from 00:00");
    expect_fault("availability.windows[9]", "overlaps windows[8]");
    expect_fault("availability.daily_cap_minutes", "1 to 1440 minutes, not 1441");
}

Test(plan_availability, windows_that_touch_are_fine_and_so_are_none)
{
    const plan_weekly_window windows[] = {{1, "08:00", "10:00"}, {1, "10:00", "12:00"}, {7, "00:00", "24:00"}};
    const int32_t cap = 1;

    cr_expect(check_windows(windows, 3, &cap));
    cr_expect(check_windows(NULL, 0, NULL));
}

Test(plan_availability, at_most_two_hundred)
{
    plan_weekly_window windows[PLAN_WINDOWS_LIMIT + 1];

    for (size_t i = 0; i <= PLAN_WINDOWS_LIMIT; i++)
        windows[i] = (plan_weekly_window){1, "08:00", "10:00"};
    cr_expect_not(check_windows(windows, PLAN_WINDOWS_LIMIT + 1, NULL));
    cr_expect_eq(told_count, 1u);
    expect_fault("availability.windows", "at most 200 windows, these are 201");
}

Test(plan_availability, exceptions_have_both_times_or_none)
{
    plan_faults faults = fresh_faults();
    int32_t start, end;

    cr_expect(plan_exception_check("exception", "", "", &faults, &start, &end));
    cr_expect(start == -1 && end == -1);
    cr_expect(plan_exception_check("exception", "09:00", "24:00", &faults, &start, &end));
    cr_expect(start == 540 && end == 1440);
    cr_expect_not(plan_exception_check("exception", "09:00", "", &faults, &start, &end));
    expect_fault("exception.end", "a local time");
    cr_expect_not(plan_exception_check("exception", "", "09:00", &faults, &start, &end));
    expect_fault("exception.start", "a local time");
}
