#include "outlook.h"

#include "memory.h"
#include "planner_internal.h"

/* Ends of jobs as instants, INT64_MAX: some of it has no place. Jobs stand in the order of prerequisites. */
static void hand_on(const plan_jobs *j, int64_t *ends)
{
    for (int32_t k = 0; k < j->count; k++) {
        ends[k] = ends[k] > j->jobs[k].not_before ? ends[k] : j->jobs[k].not_before;
        for (int32_t i = j->first_before[k]; i < j->first_before[k + 1]; i++)
            ends[k] = ends[j->before[i]] > ends[k] ? ends[j->before[i]] : ends[k];
    }
}

static void forecast_goal(const plan_jobs *j, const plan_axis *axis, const int64_t *ends, const plan_goal *goal,
                          plan_forecast *f)
{
    if (!f->has_work)
        return;
    f->finish = INT64_MIN;
    for (size_t i = 0; i < goal->target_count; i++) {
        int32_t job = j->job_of[goal->targets[i]];
        if (job >= 0 && ends[job] > f->finish)
            f->finish = ends[job];
    }
    f->has_finish = f->finish != INT64_MAX;
    f->calendar_lateness = f->has_finish && goal->due != INT64_MAX ? f->finish - goal->due : 0;
    if (f->has_finish && goal->due != INT64_MAX)
        f->usable_lateness = plan_axis_at(axis, f->finish) - plan_axis_at(axis, goal->due);
}

/* When each job is finished. To be freed. */
static int64_t *find_ends(const plan_jobs *j, const plan_session *sessions, size_t session_count,
                          const plan_unplaced *unplaced, size_t unplaced_count)
{
    int64_t *ends = PLAN_ARRAY(int64_t, (size_t)j->count);

    for (size_t i = 0; i < session_count; i++) {
        int32_t job = j->job_of[sessions[i].topic];
        if (job >= 0 && sessions[i].end > ends[job])
            ends[job] = sessions[i].end;
    }
    for (size_t i = 0; i < unplaced_count; i++)
        ends[j->job_of[unplaced[i].topic]] = INT64_MAX;
    hand_on(j, ends);
    return ends;
}

static bool init_jobs(plan_jobs *j, const plan_input *input)
{
    plan_forecast *unused = PLAN_ARRAY(plan_forecast, input->goal_count);
    bool ordered = plan_jobs_init(j, input, unused);

    free(unused);
    return ordered;
}

bool plan_forecast_sessions(const plan_input *input, const plan_session *sessions, size_t session_count,
                            const plan_unplaced *unplaced, size_t unplaced_count, plan_forecast *forecasts)
{
    plan_jobs jobs;
    plan_axis axis;

    if (!init_jobs(&jobs, input))
        return false;
    int64_t *ends = find_ends(&jobs, sessions, session_count, unplaced, unplaced_count);
    plan_axis_init(&axis, &input->calendar);
    for (size_t g = 0; g < input->goal_count; g++)
        forecast_goal(&jobs, &axis, ends, &input->goals[g], &forecasts[g]);
    plan_axis_finish(&axis);
    free(ends);
    plan_jobs_finish(&jobs);
    return true;
}

size_t plan_find_unmet(const plan_input *input, const plan_result *r, bool *unmet)
{
    plan_jobs jobs;
    size_t count = 0;

    if (input->fixed_start == NULL || !init_jobs(&jobs, input))
        return 0;
    int64_t *ends = find_ends(&jobs, r->sessions, r->session_count, r->unplaced, r->unplaced_count);
    for (int32_t k = 0; k < jobs.count; k++) {
        int32_t topic = jobs.jobs[k].topic;
        for (int32_t i = jobs.first_before[k]; i < jobs.first_before[k + 1]; i++)
            if (input->fixed_start[topic] < ends[jobs.before[i]] && !unmet[topic]) {
                unmet[topic] = true;
                count++;
            }
    }
    free(ends);
    plan_jobs_finish(&jobs);
    return count;
}

bool plan_mark_needed(const plan_input *input, bool *needed)
{
    plan_jobs jobs;

    if (!init_jobs(&jobs, input))
        return false;
    for (int32_t topic = 0; topic < input->topic_count; topic++)
        needed[topic] = jobs.job_of[topic] >= 0;
    plan_jobs_finish(&jobs);
    return true;
}
