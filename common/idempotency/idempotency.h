/*
 * Calls with an idempotency key are carried out once: the first good answer is kept with what the call wrote, in one
 * transaction, and later calls of the same user with the same key and the same request get that answer, byte for byte.
 * https://datatracker.ietf.org/doc/draft-ietf-httpapi-idempotency-key-header/
 *
 * Handlers need not know. What they write goes into the transaction (db.h), so an answer is there exactly when what it
 * speaks of is, whatever is killed in between. Of two such calls at once one is carried out, the other gets its answer.
 * A key that comes with another request, or for another method, is refused. What failed is not kept: nothing was
 * written, and the key is free for the next try. A key is forgotten after its life (idempotency_sweeper.h).
 *
 * The service's schema has the table idempotency_keys.
 */
#pragma once

#include "db.h"
#include "rpc_server.h"

enum { IDEMPOTENCY_KEY_BYTES = 255 }; /* the longest key */

typedef struct idempotency {
    db *database;
    int64_t life_ms;
} idempotency;

/* For rpc_server_options.keyed; arg: an idempotency. Besides what the handler answers:
 *   INVALID_ARGUMENT     the key is longer than 255 characters or not of printable ASCII
 *   FAILED_PRECONDITION  the key came with another request before; both with a fault of IDEMPOTENCY_FIELD
 *   RESOURCE_EXHAUSTED   the answer would be too large to be sent: nothing was done
 *   ABORTED              the same call is being carried out by somebody else
 *   UNAVAILABLE          PostgreSQL is away, or has no connection free */
status idempotency_intercept(void *arg, rpc_keyed_call *k);

#define IDEMPOTENCY_FIELD "idempotency_key"
