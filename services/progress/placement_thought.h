/* What the answers of a placement come to: computed on another thread, for it takes tens of milliseconds. */
#pragma once

#include "placement.h"
#include "store.h"

/* *out lives until the running fiber ends. STATUS_INTERNAL when the row's edges form a circle; fatal statuses of
 * fiber_offload. */
status placement_think_of(const placement_row *row, const placement_belief **out);
