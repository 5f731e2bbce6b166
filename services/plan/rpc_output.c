#include "rpc_internal.h"

#include "clock.h"

char *plan_wire_id(rpc_call *call, const uuid *id)
{
    return uuid_format(id, arena_alloc(call->arena, UUID_TEXT_SIZE));
}

wire_timestamp *plan_wire_time(rpc_call *call, int64_t us)
{
    wire_timestamp *t = ARENA_NEW(call->arena, wire_timestamp);

    google__protobuf__timestamp__init(t);
    t->seconds = us / CLOCK_US_PER_S - (us % CLOCK_US_PER_S < 0);
    t->nanos = (int32_t)(us - t->seconds * CLOCK_US_PER_S) * 1000;
    return t;
}

char *plan_wire_etag(rpc_call *call, int64_t version)
{
    static const char digits[] = "0123456789abcdef";
    char *end = (char *)arena_alloc(call->arena, PLAN_ETAG_SIZE) + PLAN_ETAG_SIZE - 1;
    uint64_t rest = (uint64_t)version;
    *end = '\0';
    do
        *--end = digits[rest & 15];
    while (rest >>= 4);
    return end;
}

Google__Protobuf__Int32Value *plan_wire_int32(rpc_call *call, int32_t value)
{
    Google__Protobuf__Int32Value *v = ARENA_NEW(call->arena, Google__Protobuf__Int32Value);

    google__protobuf__int32_value__init(v);
    v->value = value;
    return v;
}

Sical__Plan__V1__Session *plan_wire_session(rpc_call *call, const session_row *row)
{
    Sical__Plan__V1__Session *s = ARENA_NEW(call->arena, Sical__Plan__V1__Session);

    sical__plan__v1__session__init(s);
    s->id = plan_wire_id(call, &row->id);
    s->graph_id = plan_wire_id(call, &row->graph_id);
    s->topic_key = (char *)row->topic_key;
    s->topic_title = (char *)row->topic_title;
    s->start = plan_wire_time(call, row->start_us);
    s->end = plan_wire_time(call, row->end_us);
    s->minutes = row->minutes;
    s->status = (Sical__Plan__V1__Session__Status)row->status;
    s->kind = (Sical__Plan__V1__Session__Kind)row->kind;
    s->pinned = row->pinned;
    s->etag = row->version != 0 ? plan_wire_etag(call, row->version) : s->etag;
    s->status_time = row->status_us != 0 ? plan_wire_time(call, row->status_us) : NULL;
    return s;
}
