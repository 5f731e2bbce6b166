/* Several calls of one fiber are one transaction: all of it or nothing, whatever dies in between. */
#include "db_fixture.h"

#include <stdio.h>

static const char *const schema = "CREATE TABLE t (id int8 PRIMARY KEY, n int8);"
                                  "CREATE TABLE kept (id int8 PRIMARY KEY)";

static const db_statement insert = STATEMENT(DB_WRITE, "insert", "INSERT INTO t (id, n) VALUES ($1, $2)");
static const db_statement insert_alone = STATEMENT(DB_ALONE, "insert", "INSERT INTO t (id, n) VALUES ($1, $2)");
static const db_statement keep = STATEMENT(DB_ALONE, "insert", "INSERT INTO kept (id) VALUES ($1)");
static const db_statement count_rows = STATEMENT(DB_READ, "select", "SELECT count(*) FROM t");
static const db_statement nap = STATEMENT(DB_WRITE, "update", "SELECT $1 FROM pg_sleep(($1 / 1000.0)::float8)");

static long long rows_of(const char *table)
{
    char sql[64];
    snprintf(sql, sizeof sql, "SELECT count(*) FROM %s", table);
    return test_postgres_number(fixture.pg, sql);
}

static status write_row(const db_statement *s, int64_t id)
{
    return db_query(fixture.db, s, DB_VALUES(db_int8(id), db_int8(0)), NULL);
}

static status commit(int64_t id)
{
    const db_value value = db_int8(id);
    return db_transaction_commit(fixture.db, &(db_step){&keep, &value, 1}, 1);
}

static long long open_transactions(void)
{
    return test_postgres_number(fixture.pg,
                                "SELECT count(*) FROM pg_stat_activity WHERE state LIKE 'idle in transaction%'");
}

static bool none_is_open(void *arg)
{
    (void)arg;
    return open_transactions() == 0;
}

/* Two read connections, one that writes, the transaction's: it makes itself a new one. */
static bool is_connected_again(void *arg)
{
    (void)arg;
    return db_fixture_metric("db_connections{state=\"up\"}") == 4;
}

static bool is_disconnected(void *arg)
{
    (void)arg;
    return db_fixture_metric("db_connections{state=\"up\"}") == 3;
}

static void kill_the_open_one(void)
{
    cr_assert_eq(test_postgres_number(fixture.pg, "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity"
                                                  " WHERE state LIKE 'idle in transaction%'"),
                 1);
    cr_assert(db_fixture_wait(is_disconnected, NULL));
}

static void run_on_schema(void (*fn)(void *arg), unsigned transactions)
{
    db_fixture_start_with(schema, &(db_options){.transaction_connections = transactions});
    db_fixture_run(fn, NULL);
    db_fixture_stop();
}

#define TRANSACTION_TEST(NAME, TRANSACTIONS)                                                                           \
    static void NAME(void *arg);                                                                                       \
    Test(db_transaction, NAME)                                                                                         \
    {                                                                                                                  \
        run_on_schema(NAME, TRANSACTIONS);                                                                             \
    }                                                                                                                  \
    static void NAME(void *arg __attribute__((unused)))

TRANSACTION_TEST(what_several_calls_write_is_committed_together, 0)
{
    db_rows *rows;
    db_transaction_begin(fixture.db);
    cr_assert(db_in_transaction(fixture.db));
    cr_assert_eq(write_row(&insert, 1), STATUS_OK);
    cr_assert_eq(write_row(&insert_alone, 2), STATUS_OK);
    const db_value values[] = {db_int8(3), db_int8(0)};
    cr_assert_eq(db_batch(fixture.db, (db_step[]){{&insert, values, 2}, {&count_rows, NULL, 0}}, 2,
                          (db_rows *[]){NULL, NULL}),
                 STATUS_OK);
    cr_assert_eq(db_query(fixture.db, &count_rows, NULL, 0, &rows), STATUS_OK);
    cr_assert_eq(db_get_int8(rows, 0, 0), 0, "a read sees what is not committed");
    cr_assert_eq(rows_of("t"), 0);
    cr_assert_eq(commit(1), STATUS_OK);
    cr_assert_not(db_in_transaction(fixture.db));
    cr_assert_eq(rows_of("t"), 3);
    cr_assert_eq(rows_of("kept"), 1);
    cr_assert_eq(open_transactions(), 0);
    cr_assert_eq(write_row(&insert, 4), STATUS_OK, "and the next write is one of its own");
    cr_assert_eq(rows_of("t"), 4);
}

TRANSACTION_TEST(one_that_wrote_nothing_commits_its_last_steps, 0)
{
    db_transaction_begin(fixture.db);
    cr_assert_eq(commit(1), STATUS_OK);
    cr_assert_eq(rows_of("kept"), 1);
    cr_assert_eq(db_fixture_metric("db_query_duration_seconds_count{operation=\"begin\",table=\"transaction\"}"), 0);
}

static void write_and_end(void *arg)
{
    db_transaction_begin(fixture.db);
    *(status *)arg = write_row(&insert, 1);
}

TRANSACTION_TEST(it_is_rolled_back_on_demand_and_with_its_fiber, 1)
{
    status written = STATUS_INTERNAL;
    db_transaction_begin(fixture.db);
    cr_assert_eq(write_row(&insert, 1), STATUS_OK);
    db_transaction_rollback(fixture.db);
    cr_assert_not(db_in_transaction(fixture.db));
    fiber_spawn(fixture.loop, "writes and ends", write_and_end, &written);
    fiber_yield();
    db_transaction_begin(fixture.db);
    cr_assert_eq(write_row(&insert, 1), STATUS_OK, "the same connection, once it is free");
    cr_assert_eq(written, STATUS_OK);
    db_transaction_rollback(fixture.db);
    cr_assert(db_fixture_wait(none_is_open, NULL));
    cr_assert_eq(rows_of("t"), 0);
}

