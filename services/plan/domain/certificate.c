#include "memory.h"
#include "planner_internal.h"

int64_t plan_lateness(const plan_jobs *j, const plan_axis *axis, int32_t *critical)
{
    int64_t worst = 0;

    *critical = -1;
    for (int32_t k = 0; k < j->count; k++) {
        if (j->jobs[k].due == INT64_MAX)
            continue;
        int64_t lateness = j->jobs[k].completion - plan_axis_at(axis, j->jobs[k].due);
        if (*critical < 0 || lateness > worst ||
            (lateness == worst && j->jobs[k].completion >= j->jobs[*critical].completion)) {
            worst = lateness;
            *critical = k;
        }
    }
    return worst;
}

/* Walks back from the critical job's end while the axis is busy with jobs due no later than it. In that stretch these
 * jobs are begun and finished, and none of them was released before it, else it would have run earlier: so their
 * minutes must fit behind the stretch's start, whatever the plan. */
void plan_certify(const plan_jobs *j, const plan_axis *axis, const plan_run *runs, size_t run_count,
                  plan_certificate *c)
{
    int32_t critical;

    *c = (plan_certificate){.lateness = plan_lateness(j, axis, &critical),
                            .topics = PLAN_ARRAY(int32_t, (size_t)j->count)};
    if (critical < 0)
        return;
    const plan_job *last = &j->jobs[critical];
    int64_t start = last->completion;
    size_t first = run_count;
    while (first > 0 && runs[first - 1].start >= last->completion)
        first--;
    size_t after = first;
    while (first > 0 && runs[first - 1].end == start && j->jobs[runs[first - 1].job].due <= last->due)
        start = runs[--first].start;

    bool *taken = PLAN_ARRAY(bool, (size_t)j->count);
    c->release = last->not_before;
    c->due = last->due;
    for (size_t i = first; i <= after; i++) {
        int32_t job = i < after ? runs[i].job : critical; /* a critical job of no minutes has no run */
        if (taken[job])
            continue;
        taken[job] = true;
        c->topics[c->topic_count++] = j->jobs[job].topic;
        c->work_minutes += j->jobs[job].minutes;
        if (j->jobs[job].not_before < c->release)
            c->release = j->jobs[job].not_before;
    }
    free(taken);
    c->free_minutes = plan_axis_at(axis, c->due) - plan_axis_at(axis, c->release);
}
