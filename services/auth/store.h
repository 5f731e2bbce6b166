/*
 * The SQL of auth. Every function is one statement, so it happens whole or not at all, whatever other replicas do.
 *
 * All return STATUS_OK, a fatal status of db_query (a lock that was not to be had counts as STATUS_UNAVAILABLE), or the
 * outcome that stands with the function. Text lives until the running fiber ends.
 */
#pragma once

#include "db.h"
#include "domain/rotation.h"
#include "refresh_token.h"

typedef struct user_row {
    uuid id;
    const char *email;
    const char *name;
    const char *role;
    const char *password_hash;
    int64_t created_us;
} user_row;

/* Adds a student. Changes nothing, and answers the same, when email_key is taken. id and password_hash of row, email
 * and name are used. */
status auth_store_add_user(db *d, const user_row *row, const char *email_key);

/* AUTH_NO_USER. */
status auth_store_find_user(db *d, const char *email_key, user_row *out);
status auth_store_get_user(db *d, const uuid *id, user_row *out);

/* Replaces a password's hash by another of the same password; nothing when it has changed meanwhile. */
status auth_store_replace_hash(db *d, const uuid *user_id, const char *old_hash, const char *new_hash);

/* What is stored of a refresh token. */
typedef struct stored_token {
    unsigned char hash[REFRESH_TOKEN_HASH_BYTES];
    unsigned char child_salt[REFRESH_SALT_BYTES];
} stored_token;

/* Begins a session with its first token and deletes those sessions of the user whose tokens have all expired.
 * AUTH_NO_USER when the user was deleted meanwhile. */
status auth_store_begin_session(db *d, const uuid *session_id, const uuid *user_id, const stored_token *first,
                                int64_t life_ms);

typedef struct presented_token {
    refresh_token_state state;
    int64_t now_us; /* the database's clock, which all replicas share */
    unsigned char child_salt[REFRESH_SALT_BYTES];
    uuid session_id;
    uuid user_id;
    const char *role;
} presented_token;

/* AUTH_TOKEN_REFUSED when no token has this hash. */
status auth_store_find_token(db *d, const unsigned char hash[REFRESH_TOKEN_HASH_BYTES], presented_token *out);

/* Marks the parent used and adds its child, if the parent is still fresh; *rotated tells. Of several at once one wins.
 * Also deletes the session's expired tokens. */
status auth_store_rotate(db *d, const unsigned char parent_hash[REFRESH_TOKEN_HASH_BYTES], const stored_token *child,
                         int64_t life_ms, bool *rotated);

/* Ends a session of this user; nothing when it is not theirs or has ended. */
status auth_store_revoke_session(db *d, const uuid *session_id, const uuid *user_id);
