#include "placement_internal.h"

#include <stdlib.h>

static int32_t *allocate(int32_t count)
{
    int32_t *p = calloc((size_t)count + 1, sizeof *p);
    if (!p)
        abort();
    return p;
}

/* Lists for each topic the other ends of the edges that have it at one end. */
static void list_neighbours(const placement_graph *from, const int32_t *here, const int32_t *there, int32_t **first,
                            int32_t **list)
{
    int32_t *next = allocate(from->topic_count);
    *first = allocate(from->topic_count);
    *list = allocate(from->edge_count);
    for (int32_t e = 0; e < from->edge_count; e++)
        (*first)[here[e] + 1]++;
    for (int32_t t = 0; t < from->topic_count; t++) {
        (*first)[t + 1] += (*first)[t];
        next[t] = (*first)[t];
    }
    for (int32_t e = 0; e < from->edge_count; e++)
        (*list)[next[here[e]]++] = there[e];
    free(next);
}

/* Kahn's algorithm; the order doubles as its queue. Returns how many topics are in no circle. */
static int32_t sort_topics(const cloud_graph *g)
{
    int32_t sorted = 0, *missing = allocate(g->count);
    for (int32_t t = 0; t < g->count; t++) {
        missing[t] = g->first_before[t + 1] - g->first_before[t];
        if (missing[t] == 0)
            g->order[sorted++] = t;
    }
    for (int32_t i = 0; i < sorted; i++)
        for (int32_t k = g->first_after[g->order[i]]; k < g->first_after[g->order[i] + 1]; k++)
            if (--missing[g->after[k]] == 0)
                g->order[sorted++] = g->after[k];
    free(missing);
    return sorted;
}

bool cloud_graph_init(cloud_graph *g, const placement_graph *from)
{
    *g = (cloud_graph){.count = from->topic_count, .order = allocate(from->topic_count)};
    list_neighbours(from, from->edge_topic, from->edge_prerequisite, &g->first_before, &g->before);
    list_neighbours(from, from->edge_prerequisite, from->edge_topic, &g->first_after, &g->after);
    if (sort_topics(g) == g->count)
        return true;
    cloud_graph_finish(g);
    return false;
}

void cloud_graph_finish(cloud_graph *g)
{
    free(g->order);
    free(g->first_before);
    free(g->before);
    free(g->first_after);
    free(g->after);
}

int32_t placement_choose(const placement_graph *graph, const int32_t *targets, size_t target_count, bool *chosen)
{
    int32_t *first, *before, count = 0, *found = allocate(graph->topic_count);
    list_neighbours(graph, graph->edge_topic, graph->edge_prerequisite, &first, &before);
    for (int32_t t = 0; t < graph->topic_count; t++)
        chosen[t] = false;
    for (size_t i = 0; i < target_count; i++)
        if (!chosen[targets[i]]) {
            chosen[targets[i]] = true;
            found[count++] = targets[i];
        }
    for (int32_t i = 0; i < count; i++)
        for (int32_t k = first[found[i]]; k < first[found[i] + 1]; k++)
            if (!chosen[before[k]]) {
                chosen[before[k]] = true;
                found[count++] = before[k];
            }
    free(first);
    free(before);
    free(found);
    return count;
}
