/*
 * How functions of sical report what happened.
 *
 *   0    STATUS_OK
 *   < 0  fatal to this call: the caller forwards it untouched. The value is minus the canonical code
 *        (google.rpc.Code), so it needs no translation on the wire.
 *   > 0  an outcome of the domain that the caller must handle. Its meaning belongs to the function that
 *        returns it and stands in that function's header; each service turns its outcomes into wire
 *        codes in ONE switch.
 */
#pragma once

typedef int status;

/* Canonical codes as they stand on the wire: https://github.com/googleapis/googleapis/blob/master/google/rpc/code.proto
 */
enum code {
    CODE_OK = 0,
    CODE_CANCELLED = 1,
    CODE_UNKNOWN = 2,
    CODE_INVALID_ARGUMENT = 3,
    CODE_DEADLINE_EXCEEDED = 4,
    CODE_NOT_FOUND = 5,
    CODE_ALREADY_EXISTS = 6,
    CODE_PERMISSION_DENIED = 7,
    CODE_RESOURCE_EXHAUSTED = 8,
    CODE_FAILED_PRECONDITION = 9,
    CODE_ABORTED = 10,
    CODE_OUT_OF_RANGE = 11,
    CODE_UNIMPLEMENTED = 12,
    CODE_INTERNAL = 13,
    CODE_UNAVAILABLE = 14,
    CODE_DATA_LOSS = 15,
    CODE_UNAUTHENTICATED = 16,
    CODE_COUNT = 17,
};

enum {
    STATUS_OK = 0,
    STATUS_CANCELLED = -CODE_CANCELLED,                   /* the program is stopping */
    STATUS_DEADLINE_EXCEEDED = -CODE_DEADLINE_EXCEEDED,   /* the fiber's deadline passed while it waited */
    STATUS_RESOURCE_EXHAUSTED = -CODE_RESOURCE_EXHAUSTED, /* a bound of ours was reached; nothing was begun */
    STATUS_INTERNAL = -CODE_INTERNAL,                     /* a fault of ours; the log says which */
    STATUS_UNAVAILABLE = -CODE_UNAVAILABLE,               /* a peer or a database is away */
};

/* "NOT_FOUND" for CODE_NOT_FOUND; "UNKNOWN" for anything that is no code. Never NULL. */
const char *code_name(int code);

/* The same for a fatal status: "UNAVAILABLE" for STATUS_UNAVAILABLE, "OK" for 0, "OUTCOME" above 0. */
const char *status_name(status s);
