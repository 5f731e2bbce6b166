/*
 * One try: the kept sessions are taken off the axis, and what is left of each topic is a job whose date is the earliest
 * of its goals' (Lambda later) and of the starts of the kept sessions that need it, and which may not begin before the
 * kept sessions that it needs have ended. These dates and releases agree with the order of prerequisites, so earliest
 * due date first finds a schedule if there is one.
 */
#include "replan.h"

#include "memory.h"
#include "replan_internal.h"

#include <string.h>

static int64_t end_of(const plan_calendar *calendar)
{
    int64_t end = calendar->now;

    for (size_t i = 0; i < calendar->window_count; i++)
        end = calendar->windows[i].end > end ? calendar->windows[i].end : end;
    return end;
}

/* Lambda, and the dates it gives. */
static void set_dates(replanner *r, const plan_input *input, const plan_result *optimal)
{
    int64_t lambda = 0, earliest = INT64_MAX;
    bool bounded = true;

    for (size_t g = 0; g < input->goal_count; g++) {
        const plan_forecast *f = &optimal->forecasts[g];
        if (!f->has_work || input->goals[g].due == INT64_MAX)
            continue;
        bounded &= f->has_finish;
        earliest = input->goals[g].due < earliest ? input->goals[g].due : earliest;
        lambda = f->calendar_lateness > lambda ? f->calendar_lateness : lambda;
    }
    r->out->lambda = bounded ? lambda : INT64_MAX;
    r->unbounded_from = INT64_MAX;
    if (!bounded) {
        r->unbounded_from = end_of(&input->calendar);
        lambda = r->unbounded_from > earliest ? r->unbounded_from - earliest : 0;
    }
    for (int32_t k = 0; k < r->jobs.count; k++) {
        plan_job *job = &r->jobs.jobs[k];
        if (job->due != INT64_MAX)
            job->due += lambda;
        r->base[k] = *job;
    }
}

/* Hands dates and ends of kept sessions on along the edges. false: two of them contradict each other. */
static bool fit_kept(replanner *r)
{
    plan_jobs *j = &r->jobs;

    for (int32_t k = j->count - 1; k >= 0; k--)
        for (int32_t i = j->first_before[k]; i < j->first_before[k + 1]; i++) {
            plan_job *before = &j->jobs[j->before[i]];
            int64_t latest = j->jobs[k].due < r->first_kept[k] ? j->jobs[k].due : r->first_kept[k];
            before->due = latest < before->due ? latest : before->due;
        }
    for (int32_t k = 0; k < j->count; k++) {
        plan_job *job = &j->jobs[k];
        for (int32_t i = j->first_before[k]; i < j->first_before[k + 1]; i++) {
            int32_t b = j->before[i];
            int64_t earliest = j->jobs[b].not_before > r->last_kept[b] ? j->jobs[b].not_before : r->last_kept[b];
            job->not_before = earliest > job->not_before ? earliest : job->not_before;
        }
        if (r->first_kept[k] < job->not_before ||
            (job->due < r->unbounded_from && (job->not_before > job->due || r->last_kept[k] > job->due)))
            return false;
    }
    return true;
}

/* What stands when the sessions marked as kept are. */
static void take_kept(replanner *r)
{
    r->reserved_count = 0;
    memcpy(r->jobs.jobs, r->base, (size_t)r->jobs.count * sizeof *r->base);
    for (int32_t k = 0; k < r->jobs.count; k++) {
        r->first_kept[k] = INT64_MAX;
        r->last_kept[k] = INT64_MIN;
    }
    for (size_t i = 0; i < r->old_count; i++) {
        const candidate *c = &r->candidates[i];
        if (!c->kept)
            continue;
        if (r->first_kept[c->job] == INT64_MAX)
            r->first_kept[c->job] = c->session.start;
        r->last_kept[c->job] = c->session.end;
        r->jobs.jobs[c->job].minutes -= (int32_t)(c->session.end - c->session.start);
        r->reserved[r->reserved_count++] = (plan_reserved){c->session.start, c->session.end};
    }
}

/* The usable minutes less the kept ones. */
static void cut_axis(replanner *r)
{
    plan_axis_finish(&r->axis);
    plan_axis_cut(&r->axis, &r->whole, r->reserved, r->reserved_count);
}

/* The earliest date that is missed, and by how much. */
static void note_missed(replanner *r)
{
    r->missed = INT64_MAX;
    for (int32_t k = 0; k < r->jobs.count; k++) {
        const plan_job *job = &r->jobs.jobs[k];
        if (job->due > r->missed || job->due >= r->unbounded_from)
            continue;
        int64_t late = job->completion - plan_axis_at(&r->axis, job->due);
        if (late > 0 && (job->due < r->missed || late > r->missed_minutes)) {
            r->missed = job->due;
            r->missed_minutes = late;
        }
    }
}

