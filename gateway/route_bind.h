/* Looks up what a route names in the generated descriptors; only the router uses it. */
#pragma once

#include "route.h"
#include "rpc_idempotent.h"

/* What the suite's contracts say of their methods; the caller destroys it. */
rpc_repeatabilities *route_bind_methods(void);

/* Fills *bound. false after a line in the log that names the route and the fault; *bound is then still to be unbound.
 */
bool route_bind(const route_spec *r, const rpc_repeatabilities *methods, bound_route *bound);
void route_unbind(bound_route *bound);
