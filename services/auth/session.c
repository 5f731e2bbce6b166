#include "session.h"

#include "clock.h"
#include "log.h"
#include "outcome.h"
#include "store.h"

#include <stdio.h>

static stored_token to_store(const refresh_token *token)
{
    stored_token stored;
    refresh_token_hash(token, stored.hash);
    refresh_token_make_salt(stored.child_salt);
    return stored;
}

/* Writes what the client gets, and wipes the token. */
static status issue(const session_settings *settings, arena *a, const uuid *user_id, const uuid *session_id,
                    const char *role, refresh_token *token, session_tokens *out)
{
    int64_t now_s = clock_wall_us() / CLOCK_US_PER_S;
    token_claims claims = {.issued_s = now_s, .expires_s = now_s + settings->access_life_s};
    uuid_format(user_id, claims.user_id);
    uuid_format(session_id, claims.session_id);
    snprintf(claims.role, sizeof claims.role, "%s", role);

    out->access = token_sign(settings->tokens, a, &claims);
    uuid_format(session_id, out->session_id);
    refresh_token_format(token, out->refresh);
    refresh_token_wipe(token);
    return out->access ? STATUS_OK : STATUS_INTERNAL;
}

status session_begin(const session_settings *settings, arena *a, const uuid *user_id, const char *role,
                     session_tokens *out)
{
    uuid session_id = uuid_make();
    refresh_token first = refresh_token_make();
    stored_token stored = to_store(&first);
    status s = auth_store_begin_session(settings->database, &session_id, user_id, &stored, settings->refresh_life_ms);
    return s == STATUS_OK ? issue(settings, a, user_id, &session_id, role, &first, out) : s;
}

static status end_stolen_session(const session_settings *settings, const presented_token *presented)
{
    char session_id[UUID_TEXT_SIZE];
    log_warn("a used refresh token was presented again: its session is revoked",
             log_text("session_id", uuid_format(&presented->session_id, session_id)));
    status s = auth_store_revoke_session(settings->database, &presented->session_id, &presented->user_id);
    return s == STATUS_OK ? AUTH_TOKEN_REFUSED : s;
}

/* Looks at the presented token and acts on it once. *lost: it was fresh, but another call used it before this one. */
static status refresh_once(const session_settings *settings, arena *a, const refresh_token *token, session_tokens *out,
                           bool *lost)
{
    *lost = false;
    unsigned char hash[REFRESH_TOKEN_HASH_BYTES];
    refresh_token_hash(token, hash);
    presented_token presented;
    status s = auth_store_find_token(settings->database, hash, &presented);
    if (s != STATUS_OK)
        return s;
    rotation decision = rotation_decide(&presented.state, presented.now_us);
    if (decision == ROTATION_REUSED)
        return end_stolen_session(settings, &presented);
    if (decision != ROTATION_ACCEPT && decision != ROTATION_SAME_CHILD)
        return AUTH_TOKEN_REFUSED;

    refresh_token child = refresh_token_child(token, presented.child_salt);
    if (decision == ROTATION_ACCEPT) {
        stored_token stored = to_store(&child);
        bool rotated = false;
        s = auth_store_rotate(settings->database, hash, &stored, settings->refresh_life_ms, &rotated);
        *lost = !rotated;
        if (s != STATUS_OK || *lost)
            return s == STATUS_OK ? AUTH_TOKEN_REFUSED : s;
    }
    return issue(settings, a, &presented.user_id, &presented.session_id, presented.role, &child, out);
}

status session_refresh(const session_settings *settings, arena *a, const char *presented, session_tokens *out)
{
    refresh_token token;
    if (!refresh_token_parse(presented, &token))
        return AUTH_TOKEN_REFUSED;
    bool lost;
    status s = refresh_once(settings, a, &token, out, &lost);
    if (s == AUTH_TOKEN_REFUSED && lost)
        s = refresh_once(settings, a, &token, out, &lost); /* now it is seen as used, expired or revoked */
    refresh_token_wipe(&token);
    return s;
}
