#include "memory.h"
#include "planner_internal.h"

/* Marks what the targets need, each topic once: the walk stops at what is mastered. Returns how many. */
static int32_t mark_needed(const plan_input *input, const plan_links *needs, uint8_t *needed)
{
    int32_t *queue = PLAN_ARRAY(int32_t, (size_t)input->topic_count), queued = 0;

    for (size_t g = 0; g < input->goal_count; g++)
        for (size_t i = 0; i < input->goals[g].target_count; i++) {
            int32_t target = input->goals[g].targets[i];
            if (!input->mastered[target] && !needed[target]) {
                needed[target] = 1;
                queue[queued++] = target;
            }
        }
    for (int32_t next = 0; next < queued; next++)
        for (int32_t i = needs->first[queue[next]]; i < needs->first[queue[next] + 1]; i++) {
            int32_t topic = needs->to[i];
            if (!input->mastered[topic] && !needed[topic]) {
                needed[topic] = 1;
                queue[queued++] = topic;
            }
        }
    free(queue);
    return queued;
}

/* The needed topics among themselves, numbered in their old order. */
typedef struct core {
    int32_t count;
    int32_t *topics;   /* number -> topic */
    int32_t *numbers;  /* topic -> number, -1: not needed */
    plan_links before; /* number -> numbers of its prerequisites */
} core;

static void core_init(core *c, const plan_input *input)
{
    uint8_t *needed = PLAN_ARRAY(uint8_t, (size_t)input->topic_count);
    plan_links needs;

    plan_links_init(&needs, input->topic_count, input->edge_count, input->edge_topic, input->edge_prerequisite);
    int32_t count = mark_needed(input, &needs, needed), next = 0, edges = 0;
    *c = (core){.count = count,
                .topics = PLAN_ARRAY(int32_t, (size_t)count),
                .numbers = PLAN_ARRAY(int32_t, (size_t)input->topic_count)};
    for (int32_t t = 0; t < input->topic_count; t++) {
        c->numbers[t] = needed[t] ? next : -1;
        if (needed[t])
            c->topics[next++] = t;
    }
    int32_t *from = PLAN_ARRAY(int32_t, 2 * (size_t)input->edge_count), *to = from + input->edge_count;
    for (int32_t number = 0; number < count; number++)
        for (int32_t i = needs.first[c->topics[number]]; i < needs.first[c->topics[number] + 1]; i++)
            if (c->numbers[needs.to[i]] >= 0) {
                from[edges] = number;
                to[edges++] = c->numbers[needs.to[i]];
            }
    plan_links_init(&c->before, count, edges, from, to);
    free(from);
    plan_links_finish(&needs);
    free(needed);
}

static void core_finish(core *c)
{
    free(c->topics);
    free(c->numbers);
    plan_links_finish(&c->before);
}

/* Renumbers everything by order. */
static void make_jobs(plan_jobs *j, const plan_input *input, const core *c, const plan_order *order)
{
    int32_t *rank = PLAN_ARRAY(int32_t, (size_t)c->count), edges = 0;

    for (int32_t k = 0; k < c->count; k++)
        rank[order->order[k]] = k;
    for (int32_t k = 0; k < c->count; k++) {
        int32_t number = order->order[k], topic = c->topics[number];
        j->jobs[k] = (plan_job){.topic = topic, .minutes = input->minutes[topic]};
        j->first_before[k] = edges;
        for (int32_t i = c->before.first[number]; i < c->before.first[number + 1]; i++)
            j->before[edges++] = rank[c->before.to[i]];
    }
    j->first_before[c->count] = edges;
    for (int32_t t = 0; t < input->topic_count; t++)
        j->job_of[t] = c->numbers[t] >= 0 ? rank[c->numbers[t]] : -1;
    free(rank);
}

/* false when there is a circle. */
static bool order_jobs(plan_jobs *j, const plan_input *input)
{
    core c;
    plan_links after;
    plan_order order;

    core_init(&c, input);
    int32_t edges = c.before.first[c.count], *from = PLAN_ARRAY(int32_t, (size_t)edges);
    for (int32_t number = 0; number < c.count; number++)
        for (int32_t i = c.before.first[number]; i < c.before.first[number + 1]; i++)
            from[i] = number;
    plan_links_init(&after, c.count, edges, c.before.to, from);
    plan_order_init(&order, &after);
    plan_order_run(&order);
    bool complete = order.count == c.count;
    if (complete) {
        j->count = c.count;
        j->jobs = PLAN_ARRAY(plan_job, (size_t)c.count);
        j->job_of = PLAN_ARRAY(int32_t, (size_t)input->topic_count);
        j->first_before = PLAN_ARRAY(int32_t, (size_t)c.count + 1);
        j->before = PLAN_ARRAY(int32_t, (size_t)edges);
        make_jobs(j, input, &c, &order);
    }
    plan_order_finish(&order);
    plan_links_finish(&after);
    free(from);
    core_finish(&c);
    return complete;
}

