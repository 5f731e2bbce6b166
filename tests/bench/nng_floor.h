/* What nng alone can do: messages of one size there and back between two processes, nothing read or written in them.
 * Plain REQ and REP, a context for each that is in flight, driven by nng's own threads. */
#pragma once

#include <stddef.h>

/* Prints a port on a line and echoes for ever. Only returns when it cannot. */
int nng_floor_serve(void);

typedef struct nng_floor {
    double calls_per_second;
    double p50_us, p99_us;
} nng_floor;

/* Ends the program when the server cannot be reached. */
nng_floor nng_floor_measure(int port, unsigned in_flight, size_t size_bytes, double seconds);
