/* What the handlers share: names for the generated types, reading of input, writing of output. */
#pragma once

#include "plan.pb-c.h"
#include "plan_service.h"
#include "rpc_page.h"
#include "store.h"

#include "faults.h"

typedef Google__Protobuf__Timestamp wire_timestamp;

/* ---- the methods: what RPC_HANDLER in rpc.c asks for ---- */

/* rpc_graphs.c */
status plan_import_graph(rpc_call *call, const Sical__Plan__V1__ImportGraphRequest *request,
                         Sical__Plan__V1__Graph **reply);
status plan_get_graph(rpc_call *call, const Sical__Plan__V1__GetGraphRequest *request, Sical__Plan__V1__Graph **reply);
status plan_list_graphs(rpc_call *call, const Sical__Plan__V1__ListGraphsRequest *request,
                        Sical__Plan__V1__ListGraphsResponse **reply);
status plan_delete_graph(rpc_call *call, const Sical__Plan__V1__DeleteGraphRequest *request,
                         Sical__Plan__V1__DeleteGraphResponse **reply);

/* rpc_topics.c */
status plan_get_graph_structure(rpc_call *call, const Sical__Plan__V1__GetGraphStructureRequest *request,
                                Sical__Plan__V1__GraphStructure **reply);
status plan_list_topics(rpc_call *call, const Sical__Plan__V1__ListTopicsRequest *request,
                        Sical__Plan__V1__ListTopicsResponse **reply);
status plan_get_topic(rpc_call *call, const Sical__Plan__V1__GetTopicRequest *request, Sical__Plan__V1__Topic **reply);

/* rpc_goals.c */
status plan_create_goal(rpc_call *call, const Sical__Plan__V1__CreateGoalRequest *request,
                        Sical__Plan__V1__Goal **reply);
status plan_get_goal(rpc_call *call, const Sical__Plan__V1__GetGoalRequest *request, Sical__Plan__V1__Goal **reply);
status plan_list_goals(rpc_call *call, const Sical__Plan__V1__ListGoalsRequest *request,
                       Sical__Plan__V1__ListGoalsResponse **reply);
status plan_update_goal(rpc_call *call, const Sical__Plan__V1__UpdateGoalRequest *request,
                        Sical__Plan__V1__Goal **reply);
status plan_delete_goal(rpc_call *call, const Sical__Plan__V1__DeleteGoalRequest *request,
                        Sical__Plan__V1__DeleteGoalResponse **reply);

/* rpc_availability.c */
status plan_get_availability(rpc_call *call, const Sical__Plan__V1__GetAvailabilityRequest *request,
                             Sical__Plan__V1__Availability **reply);
status plan_set_availability(rpc_call *call, const Sical__Plan__V1__SetAvailabilityRequest *request,
                             Sical__Plan__V1__Availability **reply);
status plan_create_exception(rpc_call *call, const Sical__Plan__V1__CreateExceptionRequest *request,
                             Sical__Plan__V1__AvailabilityException **reply);
status plan_list_exceptions(rpc_call *call, const Sical__Plan__V1__ListExceptionsRequest *request,
                            Sical__Plan__V1__ListExceptionsResponse **reply);
status plan_delete_exception(rpc_call *call, const Sical__Plan__V1__DeleteExceptionRequest *request,
                             Sical__Plan__V1__DeleteExceptionResponse **reply);
status plan_batch_get_time_zones(rpc_call *call, const Sical__Plan__V1__BatchGetTimeZonesRequest *request,
                                 Sical__Plan__V1__BatchGetTimeZonesResponse **reply);

/* rpc_busy.c */
status plan_create_busy_time(rpc_call *call, const Sical__Plan__V1__CreateBusyTimeRequest *request,
                             Sical__Plan__V1__BusyTime **reply);
status plan_list_busy_times(rpc_call *call, const Sical__Plan__V1__ListBusyTimesRequest *request,
                            Sical__Plan__V1__ListBusyTimesResponse **reply);
status plan_delete_busy_time(rpc_call *call, const Sical__Plan__V1__DeleteBusyTimeRequest *request,
                             Sical__Plan__V1__DeleteBusyTimeResponse **reply);

/* rpc_calendar.c */
status plan_import_calendar(rpc_call *call, const Sical__Plan__V1__ImportCalendarRequest *request,
                            Sical__Plan__V1__ImportCalendarResponse **reply);

/* rpc_plans.c */
status plan_create_plan(rpc_call *call, const Sical__Plan__V1__CreatePlanRequest *request,
                        Sical__Plan__V1__Plan **reply);
