#include "paths.h"

#include "memory.h"
#include "topology.h"

typedef struct numbering {
    int32_t *topic;  /* the topics that are asked for, those farthest from a target first, then the others */
    int32_t *number; /* of each topic in it */
    int32_t reached;
} numbering;

static void mark(const plan_paths *p, int32_t topic, numbering *n)
{
    if (p->mastered[topic] || n->number[topic] >= 0)
        return;
    n->number[topic] = n->reached;
    n->topic[n->reached++] = topic;
}

/* What the targets ask for, soft edges followed, level by level. */
static void numbering_init(numbering *n, const plan_paths *p)
{
    plan_links needs;

    *n = (numbering){.topic = PLAN_ARRAY(int32_t, (size_t)p->topic_count),
                     .number = PLAN_ARRAY(int32_t, (size_t)p->topic_count)};
    for (int32_t t = 0; t < p->topic_count; t++)
        n->number[t] = -1;
    plan_links_init(&needs, p->topic_count, p->edge_count, p->edge_topic, p->edge_prerequisite);
    for (size_t i = 0; i < p->target_count; i++)
        mark(p, p->targets[i], n);
    for (int32_t next = 0; next < n->reached; next++)
        for (int32_t i = needs.first[n->topic[next]]; i < needs.first[n->topic[next] + 1]; i++)
            mark(p, needs.to[i], n);
    plan_links_finish(&needs);
    for (int32_t low = 0, high = n->reached - 1; low < high; low++, high--) {
        int32_t topic = n->topic[low];
        n->topic[low] = n->topic[high];
        n->topic[high] = topic;
    }
    for (int32_t t = 0, next = n->reached; t < p->topic_count; t++)
        if (n->number[t] < 0)
            n->topic[next++] = t;
    for (int32_t i = 0; i < p->topic_count; i++)
        n->number[n->topic[i]] = i;
}

static void numbering_finish(numbering *n)
{
    free(n->topic);
    free(n->number);
}

/* Puts topics in order by the taken edges, of free ones that with the smallest number first; position[t] stays -1 where
 * a circle keeps t waiting. hard_only: of the taken edges only the hard ones. Topics that have a position keep it. */
static void put_in_order(const plan_paths *p, const numbering *n, const bool *taken, bool hard_only, int32_t *position)
{
    int32_t *from = PLAN_ARRAY(int32_t, (size_t)p->edge_count), *to = PLAN_ARRAY(int32_t, (size_t)p->edge_count);
    int32_t edges = 0, before = 0;
    plan_links dependents;
    plan_order order;

    for (int32_t e = 0; e < p->edge_count; e++)
        if (taken[e] && !(hard_only && p->edge_soft[e])) {
            from[edges] = n->number[p->edge_prerequisite[e]];
            to[edges++] = n->number[p->edge_topic[e]];
        }
    for (int32_t t = 0; t < p->topic_count; t++)
        before += position[t] >= 0;
    plan_links_init(&dependents, p->topic_count, edges, from, to);
    plan_order_init(&order, &dependents);
    plan_order_run(&order);
    for (int32_t i = 0; i < order.count; i++)
        if (position[n->topic[order.order[i]]] < 0)
            position[n->topic[order.order[i]]] = before++;
    plan_order_finish(&order);
    plan_links_finish(&dependents);
    free(from);
    free(to);
}

/* First all that no circle keeps waiting, in an order of all taken edges; behind it the rest, in an order of the hard
 * ones in which what is far from the targets comes early. A soft edge that leads against this order is left out. */
static void break_circles(const plan_paths *p, const numbering *n, bool *taken)
{
    int32_t *position = PLAN_ARRAY(int32_t, (size_t)p->topic_count);

    for (int32_t t = 0; t < p->topic_count; t++)
        position[t] = -1;
    put_in_order(p, n, taken, false, position);
    put_in_order(p, n, taken, true, position);
    for (int32_t e = 0; e < p->edge_count; e++)
        if (p->edge_soft[e] && position[p->edge_prerequisite[e]] > position[p->edge_topic[e]])
            taken[e] = false;
    free(position);
}

void plan_take_soft(const plan_paths *p, bool *taken)
{
    numbering n;

    numbering_init(&n, p);
    for (int32_t e = 0; e < p->edge_count; e++)
        taken[e] = !p->edge_soft[e] || n.number[p->edge_topic[e]] < n.reached;
    break_circles(p, &n, taken);
    numbering_finish(&n);
}
