#include "route_bind.h"

/* "GetGoalRequest" of "sical.plan.v1.GetGoalRequest" */
static const char *body_name(const bound_route *bound)
{
    if (!bound->spec->body)
        return "";
    const ProtobufCMessageDescriptor *type = bound->body ? bound->body->descriptor : bound->input;
    return type->short_name;
}

static void print_route(const route_spec *r, const rpc_repeatabilities *methods, FILE *out)
{
    bound_route bound;
    if (!route_bind(r, methods, &bound))
        return;
    fprintf(out, "| %s | `%s` | %s | %s | %s | %s | %d %s | `%s` |\n", route_method_name(r->method), bound.pattern,
            r->access == ACCESS_PUBLIC ? "anybody" : "access token", route_limit_name(r->limit), body_name(&bound),
            r->partial ? "yes" : "", r->success ? r->success : 200, r->success == 204 ? "" : bound.output->short_name,
            bound.rpc_method);
    route_unbind(&bound);
}

void gateway_print_routes(FILE *out)
{
    fputs("| Method | Path | For | Rate | Body | Partial | Answer | RPC |\n|---|---|---|---|---|---|---|---|\n", out);
    rpc_repeatabilities *methods = route_bind_methods();
    for (size_t i = 0; i < gateway_route_count; i++)
        print_route(&gateway_routes[i], methods, out);
    rpc_repeatabilities_destroy(methods);
}
