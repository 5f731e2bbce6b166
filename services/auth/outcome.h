/* What can come of a call to auth besides success; rpc.c turns these into wire codes. */
#pragma once

enum auth_outcome {
    AUTH_INVALID_INPUT = 1,     /* the call holds the faults */
    AUTH_WRONG_CREDENTIALS = 2, /* no such address, or another password: never told which */
    AUTH_TOKEN_REFUSED = 3,     /* a refresh token that is unknown, expired, revoked or used before */
    AUTH_NO_SESSION = 4,        /* the caller's token names no session */
    AUTH_NO_USER = 5,
};
