/* What the handlers share: names for the generated types, reading of input, writing of output. */
#pragma once

#include "plan.pb-c.h"
#include "plan_service.h"
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

/* ---- pages (rpc_page.c) ---- */

enum { PAGE_SIZE_DEFAULT = 20, PAGE_SIZE_LIMIT = 100, PAGE_KEY_BYTES = 32 };

typedef struct list_page {
    int32_t size;
    bool first;                  /* no token was given */
    uint8_t key[PAGE_KEY_BYTES]; /* of the last entry of the page before */
} list_page;

/* Checks size and token; the token holds a key of key_size bytes. */
bool plan_take_page(rpc_call *call, int32_t page_size, const char *page_token, size_t key_size, list_page *page);
/* The token behind the entry with this key; in the call's arena. */
char *plan_page_token(rpc_call *call, const void *key, size_t key_size);

/* Numbers in keys. */
void plan_put_int64(uint8_t out[8], int64_t value);
int64_t plan_get_int64(const uint8_t in[8]);

/* ---- output (rpc_output.c); all in the call's arena ---- */

char *plan_wire_id(rpc_call *call, const uuid *id);
wire_timestamp *plan_wire_time(rpc_call *call, int64_t us);
Google__Protobuf__Int32Value *plan_wire_int32(rpc_call *call, int32_t value);
Sical__Plan__V1__Session *plan_wire_session(rpc_call *call, const session_row *row);
