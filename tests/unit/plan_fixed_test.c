/* Sessions that are fixed: what their topics need comes before, what needs these behind. */
#include "plan_cases.h"
#include "replan.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#define HOLDS(CONDITION) cr_assert(CONDITION, "seed %llu: " #CONDITION, (unsigned long long)c->seed)

static const case_shape shape = {.topics = 30,
                                 .minutes_high = 60,
                                 .edges = 60,
                                 .goals = 3,
                                 .targets_of_goal = 3,
                                 .days = 60,
                                 .day_length = 200,
                                 .windows_of_day = 2};

/* Fixes a session of the plan two days later, where it may be. */
static plan_session fix(plan_case *c, const plan_result *r, int64_t *start, int64_t *end)
{
    plan_session s = r->sessions[r->session_count / 2];

    s.start += 2 * 1440;
    s.end += 2 * 1440;
    for (int32_t t = 0; t < c->input.topic_count; t++) {
        start[t] = INT64_MAX;
        end[t] = INT64_MIN;
    }
    start[s.topic] = s.start;
    end[s.topic] = s.end;
    c->minutes[s.topic] -= (int32_t)(s.end - s.start);
    c->input.fixed_start = start;
    c->input.fixed_end = end;
    return s;
}

static void mark(const plan_case *c, int32_t topic, bool before, bool *reached)
{
    for (int32_t e = 0; e < c->input.edge_count; e++) {
        int32_t from = before ? c->edge_topic[e] : c->edge_prerequisite[e];
        int32_t to = before ? c->edge_prerequisite[e] : c->edge_topic[e];
        if (from != topic || reached[to])
            continue;
        reached[to] = true;
        mark(c, to, before, reached);
    }
}

static void check(const plan_case *c, const plan_session *pin, const plan_session *sessions, size_t count, bool in_time)
{
    bool *needs = calloc((size_t)c->input.topic_count, 1), *needed_by = calloc((size_t)c->input.topic_count, 1);

    mark(c, pin->topic, true, needs);
    mark(c, pin->topic, false, needed_by);
    for (size_t i = 0; i < count; i++) {
        const plan_session *s = &sessions[i];
        HOLDS(s->end <= pin->start || s->start >= pin->end);
        HOLDS(!needed_by[s->topic] || s->start >= pin->end);
        HOLDS(!in_time || !needs[s->topic] || s->end <= pin->start);
    }
    free(needs);
    free(needed_by);
}

Test(plan_fixed, order_holds_around_a_fixed_session)
{
    size_t in_time = 0;

    for (uint64_t seed = 1; seed <= 400; seed++) {
        plan_case *c = case_create(&shape, seed);
        plan_result before, after;
        plan_replanned r;
        int64_t start[64], end[64];
        cr_assert(plan_make(&c->input, &before));
        if (before.session_count > 0) {
            plan_session pin = fix(c, &before, start, end);
            const plan_busy busy = {pin.start, pin.end, (int32_t)(pin.start / 1440), true};
            c->input.calendar.busy = &busy;
            c->input.calendar.busy_count = 1;
            cr_assert(plan_make(&c->input, &after));
            bool all = after.certificate.lateness <= 0;
            in_time += all;
            check(c, &pin, after.sessions, after.session_count, all);
            cr_assert(plan_replan(&c->input, &after, before.sessions, before.session_count, 0, &r));
            check(c, &pin, r.sessions, r.session_count, all);
            plan_replanned_finish(&r);
            plan_result_finish(&after);
        }
        plan_result_finish(&before);
        case_destroy(c);
    }
    cr_expect_gt(in_time, 20u, "else little is tested");
}
