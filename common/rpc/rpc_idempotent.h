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

/* What the method's option idempotency_level says in a FileDescriptorSet; RPC_ONCE when it says nothing, or the method
 * is not in there. name: "/sical.plan.v1.PlanService/GetGoal". Takes about a millisecond: ask once. */
rpc_repeatability rpc_repeatability_of(const uint8_t *descriptors, size_t size, const char *name);
