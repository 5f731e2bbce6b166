#include "topology.h"

#include "memory.h"

#include <string.h>

/* A node that was left out waits for so many prerequisites that it never comes into order. */
enum { LEFT_OUT = INT32_MAX / 2 };

void plan_links_init(plan_links *l, int32_t node_count, int32_t edge_count, const int32_t *from, const int32_t *to)
{
    l->node_count = node_count;
    l->first = PLAN_ARRAY(int32_t, (size_t)node_count + 2);
    l->to = PLAN_ARRAY(int32_t, (size_t)edge_count);
    l->edge = PLAN_ARRAY(int32_t, (size_t)edge_count);

    /* Counting sort: first[] is shifted by one while filling and ends up where it belongs. */
    int32_t *next = l->first + 1;
    for (int32_t i = 0; i < edge_count; i++)
        next[from[i] + 1]++;
    for (int32_t n = 1; n <= node_count; n++)
        next[n] += next[n - 1];
    for (int32_t i = 0; i < edge_count; i++) {
        int32_t at = next[from[i]]++;
        l->to[at] = to[i];
        l->edge[at] = i;
    }
}

void plan_links_finish(plan_links *l)
{
    free(l->first);
    free(l->to);
    free(l->edge);
    *l = (plan_links){0};
}

void plan_order_init(plan_order *o, const plan_links *dependents)
{
    int32_t n = dependents->node_count;

    o->dependents = dependents;
    o->waiting = PLAN_ARRAY(int32_t, (size_t)n);
    o->order = PLAN_ARRAY(int32_t, (size_t)n);
    o->count = 0;
    plan_minset_init(&o->free, n);
    for (int32_t i = 0; i < dependents->first[n]; i++)
        o->waiting[dependents->to[i]]++;
    for (int32_t node = 0; node < n; node++)
        if (o->waiting[node] == 0)
            plan_minset_add(&o->free, node);
}

static void release_dependents(plan_order *o, int32_t node)
{
    for (int32_t i = o->dependents->first[node]; i < o->dependents->first[node + 1]; i++)
        if (--o->waiting[o->dependents->to[i]] == 0)
            plan_minset_add(&o->free, o->dependents->to[i]);
}

void plan_order_run(plan_order *o)
{
    while (o->free.count > 0) {
        int32_t node = plan_minset_take(&o->free);
        o->order[o->count++] = node;
        release_dependents(o, node);
    }
}

void plan_order_leave_out(plan_order *o, int32_t node)
{
    o->waiting[node] += LEFT_OUT;
    release_dependents(o, node);
}

bool plan_order_is_waiting(const plan_order *o, int32_t node)
{
    return o->waiting[node] > 0 && o->waiting[node] < LEFT_OUT / 2;
}

void plan_order_finish(plan_order *o)
{
    free(o->waiting);
    free(o->order);
    plan_minset_finish(&o->free);
    *o = (plan_order){0};
}

static int32_t waiting_prerequisite(const plan_links *prerequisites, const plan_order *o, int32_t node, int32_t *edge)
{
    for (int32_t i = prerequisites->first[node]; i < prerequisites->first[node + 1]; i++) {
        int32_t to = prerequisites->to[i];
        if (plan_order_is_waiting(o, to)) {
            *edge = prerequisites->edge[i];
            return to;
        }
    }
    return -1;
}

static void rotate_left(int32_t *values, int32_t count, int32_t by)
{
    int32_t *copy = PLAN_ARRAY(int32_t, (size_t)count);

    for (int32_t i = 0; i < count; i++)
        copy[i] = values[(i + by) % count];
    memcpy(values, copy, (size_t)count * sizeof *values);
    free(copy);
}

int32_t plan_circle(const plan_links *prerequisites, const plan_order *o, int32_t start, int32_t *mark, int32_t *nodes,
                    int32_t *edges)
{
    int32_t length = 0;
    int32_t node = start;

    while (node >= 0 && mark[node] == 0) {
        nodes[length] = node;
        mark[node] = ++length;
        node = waiting_prerequisite(prerequisites, o, node, &edges[length - 1]);
    }
    int32_t from = node >= 0 ? mark[node] - 1 : length;
    for (int32_t i = 0; i < length; i++)
        mark[nodes[i]] = 0;

    length -= from;
    memmove(nodes, nodes + from, (size_t)length * sizeof *nodes);
    memmove(edges, edges + from, (size_t)length * sizeof *edges);
    int32_t smallest = 0;
    for (int32_t i = 1; i < length; i++)
        if (nodes[i] < nodes[smallest])
            smallest = i;
    if (length > 0) {
        rotate_left(nodes, length, smallest);
        rotate_left(edges, length, smallest);
    }
    return length;
}
