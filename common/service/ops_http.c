#include "ops_http.h"

#include "clock.h"

#include <stdlib.h>
#include <string.h>

struct ops_http {
    ops_state *state;
    http_server *server;
};

static void respond(http_request *request, int http_status, const char *type, const void *body, size_t size)
{
    const http_field headers[] = {{"Content-Type", type}, {"Cache-Control", "no-store"}};
    http_respond(request, http_status, headers, sizeof headers / sizeof *headers, body, size);
}

static void respond_json(http_request *request, bool good, const char *json)
{
    respond(request, good ? 200 : 503, "application/json", json, json ? strlen(json) : 0);
}

static bool passes(const ops_check *check)
{
    return check->healthy(check->arg);
}

static bool required_checks_pass(const ops_state *state)
{
    for (size_t i = 0; i < state->check_count; i++)
        if (state->checks[i].required && !passes(&state->checks[i]))
            return false;
    return true;
}

static void respond_health(const ops_state *state, http_request *request)
{
    arena *a = http_arena(request);
    bool healthy = required_checks_pass(state);
    char timestamp[CLOCK_RFC3339_SIZE] = "";
    clock_format_rfc3339(clock_wall_us(), timestamp);
    const char *services = "";
    for (size_t i = 0; i < state->check_count; i++)
        services = arena_printf(a, "%s%s\"%s\":\"%s\"", services, i ? "," : "", state->checks[i].name,
                                passes(&state->checks[i]) ? "healthy" : "unhealthy");
    double uptime_s = (double)(clock_monotonic_ns() - state->started_ns) / 1e9;
    respond_json(request, healthy,
                 arena_printf(a,
                              "{\"status\":\"%s\",\"timestamp\":\"%s\",\"services\":{%s},\"version\":\"%s\","
                              "\"uptime\":%.3f}",
                              healthy ? "healthy" : "unhealthy", timestamp, services, state->version, uptime_s));
}

static void respond_ready(const ops_state *state, http_request *request)
{
    bool ready = state->ready && (state->ready_through_failures || required_checks_pass(state));
    respond_json(request, ready, ready ? "{\"ready\":true}" : "{\"ready\":false}");
}

static void respond_metrics(const ops_state *state, http_request *request)
{
    size_t size;
    char *text = metrics_render(state->metrics, &size);
    respond(request, 200, "text/plain; version=0.0.4; charset=utf-8", text, size);
    free(text);
}

bool ops_http_handle(ops_state *state, http_request *request)
{
    static const struct {
        const char *path;
        void (*respond)(const ops_state *state, http_request *request);
    } routes[] = {{"/health", respond_health}, {"/ready", respond_ready}, {"/metrics", respond_metrics}};
    const char *method = http_method(request);
    for (size_t i = 0; i < sizeof routes / sizeof *routes; i++) {
        if (strcmp(http_path(request), routes[i].path) != 0)
            continue;
        if (strcmp(method, "GET") == 0 || strcmp(method, "HEAD") == 0)
            routes[i].respond(state, request);
        else
            http_respond(request, 405, &(http_field){"Allow", "GET, HEAD"}, 1, "", 0);
        return true;
    }
    return false;
}

/* ---- a server that knows nothing else ---- */

static void handle(void *arg, http_request *request)
{
    ops_http *o = arg;
    if (!ops_http_handle(o->state, request))
        respond(request, 404, "text/plain", "not found\n", 10);
}

ops_http *ops_http_create(loop *l, const char *host, uint16_t port, ops_state *state)
{
    ops_http *o = calloc(1, sizeof *o);
    if (!o)
        abort();
    o->state = state;
    o->server = http_server_create(
        l, &(http_server_options){.host = host, .port = port, .connections_limit = 64, .handle = handle, .arg = o});
    if (o->server)
        return o;
    free(o);
    return NULL;
}

uint16_t ops_http_port(const ops_http *o)
{
    return http_server_port(o->server);
}

void ops_http_destroy(ops_http *o)
{
    if (!o)
        return;
    http_server_destroy(o->server);
    free(o);
}