bool replan_try(replanner *r)
{
    plan_jobs *j = &r->jobs;

    r->work_left -= j->count + j->first_before[j->count] + (int64_t)r->old_count;
    r->missed = INT64_MIN;
    take_kept(r);
    if (!fit_kept(r))
        return false;
    cut_axis(r);
    plan_release(j, &r->axis, false);
    if (r->shortest > 1) {
        free(r->runs);
        r->run_count = plan_lay_out(j, &r->axis, r->shortest, &r->runs);
    } else {
        r->run_count = plan_schedule(j, r->runs);
    }
    note_missed(r);
    return r->missed == INT64_MAX;
}

/* What can't be kept whatever the dates. left: minutes of each job that no earlier session has taken. */
static void judge(const replanner *r, const plan_input *input, int64_t *left, candidate *c)
{
    plan_session *s = &c->session;

    c->job = s->topic >= 0 ? r->jobs.job_of[s->topic] : -1;
    if (c->job < 0)
        c->reason = s->topic >= 0 && input->mastered[s->topic] ? PLAN_BECAUSE_MASTERED : PLAN_BECAUSE_TOPIC_GONE;
    else if (s->start < input->calendar.now ||
             plan_axis_at(&r->whole, s->end) - plan_axis_at(&r->whole, s->start) != s->end - s->start)
        c->reason = PLAN_BECAUSE_WINDOW;
    else if (s->start < r->jobs.jobs[c->job].not_before)
        c->reason = PLAN_BECAUSE_NOT_BEFORE;
    else if (s->end - s->start > left[c->job]) {
        c->reason = PLAN_BECAUSE_TOPIC_SHORTER;
        c->trimmed = left[c->job] > 0;
        s->end = s->start + left[c->job];
    }
    c->keepable = c->reason == PLAN_BECAUSE_NOTHING || c->trimmed;
    if (c->keepable)
        left[c->job] -= s->end - s->start;
}

static void take_old(replanner *r, const plan_input *input, const plan_session *old)
{
    int64_t *left = PLAN_ARRAY(int64_t, (size_t)r->jobs.count);

    for (int32_t k = 0; k < r->jobs.count; k++)
        left[k] = r->jobs.jobs[k].minutes;
    for (size_t i = 0; i < r->old_count; i++) {
        r->candidates[i] = (candidate){.session = old[i]};
        judge(r, input, left, &r->candidates[i]);
    }
    free(left);
}

static void replanner_init(replanner *r, const plan_input *input, const plan_result *optimal, const plan_session *old)
{
    size_t n = (size_t)r->jobs.count;

    plan_axis_init(&r->whole, &input->calendar);
    r->base = PLAN_ARRAY(plan_job, n);
    r->first_kept = PLAN_ARRAY(int64_t, n);
    r->last_kept = PLAN_ARRAY(int64_t, n);
    r->candidates = PLAN_ARRAY(candidate, r->old_count);
    r->reserved = PLAN_ARRAY(plan_reserved, r->old_count);
    r->runs = PLAN_ARRAY(plan_run, 2 * n + 1);
    set_dates(r, input, optimal);
    take_old(r, input, old);
}

static void replanner_finish(replanner *r)
{
    plan_axis_finish(&r->axis);
    plan_axis_finish(&r->whole);
    plan_jobs_finish(&r->jobs);
    free(r->base);
    free(r->first_kept);
    free(r->last_kept);
    free(r->candidates);
    free(r->reserved);
    free(r->runs);
}

bool plan_replan(const plan_input *input, const plan_result *optimal, const plan_session *old, size_t old_count,
                 int64_t work_limit, plan_replanned *out)
{
    replanner r = {.out = out,
                   .old_count = old_count,
                   .shortest = input->calendar.shortest_session,
                   .work_left = work_limit > 0 ? work_limit : PLAN_REPLAN_WORK_LIMIT};
    plan_forecast *unused = PLAN_ARRAY(plan_forecast, input->goal_count);
    bool ordered = plan_jobs_init(&r.jobs, input, unused);

    free(unused);
    *out = (plan_replanned){.complete = true};
    if (!ordered)
        return false;
    replanner_init(&r, input, optimal, old);
    replan_keep(&r);
    replan_try(&r);
    replan_report(&r, input, old);
    replanner_finish(&r);
    return true;
}

void plan_replanned_finish(plan_replanned *r)
{
    free(r->sessions);
    free(r->changes);
    free(r->unplaced);
    *r = (plan_replanned){0};
}
