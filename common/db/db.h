/*
 * PostgreSQL for fibers. db_query looks blocking: it binds, sends, waits and returns rows.
 *
 * How it works (see db_group.c for the essay): connections are in libpq's pipeline mode. All statements that the fibers
 * of one turn of the loop send down one connection leave together with ONE Sync: they are one transaction, one flush to
 * disk. A caller is answered only when the Sync has come back, so what it was told is durable. When one statement of
 * the group fails, the others were rolled back with it; each is sent again alone with a Sync of its own, so each caller
 * gets its own outcome and nothing runs twice.
 *
 *   DB_READ     down the read connections (two by default), grouped; sent again when its connection is lost, so it must
 *               change nothing
 *   DB_WRITE    down ONE write connection, grouped: short, by primary key, never waiting for a lock for long
 *   DB_ALONE    a Sync of its own on one of the further connections: what may wait for locks or runs long
 *
 * Expected outcomes are not errors in SQL: ON CONFLICT, conditional UPDATE, RETURNING. Every wait is bounded by the
 * fiber's deadline, or by 10 s when it has none. A statement that was sent when the deadline passed may still commit:
 * only the caller is told DEADLINE_EXCEEDED. No BEGIN, no COMMIT, no SET in statements. now() is the start of the
 * group.
 */
#pragma once

#include "loop.h"
#include "status.h"
#include "uuid.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct db db;
typedef struct db_rows db_rows; /* lives until the calling fiber ends (fiber_defer), or db_rows_release */

struct metrics_registry;

typedef struct db_options {
    /* libpq's: a URL or key=value. Several hosts with target_session_attrs=read-write follow a failover. */
    const char *conninfo;
    unsigned read_connections;        /* 0 = 2 */
    unsigned alone_connections;       /* 0 = 4; opened when first needed */
    unsigned transaction_connections; /* 0 = 4; opened when first needed: so many transactions at once, others wait */
    unsigned queue_limit;             /* calls that wait or are on their way; 0 = 4096; beyond: RESOURCE_EXHAUSTED */
    /* A connection from which nothing came for so long while it owed an answer is dead. 0 = 15000. Longer than the
     * roles' statement_timeout, or long statements are taken for silence. */
    uint32_t silence_limit_ms;
    const char *application_name;
    struct metrics_registry *metrics; /* NULL = none */
} db_options;

/* Always succeeds: connections are made in the background and again after each loss, with growing, jittered pauses (50
 * ms to 2 s). Options are copied; the registry must outlive it. Metrics: db_query_duration_seconds{operation,table},
 * db_connections{state}, db_errors_total{class}, db_group_statements_total, db_syncs_total. */
db *db_create(loop *l, const db_options *options);

/* Ends every call that waits or is on its way with STATUS_CANCELLED and closes. It is gone a few turns of the loop
 * later, which loop_destroy gives it. NULL is allowed. */
void db_destroy(db *d);

/* True while at least one read connection and the write connection are up. */
bool db_ready(const db *d);

typedef enum db_kind { DB_READ, DB_WRITE, DB_ALONE } db_kind;

/* A statement is a constant that outlives the db. It is prepared once per connection under its name, and again when the
 * server has forgotten it. Name the columns, never "*". */
typedef struct db_statement {
    const char *name; /* unique in the program: "plan.get_goal" */
    db_kind kind;
    const char *operation; /* for metrics: select, insert, update, delete */
    const char *table;
    const char *sql;
} db_statement;

/* ---- parameters: binary, typed ---- */

typedef struct db_value {
    enum {
        DB_NULL,
        DB_BOOL,
        DB_INT4,
        DB_INT8,
        DB_FLOAT8,
        DB_TEXT,
        DB_BYTES,
        DB_UUID,
        DB_TIMESTAMP,
        DB_DATE,
        DB_JSON,
        DB_TEXT_ARRAY,
        DB_INT4_ARRAY,
        DB_INT8_ARRAY,
        DB_FLOAT8_ARRAY,
        DB_UUID_ARRAY,
        DB_TIMESTAMP_ARRAY,
        DB_BOOL_ARRAY
    } type;
    union {
        bool boolean;
        int32_t int4;
        int64_t int8; /* also a timestamp in microseconds of the Unix epoch, and a date in days of it */
        double float8;
        const char *text;
        struct {
            const void *bytes;
            size_t size;
        } blob;
        const uuid *id;
        struct {
            const void *elements;
            const bool *nulls;
            size_t count;
        } array; /* nulls: NULL = none */
    };
} db_value;

