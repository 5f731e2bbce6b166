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
    if (!db_is_null(rows, 0, 2))
        row->answer = db_get_bytes(rows, 0, 2, &row->answer_size);
    return STATUS_OK;
}

/* The key itself, should its life be over, and a few of the oldest: more than are added, so that they cannot pile up.
 */
static const db_statement forget = {
    .name = "idempotency.forget",
    .kind = DB_ALONE,
    .operation = "delete",
    .table = TABLE,
    .sql = "WITH oldest AS ("
           "  SELECT user_id, key FROM " TABLE " WHERE create_time <= " PAST(
               "$3") "  ORDER BY create_time LIMIT 4 FOR UPDATE SKIP LOCKED"
                     ") DELETE FROM " TABLE
                     " k USING (SELECT user_id, key FROM oldest UNION ALL SELECT $1::uuid, $2::text) o"
                     " WHERE k.user_id = o.user_id AND k.key = o.key AND k.create_time <= " PAST("$3"),
};

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
                            row->answer ? db_bytes(row->answer, row->answer_size) : db_null()};
    const db_step steps[] = {{&forget, old, sizeof old / sizeof *old}, {&keep, new, sizeof new / sizeof *new}};
    status s = db_transaction_commit(i->database, steps, sizeof steps / sizeof *steps);
    if (s == DB_CONFLICT && !strcmp(db_conflict_constraint(), TABLE "_pkey"))
        return IDEMPOTENCY_TAKEN;
    if (s == DB_LOCKED)
        return STATUS_UNAVAILABLE;
    return s > 0 ? STATUS_INTERNAL : s;
}
