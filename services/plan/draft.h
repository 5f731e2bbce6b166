/* A plan in the making: what the store and progress say, planned; neither told nor saved yet. */
#pragma once

#include "planning.h"
#include "rpc_internal.h"

typedef struct plan_draft {
    new_plan plan; /* what would be saved, but for the report and the sessions */
    planning_state state;
    const review_row *reviews; /* as progress told, or as the last plan had them */
    planning *planning;        /* solved */
} plan_draft;

/* Reads, asks, plans; saves nothing. STATUS_OK: the caller finishes *d. Else PLAN_AVAILABILITY_NEEDED, PLAN_TOO_MUCH or
 * a fatal status. */
status plan_draft_make(rpc_call *call, const uuid *id, planning_aim aim, plan_draft *d);
void plan_draft_finish(plan_draft *d);

/* The zone's offsets at count instants (minutes), in the call's arena. */
status plan_draft_offsets(rpc_call *call, const plan_draft *d, const int64_t *instants, size_t count,
                          const int32_t **offsets);
