/*
 * Of the plans with the least lateness one with fewer sessions. Earliest due date first splits a topic when a more
 * urgent one is released while it is learned. Where what was more urgent can wait, the topic is finished first:
 *
 *     A A U U U A A  ->  A A A A U U U
 *
 * The topics of U end later then, by as much as is left of A. They may when none of them becomes late, or later than
 * the latest is already, by the axis and by the clock: so the plan stays the best there is by both measures.
 * Prerequisites stay before their topics, for A had begun before U, and so its own were finished. It is done only where
 * there are fewer sessions for it.
 */
#include "memory.h"
#include "planner_internal.h"

/* How many runs between the two parts of a topic are looked at: what bounds the time. */
enum { RUNS_BETWEEN = 64 };

typedef struct joining {
    const plan_jobs *j;
    const plan_axis *axis;
    plan_run *runs;
    size_t *next; /* of each run; the last one has count */
    size_t count;
    int64_t lateness;       /* L* */
    int64_t clock_lateness; /* the same by the clock, over what has a place */
} joining;

/* By the clock; completion has a place. */
static int64_t lateness_by_clock(const plan_axis *axis, const plan_job *job, int64_t completion)
{
    int64_t finish = completion > 0 ? plan_axis_instant(axis, completion) : job->not_before;

    return (finish > job->not_before ? finish : job->not_before) - job->due;
}

static int64_t worst_by_clock(const plan_jobs *j, const plan_axis *axis)
{
    int64_t worst = INT64_MIN;

    for (int32_t k = 0; k < j->count; k++) {
        const plan_job *job = &j->jobs[k];
        if (job->due == INT64_MAX || job->completion > axis->total)
            continue;
        int64_t late = lateness_by_clock(axis, job, job->completion);
        worst = late > worst ? late : worst;
    }
    return worst;
}

/* Whether a topic may end so much later. */
static bool can_wait(const joining *g, const plan_job *job, int64_t by)
{
    int64_t end = job->completion + by;

    if (job->due == INT64_MAX)
        return true;
    int64_t late = end - plan_axis_at(g->axis, job->due);
    return late <= 0 && late <= g->lateness && lateness_by_clock(g->axis, job, end) <= g->clock_lateness;
}

/* The number of sessions that a stretch of the axis becomes. */
static int64_t sessions_of(const joining *g, int64_t start, int64_t end)
{
    return (int64_t)(plan_axis_piece(g->axis, end - 1) - plan_axis_piece(g->axis, start)) + 1;
}

/* The run behind which that stands with which the topic of run first goes on, when only little, and no gap, lies
 * between; count: none does. */
static size_t before_next_part(const joining *g, size_t first)
{
    size_t before = first;

    for (int between = 0; between <= RUNS_BETWEEN; between++) {
        size_t i = g->next[before];
        if (i == g->count || g->runs[i].start != g->runs[before].end || g->runs[i].end > g->axis->total)
            break;
        if (g->runs[i].job == g->runs[first].job)
            return before;
        before = i;
    }
    return g->count;
}

/* How many sessions there are fewer when the part comes forward; <= 0 also when it must not. */
static int64_t gain(const joining *g, size_t first, size_t part)
{
    const plan_run *a = &g->runs[first], *b = &g->runs[part];
    int64_t by = b->end - b->start;
    int64_t fewer =
        sessions_of(g, a->start, a->end) + sessions_of(g, b->start, b->end) - sessions_of(g, a->start, a->end + by);

    for (size_t i = g->next[first]; i != part; i = g->next[i]) {
        const plan_run *run = &g->runs[i];
        const plan_job *job = &g->j->jobs[run->job];
        if (job->completion == run->end && !can_wait(g, job, by))
            return 0;
        fewer += sessions_of(g, run->start, run->end) - sessions_of(g, run->start + by, run->end + by);
    }
    return fewer;
}

/* before: the run in front of the part. */
static void bring_forward(joining *g, size_t first, size_t before)
{
    size_t part = g->next[before];
    plan_run *a = &g->runs[first];
    plan_job *jobs = g->j->jobs;
    int64_t by = g->runs[part].end - g->runs[part].start;

    if (jobs[a->job].completion == g->runs[part].end)
        jobs[a->job].completion = a->end + by;
    a->end += by;
    for (size_t i = g->next[first]; i != part; i = g->next[i]) {
        plan_run *run = &g->runs[i];
        if (jobs[run->job].completion == run->end)
            jobs[run->job].completion += by;
        run->start += by;
        run->end += by;
    }
    g->next[before] = g->next[part];
}

static bool is_split(const plan_jobs *j, const plan_run *run)
{
    return run->end != j->jobs[run->job].completion;
}

/* Joins what can be joined to run first, part by part. */
static void join(joining *g, size_t first)
{
    while (is_split(g->j, &g->runs[first])) {
        size_t before = before_next_part(g, first);
        if (before == g->count || gain(g, first, g->next[before]) <= 0)
            return;
        bring_forward(g, first, before);
    }
}

static size_t join_all(joining *g)
{
    size_t kept = 0;

    g->next = PLAN_ARRAY(size_t, g->count);
    g->clock_lateness = worst_by_clock(g->j, g->axis);
    for (size_t i = 0; i < g->count; i++)
        g->next[i] = i + 1;
    for (size_t i = 0; i < g->count; i = g->next[i])
        join(g, i);
    for (size_t i = 0; i < g->count; i = g->next[i])
        g->runs[kept++] = g->runs[i];
    free(g->next);
    return kept;
}

/* Topics of no minutes have no runs: they end no earlier than what they need. */
static void end_with_prerequisites(const plan_jobs *j)
{
    for (int32_t k = 0; k < j->count; k++)
        for (int32_t i = j->first_before[k]; j->jobs[k].minutes == 0 && i < j->first_before[k + 1]; i++)
            if (j->jobs[j->before[i]].completion > j->jobs[k].completion)
                j->jobs[k].completion = j->jobs[j->before[i]].completion;
}

size_t plan_join_splits(const plan_jobs *j, const plan_axis *axis, plan_run *runs, size_t count, int64_t lateness)
{
    joining g = {.j = j, .axis = axis, .runs = runs, .count = count, .lateness = lateness};

    for (size_t i = 0; i < count; i++)
        if (is_split(j, &runs[i])) {
            count = join_all(&g);
            if (count < g.count)
                end_with_prerequisites(j);
            break;
        }
    return count;
}
