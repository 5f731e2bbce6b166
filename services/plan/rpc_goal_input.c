#include "rpc_goal_input.h"

#include "graph.h"

#include <string.h>

enum {
    TARGETS_LIMIT = 100,
    WEIGHT_LOW = 1,
    WEIGHT_HIGH = 100,
    WEIGHT_DEFAULT = 10,
    RETENTION_LOW = 70,
    RETENTION_HIGH = 97
};

/* ---- prefix: "" or "goal." ---- */

static const char *field(rpc_call *call, const char *prefix, const char *name)
{
    return arena_printf(call->arena, "%s%s", prefix, name);
}

static void check_targets(rpc_call *call, const char *prefix, char *const *targets, size_t count)
{
    if (count < 1 || count > TARGETS_LIMIT) {
        rpc_add_fault(call, field(call, prefix, "targets"), "a goal has 1 to %d targets, this has %zu", TARGETS_LIMIT,
                      count);
        return;
    }
    for (size_t i = 0; i < count; i++)
        for (size_t k = 0; k < i; k++)
            if (strcmp(targets[i], targets[k]) == 0) {
                rpc_add_fault(call, arena_printf(call->arena, "%stargets[%zu]", prefix, i), "the same as targets[%zu]",
                              k);
                break;
            }
}

static void check_weight(rpc_call *call, const char *prefix, int32_t weight)
{
    if (weight < WEIGHT_LOW || weight > WEIGHT_HIGH)
        rpc_add_fault(call, field(call, prefix, "weight"), "a weight is %d to %d, not %d", WEIGHT_LOW, WEIGHT_HIGH,
                      weight);
}

static bool take_path(rpc_call *call, const char *prefix, const char *path)
{
    bool thorough = strcmp(path, "thorough") == 0;

    if (!thorough && path[0] != '\0' && strcmp(path, "short") != 0)
        rpc_add_fault(call, field(call, prefix, "path"), "a path is \"short\" or \"thorough\"");
    return thorough;
}

/* 0: none is wanted. */
static int32_t take_retention(rpc_call *call, const char *prefix, const Google__Protobuf__Int32Value *percent)
{
    if (percent == NULL)
        return 0;
    if (percent->value < RETENTION_LOW || percent->value > RETENTION_HIGH)
        rpc_add_fault(call, field(call, prefix, "retention_percent"), "a retention is %d to %d per cent, not %d",
                      RETENTION_LOW, RETENTION_HIGH, percent->value);
    return percent->value;
}

void plan_tell_crossed_dates(rpc_call *call, const char *prefix)
{
    rpc_add_fault(call, field(call, prefix, "not_before"), "must lie before due");
}

status plan_tell_unknown_targets(rpc_call *call, const char *prefix, char *const *targets,
                                 const unknown_targets *unknown)
{
    for (size_t i = 0; i < unknown->count; i++) {
        const char *key = targets[unknown->indexes[i]];
        const char *place = arena_printf(call->arena, "%stargets[%d]", prefix, unknown->indexes[i]);
        if (plan_key_is_good(key))
            rpc_add_fault(call, place, "the graph has no topic with the key '%s'", key);
        else
            rpc_add_fault(call, place, "this is not the key of any topic");
    }
    return PLAN_INVALID_INPUT;
}

/* ---- a new goal ---- */

bool plan_take_goal(rpc_call *call, const Sical__Plan__V1__CreateGoalRequest *request, goal_row *row)
{
    *row = (goal_row){
        .title = request->title,
        .description = request->description,
        .targets = (const char *const *)request->targets,
        .target_count = request->n_targets,
        .has_not_before = request->not_before != NULL,
        .weight = request->weight != NULL ? request->weight->value : WEIGHT_DEFAULT,
        .thorough = take_path(call, "", request->path),
        .retention_percent = take_retention(call, "", request->retention_percent),
    };
    plan_take_new_id(call, "id", request->id, &row->id);
    plan_take_id(call, "graph_id", request->graph_id, &row->graph_id);
    plan_take_text(call, "title", request->title, PLAN_TITLE_LENGTH, true);
    plan_take_text(call, "description", request->description, PLAN_DESCRIPTION_LENGTH, false);
    check_targets(call, "", request->targets, request->n_targets);
    check_weight(call, "", row->weight);
    bool dated = plan_take_time(call, "due", request->due, &row->due_us);
    if (row->has_not_before && plan_take_time(call, "not_before", request->not_before, &row->not_before_us) && dated &&
        row->not_before_us >= row->due_us)
        plan_tell_crossed_dates(call, "");
    return rpc_fault_count(call) == 0;
}

