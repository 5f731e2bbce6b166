/* The services that the tool knows by name, and where they are. */
#pragma once

#include <stddef.h>

typedef struct peer {
    const char *name;    /* "plan" */
    const char *address; /* from PLAN_ADDRESS, else the default port of this machine */
} peer;

enum { PEER_COUNT = 4 };

/* All of them. */
const peer *peers_all(void);

/* The one that serves "sical.plan.v1.PlanService", "plan.PlanService" or "PlanService"; NULL when no name fits. */
const peer *peers_find(const char *service);

/* The known service whose name is near, "plan.PlanService"; NULL when none is. */
const char *peers_suggest(const char *service);
