/*
 * A topic is left out as if it were mastered: then it takes no minutes, nor does what lies only behind it. What is left
 * out is always closed: no topic that is kept needs one of it by a hard edge.
 */
#include "memory.h"
#include "repairs_internal.h"

#include <string.h>

typedef struct soft_search {
    plan_repair_search *search;
    plan_links before, after; /* prerequisites and dependents of each topic, soft edges too */
    bool *needed;             /* when nothing is left out */
    bool *soft;               /* needed, but not by hard edges alone */
    int32_t *order;           /* the soft topics, dependents first */
    int32_t count;
    bool *left_out; /* the trial's mastered; topics that are mastered stand there too */
    bool *saved;    /* left_out before a try */
    int32_t *queue;
} soft_search;

/* Clears the flags of a soft topic and of the soft topics that it needs by hard edges. flags: soft or left_out. */
static void take(soft_search *f, int32_t start, bool *flags)
{
    int32_t queued = 0;

    flags[start] = false;
    f->queue[queued++] = start;
    for (int32_t next = 0; next < queued; next++)
        for (int32_t i = f->before.first[f->queue[next]]; i < f->before.first[f->queue[next] + 1]; i++) {
            int32_t topic = f->before.to[i];
            if (f->search->options->edge_soft[f->before.edge[i]] || !f->soft[topic] || !flags[topic])
                continue;
            flags[topic] = false;
            f->queue[queued++] = topic;
        }
}

static void find_soft(soft_search *f)
{
    const plan_input *in = f->search->input;
    const plan_jobs *jobs = &f->search->trial.jobs;

    for (int32_t k = 0; k < jobs->count; k++)
        f->needed[jobs->jobs[k].topic] = f->soft[jobs->jobs[k].topic] = true;
    for (size_t g = 0; g < in->goal_count; g++)
        for (size_t i = 0; i < in->goals[g].target_count; i++)
            if (f->soft[in->goals[g].targets[i]])
                take(f, in->goals[g].targets[i], f->soft);
    for (int32_t k = jobs->count - 1; k >= 0; k--)
        if (f->soft[jobs->jobs[k].topic])
            f->order[f->count++] = jobs->jobs[k].topic;
}

static void soft_search_init(soft_search *f, plan_repair_search *s)
{
    const plan_input *in = s->input;
    size_t n = (size_t)in->topic_count;

    *f = (soft_search){.search = s,
                       .needed = PLAN_ARRAY(bool, n),
                       .soft = PLAN_ARRAY(bool, n),
                       .order = PLAN_ARRAY(int32_t, n),
                       .left_out = s->trial.mastered,
                       .saved = PLAN_ARRAY(bool, n),
                       .queue = PLAN_ARRAY(int32_t, n)};
    plan_links_init(&f->before, in->topic_count, in->edge_count, in->edge_topic, in->edge_prerequisite);
    plan_links_init(&f->after, in->topic_count, in->edge_count, in->edge_prerequisite, in->edge_topic);
    find_soft(f);
}

static void soft_search_finish(soft_search *f)
{
    plan_links_finish(&f->before);
    plan_links_finish(&f->after);
    free(f->needed);
    free(f->soft);
    free(f->order);
    free(f->saved);
    free(f->queue);
}

/* Whether something that is in the plan now asks for the topic. */
static bool is_asked_for(const soft_search *f, int32_t topic)
{
    for (int32_t i = f->after.first[topic]; i < f->after.first[topic + 1]; i++)
        if (f->needed[f->after.to[i]] && !f->left_out[f->after.to[i]])
            return true;
    return false;
}

static bool is_feasible(soft_search *f)
{
    plan_trial_reorder(&f->search->trial);
    return plan_trial_is_feasible(&f->search->trial);
}

/* Tries to put back the topics order[first] to order[end - 1] that are asked for, with all that they need. */
static bool put_back(soft_search *f, int32_t first, int32_t end)
{
    size_t size = (size_t)f->search->input->topic_count * sizeof *f->saved;
    bool changed = false;

    memcpy(f->saved, f->left_out, size);
    for (int32_t i = first; i < end; i++)
        if (f->left_out[f->order[i]] && is_asked_for(f, f->order[i])) {
            take(f, f->order[i], f->left_out);
            changed = true;
        }
    if (!changed || is_feasible(f))
        return true;
    memcpy(f->left_out, f->saved, size);
    return false;
}

/* Ever more at once while it works, ever fewer when it does not. More topics never make feasible what was not, so one
 * that could not be put back cannot be put back later. */
static void put_back_most(soft_search *f)
{
    int32_t at = 0, step = 1;

    while (at < f->count && f->search->trial.work_left > 0) {
        int32_t end = f->count - at > step ? at + step : f->count;
        if (put_back(f, at, end)) {
            at = end;
            step *= 2;
        } else if (step == 1) {
            at++;
        } else {
            step = step / 2;
        }
    }
}

static void list_left_out(soft_search *f, plan_repair *r)
{
    const plan_input *in = f->search->input;

    r->topics = PLAN_ARRAY(int32_t, (size_t)f->count);
    for (int32_t topic = 0; topic < in->topic_count; topic++)
        if (f->soft[topic] && f->left_out[topic]) {
            r->topics[r->topic_count++] = topic;
            r->cost += in->minutes[topic];
        }
}

void plan_repair_topics(plan_repair_search *s)
{
    soft_search f;

    if (s->options->edge_soft == NULL)
        return;
    soft_search_init(&f, s);
    if (f.count > 0) {
        plan_repair *r = plan_repair_add(s, PLAN_REPAIR_TOPICS);
        for (int32_t i = 0; i < f.count; i++)
            f.left_out[f.order[i]] = true;
        r->possible = is_feasible(&f);
        if (r->possible) {
            put_back_most(&f);
            list_left_out(&f, r);
        }
        r->least = !r->possible || s->trial.work_left > 0;
        memcpy(f.left_out, s->input->mastered, (size_t)s->input->topic_count * sizeof *f.left_out);
        plan_trial_reorder(&s->trial);
    }
    soft_search_finish(&f);
}
