#include "outcome.h"
#include "rpc_internal.h"

static const rpc_method methods[] = {
    {"ImportGraph", RPC_USER, plan_import_graph},
    {"GetGraph", RPC_USER, plan_get_graph},
    {"ListGraphs", RPC_USER, plan_list_graphs},
    {"DeleteGraph", RPC_USER, plan_delete_graph},
    {"ListTopics", RPC_USER, plan_list_topics},
    {"GetTopic", RPC_USER, plan_get_topic},
    {"CreateGoal", RPC_USER, plan_create_goal},
    {"GetGoal", RPC_USER, plan_get_goal},
    {"ListGoals", RPC_USER, plan_list_goals},
    {"UpdateGoal", RPC_USER, plan_update_goal},
    {"DeleteGoal", RPC_USER, plan_delete_goal},
    {"GetAvailability", RPC_USER, plan_get_availability},
    {"SetAvailability", RPC_USER, plan_set_availability},
    {"CreateException", RPC_USER, plan_create_exception},
    {"ListExceptions", RPC_USER, plan_list_exceptions},
    {"DeleteException", RPC_USER, plan_delete_exception},
    {"BatchGetTimeZones", RPC_PEER, plan_batch_get_time_zones},
    {"CreatePlan", RPC_USER, plan_create_plan},
    {"PreviewPlan", RPC_USER, plan_preview_plan},
    {"GetPlan", RPC_USER, plan_get_plan},
    {"ListSessions", RPC_USER, plan_list_sessions},
    {"CompleteSession", RPC_USER, plan_complete_session},
    {"SkipSession", RPC_USER, plan_skip_session},
};

static enum code to_code(status outcome, const char **message)
{
    switch ((enum plan_outcome)outcome) {
    case PLAN_INVALID_INPUT:
    case PLAN_UNKNOWN_ZONE:
    case PLAN_UNKNOWN_TARGETS:
    case PLAN_DATES_CROSSED:
        *message = "the input has faults";
        return CODE_INVALID_ARGUMENT;
    case PLAN_NO_GRAPH:
        *message = "there is no such graph";
        return CODE_NOT_FOUND;
    case PLAN_NO_TOPIC:
        *message = "the graph has no such topic";
        return CODE_NOT_FOUND;
    case PLAN_NO_GOAL:
        *message = "there is no such goal";
        return CODE_NOT_FOUND;
    case PLAN_NO_AVAILABILITY:
        *message = "no availability has been set yet";
        return CODE_NOT_FOUND;
    case PLAN_NO_EXCEPTION:
        *message = "there is no such exception";
        return CODE_NOT_FOUND;
    case PLAN_NO_PLAN:
        *message = "no plan has been made yet";
        return CODE_NOT_FOUND;
    case PLAN_NO_SESSION:
        *message = "there is no such session";
        return CODE_NOT_FOUND;
    case PLAN_ID_TAKEN:
        *message = "this id is in use: choose another one";
        return CODE_ALREADY_EXISTS;
    case PLAN_GRAPH_IN_USE:
        *message = "goals need this graph: delete them first";
        return CODE_FAILED_PRECONDITION;
    case PLAN_AVAILABILITY_NEEDED:
        *message = "a plan needs your free hours: set your availability first";
        return CODE_FAILED_PRECONDITION;
    case PLAN_TOO_MUCH:
        *message = "one plan takes at most 100 active goals, 100,000 topics and 1,000,000 edges: pause some goals";
        return CODE_FAILED_PRECONDITION;
    case PLAN_OVERTAKEN:
        *message = "another plan was saved meanwhile: try again";
        return CODE_ABORTED;
    }
    *message = "unexpected outcome";
    return CODE_INTERNAL;
}

const rpc_service plan_rpc = {
    .descriptor = &sical__plan__v1__plan_service__descriptor,
    .methods = methods,
    .method_count = sizeof methods / sizeof methods[0],
    .outcome = to_code,
};
