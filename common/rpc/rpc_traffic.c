#include "rpc_traffic.h"

#include "status.h"

#include <string.h>

void rpc_traffic_init(rpc_traffic *t, metrics_registry *registry, const char *side, const char *service)
{
    metrics_family *messages = metrics_register(registry, METRICS_COUNTER, "rpc_messages_total",
                                                "side,service,direction", "Messages; calls of one turn share one.");
    metrics_family *calls = metrics_register(registry, METRICS_COUNTER, "rpc_message_calls_total",
                                             "side,service,direction", "Requests sent or answers given in messages.");
    metrics_family *in_flight =
        metrics_register(registry, METRICS_GAUGE, "rpc_calls_in_flight", "side,service", "Calls not answered yet.");
    metrics_family *dropped = metrics_register(registry, METRICS_COUNTER, "rpc_dropped_total", "side,service,reason",
                                               "What was thrown away: malformed messages, answers nobody takes, calls "
                                               "whose time was over before their turn came.");
    metrics_family *refused = metrics_register(registry, METRICS_COUNTER, "rpc_refused_total", "side,service",
                                               "Calls that were one too many.");
    *t = (rpc_traffic){
        .messages_sent = METRICS_WITH(messages, side, service, "sent"),
        .messages_received = METRICS_WITH(messages, side, service, "received"),
        .calls_sent = METRICS_WITH(calls, side, service, "sent"),
        .calls_received = METRICS_WITH(calls, side, service, "received"),
        .in_flight = METRICS_WITH(in_flight, side, service),
        .malformed = METRICS_WITH(dropped, side, service, "malformed"),
        .late = METRICS_WITH(dropped, side, service, "late"),
        .expired = METRICS_WITH(dropped, side, service, "expired"),
        .refused = METRICS_WITH(refused, side, service),
        .unread = METRICS_WITH(dropped, side, service, "unread"),
    };
}

void rpc_method_series_init(rpc_method_series *m, metrics_registry *registry, const char *side, const char *service,
                            const char *method)
{
    bool client = strcmp(side, "client") == 0;
    metrics_family *seconds =
        metrics_register(registry, METRICS_HISTOGRAM, client ? "rpc_client_seconds" : "rpc_server_handling_seconds",
                         "service,method", client ? "From call to answer." : "From arrival to answer.");
    *m = (rpc_method_series){
        .handled = metrics_register(registry, METRICS_COUNTER,
                                    client ? "rpc_client_handled_total" : "rpc_server_handled_total",
                                    "service,method,code", "Calls by outcome."),
        .seconds = METRICS_WITH(seconds, service, method),
        .service = service,
        .method = method,
    };
}

void rpc_method_series_refuse(rpc_method_series *m, int code)
{
    unsigned i = code >= 0 && code < CODE_COUNT ? (unsigned)code : CODE_UNKNOWN;
    if (!m->codes[i])
        m->codes[i] = METRICS_WITH(m->handled, m->service, m->method, code_name((int)i));
    metrics_add(m->codes[i], 1);
}

void rpc_method_series_count(rpc_method_series *m, int code, uint64_t duration_ns)
{
    rpc_method_series_refuse(m, code);
    metrics_observe_ns(m->seconds, duration_ns);
}
