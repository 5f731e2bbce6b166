/* Forgets keys whose life is over, in the background: by and by, so that no statement is long. */
#pragma once

#include "idempotency.h"

typedef struct idempotency_sweeper idempotency_sweeper;

/* Sweeps at once, when PostgreSQL can be reached, and then 24 times in a life. i is copied. */
idempotency_sweeper *idempotency_sweeper_create(loop *l, const idempotency *i);

/* No further sweep begins. */
void idempotency_sweeper_stop(idempotency_sweeper *s);

/* Whether a fiber sweeps. */
bool idempotency_sweeper_running(const idempotency_sweeper *s);

/* None may be running. It is gone a turn of the loop later. NULL is allowed. */
void idempotency_sweeper_destroy(idempotency_sweeper *s);