/* ---- a change ---- */

/* Which fields an update names. */
typedef struct goal_fields {
    bool title, description, targets, due, not_before, weight, status, path, retention_percent;
} goal_fields;

static bool name_field(goal_fields *fields, const char *path)
{
    const struct {
        const char *name;
        bool *flag;
    } known[] = {{"title", &fields->title},
                 {"description", &fields->description},
                 {"targets", &fields->targets},
                 {"due", &fields->due},
                 {"weight", &fields->weight},
                 {"not_before", &fields->not_before},
                 {"status", &fields->status},
                 {"path", &fields->path},
                 {"retention_percent", &fields->retention_percent}};

    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++)
        if (strcmp(path, known[i].name) == 0) {
            *known[i].flag = true;
            return true;
        }
    return false;
}

/* An empty mask means every field that is set. */
static goal_fields take_mask(rpc_call *call, const Sical__Plan__V1__Goal *goal, const Google__Protobuf__FieldMask *mask)
{
    goal_fields fields = {0};

    if (mask == NULL || mask->n_paths == 0)
        return (goal_fields){
            .title = goal->title[0] != '\0',
            .description = goal->description[0] != '\0',
            .targets = goal->n_targets > 0,
            .due = goal->due != NULL,
            .not_before = goal->not_before != NULL,
            .weight = goal->weight != 0,
            .status = goal->status != SICAL__PLAN__V1__GOAL__STATUS__STATUS_UNSPECIFIED,
            .path = goal->path[0] != '\0',
            .retention_percent = goal->retention_percent != NULL,
        };
    for (size_t i = 0; i < mask->n_paths; i++)
        if (!name_field(&fields, mask->paths[i]))
            rpc_add_fault(
                call, arena_printf(call->arena, "goal.%s", mask->paths[i]),
                "only title, description, targets, due, not_before, weight, status, path and retention_percent can "
                "be changed");
    return fields;
}

static void take_change_dates(rpc_call *call, const Sical__Plan__V1__Goal *goal, const goal_fields *fields,
                              goal_change *change, goal_change_values *values)
{
    if (fields->due && plan_take_time(call, "goal.due", goal->due, &values->due_us))
        change->due_us = &values->due_us;
    change->sets_not_before = fields->not_before;
    if (fields->not_before && goal->not_before != NULL &&
        plan_take_time(call, "goal.not_before", goal->not_before, &values->not_before_us))
        change->not_before_us = &values->not_before_us;
}

bool plan_take_goal_change(rpc_call *call, const Sical__Plan__V1__UpdateGoalRequest *request, goal_change *change,
                           goal_change_values *values)
{
    const Sical__Plan__V1__Goal *goal = request->goal;

    if (goal == NULL) {
        rpc_add_fault(call, "goal", "is required");
        return false;
    }
    goal_fields fields = take_mask(call, goal, request->update_mask);
    plan_take_id(call, "goal.id", goal->id, &change->id);
    change->condition = plan_take_etag(call, goal->etag);
    if (fields.title && plan_take_text(call, "goal.title", goal->title, PLAN_TITLE_LENGTH, true))
        change->title = goal->title;
    if (fields.description &&
        plan_take_text(call, "goal.description", goal->description, PLAN_DESCRIPTION_LENGTH, false))
        change->description = goal->description;
    if (fields.targets) {
        check_targets(call, "goal.", goal->targets, goal->n_targets);
        change->targets = (const char *const *)goal->targets;
        change->target_count = goal->n_targets;
    }
    take_change_dates(call, goal, &fields, change, values);
    if (fields.weight) {
        check_weight(call, "goal.", goal->weight);
        change->weight = &goal->weight;
    }
    if (fields.path) {
        values->thorough = take_path(call, "goal.", goal->path);
        change->thorough = &values->thorough;
    }
    change->sets_retention = fields.retention_percent;
    if (fields.retention_percent && goal->retention_percent != NULL) {
        values->retention_percent = take_retention(call, "goal.", goal->retention_percent);
        change->retention_percent = &values->retention_percent;
    }
    if (fields.status) {
        if (goal->status < SICAL__PLAN__V1__GOAL__STATUS__ACTIVE || goal->status > SICAL__PLAN__V1__GOAL__STATUS__DONE)
            rpc_add_fault(call, "goal.status", "a status is ACTIVE, PAUSED or DONE");
        values->status = (int32_t)goal->status;
        change->status = &values->status;
    }
    return rpc_fault_count(call) == 0;
}
