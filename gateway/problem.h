/* Errors as RFC 9457 problems, and the one table from wire codes to HTTP. */
#pragma once

#include "arena.h"
#include "rpc_message.h"

typedef struct problem {
    int http_status;
    const char *code;   /* "NOT_FOUND" */
    const char *detail; /* a sentence for the client; may be NULL */
    const rpc_fault *faults;
    size_t fault_count;
} problem;

/* The table: HTTP status of a wire code; 500 for what is no code. */
int problem_http_status(int code);

/* A problem made of an RPC's code. Messages of INTERNAL, UNKNOWN and DATA_LOSS are for the log, not for the client. */
problem problem_of_code(int code, const char *detail, const rpc_fault *faults, size_t fault_count);

/* A problem of HTTP itself: its code is derived from the status ("METHOD_NOT_ALLOWED"). */
problem problem_of_http(int http_status, const char *detail);

/* "Not Found"; "Error" for a status that is not among ours. */
const char *problem_title(int http_status);

/* The JSON text in the arena; *size without its NUL. instance and request_id may hold anything. */
const char *problem_write(arena *a, const problem *p, const char *instance, const char *request_id, size_t *size);
