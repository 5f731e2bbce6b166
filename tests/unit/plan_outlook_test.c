/* Forecasts from sessions against those of the planner, and needs against a walk by recursion. */
#include "outlook.h"

#include "plan_cases.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

static const case_shape shape = {.topics = 30,
                                 .minutes_high = 90,
                                 .edges = 60,
                                 .goals = 4,
                                 .targets_of_goal = 3,
                                 .days = 40,
                                 .day_length = 300,
                                 .windows_of_day = 3,
                                 .caps = true,
                                 .releases = true,
                                 .busy = true,
                                 .mastered = true};

/* A topic of no minutes is finished with what it needs, perhaps before the planner came to it. */
static bool all_take_time(const plan_case *c)
{
    for (int32_t topic = 0; topic < c->input.topic_count; topic++)
        if (c->minutes[topic] == 0)
            return false;
    return true;
}

Test(plan_outlook, sessions_mean_for_goals_what_the_planner_says)
{
    size_t compared = 0;

    for (uint64_t seed = 1; seed <= 500; seed++) {
        plan_case *c = case_create(&shape, seed);
        plan_result r;
        cr_assert(plan_make(&c->input, &r));
        plan_forecast *said = calloc(c->input.goal_count + 1, sizeof *said);
        for (size_t g = 0; g < c->input.goal_count; g++)
            said[g] = (plan_forecast){.has_work = r.forecasts[g].has_work, .usable_lateness = 12345};
        cr_assert(plan_forecast_sessions(&c->input, r.sessions, r.session_count, r.unplaced, r.unplaced_count, said));
        for (size_t g = 0; g < c->input.goal_count; g++) {
            const plan_forecast *f = &r.forecasts[g];
            cr_assert(f->has_finish == said[g].has_finish, "seed %d", (int)seed);
            cr_assert(!f->has_finish || said[g].finish <= f->finish, "seed %d", (int)seed);
            cr_assert(f->has_finish || said[g].usable_lateness == 12345, "kept where there is no finish");
            if (!f->has_finish || !all_take_time(c))
                continue;
            compared++;
            cr_assert(said[g].finish == f->finish && said[g].calendar_lateness == f->calendar_lateness, "seed %d",
                      (int)seed);
            cr_assert(c->goals[g].due == INT64_MAX || said[g].usable_lateness == f->usable_lateness, "seed %d",
                      (int)seed);
        }
        free(said);
        plan_result_finish(&r);
        case_destroy(c);
    }
    cr_expect_gt(compared, 100u);
}

Test(plan_outlook, what_goals_need_is_their_closure)
{
    for (uint64_t seed = 1; seed <= 200; seed++) {
        plan_case *c = case_create(&shape, seed);
        case_needs expected = case_find_needs(&c->input);
        bool *needed = calloc((size_t)c->input.topic_count + 1, sizeof *needed);
        cr_assert(plan_mark_needed(&c->input, needed));
        cr_assert(memcmp(needed, expected.needed, (size_t)c->input.topic_count * sizeof *needed) == 0, "seed %d",
                  (int)seed);
        free(needed);
        case_needs_finish(&expected);
        case_destroy(c);
    }
}
