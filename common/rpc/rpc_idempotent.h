/* Which methods may be called twice. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef enum rpc_repeatability {
    RPC_ONCE,       /* twice may be one too many */
    RPC_IDEMPOTENT, /* twice is the same as once */
    RPC_READ_ONLY,  /* changes nothing */
} rpc_repeatability;

/* What the options idempotency_level of a FileDescriptorSet say, read once. */
typedef struct rpc_repeatabilities rpc_repeatabilities;

/* Takes about a millisecond. descriptors may be NULL with size 0: then nothing is said of any method. */
rpc_repeatabilities *rpc_repeatabilities_create(const uint8_t *descriptors, size_t size);
void rpc_repeatabilities_destroy(rpc_repeatabilities *r); /* NULL is allowed */

/* RPC_ONCE when nothing is said of the method. name: "/sical.plan.v1.PlanService/GetGoal". */
rpc_repeatability rpc_repeatability_of(const rpc_repeatabilities *r, const char *name);