status plan_preview_plan(rpc_call *call, const Sical__Plan__V1__PreviewPlanRequest *request,
                         Sical__Plan__V1__Plan **reply);
status plan_get_plan(rpc_call *call, const Sical__Plan__V1__GetPlanRequest *request, Sical__Plan__V1__Plan **reply);
status plan_get_plan_changes(rpc_call *call, const Sical__Plan__V1__GetPlanChangesRequest *request,
                             Sical__Plan__V1__PlanChanges **reply);

/* rpc_history.c */
status plan_list_plans(rpc_call *call, const Sical__Plan__V1__ListPlansRequest *request,
                       Sical__Plan__V1__ListPlansResponse **reply);
status plan_get_past_plan(rpc_call *call, const Sical__Plan__V1__GetPastPlanRequest *request,
                          Sical__Plan__V1__Plan **reply);

/* rpc_undo.c */
status plan_undo_plan(rpc_call *call, const Sical__Plan__V1__UndoPlanRequest *request, Sical__Plan__V1__Plan **reply);

/* rpc_feasibility.c */
status plan_get_feasibility(rpc_call *call, const Sical__Plan__V1__GetFeasibilityRequest *request,
                            Sical__Plan__V1__Feasibility **reply);

/* rpc_sessions.c */
status plan_list_sessions(rpc_call *call, const Sical__Plan__V1__ListSessionsRequest *request,
                          Sical__Plan__V1__ListSessionsResponse **reply);
status plan_complete_session(rpc_call *call, const Sical__Plan__V1__CompleteSessionRequest *request,
                             Sical__Plan__V1__Session **reply);
status plan_skip_session(rpc_call *call, const Sical__Plan__V1__SkipSessionRequest *request,
                         Sical__Plan__V1__Session **reply);

/* rpc_session_change.c */
status plan_update_session(rpc_call *call, const Sical__Plan__V1__UpdateSessionRequest *request,
                           Sical__Plan__V1__Session **reply);
status plan_start_session(rpc_call *call, const Sical__Plan__V1__StartSessionRequest *request,
                          Sical__Plan__V1__Session **reply);

static inline db *plan_database(const rpc_call *call)
{
    return ((const plan_service *)call->service)->database;
}

/* ---- input (rpc_input.c): each function adds a fault to the call when it returns false ---- */

enum { PLAN_DESCRIPTION_LENGTH = 10000, PLAN_ETAG_SIZE = 17 };

/* A UUID that must be there. */
bool plan_take_id(rpc_call *call, const char *field, const char *text, uuid *id);
/* A UUID chosen by the client, or a new one when text is empty. */
bool plan_take_new_id(rpc_call *call, const char *field, const char *text, uuid *id);
/* An instant of this century, in microseconds. NULL is a fault. */
bool plan_take_time(rpc_call *call, const char *field, const wire_timestamp *t, int64_t *us);
/* At most limit characters; required: not empty. */
bool plan_take_text(rpc_call *call, const char *field, const char *text, size_t limit, bool required);
/* A date "2026-12-24" of this century, in days since 1970-01-01. */
bool plan_take_date(rpc_call *call, const char *field, const char *text, int64_t *days);

/* What a request's etag asks for: "" nothing, "*", or etags separated by commas; what is none of ours matches no row.
 */
row_condition plan_take_etag(rpc_call *call, const char *etag);
/* Adds the fault that goes with PLAN_ANOTHER_VERSION and returns it. */
status plan_tell_another_version(rpc_call *call, const char *field);
bool plan_condition_holds(const row_condition *c, int64_t version);

/* A plan_faults whose faults go to the call. */
plan_faults plan_faults_to(rpc_call *call);

/* ---- pages (rpc_input.c) ---- */

/* Letters of the lists, for their page tokens. */
enum {
    LIST_OF_GRAPHS = 'h',
    LIST_OF_TOPICS = 't',
    LIST_OF_GOALS = 'g',
    LIST_OF_EXCEPTIONS = 'x',
    LIST_OF_BUSY_TIMES = 'b',
    LIST_OF_SESSIONS = 's',
    LIST_OF_PLANS = 'p'
};

/* Where a page begins whose list is sorted by falling id: all its ids are below this one. */
uuid plan_page_before(const rpc_page *page);

/* ---- output (rpc_output.c); all in the call's arena ---- */

char *plan_wire_id(rpc_call *call, const uuid *id);
wire_timestamp *plan_wire_time(rpc_call *call, int64_t us);
char *plan_wire_etag(rpc_call *call, int64_t version);
Google__Protobuf__Int32Value *plan_wire_int32(rpc_call *call, int32_t value);
Sical__Plan__V1__Session *plan_wire_session(rpc_call *call, const session_row *row);
