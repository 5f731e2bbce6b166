#include "idempotency_store.h"

#include <string.h>

#define TABLE           "idempotency_keys"
#define PAST(PARAMETER) "now() - " PARAMETER "::int8 * interval '1 millisecond'"

static const db_statement find = {
    .name = "idempotency.find",
    .kind = DB_READ,
    .operation = "select",
    .table = TABLE,
    .sql = "SELECT method, request_hash, answer FROM " TABLE " WHERE user_id = $1 AND key = $2"
           " AND create_time > " PAST("$3"),
};

status idempotency_store_find(const idempotency *i, const uuid *user, const char *key, idempotency_row *row)
{
    db_rows *rows;
    status s = db_query(i->database, &find, DB_VALUES(db_uuid(user), db_text(key), db_int8(i->life_ms)), &rows);
    if (s != STATUS_OK)
        return s > 0 ? STATUS_INTERNAL : s;
    if (db_row_count(rows) == 0)
        return IDEMPOTENCY_UNKNOWN;
    size_t hash_size;
    *row = (idempotency_row){.method = db_get_text(rows, 0, 0)};
    const void *hash = db_get_bytes(rows, 0, 1, &hash_size);
    if (hash_size == sizeof row->request_hash)
        memcpy(row->request_hash, hash, hash_size);
    row->answer = db_get_bytes(rows, 0, 2, &row->answer_size);
    return STATUS_OK;
}

static const db_statement forget_own = {
    .name = "idempotency.forget_own",
    .kind = DB_ALONE,
    .operation = "delete",
    .table = TABLE,
    .sql = "DELETE FROM " TABLE " WHERE user_id = $1::uuid AND key = $2::text AND create_time <= " PAST("$3"),
};

static const db_statement forget = {
    .name = "idempotency.forget",
    .kind = DB_ALONE,
    .operation = "delete",
    .table = TABLE,
    .sql = "WITH oldest AS ("
           "  SELECT user_id, key FROM " TABLE
           " WHERE create_time <= " PAST("$1") " ORDER BY create_time LIMIT $2::int4"
                                               "  FOR UPDATE SKIP LOCKED"
                                               ") DELETE FROM " TABLE
                                               " k USING oldest o WHERE k.user_id = o.user_id AND k.key = o.key",
};

status idempotency_store_forget(const idempotency *i, size_t *count)
{
    db_rows *rows;
    status s = db_query(i->database, &forget, DB_VALUES(db_int8(i->life_ms), db_int4(IDEMPOTENCY_SWEEP_ROWS)), &rows);
    if (s != STATUS_OK)
        return s;
    *count = (size_t)db_affected_count(rows);
    db_rows_release(rows);
    return STATUS_OK;
}

static const db_statement keep = {
    .name = "idempotency.keep",
    .kind = DB_ALONE,
    .operation = "insert",
    .table = TABLE,
    .sql = "INSERT INTO " TABLE " (user_id, key, method, request_hash, answer)"
           " VALUES ($1::uuid, $2::text, $3::text, $4::bytea, $5::bytea)",
};

status idempotency_store_keep(const idempotency *i, const uuid *user, const char *key, const idempotency_row *row)
{
    const db_value old[] = {db_uuid(user), db_text(key), db_int8(i->life_ms)};
    const db_value new[] = {db_uuid(user), db_text(key), db_text(row->method),
                            db_bytes(row->request_hash, sizeof row->request_hash),
                            db_bytes(row->answer, row->answer_size)};
    const db_step steps[] = {{&forget_own, old, sizeof old / sizeof *old}, {&keep, new, sizeof new / sizeof *new}};
    status s = db_transaction_commit(i->database, steps, sizeof steps / sizeof *steps);
    if (s == DB_CONFLICT && !strcmp(db_conflict_constraint(), TABLE "_pkey"))
        return IDEMPOTENCY_TAKEN;
    if (s == DB_LOCKED)
        return STATUS_UNAVAILABLE;
    return s > 0 ? STATUS_INTERNAL : s;
}
