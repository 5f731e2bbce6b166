#include "request_log.h"

#include "clock.h"
#include "log.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { STATUSES_PER_ROUTE = 12, USER_AGENT_BYTES = 128, PATH_BYTES = 256, SHED_LINES_PER_SECOND = 20 };

/* The series of one route, looked up once. */
typedef struct route_series {
    metrics_series *duration;
    struct {
        int http_status;
        metrics_series *count;
    } statuses[STATUSES_PER_ROUTE];
} route_series;

static void show_connections(metrics_registry *r, void *arg)
{
    request_log *l = arg;
    metrics_family *f = metrics_register(r, METRICS_GAUGE, "active_connections", "", "Open connections of clients.");
    metrics_set(metrics_with(f, NULL), l->http ? http_server_connections(l->http) : 0);
    f = metrics_register(r, METRICS_COUNTER, "http_connections_refused_total", "",
                         "Connections refused because their address had too many.");
    uint64_t refused = l->http ? http_server_crowded_out(l->http) : 0;
    metrics_add(metrics_with(f, NULL), (double)(refused - l->refused_shown));
    l->refused_shown = refused;
}

void request_log_init(request_log *l, metrics_registry *registry)
{
    *l = (request_log){.registry = registry};
    l->requests = metrics_register(registry, METRICS_COUNTER, "http_requests_total", "method,endpoint,status",
                                   "Requests answered.");
    l->durations = metrics_register(registry, METRICS_HISTOGRAM, "http_request_duration_seconds", "method,endpoint",
                                    "From the complete head to the answer's last byte.");
    if (registry)
        metrics_on_scrape(registry, show_connections, l);
}

static metrics_series *series_of_status(const request_log *l, const char *method, const char *endpoint, int http_status)
{
    char text[12];
    snprintf(text, sizeof text, "%d", http_status);
    return METRICS_WITH(l->requests, method, endpoint, text);
}

static route_series *series_of_route(const request_log *l, bound_route *route)
{
    if (route->series)
        return route->series;
    route_series *s = calloc(1, sizeof *s);
    if (!s)
        abort();
    s->duration = METRICS_WITH(l->durations, route_method_name(route->spec->method), route->pattern);
    route->series = s;
    return s;
}

void request_log_forget(bound_route *route)
{
    free(route->series);
    route->series = NULL;
}

static metrics_series *count_of(const request_log *l, bound_route *route, int http_status)
{
    route_series *s = series_of_route(l, route);
    for (int i = 0; i < STATUSES_PER_ROUTE; i++) {
        if (!s->statuses[i].http_status) {
            s->statuses[i].http_status = http_status;
            s->statuses[i].count =
                series_of_status(l, route_method_name(route->spec->method), route->pattern, http_status);
        }
        if (s->statuses[i].http_status == http_status)
            return s->statuses[i].count;
    }
    return series_of_status(l, route_method_name(route->spec->method), route->pattern, http_status);
}

/* Methods and paths of unknown routes come from the client: they do not become labels. */
static void count(const request_log *l, bound_route *route, int http_status, uint64_t duration_ns)
{
    if (route) {
        metrics_add(count_of(l, route, http_status), 1);
        metrics_observe_ns(series_of_route(l, route)->duration, duration_ns);
    } else {
        metrics_add(series_of_status(l, "other", "unmatched", http_status), 1);
        metrics_observe_ns(METRICS_WITH(l->durations, "other", "unmatched"), duration_ns);
    }
}

/* What clients choose the length of. */
static const char *cut(char *out, size_t size, const char *s)
{
    size_t length = s ? strnlen(s, size - 1) : 0;
    memcpy(out, s ? s : "", length);
    out[length] = '\0';
    return out;
}

/* Whether a shed request gets a line; *untold: how many before it got none. */
static bool is_told(request_log *l, uint64_t *untold)
{
    uint64_t second = clock_monotonic_ns() / (CLOCK_NS_PER_MS * 1000);
    if (second != l->shed_second) {
        l->shed_second = second;
        l->shed_lines = 0;
    }
    if (l->shed_lines == SHED_LINES_PER_SECOND) {
        l->shed_untold++;
        return false;
    }
    l->shed_lines++;
    *untold = l->shed_untold;
    l->shed_untold = 0;
    return true;
}

void request_log_add(request_log *l, const http_request *r, const request_end *end)
{
    char path[PATH_BYTES], agent[USER_AGENT_BYTES];
    uint64_t untold = 0;
    count(l, end->route, end->http_status, end->duration_ns);
    if (end->shed && !is_told(l, &untold))
        return;
    if (untold)
        log_info("requests were shed without a line each", log_int("requests", untold));
    log_info("request", log_text("method", http_method(r)),
             log_text("route", end->route ? end->route->pattern : "unmatched"),
             log_text("path", cut(path, sizeof path, http_path(r))), log_int("status", end->http_status),
             log_real("latency_ms", (double)end->duration_ns / (double)CLOCK_NS_PER_MS),
             log_int("bytes", end->response_bytes), log_text("client_ip", http_client_address(r)),
             log_text("user_agent", cut(agent, sizeof agent, http_header(r, "User-Agent"))),
             log_text("request_id", end->request_id));
}