/* Parameters are borrowed until the call returns. A NULL pointer for text, JSON or uuid is SQL NULL of that type.
 * The types are given to the server when the statement is prepared, so a statement has the same ones in every call;
 * db_null() fits any. Where SQL needs another type, cast it: $1::text::my_enum. At most 256 parameters.
 * INT64_MIN and INT64_MAX are the infinities of timestamps and dates, there and back. */
#define db_null()        ((db_value){.type = DB_NULL})
#define db_bool(V)       ((db_value){.type = DB_BOOL, .boolean = (V)})
#define db_int4(V)       ((db_value){.type = DB_INT4, .int4 = (V)})
#define db_int8(V)       ((db_value){.type = DB_INT8, .int8 = (V)})
#define db_float8(V)     ((db_value){.type = DB_FLOAT8, .float8 = (V)})
#define db_text(V)       ((db_value){.type = DB_TEXT, .text = (V)})
#define db_bytes(P, N)   ((db_value){.type = DB_BYTES, .blob = {(P), (N)}})
#define db_uuid(P)       ((db_value){.type = DB_UUID, .id = (P)})
#define db_timestamp(US) ((db_value){.type = DB_TIMESTAMP, .int8 = (US)}) /* timestamptz */
#define db_date(DAYS)    ((db_value){.type = DB_DATE, .int8 = (DAYS)})    /* days since 1970-01-01 */
#define db_json(V)       ((db_value){.type = DB_JSON, .text = (V)})       /* jsonb */
/* Arrays, one dimension. Elements: const char *[] (NULL = NULL), int32_t[], int64_t[], double[], uuid[], int64_t[]
 * (microseconds), bool[]. For other NULLs set .array.nulls. */
#define db_text_array(P, N)      ((db_value){.type = DB_TEXT_ARRAY, .array = {(P), NULL, (N)}})
#define db_int4_array(P, N)      ((db_value){.type = DB_INT4_ARRAY, .array = {(P), NULL, (N)}})
#define db_int8_array(P, N)      ((db_value){.type = DB_INT8_ARRAY, .array = {(P), NULL, (N)}})
#define db_float8_array(P, N)    ((db_value){.type = DB_FLOAT8_ARRAY, .array = {(P), NULL, (N)}})
#define db_uuid_array(P, N)      ((db_value){.type = DB_UUID_ARRAY, .array = {(P), NULL, (N)}})
#define db_timestamp_array(P, N) ((db_value){.type = DB_TIMESTAMP_ARRAY, .array = {(P), NULL, (N)}})
#define db_bool_array(P, N)      ((db_value){.type = DB_BOOL_ARRAY, .array = {(P), NULL, (N)}})

/* ---- running ---- */

/* Runs one statement and waits for its commit. On STATUS_OK *rows is set (rows may be NULL when the caller wants none);
 * otherwise it is untouched.
 *
 *   DB_CONFLICT (> 0)  a constraint refused it: unique, foreign key, check, exclusion; db_conflict_constraint() names
 * it DB_LOCKED (> 0)    lock_timeout, a deadlock or a serialization failure ended it: nothing was done, it may be tried
 *                      again
 *   STATUS_UNAVAILABLE        no connection within 7/8 of the time there was (nothing was done; the rest is for the
 *                             answer's way back), or the server was lost while it ran
 *   STATUS_DEADLINE_EXCEEDED, STATUS_CANCELLED   the fiber gave up
 *   STATUS_RESOURCE_EXHAUSTED the queue is full: nothing was done
 *   STATUS_INTERNAL           any other error of the server, or parameters that do not fit; nothing was done. Logged
 *                             with SQLSTATE and the statement's name, never with values
 *
 * After UNAVAILABLE, DEADLINE_EXCEEDED and CANCELLED db_outcome_unknown() tells whether a write may yet have committed
 * or still commit; when it is false nothing was done. */
