#include "store.h"

#include "outcome.h"

#include <string.h>

/* The constraints that a caller may meet are handled where they can occur; any other is a fault of ours. */
static status run(db *d, const db_statement *statement, const db_value *values, size_t count, db_rows **rows)
{
    status s = db_query(d, statement, values, count, rows);
    if (s == DB_LOCKED)
        return STATUS_UNAVAILABLE;
    return s == DB_CONFLICT ? STATUS_INTERNAL : s;
}

/* ---- users ---- */

/* A known address is written too, with what it is already: doing nothing would spare the flush to disk, and the time
 * that it takes would tell that the address is known. */
static const db_statement add_user = {
    .name = "auth.add_user",
    .kind = DB_WRITE,
    .operation = "insert",
    .table = "users",
    .sql = "INSERT INTO users (id, email, email_key, password_hash, name) VALUES ($1, $2, $3, $4, $5)"
           " ON CONFLICT (email_key) DO UPDATE SET email_key = excluded.email_key",
};

status auth_store_add_user(db *d, const user_row *row, const char *email_key)
{
    return run(d, &add_user,
               DB_VALUES(db_uuid(&row->id), db_text(row->email), db_text(email_key), db_text(row->password_hash),
                         db_text(row->name)),
               NULL);
}

#define USER_COLUMNS "id, email, name, role, password_hash, created_at"

static const db_statement find_user = {
    .name = "auth.find_user",
    .kind = DB_READ,
    .operation = "select",
    .table = "users",
    .sql = "SELECT " USER_COLUMNS " FROM users WHERE email_key = $1",
};

static const db_statement get_user = {
    .name = "auth.get_user",
    .kind = DB_READ,
    .operation = "select",
    .table = "users",
    .sql = "SELECT " USER_COLUMNS " FROM users WHERE id = $1",
};

static status read_user(db *d, const db_statement *statement, db_value key, user_row *out)
{
    db_rows *rows;
    status s = run(d, statement, &key, 1, &rows);
    if (s != STATUS_OK)
        return s;
    if (db_row_count(rows) == 0)
        return AUTH_NO_USER;
    *out = (user_row){
        .id = db_get_uuid(rows, 0, 0),
        .email = db_get_text(rows, 0, 1),
        .name = db_get_text(rows, 0, 2),
        .role = db_get_text(rows, 0, 3),
        .password_hash = db_get_text(rows, 0, 4),
        .created_us = db_get_timestamp(rows, 0, 5),
    };
    return STATUS_OK;
}

status auth_store_find_user(db *d, const char *email_key, user_row *out)
{
    return read_user(d, &find_user, db_text(email_key), out);
}

status auth_store_get_user(db *d, const uuid *id, user_row *out)
{
    return read_user(d, &get_user, db_uuid(id), out);
}

static const db_statement replace_hash = {
    .name = "auth.replace_hash",
    .kind = DB_WRITE,
    .operation = "update",
    .table = "users",
    .sql = "UPDATE users SET password_hash = $3, updated_at = now() WHERE id = $1 AND password_hash = $2",
};

status auth_store_replace_hash(db *d, const uuid *user_id, const char *old_hash, const char *new_hash)
{
    return run(d, &replace_hash, DB_VALUES(db_uuid(user_id), db_text(old_hash), db_text(new_hash)), NULL);
}

/* ---- sessions ---- */

#define LIFE(PARAMETER) "now() + " PARAMETER "::int8 * interval '1 millisecond'"

static const db_statement begin_session = {
    .name = "auth.begin_session",
    .kind = DB_WRITE,
    .operation = "insert",
    .table = "sessions",
    .sql = "WITH ended AS ("
           "  DELETE FROM sessions s WHERE s.user_id = $2 AND NOT EXISTS"
           "    (SELECT FROM refresh_tokens t WHERE t.session_id = s.id AND t.expires_at > now())"
           "), begun AS ("
           "  INSERT INTO sessions (id, user_id) VALUES ($1, $2) RETURNING id"
           ") INSERT INTO refresh_tokens (session_id, generation, token_hash, child_salt, expires_at)"
           "  SELECT id, 0, $3, $4, " LIFE("$5") " FROM begun",
};

