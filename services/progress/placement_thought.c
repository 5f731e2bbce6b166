#include "placement_thought.h"

#include "fiber.h"

#include <stdlib.h>
#include <string.h>

/* On the heap, for it may outlive the call. */
typedef struct thought {
    placement_graph graph;
    placement_answer answers[PLACEMENT_ANSWERS_LIMIT];
    size_t answer_count;
    placement_belief belief;
    bool sound;
} thought;

static void *allocate(size_t count, size_t size)
{
    void *p = calloc(count ? count : 1, size);
    if (!p)
        abort();
    return p;
}

static int32_t *copy_numbers(const int32_t *from, size_t count)
{
    int32_t *to = allocate(count, sizeof *to);
    if (count)
        memcpy(to, from, count * sizeof *to);
    return to;
}

static void forget(void *arg)
{
    thought *t = arg;
    free((void *)(uintptr_t)t->graph.edge_topic);
    free((void *)(uintptr_t)t->graph.edge_prerequisite);
    free(t->belief.chance);
    free(t);
}

static void think(void *arg)
{
    thought *t = arg;
    t->sound = placement_think(&t->graph, t->answers, t->answer_count, &t->belief);
}

status placement_think_of(const placement_row *row, const placement_belief **out)
{
    thought *t = allocate(1, sizeof *t);
    t->graph = (placement_graph){.topic_count = (int32_t)row->topic_count,
                                 .edge_count = (int32_t)row->edge_count,
                                 .edge_topic = copy_numbers(row->edge_topics, row->edge_count),
                                 .edge_prerequisite = copy_numbers(row->edge_prerequisites, row->edge_count)};
    for (; t->answer_count < row->answer_count; t->answer_count++)
        t->answers[t->answer_count] =
            (placement_answer){row->asked[t->answer_count], row->answers[t->answer_count] != 0};
    t->belief.chance = allocate(row->topic_count, sizeof *t->belief.chance);
    status s = fiber_offload(think, t, forget);
    if (s == STATUS_RESOURCE_EXHAUSTED)
        forget(t);
    if (s != STATUS_OK)
        return s;
    fiber_defer(forget, t);
    *out = &t->belief;
    return t->sound ? STATUS_OK : STATUS_INTERNAL;
}