enum { DB_CONFLICT = 1, DB_LOCKED = 2 };
status db_query(db *d, const db_statement *s, const db_value *values, size_t count, db_rows **rows);

#define DB_VALUES(...) (const db_value[]){__VA_ARGS__}, sizeof((const db_value[]){__VA_ARGS__}) / sizeof(db_value)
/* db_query(d, &get_goal, DB_VALUES(db_uuid(&id), db_uuid(&user)), &rows) */

/* Several statements as one transaction, in order, with a Sync of their own on a further connection, whatever their
 * kinds; all or nothing. rows: array of count, may be NULL. Outcomes as db_query. No steps: STATUS_OK. */
typedef struct db_step {
    const db_statement *statement;
    const db_value *values;
    size_t count;
} db_step;
status db_batch(db *d, const db_step *steps, size_t count, db_rows **rows);

/* ---- several calls as one transaction ---- */

/* From here on what the running fiber writes (DB_WRITE, DB_ALONE, a batch with one of them) becomes one transaction,
 * until it is committed, rolled back, or the fiber ends, which rolls back. It goes down a connection of its own, taken
 * with the first write; a fiber that writes nothing takes none. Reads (DB_READ) go the usual way and do not see what
 * was not committed. Code that writes need not know: but STATUS_OK of a write is not yet durable.
 * Once a write has failed all later ones fail likewise, and so does the commit; nothing was done. When no connection is
 * free within 7/8 of the time there is: STATUS_UNAVAILABLE. db_outcome_unknown() speaks of the commit only.
 * Not while the fiber is in one. */
void db_transaction_begin(db *d);

/* True on a fiber that has begun one and not ended it. */
bool db_in_transaction(const db *d);

/* Runs these steps as the last ones and commits, in one round trip; the transaction is over, whatever the outcome.
 * STATUS_OK: all of it is durable. Else as db_batch; without an unknown outcome nothing was done. */
status db_transaction_commit(db *d, const db_step *last, size_t count);

/* Undoes all of it; does not wait. Nothing when the fiber is in none. */
void db_transaction_rollback(db *d);

/* Of the running fiber's last db_query or db_batch: the constraint that refused it ("" = none), and whether a write's
 * fate is unknown. */
const char *db_conflict_constraint(void);
bool db_outcome_unknown(void);
/* For a write that another fiber made for the running one: from now on its fate is unknown. */
void db_set_outcome_unknown(void);

/* ---- rows ---- */

/* Results are binary. A column of another type than asked for, or an index outside, ends the program (a fault of ours).
 */

size_t db_row_count(const db_rows *r);      /* rows returned */
size_t db_affected_count(const db_rows *r); /* rows inserted, updated, deleted, or returned by SELECT */
bool db_is_null(const db_rows *r, size_t row, size_t column);

/* NULL reads as false, 0, NULL. Text and bytes are NUL-terminated and live as long as the rows. */
bool db_get_bool(const db_rows *r, size_t row, size_t column);
int32_t db_get_int4(const db_rows *r, size_t row, size_t column); /* int2 too */
int64_t db_get_int8(const db_rows *r, size_t row, size_t column); /* int2, int4, xid8 too */
double db_get_float8(const db_rows *r, size_t row, size_t column);
const char *db_get_text(const db_rows *r, size_t row, size_t column); /* text, varchar, name, json, jsonb, enum */
const void *db_get_bytes(const db_rows *r, size_t row, size_t column, size_t *size);
uuid db_get_uuid(const db_rows *r, size_t row, size_t column);
int64_t db_get_timestamp(const db_rows *r, size_t row, size_t column); /* microseconds of the Unix epoch */
int64_t db_get_date(const db_rows *r, size_t row, size_t column);      /* days since 1970-01-01 */
/* Elements of a one-dimensional array: text[], int4[], uuid[] ... NULL elements read as NULL. Returns the count;
 * *elements is allocated with the rows. */
size_t db_get_text_array(const db_rows *r, size_t row, size_t column, const char *const **elements);
size_t db_get_int4_array(const db_rows *r, size_t row, size_t column, const int32_t **elements);

/* Frees rows before their fiber ends; for loops over many pages. */
void db_rows_release(db_rows *r);
