/* What is known of the services behind the gateway: asked every second in the background by their Health RPC, so that
 * /health answers at once. */
#pragma once

#include "ops_http.h"
#include "route.h"
#include "rpc_client.h"

typedef struct peer_health peer_health;

/* Adds the checks database, auth, plan, progress and metrics to ops and begins to ask. clients are borrowed. */
peer_health *peer_health_create(loop *l, rpc_client *const clients[PEER_COUNT], ops_state *ops);

/* Ends the background fiber at its next pause; running tells whether it still is. */
void peer_health_stop(peer_health *h);
bool peer_health_running(const peer_health *h);

/* When it no longer runs. */
void peer_health_destroy(peer_health *h);
