#include "planner_input.h"

#include <stdlib.h>

static int64_t number(const json_t *array, size_t i)
{
    return json_integer_value(json_array_get(array, i));
}

static void *array_for(const json_t *list, size_t size)
{
    void *p = calloc(json_array_size(list) + 1, size);

    if (p == NULL)
        abort();
    return p;
}

static void take_graph(planner_input *p, const json_t *root)
{
    const json_t *minutes = json_object_get(root, "minutes"), *edges = json_object_get(root, "edges");
    plan_input *in = &p->input;

    in->topic_count = (int32_t)json_array_size(minutes);
    in->edge_count = (int32_t)json_array_size(edges);
    in->minutes = p->minutes = array_for(minutes, sizeof *p->minutes);
    in->mastered = p->mastered = array_for(minutes, sizeof *p->mastered);
    in->edge_topic = p->edge_topic = array_for(edges, sizeof *p->edge_topic);
    in->edge_prerequisite = p->edge_prerequisite = array_for(edges, sizeof *p->edge_prerequisite);
    for (size_t i = 0; i < json_array_size(minutes); i++) {
        p->minutes[i] = (int32_t)number(minutes, i);
        p->mastered[i] = json_is_true(json_array_get(json_object_get(root, "mastered"), i));
    }
    for (size_t i = 0; i < json_array_size(edges); i++) {
        p->edge_topic[i] = (int32_t)number(json_array_get(edges, i), 0);
        p->edge_prerequisite[i] = (int32_t)number(json_array_get(edges, i), 1);
    }
}

static void take_goals(planner_input *p, const json_t *goals)
{
    size_t count = json_array_size(goals), targets = 0, next = 0;

    for (size_t g = 0; g < count; g++)
        targets += json_array_size(json_object_get(json_array_get(goals, g), "targets"));
    p->input.goals = p->goals = array_for(goals, sizeof *p->goals);
    p->input.goal_count = count;
    p->targets = calloc(targets + 1, sizeof *p->targets);
    if (p->targets == NULL)
        abort();
    for (size_t g = 0; g < count; g++) {
        const json_t *goal = json_array_get(goals, g), *not_before = json_object_get(goal, "not_before"),
                     *list = json_object_get(goal, "targets");
        p->goals[g] =
            (plan_goal){.not_before = json_is_integer(not_before) ? json_integer_value(not_before) : INT64_MIN,
                        .due = json_integer_value(json_object_get(goal, "due")),
                        .weight = (int32_t)json_integer_value(json_object_get(goal, "weight")),
                        .targets = p->targets + next,
                        .target_count = json_array_size(list)};
        for (size_t i = 0; i < json_array_size(list); i++)
            p->targets[next++] = (int32_t)number(list, i);
    }
}

static void take_calendar(planner_input *p, const json_t *root)
{
    const json_t *windows = json_object_get(root, "windows"), *busy = json_object_get(root, "busy");
    plan_calendar *c = &p->input.calendar;

    c->now = json_integer_value(json_object_get(root, "now"));
    c->daily_cap = (int32_t)json_integer_value(json_object_get(root, "cap"));
    c->longest_session = (int32_t)json_integer_value(json_object_get(root, "longest"));
    c->break_minutes = (int32_t)json_integer_value(json_object_get(root, "break"));
    c->shortest_session = (int32_t)json_integer_value(json_object_get(root, "shortest"));
    c->windows = p->windows = array_for(windows, sizeof *p->windows);
    c->window_count = json_array_size(windows);
    c->busy = p->busy = array_for(busy, sizeof *p->busy);
    c->busy_count = json_array_size(busy);
    for (size_t i = 0; i < c->window_count; i++) {
        const json_t *window = json_array_get(windows, i);
        p->windows[i] = (plan_window){number(window, 0), number(window, 1), (int32_t)number(window, 2)};
    }
    for (size_t i = 0; i < c->busy_count; i++) {
        const json_t *b = json_array_get(busy, i);
        p->busy[i] = (plan_busy){number(b, 0), number(b, 1), (int32_t)number(b, 2), json_is_true(json_array_get(b, 3))};
    }
}

void planner_input_init(planner_input *p, const json_t *root)
{
    *p = (planner_input){0};
    take_graph(p, root);
    take_goals(p, json_object_get(root, "goals"));
    take_calendar(p, root);
}

void planner_input_finish(planner_input *p)
{
    free(p->minutes);
    free(p->mastered);
    free(p->edge_topic);
    free(p->edge_prerequisite);
    free(p->goals);
    free(p->targets);
    free(p->windows);
    free(p->busy);
    *p = (planner_input){0};
}
