#include "rpc_internal.h"

#include "graph.h"

#include <string.h>

typedef Sical__Plan__V1__Goal wire_goal;

enum { TARGETS_LIMIT = 100, WEIGHT_LOW = 1, WEIGHT_HIGH = 100, WEIGHT_DEFAULT = 10 };

static wire_goal *to_goal(rpc_call *call, const goal_row *row)
{
    wire_goal *g = ARENA_NEW(call->arena, wire_goal);

    sical__plan__v1__goal__init(g);
    g->id = plan_wire_id(call, &row->id);
    g->graph_id = plan_wire_id(call, &row->graph_id);
    g->title = (char *)row->title;
    g->description = (char *)row->description;
    g->n_targets = row->target_count;
    g->targets = (char **)row->targets;
    g->due = plan_wire_time(call, row->due_us);
    g->not_before = row->has_not_before ? plan_wire_time(call, row->not_before_us) : NULL;
    g->weight = row->weight;
    g->status = (Sical__Plan__V1__Goal__Status)row->status;
    g->create_time = plan_wire_time(call, row->create_us);
    g->update_time = plan_wire_time(call, row->update_us);
    g->etag = plan_wire_etag(call, row->version);
    return g;
}

/* ---- input; prefix: "" or "goal." ---- */

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

static void tell_crossed_dates(rpc_call *call, const char *prefix)
{
    rpc_add_fault(call, field(call, prefix, "not_before"), "must lie before due");
}

static status tell_unknown_targets(rpc_call *call, const char *prefix, char *const *targets,
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

/* ---- methods ---- */

static bool take_goal(rpc_call *call, const Sical__Plan__V1__CreateGoalRequest *request, goal_row *row)
{
    *row = (goal_row){
        .title = request->title,
        .description = request->description,
        .targets = (const char *const *)request->targets,
        .target_count = request->n_targets,
        .has_not_before = request->not_before != NULL,
        .weight = request->weight != NULL ? request->weight->value : WEIGHT_DEFAULT,
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
        tell_crossed_dates(call, "");
    return rpc_fault_count(call) == 0;
}

status plan_create_goal(rpc_call *call, const Sical__Plan__V1__CreateGoalRequest *request, wire_goal **reply)
{
    goal_row row;
    unknown_targets unknown;

    if (!take_goal(call, request, &row))
        return PLAN_INVALID_INPUT;
    status s = plan_store_add_goal(plan_database(call), &call->user, &row, &unknown);
    if (s == PLAN_UNKNOWN_TARGETS)
        return tell_unknown_targets(call, "", request->targets, &unknown);
    if (s == STATUS_OK)
        *reply = to_goal(call, &row);
    return s;
}

status plan_get_goal(rpc_call *call, const Sical__Plan__V1__GetGoalRequest *request, wire_goal **reply)
{
    uuid id;
    goal_row row;

    if (!plan_take_id(call, "id", request->id, &id))
        return PLAN_INVALID_INPUT;
    status s = plan_store_get_goal(plan_database(call), &call->user, &id, &row);
    if (s == STATUS_OK)
        *reply = to_goal(call, &row);
    return s;
}

status plan_list_goals(rpc_call *call, const Sical__Plan__V1__ListGoalsRequest *request,
                       Sical__Plan__V1__ListGoalsResponse **reply)
{
    rpc_page page;
    const goal_row *rows;
    size_t count;

    if (!rpc_take_page(call, LIST_OF_GOALS, request->page_size, request->page_token, &page))
        return PLAN_INVALID_INPUT;
    uuid before = plan_page_before(&page);
    status s = plan_store_list_goals(plan_database(call), &call->user, &before, page.size + 1, &rows, &count);
    if (s != STATUS_OK)
        return s;
    Sical__Plan__V1__ListGoalsResponse *r = ARENA_NEW(call->arena, Sical__Plan__V1__ListGoalsResponse);
    sical__plan__v1__list_goals_response__init(r);
    r->n_goals = count > (size_t)page.size ? (size_t)page.size : count;
    r->goals = ARENA_ARRAY(call->arena, wire_goal *, r->n_goals);
    for (size_t i = 0; i < r->n_goals; i++)
        r->goals[i] = to_goal(call, &rows[i]);
    if (count > r->n_goals)
        r->next_page_token =
            rpc_page_token_make(call->arena, LIST_OF_GOALS, &(rpc_page_key){.id = rows[r->n_goals - 1].id});
    *reply = r;
    return STATUS_OK;
}

/* Which fields an update names. */
typedef struct goal_fields {
    bool title, description, targets, due, not_before, weight, status;
} goal_fields;

static bool name_field(goal_fields *fields, const char *path)
{
    const struct {
        const char *name;
        bool *flag;
    } known[] = {{"title", &fields->title},  {"description", &fields->description}, {"targets", &fields->targets},
                 {"due", &fields->due},      {"weight", &fields->weight},           {"not_before", &fields->not_before},
                 {"status", &fields->status}};

    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++)
        if (strcmp(path, known[i].name) == 0) {
            *known[i].flag = true;
            return true;
        }
    return false;
}

/* An empty mask means every field that is set. */
static goal_fields take_mask(rpc_call *call, const wire_goal *goal, const Google__Protobuf__FieldMask *mask)
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
        };
    for (size_t i = 0; i < mask->n_paths; i++)
        if (!name_field(&fields, mask->paths[i]))
            rpc_add_fault(call, arena_printf(call->arena, "goal.%s", mask->paths[i]),
                          "only title, description, targets, due, not_before, weight and status can be changed");
    return fields;
}

