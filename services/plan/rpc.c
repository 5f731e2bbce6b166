#include "outcome.h"
#include "rpc_internal.h"

RPC_HANDLER(plan_import_graph, Sical__Plan__V1__ImportGraphRequest, Sical__Plan__V1__Graph)
RPC_HANDLER(plan_get_graph, Sical__Plan__V1__GetGraphRequest, Sical__Plan__V1__Graph)
RPC_HANDLER(plan_list_graphs, Sical__Plan__V1__ListGraphsRequest, Sical__Plan__V1__ListGraphsResponse)
RPC_HANDLER(plan_delete_graph, Sical__Plan__V1__DeleteGraphRequest, Sical__Plan__V1__DeleteGraphResponse)
RPC_HANDLER(plan_get_graph_structure, Sical__Plan__V1__GetGraphStructureRequest, Sical__Plan__V1__GraphStructure)
RPC_HANDLER(plan_list_topics, Sical__Plan__V1__ListTopicsRequest, Sical__Plan__V1__ListTopicsResponse)
RPC_HANDLER(plan_get_topic, Sical__Plan__V1__GetTopicRequest, Sical__Plan__V1__Topic)
RPC_HANDLER(plan_create_goal, Sical__Plan__V1__CreateGoalRequest, Sical__Plan__V1__Goal)
RPC_HANDLER(plan_get_goal, Sical__Plan__V1__GetGoalRequest, Sical__Plan__V1__Goal)
RPC_HANDLER(plan_list_goals, Sical__Plan__V1__ListGoalsRequest, Sical__Plan__V1__ListGoalsResponse)
RPC_HANDLER(plan_update_goal, Sical__Plan__V1__UpdateGoalRequest, Sical__Plan__V1__Goal)
RPC_HANDLER(plan_delete_goal, Sical__Plan__V1__DeleteGoalRequest, Sical__Plan__V1__DeleteGoalResponse)
RPC_HANDLER(plan_get_availability, Sical__Plan__V1__GetAvailabilityRequest, Sical__Plan__V1__Availability)
RPC_HANDLER(plan_set_availability, Sical__Plan__V1__SetAvailabilityRequest, Sical__Plan__V1__Availability)
RPC_HANDLER(plan_create_exception, Sical__Plan__V1__CreateExceptionRequest, Sical__Plan__V1__AvailabilityException)
RPC_HANDLER(plan_list_exceptions, Sical__Plan__V1__ListExceptionsRequest, Sical__Plan__V1__ListExceptionsResponse)
RPC_HANDLER(plan_delete_exception, Sical__Plan__V1__DeleteExceptionRequest, Sical__Plan__V1__DeleteExceptionResponse)
RPC_HANDLER(plan_create_busy_time, Sical__Plan__V1__CreateBusyTimeRequest, Sical__Plan__V1__BusyTime)
RPC_HANDLER(plan_list_busy_times, Sical__Plan__V1__ListBusyTimesRequest, Sical__Plan__V1__ListBusyTimesResponse)
RPC_HANDLER(plan_delete_busy_time, Sical__Plan__V1__DeleteBusyTimeRequest, Sical__Plan__V1__DeleteBusyTimeResponse)
RPC_HANDLER(plan_import_calendar, Sical__Plan__V1__ImportCalendarRequest, Sical__Plan__V1__ImportCalendarResponse)
RPC_HANDLER(plan_batch_get_time_zones, Sical__Plan__V1__BatchGetTimeZonesRequest,
            Sical__Plan__V1__BatchGetTimeZonesResponse)
RPC_HANDLER(plan_create_plan, Sical__Plan__V1__CreatePlanRequest, Sical__Plan__V1__Plan)
RPC_HANDLER(plan_preview_plan, Sical__Plan__V1__PreviewPlanRequest, Sical__Plan__V1__Plan)
RPC_HANDLER(plan_get_feasibility, Sical__Plan__V1__GetFeasibilityRequest, Sical__Plan__V1__Feasibility)
RPC_HANDLER(plan_get_plan, Sical__Plan__V1__GetPlanRequest, Sical__Plan__V1__Plan)
RPC_HANDLER(plan_get_plan_changes, Sical__Plan__V1__GetPlanChangesRequest, Sical__Plan__V1__PlanChanges)
RPC_HANDLER(plan_list_plans, Sical__Plan__V1__ListPlansRequest, Sical__Plan__V1__ListPlansResponse)
RPC_HANDLER(plan_get_past_plan, Sical__Plan__V1__GetPastPlanRequest, Sical__Plan__V1__Plan)
RPC_HANDLER(plan_undo_plan, Sical__Plan__V1__UndoPlanRequest, Sical__Plan__V1__Plan)
RPC_HANDLER(plan_update_session, Sical__Plan__V1__UpdateSessionRequest, Sical__Plan__V1__Session)
RPC_HANDLER(plan_start_session, Sical__Plan__V1__StartSessionRequest, Sical__Plan__V1__Session)
RPC_HANDLER(plan_list_sessions, Sical__Plan__V1__ListSessionsRequest, Sical__Plan__V1__ListSessionsResponse)
RPC_HANDLER(plan_complete_session, Sical__Plan__V1__CompleteSessionRequest, Sical__Plan__V1__Session)
RPC_HANDLER(plan_skip_session, Sical__Plan__V1__SkipSessionRequest, Sical__Plan__V1__Session)

