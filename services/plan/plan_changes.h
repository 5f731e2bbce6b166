/* What becomes of the standing plan's sessions in a new plan: each one's fate, and why. */
#pragma once

#include "draft.h"

typedef Sical__Plan__V1__PlanChange__Kind change_kind;
typedef Sical__Plan__V1__PlanChange__Reason change_reason;

typedef struct session_fate {
    change_kind kind; /* KIND_UNSPECIFIED: it is kept */
    change_reason reason;
    session_row now;        /* of what is removed: as it was */
    const session_row *old; /* NULL: it is added */
} session_fate;

typedef struct plan_changes {
    session_fate *fates; /* by start and id of now */
    size_t count;
    bool complete; /* false: the search was cut short, further sessions could perhaps have been kept */
} plan_changes;

/* From the standing plan to the drafted one. Like all here in the call's arena. */
plan_changes plan_changes_of(rpc_call *call, const plan_draft *d);

/* The sessions that the new plan has, by start and id. */
session_row *plan_changes_sessions(rpc_call *call, const plan_changes *c, size_t *count);

/* Sets what is saved of the changes: counts, placed and removed. */
void plan_changes_save(rpc_call *call, const plan_changes *c, new_plan *plan);

/* since: the plan before; NULL: there is none, and no change is listed. */
Sical__Plan__V1__PlanChanges *plan_changes_wire(rpc_call *call, const plan_changes *c, const uuid *since);

/* Fates in any order become plan_changes. */
plan_changes plan_changes_sort(session_fate *fates, size_t count, bool complete);

/* ---- reviews (review_changes.c) ---- */

/* Appends the fates of reviews to fates; returns how many there are then. */
size_t plan_review_fates(rpc_call *call, const plan_draft *d, session_fate *fates, size_t count);
