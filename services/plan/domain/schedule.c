/*
 * Earliest due date first, with preemption, by one list and one set: releases in their order, and the released jobs by
 * urgency. Urgency is one number: jobs are sorted by date, weight and order of prerequisites, and job number k of that
 * sequence has the key 2k + 1. A job that had to give way comes back with the key 2f, where f is the first job of its
 * date: behind all earlier dates, but before every job of the same date, so that what was begun goes on first.
 */
#include "memory.h"
#include "planner_internal.h"

void plan_sort_by_urgency(const plan_jobs *j, plan_keyed *urgent)
{
    for (int32_t k = 0; k < j->count; k++)
        urgent[k] = (plan_keyed){-(int64_t)j->jobs[k].weight, k};
    plan_sort(urgent, (size_t)j->count);
    for (int32_t place = 0; place < j->count; place++)
        urgent[place].key = j->jobs[urgent[place].value].due;
    plan_sort(urgent, (size_t)j->count);
}

bool plan_release(const plan_jobs *j, const plan_axis *axis, bool rounded)
{
    bool changed = false;

    for (int32_t k = 0; k < j->count; k++) {
        plan_job *job = &j->jobs[k];
        int64_t exact = plan_axis_at(axis, job->not_before);
        job->release = rounded ? plan_axis_at_day_start(axis, job->not_before) : exact;
        changed |= job->release != exact;
        for (int32_t i = j->first_before[k]; i < j->first_before[k + 1]; i++) {
            const plan_job *before = &j->jobs[j->before[i]];
            if (before->release + before->minutes > job->release)
                job->release = before->release + before->minutes;
        }
    }
    return changed;
}

typedef struct scheduler {
    plan_job *jobs;
    plan_keyed *urgent;   /* jobs by urgency, with their dates */
    plan_keyed *released; /* places in urgent, by release */
    int32_t *first;       /* of each place in urgent: the first place with the same date */
    int32_t *gave_way;    /* of each such first place: the job that had to give way */
    int64_t *left;        /* minutes of each job that are not yet planned */
    plan_minset waiting;  /* the keys of the released jobs that do not run */
    int32_t running;      /* a place in urgent, -1: none */
} scheduler;

static void scheduler_init(scheduler *s, const plan_jobs *j)
{
    size_t n = (size_t)j->count;

    *s = (scheduler){.jobs = j->jobs,
                     .urgent = PLAN_ARRAY(plan_keyed, n),
                     .released = PLAN_ARRAY(plan_keyed, n),
                     .first = PLAN_ARRAY(int32_t, n),
                     .gave_way = PLAN_ARRAY(int32_t, n),
                     .left = PLAN_ARRAY(int64_t, n),
                     .running = -1};
    plan_minset_init(&s->waiting, 2 * j->count);
    for (int32_t k = 0; k < j->count; k++)
        s->left[k] = j->jobs[k].minutes;
    plan_sort_by_urgency(j, s->urgent);
    for (int32_t place = 0; place < j->count; place++) {
        bool same = place > 0 && s->urgent[place].key == s->urgent[place - 1].key;
        s->first[place] = same ? s->first[place - 1] : place;
        s->released[place] = (plan_keyed){j->jobs[s->urgent[place].value].release, place};
    }
    plan_sort(s->released, n);
}

static void scheduler_finish(scheduler *s)
{
    free(s->urgent);
    free(s->released);
    free(s->first);
    free(s->gave_way);
    free(s->left);
    plan_minset_finish(&s->waiting);
}

static int32_t pop_most_urgent(scheduler *s)
{
    int32_t key = plan_minset_take(&s->waiting);

    return key % 2 == 1 ? key / 2 : s->gave_way[key / 2];
}

/* Chooses what runs now; the set or the running place holds at least one job. */
static void choose(scheduler *s)
{
    if (s->running < 0) {
        s->running = pop_most_urgent(s);
        return;
    }
    /* Keys of earlier dates are those below the first one of the running job's date. */
    int32_t first = s->first[s->running];
    if (s->waiting.count > 0 && plan_minset_first(&s->waiting) < 2 * first) {
        int32_t place = pop_most_urgent(s);
        s->gave_way[first] = s->running;
        plan_minset_add(&s->waiting, 2 * first);
        s->running = place;
    }
}

/* Lets the chosen job run until it is finished, or the next release comes. Returns the time after it. */
static int64_t run(scheduler *s, int64_t now, int64_t next_release, plan_run *runs, size_t *run_count)
{
    int32_t job = s->urgent[s->running].value;
    int64_t end = now + s->left[job] < next_release ? now + s->left[job] : next_release;

    s->left[job] -= end - now;
    if (end > now) {
        plan_run *last = *run_count > 0 ? &runs[*run_count - 1] : NULL;
        if (last != NULL && last->job == job && last->end == now)
            last->end = end;
        else
            runs[(*run_count)++] = (plan_run){now, end, job};
    }
    if (s->left[job] == 0) {
        s->jobs[job].completion = end;
        s->running = -1;
    }
    return end;
}

size_t plan_schedule(const plan_jobs *j, plan_run *runs)
{
    scheduler s;
    size_t run_count = 0;
    int64_t now = 0;
    int32_t next = 0;

    scheduler_init(&s, j);
    for (;;) {
        if (s.running < 0 && s.waiting.count == 0) {
            if (next == j->count)
                break;
            if (s.released[next].key > now)
                now = s.released[next].key;
        }
        for (; next < j->count && s.released[next].key <= now; next++)
            plan_minset_add(&s.waiting, 2 * s.released[next].value + 1);
        choose(&s);
        now = run(&s, now, next < j->count ? s.released[next].key : INT64_MAX, runs, &run_count);
    }
    scheduler_finish(&s);
    return run_count;
}

int64_t plan_completion(const plan_jobs *j, const plan_goal *goal)
{
    int64_t completion = 0;

    for (size_t i = 0; i < goal->target_count; i++) {
        int32_t job = j->job_of[goal->targets[i]];
        if (job >= 0 && j->jobs[job].completion > completion)
            completion = j->jobs[job].completion;
    }
    return completion;
}
