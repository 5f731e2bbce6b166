#include "memory.h"
#include "planner_internal.h"

typedef struct marker {
    const plan_input *input;
    const plan_links *needs;
    plan_job *dates;  /* by topic */
    uint8_t *needed;  /* by topic */
    int32_t *seen_by; /* by topic: the last goal that came by, counted from 1 */
    int32_t *queue;
    int32_t needed_count;
} marker;

static void take_dates(marker *m, int32_t topic, const plan_goal *goal)
{
    int64_t now = m->input->calendar.now;
    int64_t not_before = goal->not_before > now ? goal->not_before : now;
    plan_job *date = &m->dates[topic];

    if (!m->needed[topic]) {
        m->needed[topic] = 1;
        m->needed_count++;
        *date = (plan_job){.not_before = not_before,
                           .due = goal->due,
                           .weight = goal->weight,
                           .topic = topic,
                           .minutes = m->input->minutes[topic]};
        return;
    }
    if (not_before < date->not_before)
        date->not_before = not_before;
    if (goal->due < date->due || (goal->due == date->due && goal->weight > date->weight))
        date->weight = goal->weight;
    if (goal->due < date->due)
        date->due = goal->due;
}

static void visit(marker *m, int32_t topic, int32_t goal, int32_t *queued)
{
    if (m->input->mastered[topic] || m->seen_by[topic] == goal + 1)
        return;
    m->seen_by[topic] = goal + 1;
    m->queue[(*queued)++] = topic;
}

/* Everything that the goal needs inherits its dates; the walk stops at what is mastered. */
static void mark_goal(marker *m, int32_t g, plan_forecast *forecast)
{
    const plan_goal *goal = &m->input->goals[g];
    int32_t queued = 0;

    for (size_t i = 0; i < goal->target_count; i++)
        visit(m, goal->targets[i], g, &queued);
    for (int32_t next = 0; next < queued; next++) {
        int32_t topic = m->queue[next];
        take_dates(m, topic, goal);
        forecast->work_minutes += m->input->minutes[topic];
        for (int32_t i = m->needs->first[topic]; i < m->needs->first[topic + 1]; i++)
            visit(m, m->needs->to[i], g, &queued);
    }
    forecast->has_work = queued > 0;
}

/* Numbers the needed topics in the order of prerequisites; false when there is a circle. */
static bool number_jobs(plan_jobs *j, const marker *m)
{
    const plan_input *input = m->input;
    int32_t *topics = PLAN_ARRAY(int32_t, (size_t)m->needed_count), count = 0, edges = 0;
    int32_t *from = PLAN_ARRAY(int32_t, 2 * (size_t)input->edge_count), *to = from + input->edge_count;

    for (int32_t t = 0; t < input->topic_count; t++) {
        j->job_of[t] = m->needed[t] ? count : -1;
        if (m->needed[t])
            topics[count++] = t;
    }
    for (int32_t e = 0; e < input->edge_count; e++) {
        int32_t topic = j->job_of[input->edge_topic[e]], prerequisite = j->job_of[input->edge_prerequisite[e]];
        if (topic >= 0 && prerequisite >= 0) {
            from[edges] = prerequisite;
            to[edges++] = topic;
        }
    }
    plan_links dependents;
    plan_order order;
    plan_links_init(&dependents, count, edges, from, to);
    plan_order_init(&order, &dependents);
    plan_order_run(&order);
    for (int32_t rank = 0; rank < order.count; rank++) {
        j->jobs[rank] = m->dates[topics[order.order[rank]]];
        j->job_of[j->jobs[rank].topic] = rank;
    }
    bool complete = order.count == count;
    plan_order_finish(&order);
    plan_links_finish(&dependents);
    free(from);
    free(topics);
    return complete;
}

bool plan_jobs_init(plan_jobs *j, const plan_input *input, plan_forecast *forecasts)
{
    size_t n = (size_t)input->topic_count;
    marker m = {.input = input,
                .needs = &j->needs,
                .dates = PLAN_ARRAY(plan_job, n),
                .needed = PLAN_ARRAY(uint8_t, n),
                .seen_by = PLAN_ARRAY(int32_t, n),
                .queue = PLAN_ARRAY(int32_t, n)};

    plan_links_init(&j->needs, input->topic_count, input->edge_count, input->edge_topic, input->edge_prerequisite);
    for (size_t g = 0; g < input->goal_count; g++)
        mark_goal(&m, (int32_t)g, &forecasts[g]);
    j->count = m.needed_count;
    j->jobs = PLAN_ARRAY(plan_job, (size_t)j->count);
    j->job_of = PLAN_ARRAY(int32_t, n);
    bool complete = number_jobs(j, &m);
    free(m.dates);
    free(m.needed);
    free(m.seen_by);
    free(m.queue);
    return complete;
}

void plan_jobs_finish(plan_jobs *j)
{
    plan_links_finish(&j->needs);
    free(j->jobs);
    free(j->job_of);
    *j = (plan_jobs){0};
}
