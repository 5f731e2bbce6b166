/*
 * The service sical.plan.v1.PlanService: graphs, goals, free hours and the optimal plan.
 *
 * A plan is made off the loop, from what one transaction has read; it is saved only when no other plan was saved
 * meanwhile. What is mastered is asked from progress; when progress is away, the last known state is taken and the plan
 * says so.
 */
#pragma once

#include "db.h"
#include "rpc_client.h"
#include "rpc_server.h"

typedef struct plan_service {
    db *database;         /* borrowed */
    rpc_client *progress; /* borrowed; NULL = always away */
} plan_service;

/* For rpc_server_add, with a plan_service as state. */
extern const rpc_service plan_rpc;
