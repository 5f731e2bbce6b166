#include "graph_internal.h"
#include "memory.h"
#include "topology.h"

#include <stdio.h>
#include <string.h>

/* A circle of more topics is told by its first and last ones. */
enum { CIRCLE_SPELLED = 40 };

typedef struct edge_key {
    int32_t topic, prerequisite, index;
} edge_key;

static int by_ends(const void *left, const void *right)
{
    const edge_key *a = left, *b = right;

    if (a->topic != b->topic)
        return a->topic < b->topic ? -1 : 1;
    if (a->prerequisite != b->prerequisite)
        return a->prerequisite < b->prerequisite ? -1 : 1;
    return a->index < b->index ? -1 : a->index > b->index;
}

static int by_number(const void *left, const void *right)
{
    const edge_key *a = left, *b = right;

    return a->index < b->index ? -1 : a->index > b->index;
}

void plan_check_duplicate_edges(const plan_graph *graph, const plan_ends *ends, plan_faults *faults)
{
    edge_key *sorted = PLAN_ARRAY(edge_key, graph->edge_count);
    size_t known = 0, repeated = 0;

    for (size_t i = 0; i < graph->edge_count; i++)
        if (ends->topic[i] >= 0 && ends->prerequisite[i] >= 0)
            sorted[known++] = (edge_key){ends->topic[i], ends->prerequisite[i], (int32_t)i};
    qsort(sorted, known, sizeof *sorted, by_ends);

    /* Gathers the repetitions at the front, topic now being the edge that was first, and tells them in the order sent.
     */
    int32_t first = 0;
    for (size_t i = 0; i < known; i++) {
        edge_key key = sorted[i];
        if (i > 0 && key.topic == ends->topic[first] && key.prerequisite == ends->prerequisite[first])
            sorted[repeated++] = (edge_key){first, 0, key.index};
        else
            first = key.index;
    }
    qsort(sorted, repeated, sizeof *sorted, by_number);
    for (size_t i = 0; i < repeated; i++)
        plan_fault_at(faults, "edges", (size_t)sorted[i].index, "", "the same edge as edges[%d]", sorted[i].topic);
    free(sorted);
}

static void append(char *out, size_t size, size_t *used, const char *text)
{
    size_t length = strlen(text);

    if (*used + length < size) {
        memcpy(out + *used, text, length + 1);
        *used += length;
    }
}

static void tell_circle(const plan_graph *graph, const int32_t *nodes, const int32_t *edges, int32_t length,
                        plan_faults *faults)
{
    char path[PLAN_FAULT_MESSAGE_BYTES - 100];
    size_t used = 0, room = sizeof path - 2 * PLAN_KEY_LENGTH - 40;
    int32_t told = 0;

    path[0] = '\0';
    for (; told < length && told < CIRCLE_SPELLED && used + PLAN_KEY_LENGTH < room; told++) {
        append(path, sizeof path, &used, graph->topics[nodes[told]].key);
        append(path, sizeof path, &used, " -> ");
    }
    if (told < length) {
        char rest[60];
        snprintf(rest, sizeof rest, "(%d more) -> ", length - told);
        append(path, sizeof path, &used, rest);
    }
    append(path, sizeof path, &used, graph->topics[nodes[0]].key);
    plan_fault_at(faults, "edges", (size_t)edges[length - 1], "prerequisite", "prerequisites run in a circle: %s",
                  path);
}

static int32_t hard_edges(const plan_graph *graph, const plan_ends *ends, int32_t *topic, int32_t *prerequisite,
                          int32_t *index)
{
    int32_t count = 0;

    for (size_t i = 0; i < graph->edge_count; i++) {
        /* Unknown ends and self-edges have been told already. */
        if (!ends->hard[i] || ends->topic[i] < 0 || ends->prerequisite[i] < 0 ||
            ends->topic[i] == ends->prerequisite[i])
            continue;
        topic[count] = ends->topic[i];
        prerequisite[count] = ends->prerequisite[i];
        index[count++] = (int32_t)i;
    }
    return count;
}

void plan_check_circles(const plan_graph *graph, const plan_ends *ends, plan_faults *faults)
{
    int32_t n = (int32_t)graph->topic_count;
    int32_t *topic = PLAN_ARRAY(int32_t, 3 * graph->edge_count);
    int32_t *prerequisite = topic + graph->edge_count, *index = prerequisite + graph->edge_count;
    int32_t *mark = PLAN_ARRAY(int32_t, 3 * graph->topic_count), *nodes = mark + n, *edges = nodes + n;
    int32_t count = hard_edges(graph, ends, topic, prerequisite, index);
    plan_links needs, dependents;
    plan_order order;

    plan_links_init(&needs, n, count, topic, prerequisite);
    plan_links_init(&dependents, n, count, prerequisite, topic);
    plan_order_init(&order, &dependents);
    plan_order_run(&order);
    /* Each circle is broken at one topic, so that those behind it become free and the next circle shows. */
    for (int32_t node = 0; node < n; node++) {
        while (plan_order_is_waiting(&order, node) && faults->count < PLAN_FAULTS_LIMIT) {
            int32_t length = plan_circle(&needs, &order, node, mark, nodes, edges);
            for (int32_t i = 0; i < length; i++)
                edges[i] = index[edges[i]];
            tell_circle(graph, nodes, edges, length, faults);
            plan_order_leave_out(&order, nodes[0]);
            plan_order_run(&order);
        }
    }
    plan_order_finish(&order);
    plan_links_finish(&dependents);
    plan_links_finish(&needs);
    free(mark);
    free(topic);
}

void plan_graph_make_form(const plan_graph *graph, const plan_keys *keys, const plan_ends *ends, plan_graph_form *form)
{
    size_t n = graph->topic_count, m = graph->edge_count;
    int32_t *position = PLAN_ARRAY(int32_t, n);

    *form = (plan_graph_form){.topic_at = PLAN_ARRAY(int32_t, n),
                              .topic = PLAN_ARRAY(int32_t, m),
                              .prerequisite = PLAN_ARRAY(int32_t, m),
                              .hard = PLAN_ARRAY(bool, m)};
    for (size_t i = 0; i < n; i++) {
        form->topic_at[i] = keys->entries[i].index;
        position[keys->entries[i].index] = (int32_t)i;
    }
    for (size_t i = 0; i < m; i++) {
        form->topic[i] = position[ends->topic[i]];
        form->prerequisite[i] = position[ends->prerequisite[i]];
        form->hard[i] = ends->hard[i];
    }
    free(position);
}

void plan_graph_form_finish(plan_graph_form *form)
{
    free(form->topic_at);
    free(form->topic);
    free(form->prerequisite);
    free(form->hard);
    *form = (plan_graph_form){0};
}
