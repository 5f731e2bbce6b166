#include "plan_story.h"

#include <stdio.h>
#include <string.h>

PLAN_STORY(plan_plan, a_chain_is_planned_in_order_and_can_be_read_again)
{
    const char *graph = plan_import_chain(ADA, NULL, "private");
    wire_plan *plan, *read;

    cr_assert_eq(plan_create(ADA, NULL, &plan), CODE_FAILED_PRECONDITION);
    plan_set_mornings(ADA);
    cr_assert_eq(plan_add_goal(ADA, graph, "c", plan_days_from_now(10), NULL), CODE_OK, "%s", last_reply.message);
    cr_assert_eq(plan_create(ADA, NULL, &plan), CODE_OK, "%s", last_reply.message);
    cr_expect_eq(plan->version, 1);
    cr_expect_eq(plan->work_minutes, 270);
    cr_expect(plan->mastery_known);
    cr_expect_eq(plan->n_goals, 1u);
    cr_expect(plan->goals[0]->met);
    cr_expect(plan->certificate->feasible);
    fprintf(stderr, "%s\n", plan->certificate->text);
    for (size_t i = 0; i < plan->n_sessions; i++) {
        char a[40], b[40];
        clock_format_rfc3339(plan_time_us(plan->sessions[i]->start), a);
        clock_format_rfc3339(plan_time_us(plan->sessions[i]->end), b);
        fprintf(stderr, "%s %s %s\n", plan->sessions[i]->topic_key, a, b);
    }
    Sical__Plan__V1__GetPlanRequest get = SICAL__PLAN__V1__GET_PLAN_REQUEST__INIT;
    cr_assert_eq(plan_call(ADA, "GetPlan", &get, &read), CODE_OK);
    cr_expect_eq(read->n_sessions, plan->n_sessions);
    cr_expect_str_eq(read->certificate->text, plan->certificate->text);
}