TRANSACTION_TEST(after_a_failure_nothing_of_it_stays, 0)
{
    cr_assert_eq(write_row(&insert, 1), STATUS_OK);
    db_transaction_begin(fixture.db);
    cr_assert_eq(write_row(&insert, 2), STATUS_OK);
    cr_assert_eq(write_row(&insert, 1), DB_CONFLICT);
    cr_assert_str_eq(db_conflict_constraint(), "t_pkey");
    cr_assert_eq(write_row(&insert, 3), DB_CONFLICT, "the rest fails likewise");
    cr_assert_eq(commit(1), DB_CONFLICT);
    cr_assert_not(db_outcome_unknown());
    cr_assert_eq(rows_of("t"), 1);
    cr_assert_eq(rows_of("kept"), 0);
    cr_assert(db_fixture_wait(none_is_open, NULL));
}

TRANSACTION_TEST(a_commit_that_is_refused_undoes_the_writes, 0)
{
    db_transaction_begin(fixture.db);
    cr_assert_eq(write_row(&insert, 1), STATUS_OK);
    cr_assert_eq(commit(7), STATUS_OK);
    db_transaction_begin(fixture.db);
    cr_assert_eq(write_row(&insert, 2), STATUS_OK);
    cr_assert_eq(commit(7), DB_CONFLICT);
    cr_assert_str_eq(db_conflict_constraint(), "kept_pkey");
    cr_assert_not(db_outcome_unknown());
    cr_assert_eq(rows_of("t"), 1);
    db_transaction_begin(fixture.db);
    cr_assert_eq(write_row(&insert, 2), STATUS_OK);
    cr_assert_eq(commit(8), STATUS_OK);
    cr_assert_eq(rows_of("t"), 2);
}

/* The worst that could happen: the rest of it commits by itself over the next session. */
TRANSACTION_TEST(what_follows_the_death_of_its_session_is_not_written, 1)
{
    db_transaction_begin(fixture.db);
    cr_assert_eq(write_row(&insert, 1), STATUS_OK);
    kill_the_open_one();
    cr_assert_eq(write_row(&insert, 2), STATUS_UNAVAILABLE);
    cr_assert_not(db_outcome_unknown());
    cr_assert_eq(commit(1), STATUS_UNAVAILABLE);
    cr_assert_eq(rows_of("t") + rows_of("kept"), 0);

    db_transaction_begin(fixture.db);
    cr_assert_eq(write_row(&insert, 1), STATUS_OK, "over a new session");
    kill_the_open_one();
    cr_assert(db_fixture_wait(is_connected_again, NULL));
    cr_assert_eq(commit(1), STATUS_UNAVAILABLE, "the next session must not be taken for the same");
    cr_assert_not(db_outcome_unknown());
    cr_assert_eq(rows_of("t") + rows_of("kept"), 0);
}

TRANSACTION_TEST(a_write_that_takes_too_long_is_rolled_back, 1)
{
    db_transaction_begin(fixture.db);
    cr_assert_eq(write_row(&insert, 1), STATUS_OK);
    uint64_t before = fiber_limit_ms(200);
    cr_assert_eq(db_query(fixture.db, &nap, DB_VALUES(db_int8(1000)), NULL), STATUS_DEADLINE_EXCEEDED);
    fiber_set_deadline_ns(before);
    cr_assert_not(db_outcome_unknown(), "nothing is committed without COMMIT");
    cr_assert_eq(commit(1), STATUS_DEADLINE_EXCEEDED);
    cr_assert_eq(rows_of("t"), 0);
    db_transaction_begin(fixture.db);
    cr_assert_eq(write_row(&insert, 1), STATUS_OK, "behind the nap and its ROLLBACK");
    cr_assert_eq(commit(1), STATUS_OK);
    cr_assert_eq(rows_of("t"), 1);
}

static status write_and_commit(void *arg)
{
    const int64_t *id = arg;
    db_transaction_begin(fixture.db);
    status s = write_row(&insert, *id);
    return s == STATUS_OK ? commit(*id) : s;
}

TRANSACTION_TEST(many_at_once_share_few_connections, 2)
{
    enum { CROWD = 50 };
    static int64_t ids[CROWD];
    fiber_group group = FIBER_GROUP_INIT;
    for (int i = 0; i < CROWD; i++) {
        ids[i] = i;
        fiber_group_spawn(&group, "write", write_and_commit, &ids[i]);
    }
    cr_assert_eq(fiber_group_wait(&group), STATUS_OK);
    cr_assert_eq(rows_of("t"), CROWD);
    cr_assert_eq(rows_of("kept"), CROWD);
}

TRANSACTION_TEST(who_gets_no_connection_is_told_in_time, 1)
{
    db_transaction_begin(fixture.db);
    cr_assert_eq(write_row(&insert, 1), STATUS_OK);
    static int64_t id = 2;
    fiber_group group = FIBER_GROUP_INIT;
    uint64_t before = fiber_limit_ms(300);
    fiber_group_spawn(&group, "waits", write_and_commit, &id);
    cr_assert_eq(fiber_group_wait(&group), STATUS_UNAVAILABLE);
    fiber_set_deadline_ns(before);
    cr_assert_eq(commit(1), STATUS_OK);
    cr_assert_eq(rows_of("t"), 1);
}