/* What a goal_change points to. */
typedef struct change_values {
    int64_t due_us, not_before_us;
    int32_t status;
} change_values;

static void take_change_dates(rpc_call *call, const wire_goal *goal, const goal_fields *fields, goal_change *change,
                              change_values *values)
{
    if (fields->due && plan_take_time(call, "goal.due", goal->due, &values->due_us))
        change->due_us = &values->due_us;
    change->sets_not_before = fields->not_before;
    if (fields->not_before && goal->not_before != NULL &&
        plan_take_time(call, "goal.not_before", goal->not_before, &values->not_before_us))
        change->not_before_us = &values->not_before_us;
}

static bool take_change(rpc_call *call, const Sical__Plan__V1__UpdateGoalRequest *request, goal_change *change,
                        change_values *values)
{
    const wire_goal *goal = request->goal;

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
    if (fields.status) {
        if (goal->status < SICAL__PLAN__V1__GOAL__STATUS__ACTIVE || goal->status > SICAL__PLAN__V1__GOAL__STATUS__DONE)
            rpc_add_fault(call, "goal.status", "a status is ACTIVE, PAUSED or DONE");
        values->status = (int32_t)goal->status;
        change->status = &values->status;
    }
    return rpc_fault_count(call) == 0;
}

status plan_update_goal(rpc_call *call, const Sical__Plan__V1__UpdateGoalRequest *request, wire_goal **reply)
{
    goal_change change = {0};
    change_values values;
    unknown_targets unknown;
    goal_row row;

    if (!take_change(call, request, &change, &values))
        return PLAN_INVALID_INPUT;
    status s = plan_store_update_goal(plan_database(call), &call->user, &change, &row, &unknown);
    if (s == PLAN_UNKNOWN_TARGETS)
        return tell_unknown_targets(call, "goal.", request->goal->targets, &unknown);
    if (s == PLAN_ANOTHER_VERSION)
        return plan_tell_another_version(call, "goal.etag");
    if (s == PLAN_DATES_CROSSED) {
        tell_crossed_dates(call, "goal.");
        return PLAN_INVALID_INPUT;
    }
    if (s == STATUS_OK)
        *reply = to_goal(call, &row);
    return s;
}

status plan_delete_goal(rpc_call *call, const Sical__Plan__V1__DeleteGoalRequest *request,
                        Sical__Plan__V1__DeleteGoalResponse **reply)
{
    uuid id;

    if (!plan_take_id(call, "id", request->id, &id))
        return PLAN_INVALID_INPUT;
    *reply = ARENA_NEW(call->arena, Sical__Plan__V1__DeleteGoalResponse);
    sical__plan__v1__delete_goal_response__init(*reply);
    row_condition condition = plan_take_etag(call, request->etag);
    status s = plan_store_delete_goal(plan_database(call), &call->user, &id, &condition);
    return s == PLAN_ANOTHER_VERSION ? plan_tell_another_version(call, "etag") : s;
}
