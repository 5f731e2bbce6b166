/* What can come of a call to metrics besides success; rpc.c turns these into wire codes. */
#pragma once

enum metrics_outcome {
    METRICS_INVALID_INPUT = 1, /* the call holds the faults */
};
