/* What the handlers share: names for the generated types, reading of input, writing of output. */
#pragma once

#include "plan.pb-c.h"
#include "plan_service.h"
#include "rpc_page.h"
#include "store.h"

#include "faults.h"

typedef Google__Protobuf__Timestamp wire_timestamp;

/* As RPC_HANDLER, with external linkage, for the method table in rpc.c. */
#define PLAN_HANDLER(FUNCTION, REQUEST, REPLY)                                                                         \
    status plan_##FUNCTION(rpc_call *call, const ProtobufCMessage *request, ProtobufCMessage **reply)                  \
    {                                                                                                                  \
        REPLY *typed = NULL;                                                                                           \
        status s = FUNCTION(call, (const REQUEST *)request, &typed);                                                   \
        *reply = (ProtobufCMessage *)typed;                                                                            \
        return s;                                                                                                      \
    }

#define PLAN_METHOD(FUNCTION)                                                                                          \
    status plan_##FUNCTION(rpc_call *call, const ProtobufCMessage *request, ProtobufCMessage **reply)
PLAN_METHOD(import_graph);
PLAN_METHOD(get_graph);
PLAN_METHOD(list_graphs);
PLAN_METHOD(delete_graph);
PLAN_METHOD(list_topics);
PLAN_METHOD(get_topic);
PLAN_METHOD(create_goal);
PLAN_METHOD(get_goal);
PLAN_METHOD(list_goals);
PLAN_METHOD(update_goal);
PLAN_METHOD(delete_goal);
PLAN_METHOD(get_availability);
PLAN_METHOD(set_availability);
PLAN_METHOD(create_exception);
PLAN_METHOD(list_exceptions);
PLAN_METHOD(delete_exception);
PLAN_METHOD(batch_get_time_zones);
PLAN_METHOD(create_plan);
PLAN_METHOD(preview_plan);
PLAN_METHOD(get_plan);
PLAN_METHOD(list_sessions);
PLAN_METHOD(complete_session);
PLAN_METHOD(skip_session);

static inline db *plan_database(const rpc_call *call)
{
    return ((const plan_service *)call->service)->database;
}

/* ---- input (rpc_input.c): each function adds a fault to the call when it returns false ---- */

enum { PLAN_DESCRIPTION_LENGTH = 10000 };

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

/* A plan_faults whose faults go to the call. */
plan_faults plan_faults_to(rpc_call *call);

/* ---- pages (rpc_input.c) ---- */

/* Letters of the lists, for their page tokens. */
enum {
    LIST_OF_GRAPHS = 'h',
    LIST_OF_TOPICS = 't',
    LIST_OF_GOALS = 'g',
    LIST_OF_EXCEPTIONS = 'x',
    LIST_OF_SESSIONS = 's'
};

/* Where a page begins whose list is sorted by falling id: all its ids are below this one. */
uuid plan_page_before(const rpc_page *page);

/* ---- output (rpc_output.c); all in the call's arena ---- */

char *plan_wire_id(rpc_call *call, const uuid *id);
wire_timestamp *plan_wire_time(rpc_call *call, int64_t us);
Google__Protobuf__Int32Value *plan_wire_int32(rpc_call *call, int32_t value);
Sical__Plan__V1__Session *plan_wire_session(rpc_call *call, const session_row *row);
