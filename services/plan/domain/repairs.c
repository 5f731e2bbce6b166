#include "memory.h"
#include "repairs_internal.h"

static bool comes_first(const plan_goal *a, const plan_goal *b)
{
    return a->weight != b->weight ? a->weight > b->weight : a->due < b->due;
}

/* By insertion: there are few goals, and equal ones keep their order. */
static void list_late(plan_repair_search *s)
{
    const plan_trial *t = &s->trial;

    s->late = PLAN_ARRAY(size_t, s->input->goal_count);
    for (size_t g = 0; g < s->input->goal_count; g++) {
        const plan_goal *goal = &s->input->goals[g];
        if (goal->due == INT64_MAX || plan_trial_completion(t, g) <= plan_axis_at(&t->axis, goal->due))
            continue;
        size_t at = s->late_count++;
        for (; at > 0 && comes_first(goal, &s->input->goals[s->late[at - 1]]); at--)
            s->late[at] = s->late[at - 1];
        s->late[at] = g;
    }
}

plan_repair *plan_repair_add(plan_repair_search *s, plan_repair_kind kind)
{
    plan_repair *r = &s->found->repairs[s->found->count++];

    r->kind = kind;
    return r;
}

static void search(plan_repair_search *s)
{
    plan_repair_all_dates(s);
    plan_repair_minutes(s);
    plan_repair_topics(s);
    for (size_t i = 0; i < s->late_count && s->late_count > 1 && s->trial.work_left > 0; i++)
        plan_repair_one_date(s, s->late[i]);
    s->found->complete = s->trial.work_left > 0;
}

static int by_cost(const void *left, const void *right)
{
    const plan_repair *a = left, *b = right;

    if (a->possible != b->possible)
        return a->possible ? -1 : 1;
    if (a->cost != b->cost)
        return a->cost < b->cost ? -1 : 1;
    if (a->kind != b->kind)
        return a->kind < b->kind ? -1 : 1;
    /* Two of a kind are dates of one goal each. */
    return a->dates[0].goal < b->dates[0].goal ? -1 : a->dates[0].goal > b->dates[0].goal;
}

bool plan_repairs_make(const plan_input *input, const plan_repair_options *options, plan_repairs *out)
{
    plan_repair_search s = {.input = input, .options = options, .found = out};
    int64_t limit = options->work_limit > 0 ? options->work_limit : PLAN_REPAIR_WORK_LIMIT;

    *out = (plan_repairs){.complete = true};
    if (!plan_trial_init(&s.trial, input, limit))
        return false;
    if (!plan_trial_is_feasible(&s.trial)) {
        list_late(&s);
        out->repairs = PLAN_ARRAY(plan_repair, s.late_count + 4);
        search(&s);
        qsort(out->repairs, out->count, sizeof *out->repairs, by_cost);
    }
    free(s.late);
    plan_trial_finish(&s.trial);
    return true;
}

void plan_repairs_add(plan_repairs *r, const plan_repair *repair)
{
    r->repairs[r->count++] = *repair;
    qsort(r->repairs, r->count, sizeof *r->repairs, by_cost);
}

void plan_repairs_finish(plan_repairs *r)
{
    for (size_t i = 0; i < r->count; i++) {
        free(r->repairs[i].dates);
        free(r->repairs[i].topics);
    }
    free(r->repairs);
    *r = (plan_repairs){0};
}