static void merge_dates(plan_job *job, int64_t not_before, int64_t due, int32_t weight)
{
    if (not_before < job->not_before)
        job->not_before = not_before;
    if (due < job->due || (due == job->due && weight > job->weight))
        job->weight = weight;
    if (due < job->due)
        job->due = due;
}

/* Fixed sessions are dates for what their topics need; to be called in reverse order. */
static void date_before_fixed(plan_jobs *j, const plan_input *input, int32_t k)
{
    int64_t start = input->fixed_start[j->jobs[k].topic];

    for (int32_t i = j->first_before[k]; i < j->first_before[k + 1]; i++)
        if (start < j->jobs[j->before[i]].due)
            j->jobs[j->before[i]].due = start;
}

/* What needs a topic that has fixed sessions begins behind them, and so does what needs that. */
static void release_behind_fixed(plan_jobs *j, const plan_input *input)
{
    int64_t *behind = PLAN_ARRAY(int64_t, (size_t)j->count);

    for (int32_t k = 0; k < j->count; k++) {
        plan_job *job = &j->jobs[k];
        behind[k] = INT64_MIN;
        for (int32_t i = j->first_before[k]; i < j->first_before[k + 1]; i++) {
            int32_t b = j->before[i];
            int64_t end = input->fixed_end[j->jobs[b].topic];
            end = behind[b] > end ? behind[b] : end;
            behind[k] = end > behind[k] ? end : behind[k];
        }
        job->not_before = behind[k] > job->not_before ? behind[k] : job->not_before;
    }
    free(behind);
}

/* What needs a topic comes behind it: so in reverse order each topic hands its dates on when all have reached it. */
void plan_jobs_set_dates(plan_jobs *j, const plan_input *input)
{
    int64_t now = input->calendar.now;

    for (int32_t k = 0; k < j->count; k++) {
        j->jobs[k].not_before = j->jobs[k].due = INT64_MAX;
        j->jobs[k].weight = 0;
    }
    for (size_t g = 0; g < input->goal_count; g++) {
        const plan_goal *goal = &input->goals[g];
        for (size_t i = 0; i < goal->target_count; i++)
            if (j->job_of[goal->targets[i]] >= 0)
                merge_dates(&j->jobs[j->job_of[goal->targets[i]]], goal->not_before > now ? goal->not_before : now,
                            goal->due, goal->weight);
    }
    for (int32_t k = j->count - 1; k >= 0; k--) {
        for (int32_t i = j->first_before[k]; i < j->first_before[k + 1]; i++)
            merge_dates(&j->jobs[j->before[i]], j->jobs[k].not_before, j->jobs[k].due, j->jobs[k].weight);
        if (input->fixed_start != NULL)
            date_before_fixed(j, input, k);
    }
    if (input->fixed_end != NULL)
        release_behind_fixed(j, input);
}

/* In the same way the set of goals that need a topic, 64 goals at a time. */
static void sum_work(const plan_jobs *j, const plan_input *input, plan_forecast *forecasts)
{
    uint64_t *needed_by = PLAN_ARRAY(uint64_t, (size_t)j->count);

    for (size_t first = 0; first < input->goal_count; first += 64) {
        for (int32_t k = 0; k < j->count; k++)
            needed_by[k] = 0;
        for (size_t g = first; g < input->goal_count && g < first + 64; g++)
            for (size_t i = 0; i < input->goals[g].target_count; i++)
                if (j->job_of[input->goals[g].targets[i]] >= 0)
                    needed_by[j->job_of[input->goals[g].targets[i]]] |= UINT64_C(1) << (g - first);
        for (int32_t k = j->count - 1; k >= 0; k--) {
            for (int32_t i = j->first_before[k]; i < j->first_before[k + 1]; i++)
                needed_by[j->before[i]] |= needed_by[k];
            for (uint64_t goals = needed_by[k]; goals != 0; goals &= goals - 1) {
                plan_forecast *f = &forecasts[first + (size_t)__builtin_ctzll(goals)];
                f->has_work = true;
                f->work_minutes += j->jobs[k].minutes;
            }
        }
    }
    free(needed_by);
}

bool plan_jobs_init(plan_jobs *j, const plan_input *input, plan_forecast *forecasts)
{
    *j = (plan_jobs){0};
    if (!order_jobs(j, input))
        return false;
    plan_jobs_set_dates(j, input);
    sum_work(j, input, forecasts);
    return true;
}

void plan_jobs_finish(plan_jobs *j)
{
    free(j->jobs);
    free(j->job_of);
    free(j->first_before);
    free(j->before);
    *j = (plan_jobs){0};
}