status auth_store_begin_session(db *d, const uuid *session_id, const uuid *user_id, const stored_token *first,
                                int64_t life_ms)
{
    status s = db_query(d, &begin_session,
                        DB_VALUES(db_uuid(session_id), db_uuid(user_id), db_bytes(first->hash, sizeof first->hash),
                                  db_bytes(first->child_salt, sizeof first->child_salt), db_int8(life_ms)),
                        NULL);
    if (s == DB_CONFLICT)
        return AUTH_NO_USER; /* the only constraint that random ids and tokens can meet is the one on the user */
    return s == DB_LOCKED ? STATUS_UNAVAILABLE : s;
}

static const db_statement find_token = {
    .name = "auth.find_token",
    .kind = DB_READ,
    .operation = "select",
    .table = "refresh_tokens",
    .sql = "SELECT t.expires_at, s.revoked_at IS NOT NULL, t.used_at, c.used_at IS NOT NULL, now(), t.child_salt,"
           "       s.id, u.id, u.role"
           " FROM refresh_tokens t"
           " JOIN sessions s ON s.id = t.session_id"
           " JOIN users u ON u.id = s.user_id"
           " LEFT JOIN refresh_tokens c ON c.session_id = t.session_id AND c.generation = t.generation + 1"
           " WHERE t.token_hash = $1",
};

status auth_store_find_token(db *d, const unsigned char hash[REFRESH_TOKEN_HASH_BYTES], presented_token *out)
{
    db_rows *rows;
    status s = run(d, &find_token, DB_VALUES(db_bytes(hash, REFRESH_TOKEN_HASH_BYTES)), &rows);
    if (s != STATUS_OK)
        return s;
    if (db_row_count(rows) == 0)
        return AUTH_TOKEN_REFUSED;
    *out = (presented_token){
        .state = {.expires_us = db_get_timestamp(rows, 0, 0),
                  .session_revoked = db_get_bool(rows, 0, 1),
                  .used = !db_is_null(rows, 0, 2),
                  .used_us = db_get_timestamp(rows, 0, 2),
                  .child_used = db_get_bool(rows, 0, 3)},
        .now_us = db_get_timestamp(rows, 0, 4),
        .session_id = db_get_uuid(rows, 0, 6),
        .user_id = db_get_uuid(rows, 0, 7),
        .role = db_get_text(rows, 0, 8),
    };
    size_t size;
    const void *salt = db_get_bytes(rows, 0, 5, &size);
    memcpy(out->child_salt, salt, sizeof out->child_salt);
    return STATUS_OK;
}

/* A second rotation of the same parent waits for the first one's row lock, then sees used_at and finds nothing to do.
 * One that meets a revocation may add a child to a revoked session: it is refused when it is presented. */
static const db_statement rotate = {
    .name = "auth.rotate",
    .kind = DB_WRITE,
    .operation = "update",
    .table = "refresh_tokens",
    .sql = "WITH parent AS ("
           "  UPDATE refresh_tokens t SET used_at = now() FROM sessions s"
           "  WHERE t.token_hash = $1 AND t.used_at IS NULL AND t.expires_at > now()"
           "    AND s.id = t.session_id AND s.revoked_at IS NULL"
           "  RETURNING t.session_id, t.generation"
           "), expired AS ("
           "  DELETE FROM refresh_tokens t USING parent p"
           "  WHERE t.session_id = p.session_id AND t.generation < p.generation AND t.expires_at <= now()"
           ") INSERT INTO refresh_tokens (session_id, generation, token_hash, child_salt, expires_at)"
           "  SELECT session_id, generation + 1, $2, $3, " LIFE("$4") " FROM parent",
};

status auth_store_rotate(db *d, const unsigned char parent_hash[REFRESH_TOKEN_HASH_BYTES], const stored_token *child,
                         int64_t life_ms, bool *rotated)
{
    db_rows *rows;
    status s = run(d, &rotate,
                   DB_VALUES(db_bytes(parent_hash, REFRESH_TOKEN_HASH_BYTES), db_bytes(child->hash, sizeof child->hash),
                             db_bytes(child->child_salt, sizeof child->child_salt), db_int8(life_ms)),
                   &rows);
    if (s == STATUS_OK)
        *rotated = db_affected_count(rows) == 1;
    return s;
}

static const db_statement revoke_session = {
    .name = "auth.revoke_session",
    .kind = DB_WRITE,
    .operation = "update",
    .table = "sessions",
    .sql = "UPDATE sessions SET revoked_at = now() WHERE id = $1 AND user_id = $2 AND revoked_at IS NULL",
};

status auth_store_revoke_session(db *d, const uuid *session_id, const uuid *user_id)
{
    return run(d, &revoke_session, DB_VALUES(db_uuid(session_id), db_uuid(user_id)), NULL);
}