static const rpc_method methods[] = {
    {"ImportGraph", RPC_USER, plan_import_graph_rpc},
    {"GetGraph", RPC_USER, plan_get_graph_rpc},
    {"ListGraphs", RPC_USER, plan_list_graphs_rpc},
    {"DeleteGraph", RPC_USER, plan_delete_graph_rpc},
    {"GetGraphStructure", RPC_USER, plan_get_graph_structure_rpc},
    {"ListTopics", RPC_USER, plan_list_topics_rpc},
    {"GetTopic", RPC_USER, plan_get_topic_rpc},
    {"CreateGoal", RPC_USER, plan_create_goal_rpc},
    {"GetGoal", RPC_USER, plan_get_goal_rpc},
    {"ListGoals", RPC_USER, plan_list_goals_rpc},
    {"UpdateGoal", RPC_USER, plan_update_goal_rpc},
    {"DeleteGoal", RPC_USER, plan_delete_goal_rpc},
    {"GetAvailability", RPC_USER, plan_get_availability_rpc},
    {"SetAvailability", RPC_USER, plan_set_availability_rpc},
    {"CreateException", RPC_USER, plan_create_exception_rpc},
    {"ListExceptions", RPC_USER, plan_list_exceptions_rpc},
    {"DeleteException", RPC_USER, plan_delete_exception_rpc},
    {"CreateBusyTime", RPC_USER, plan_create_busy_time_rpc},
    {"ListBusyTimes", RPC_USER, plan_list_busy_times_rpc},
    {"DeleteBusyTime", RPC_USER, plan_delete_busy_time_rpc},
    {"ImportCalendar", RPC_USER, plan_import_calendar_rpc},
    {"BatchGetTimeZones", RPC_PEER, plan_batch_get_time_zones_rpc},
    {"CreatePlan", RPC_USER, plan_create_plan_rpc},
    {"PreviewPlan", RPC_USER, plan_preview_plan_rpc},
    {"GetFeasibility", RPC_USER, plan_get_feasibility_rpc},
    {"GetPlan", RPC_USER, plan_get_plan_rpc},
    {"GetPlanChanges", RPC_USER, plan_get_plan_changes_rpc},
    {"ListPlans", RPC_USER, plan_list_plans_rpc},
    {"GetPastPlan", RPC_USER, plan_get_past_plan_rpc},
    {"UndoPlan", RPC_USER, plan_undo_plan_rpc},
    {"UpdateSession", RPC_USER, plan_update_session_rpc},
    {"StartSession", RPC_USER, plan_start_session_rpc},
    {"ListSessions", RPC_USER, plan_list_sessions_rpc},
    {"CompleteSession", RPC_USER, plan_complete_session_rpc},
    {"SkipSession", RPC_USER, plan_skip_session_rpc},
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
    case PLAN_NO_BUSY_TIME:
        *message = "there is no such busy time";
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
    case PLAN_TOO_BUSY:
        *message = "a learner has at most 20,000 busy times: delete some, or import a smaller calendar";
        return CODE_FAILED_PRECONDITION;
    case PLAN_SESSION_OVER:
        *message = "only a planned session that lies ahead can be changed, and only a planned one be started";
        return CODE_FAILED_PRECONDITION;
    case PLAN_NOTHING_TO_UNDO:
        *message = "there is nothing to undo: no plan before this one is known, or it is an undo itself";
        return CODE_FAILED_PRECONDITION;
    case PLAN_CANNOT_UNDO:
        *message = "the plan before cannot hold any more";
        return CODE_FAILED_PRECONDITION;
    case PLAN_OVERTAKEN:
        *message = "the plan or one of its sessions changed meanwhile: try again";
        return CODE_ABORTED;
    case PLAN_ANOTHER_VERSION:
        *message = "it has changed since the caller read it: read it again";
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
