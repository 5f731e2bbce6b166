#include "rpc_goal_input.h"

typedef Sical__Plan__V1__Goal wire_goal;

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
    g->path = row->thorough ? "thorough" : "short";
    g->retention_percent = row->retention_percent > 0 ? plan_wire_int32(call, row->retention_percent) : NULL;
    return g;
}

/* ---- methods ---- */

status plan_create_goal(rpc_call *call, const Sical__Plan__V1__CreateGoalRequest *request, wire_goal **reply)
{
    goal_row row;
    unknown_targets unknown;

    if (!plan_take_goal(call, request, &row))
        return PLAN_INVALID_INPUT;
    status s = plan_store_add_goal(plan_database(call), &call->user, &row, &unknown);
    if (s == PLAN_UNKNOWN_TARGETS)
        return plan_tell_unknown_targets(call, "", request->targets, &unknown);
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

status plan_update_goal(rpc_call *call, const Sical__Plan__V1__UpdateGoalRequest *request, wire_goal **reply)
{
    goal_change change = {0};
    goal_change_values values;
    unknown_targets unknown;
    goal_row row;

    if (!plan_take_goal_change(call, request, &change, &values))
        return PLAN_INVALID_INPUT;
    status s = plan_store_update_goal(plan_database(call), &call->user, &change, &row, &unknown);
    if (s == PLAN_UNKNOWN_TARGETS)
        return plan_tell_unknown_targets(call, "goal.", request->goal->targets, &unknown);
    if (s == PLAN_ANOTHER_VERSION)
        return plan_tell_another_version(call, "goal.etag");
    if (s == PLAN_DATES_CROSSED) {
        plan_tell_crossed_dates(call, "goal.");
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
