#include "route_bind.h"

#include "descriptor_set.h"
#include "log.h"
#include "transcode.h"

#include "auth.pb-c.h"
#include "metrics.pb-c.h"
#include "plan.pb-c.h"
#include "progress.pb-c.h"

#include <stdlib.h>
#include <string.h>

#define PREFIX "/api/v1"

static const ProtobufCServiceDescriptor *const services[PEER_COUNT] = {
    [PEER_AUTH] = &sical__auth__v1__auth_service__descriptor,
    [PEER_PLAN] = &sical__plan__v1__plan_service__descriptor,
    [PEER_PROGRESS] = &sical__progress__v1__progress_service__descriptor,
    [PEER_METRICS] = &sical__metrics__v1__metrics_service__descriptor,
};

/* The services whose definition says so. */
static const bool keeps_answers[PEER_COUNT] = {[PEER_PLAN] = true, [PEER_PROGRESS] = true};

static bool fail(const route_spec *r, const char *fault)
{
    log_error("a route is wrong", log_text("method", route_method_name(r->method)), log_text("path", r->path),
              log_text("fault", fault));
    return false;
}

static char *join(const char *a, const char *b, const char *c)
{
    char *s = malloc(strlen(a) + strlen(b) + strlen(c) + 1);
    if (!s)
        abort();
    stpcpy(stpcpy(stpcpy(s, a), b), c);
    return s;
}

/* What metrics, logs and documents call the path: of "{goal.id}" only "{id}" is shown. */
static char *pattern_of(const char *path)
{
    char *pattern = join(PREFIX, path, "");
    char *out = pattern;
    for (const char *p = pattern; *p; p++) {
        *out++ = *p;
        const char *close = *p == '{' ? strchr(p, '}') : NULL;
        const char *dot = close ? memrchr(p, '.', (size_t)(close - p)) : NULL;
        if (dot)
            p = dot;
    }
    *out = '\0';
    return pattern;
}

static const ProtobufCFieldDescriptor *find_etag(const ProtobufCMessageDescriptor *type)
{
    return protobuf_c_message_descriptor_get_field_by_name(type, "etag");
}

/* "PlanService/GetGoal" among the methods of the route's peer. */
static bool bind_rpc(const route_spec *r, const rpc_repeatabilities *methods, bound_route *bound)
{
    const ProtobufCServiceDescriptor *service = services[r->peer];
    const char *slash = strchr(r->rpc, '/');
    size_t size = slash ? (size_t)(slash - r->rpc) : 0;
    if (!slash || strlen(service->short_name) != size || strncmp(service->short_name, r->rpc, size) != 0)
        return fail(r, "its RPC is not of its service");
    const ProtobufCMethodDescriptor *method = protobuf_c_service_descriptor_get_method_by_name(service, slash + 1);
    if (!method)
        return fail(r, "its RPC does not exist");
    bound->rpc_method = join("/", service->name, slash);
    bound->input = method->input;
    bound->output = method->output;
    if (r->method != METHOD_PUT) /* no ETag where what came is not kept byte for byte (RFC 9110, 9.3.4) */
        bound->version = find_etag(bound->output);
    bound->takes_key = keeps_answers[r->peer] && r->access == ACCESS_USER &&
                       rpc_repeatability_of(methods, bound->rpc_method) != RPC_READ_ONLY;
    if (bound->version && bound->version->type != PROTOBUF_C_TYPE_STRING)
        return fail(r, "the etag of its output is no string");
    return true;
}

static bool bind_body(const route_spec *r, bound_route *bound)
{
    if (r->body && strcmp(r->body, "*") != 0) {
        bound->body = protobuf_c_message_descriptor_get_field_by_name(bound->input, r->body);
        if (!bound->body || bound->body->type != PROTOBUF_C_TYPE_MESSAGE)
            return fail(r, "its body is no message field of the input");
    }
    if (r->partial && (!bound->body || !transcode_find_field(bound->input, "update_mask")))
        return fail(r, "a partial update needs a body field and an update_mask");
    return true;
}

/* Where If-Match goes. */
static bool bind_condition(const route_spec *r, bound_route *bound)
{
    if (r->method == METHOD_GET || r->method == METHOD_POST)
        return true;
    bound->condition = find_etag(bound->body ? bound->body->descriptor : bound->input);
    return !bound->condition || bound->condition->type == PROTOBUF_C_TYPE_STRING ||
           fail(r, "the etag of its input is no string");
}

static bool is_field_path(const ProtobufCMessageDescriptor *type, const char *name)
{
    const char *dot = strchr(name, '.');
    char *head = strndup(name, dot ? (size_t)(dot - name) : strlen(name));
    const ProtobufCFieldDescriptor *field = protobuf_c_message_descriptor_get_field_by_name(type, head);
    free(head);
    if (!field || !dot)
        return field && field->type == PROTOBUF_C_TYPE_STRING;
    return field->type == PROTOBUF_C_TYPE_MESSAGE && is_field_path(field->descriptor, dot + 1);
}

static bool bind_parameters(const route_spec *r, bound_route *bound)
{
    for (const char *open = strchr(r->path, '{'); open; open = strchr(open + 1, '{')) {
        const char *close = strchr(open, '}');
        if (!close || bound->parameter_count == ROUTE_PARAMETERS_MAX)
            return fail(r, "its path has too many parameters or an open one");
        char *name = strndup(open + 1, (size_t)(close - open - 1));
        bound->parameters[bound->parameter_count++] = name;
        if (!is_field_path(bound->input, name))
            return fail(r, "a parameter is no string field of the input");
    }
    return true;
}

rpc_repeatabilities *route_bind_methods(void)
{
    return rpc_repeatabilities_create(sical_descriptor_set, (size_t)(sical_descriptor_set_end - sical_descriptor_set));
}

bool route_bind(const route_spec *r, const rpc_repeatabilities *methods, bound_route *bound)
{
    *bound = (bound_route){.spec = r};
    bound->pattern = pattern_of(r->path);
    if (r->access == ACCESS_UNSTATED)
        return fail(r, "it does not state who may use it");
    if (r->limit == LIMIT_UNSTATED)
        return fail(r, "it does not state its rate limit");
    return bind_rpc(r, methods, bound) && bind_body(r, bound) && bind_condition(r, bound) && bind_parameters(r, bound);
}

void route_unbind(bound_route *bound)
{
    free(bound->pattern);
    free(bound->rpc_method);
    for (size_t i = 0; i < bound->parameter_count; i++)
        free((void *)(uintptr_t)bound->parameters[i]);
}
