/*
 * What happens to a refresh token that is presented. Pure.
 *
 * A session is a chain of refresh tokens, each used once to get the next. Only the last is fresh; so one that comes a
 * second time was stolen, or its thief was first: the session ends for both. One case is innocent: two tabs (or a
 * client whose answer was lost) send the same token almost at once. So the parent of a child that nobody has used yet
 * gets, for a short while, that same child again.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#define ROTATION_GRACE_US INT64_C(10000000)

typedef struct refresh_token_state {
    int64_t expires_us; /* all instants: microseconds of the Unix epoch, of one clock */
    bool session_revoked;
    bool used;
    int64_t used_us; /* when used */
    bool child_used; /* when used: whether its child has been used too */
} refresh_token_state;

typedef enum rotation {
    ROTATION_ACCEPT,     /* give it a child */
    ROTATION_SAME_CHILD, /* give it the child it already has */
    ROTATION_REUSED,     /* refuse and revoke the session */
    ROTATION_EXPIRED,    /* refuse. Used or not: nothing can be gained by an expired token, and its row may be gone */
    ROTATION_REVOKED,    /* refuse: the session has ended already */
} rotation;

/* A token is expired from expires_us on; the grace includes its last instant. used_us may lie after now_us (another
 * replica's transaction began earlier): that is within the grace. */
rotation rotation_decide(const refresh_token_state *token, int64_t now_us);
