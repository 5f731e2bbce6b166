/* Saved plans. */
#pragma once

#include "rpc_internal.h"

/* A saved plan as it was said, the newest one with its sessions as they are. id NULL: the newest. PLAN_NO_PLAN. */
status plan_find(rpc_call *call, const uuid *id, Sical__Plan__V1__Plan **plan);

void plan_attach_sessions(rpc_call *call, Sical__Plan__V1__Plan *plan, const session_row *rows, size_t count);

/* A plan that is told. */
typedef struct told_plan {
    new_plan plan; /* what is saved */
    session_row *sessions;
    size_t session_count;
    Sical__Plan__V1__Plan *wire; /* without its sessions */
} told_plan;

/* Saves d and tells it with its sessions; where another call was first with the same id, that plan is told.
 * PLAN_ID_TAKEN, PLAN_OVERTAKEN. */
status plan_save(rpc_call *call, told_plan *d, Sical__Plan__V1__Plan **reply);
