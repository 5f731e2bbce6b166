#include "living_story.h"

#include "scratch_folder.h"

#include <string.h>

wire_plan *living_made(void)
{
    wire_plan *plan;

    cr_assert_eq(plan_create(ADA, NULL, &plan), CODE_OK, "%s", last_reply.message);
    return plan;
}

wire_plan *living_previewed(void)
{
    Sical__Plan__V1__PreviewPlanRequest r = SICAL__PLAN__V1__PREVIEW_PLAN_REQUEST__INIT;
    wire_plan *plan;

    cr_assert_eq(plan_call(ADA, "PreviewPlan", &r, &plan), CODE_OK, "%s", last_reply.message);
    return plan;
}

/* Two hours of each day, some hours from now: none of them begins while a story is told. */
void living_set_hours(void)
{
    static const char *const days[] = {"MON", "TUE", "WED", "THU", "FRI", "SAT", "SUN"};
    const char *windows[8] = {NULL};
    int hour = (int)((clock_wall_us() / CLOCK_US_PER_S % DAY / HOUR + 6) % 22);

    for (size_t i = 0; i < 7; i++)
        windows[i] = arena_printf(fiber_arena(), "%s %02d:00-%02d:00", days[i], hour, hour + 2);
    cr_assert_eq(plan_set_hours(ADA, "UTC", 0, windows), CODE_OK, "%s", last_reply.message);
}

/* A chain of three topics, and one alone that is due first. */
const char *living_ready(void)
{
    const char *graph = plan_import_chain(ADA, NULL, "public");

    living_set_hours();
    cr_assert_eq(plan_add_goal(ADA, graph, "c", plan_days_from_now(20), NULL), CODE_OK);
    cr_assert_eq(plan_add_goal(ADA, graph, "d", plan_days_from_now(10), NULL), CODE_OK);
    return graph;
}

const wire_session *living_find(const wire_plan *plan, const char *id)
{
    for (size_t i = 0; i < plan->n_sessions; i++)
        if (strcmp(plan->sessions[i]->id, id) == 0)
            return plan->sessions[i];
    return NULL;
}

const wire_session *living_session_of(const wire_plan *plan, const char *key)
{
    for (size_t i = 0; i < plan->n_sessions; i++)
        if (strcmp(plan->sessions[i]->topic_key, key) == 0)
            return plan->sessions[i];
    test_fail("no session of %s", key);
}

bool living_is_same(const wire_session *a, const wire_session *b)
{
    return b != NULL && strcmp(a->id, b->id) == 0 && plan_time_us(a->start) == plan_time_us(b->start) &&
           plan_time_us(a->end) == plan_time_us(b->end);
}

size_t living_count_same(const wire_plan *before, const wire_plan *after)
{
    size_t count = 0;

    for (size_t i = 0; i < before->n_sessions; i++)
        count += living_is_same(before->sessions[i], living_find(after, before->sessions[i]->id));
    return count;
}
