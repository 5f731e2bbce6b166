#include "memory.h"
#include "planner_internal.h"

/* The instant at which a job is finished; false when that lies beyond the windows. A topic of no minutes is finished no
 * earlier than it may begin. */
static bool finish_instant(const plan_axis *axis, const plan_job *job, int64_t *instant)
{
    if (job->completion > axis->total)
        return false;
    *instant = job->completion > 0 ? plan_axis_instant(axis, job->completion) : job->not_before;
    if (*instant < job->not_before)
        *instant = job->not_before;
    return true;
}

/* A goal is finished with the last of its targets: their prerequisites come before them. */
static void forecast_goal(const plan_jobs *j, const plan_axis *axis, const plan_goal *goal, plan_forecast *f)
{
    f->has_finish = f->has_work;
    f->finish = INT64_MIN;
    for (size_t i = 0; i < goal->target_count; i++) {
        int32_t job = j->job_of[goal->targets[i]];
        int64_t instant;
        if (job < 0)
            continue;
        if (!finish_instant(axis, &j->jobs[job], &instant))
            f->has_finish = false;
        else if (instant > f->finish)
            f->finish = instant;
    }
    if (goal->due == INT64_MAX)
        return;
    f->usable_lateness = plan_completion(j, goal) - plan_axis_at(axis, goal->due);
    f->calendar_lateness = f->has_finish ? f->finish - goal->due : 0;
}

static void add_session(plan_result *r, const plan_piece *piece, int64_t start, int64_t end, int32_t topic)
{
    plan_session *last = r->session_count > 0 ? &r->sessions[r->session_count - 1] : NULL;

    /* Within a piece only: pieces that touch within a day are one already. */
    if (last != NULL && last->topic == topic && last->end == start && start > piece->start)
        last->end = end;
    else
        r->sessions[r->session_count++] = (plan_session){start, end, topic};
}

/* Lays the runs into the pieces. Both are in order, so one pass over both is enough. */
void plan_map_back(const plan_jobs *j, const plan_axis *axis, const plan_run *runs, size_t run_count,
                   int32_t topic_count, plan_result *r)
{
    int64_t *unplaced = PLAN_ARRAY(int64_t, (size_t)j->count);
    size_t p = 0;

    r->sessions = PLAN_ARRAY(plan_session, run_count + axis->piece_count);
    for (size_t i = 0; i < run_count; i++) {
        int64_t at = runs[i].start;
        while (at < runs[i].end) {
            while (p < axis->piece_count && axis->pieces[p].at + axis->pieces[p].end - axis->pieces[p].start <= at)
                p++;
            if (p == axis->piece_count)
                break;
            const plan_piece *piece = &axis->pieces[p];
            int64_t start = piece->start + (at - piece->at);
            int64_t end = start + (runs[i].end - at) < piece->end ? start + (runs[i].end - at) : piece->end;
            add_session(r, piece, start, end, j->jobs[runs[i].job].topic);
            at += end - start;
        }
        unplaced[runs[i].job] += runs[i].end - at;
    }
    r->unplaced = PLAN_ARRAY(plan_unplaced, (size_t)j->count);
    for (int32_t topic = 0; topic < topic_count; topic++)
        if (j->job_of[topic] >= 0 && unplaced[j->job_of[topic]] > 0)
            r->unplaced[r->unplaced_count++] = (plan_unplaced){topic, unplaced[j->job_of[topic]]};
    free(unplaced);
}

/* The daily cap keeps the earliest minutes of a day. Where work may begin in the middle of a day on which the cap
 * bites, later minutes of it might have been better; releases put back to the day's start give a bound on how much.
 * Returns whether there is one. */
static bool bound_of_cap(const plan_jobs *j, const plan_axis *axis, plan_run *runs, int64_t *bound)
{
    int32_t critical;

    if (axis->capped_count == 0 || !plan_release(j, axis, true))
        return false;
    plan_schedule(j, runs);
    *bound = plan_lateness(j, axis, &critical);
    return true;
}

/* With a shortest session another plan takes the place of the optimal one. */
static size_t respect_shortest(const plan_jobs *j, const plan_axis *axis, int32_t shortest, plan_run **runs,
                               plan_certificate *c)
{
    int32_t critical;

    free(*runs);
    size_t count = plan_lay_out(j, axis, shortest, runs);
    c->session_gap = plan_lateness(j, axis, &critical) - c->lateness;
    return count;
}

bool plan_make(const plan_input *input, plan_result *result)
{
    plan_jobs jobs;
    plan_axis axis;

    *result = (plan_result){.forecasts = PLAN_ARRAY(plan_forecast, input->goal_count)};
    if (!plan_jobs_init(&jobs, input, result->forecasts)) {
        plan_result_finish(result);
        return false;
    }
    plan_axis_init(&axis, &input->calendar);
    plan_run *runs = PLAN_ARRAY(plan_run, 2 * (size_t)jobs.count + 1);
    plan_certificate *c = &result->certificate;
    int64_t bound;
    bool is_bounded = bound_of_cap(&jobs, &axis, runs, &bound);

    plan_release(&jobs, &axis, false);
    size_t run_count = plan_schedule(&jobs, runs);
    plan_certify(&jobs, &axis, runs, run_count, c);
    c->gap = is_bounded ? c->lateness - bound : 0;
    if (input->calendar.shortest_session > 1)
        run_count = respect_shortest(&jobs, &axis, input->calendar.shortest_session, &runs, c);
    else
        run_count = plan_join_splits(&jobs, &axis, runs, run_count, c->lateness);
    result->topic_count = jobs.count;
    for (int32_t k = 0; k < jobs.count; k++)
        result->work_minutes += jobs.jobs[k].minutes;
    for (size_t g = 0; g < input->goal_count; g++)
        forecast_goal(&jobs, &axis, &input->goals[g], &result->forecasts[g]);
    plan_map_back(&jobs, &axis, runs, run_count, input->topic_count, result);

    free(runs);
    plan_axis_finish(&axis);
    plan_jobs_finish(&jobs);
    return true;
}

void plan_result_finish(plan_result *result)
{
    free(result->sessions);
    free(result->forecasts);
    free(result->certificate.topics);
    free(result->unplaced);
    *result = (plan_result){0};
}
