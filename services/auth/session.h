/* Log-in sessions: beginning one, and carrying it on with its refresh token. */
#pragma once

#include "arena.h"
#include "db.h"
#include "refresh_token.h"
#include "token.h"

typedef struct session_settings {
    db *database;
    token_authority *tokens;
    int64_t access_life_s;
    int64_t refresh_life_ms;
} session_settings;

typedef struct session_tokens {
    char *access; /* in the arena */
    char refresh[REFRESH_TOKEN_TEXT_SIZE];
    char session_id[UUID_TEXT_SIZE];
} session_tokens;

/* Begins a session for a user who has proven to be the one. AUTH_NO_USER when the account is gone. */
status session_begin(const session_settings *settings, arena *a, const uuid *user_id, const char *role,
                     session_tokens *out);

/* Carries a session on as domain/rotation.h decides: of several calls with one fresh token at once, also to several
 * replicas, all get the same single child. AUTH_TOKEN_REFUSED for any other text; one that was used before also ends
 * its session, and a warning with the session's id goes to the log. */
status session_refresh(const session_settings *settings, arena *a, const char *presented, session_tokens *out);
