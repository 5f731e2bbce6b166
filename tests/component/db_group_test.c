/* Statements of one turn share a transaction, and yet each caller gets the outcome of its own. */
#include "db_fixture.h"

#include <string.h>

enum { CROWD = 100 };

static const char *const schema =
    "CREATE TABLE t (id int8 PRIMARY KEY, n int8 NOT NULL CONSTRAINT n_is_small CHECK (n < 1000), tx int8 DEFAULT "
    "txid_current());"
    "CREATE TABLE late (id int8, CONSTRAINT late_key UNIQUE (id) DEFERRABLE INITIALLY DEFERRED)";

static const db_statement insert = STATEMENT(DB_WRITE, "insert", "INSERT INTO t (id, n) VALUES ($1, $2)");
static const db_statement divide = STATEMENT(DB_WRITE, "update", "UPDATE t SET n = $1 / $2 WHERE id = -1");
static const db_statement count_rows = STATEMENT(DB_READ, "select", "SELECT count(*) FROM t");
static const db_statement tell = {.name = "test.tell", .operation = "select", .table = "t", .sql = "SELECT $1 + $2"};

static long long number(const char *sql)
{
    return test_postgres_number(fixture.pg, sql);
}

/* Prepares both, so that the first use is behind. */
static void warm_up(void)
{
    db_ask first[] = {{.statement = &insert, .value_count = 2, .values = {-1, 0}},
                      {.statement = &divide, .value_count = 2, .values = {1, 1}}};
    db_fixture_ask(first, 1);
    db_fixture_ask(first + 1, 1);
    cr_assert_eq(first[0].outcome, STATUS_OK);
    cr_assert_eq(first[1].outcome, STATUS_OK);
}

static void make_inserts(db_ask *asks)
{
    for (int i = 0; i < CROWD; i++)
        asks[i] = (db_ask){.statement = &insert, .value_count = 2, .values = {i, i}};
}

static void run_on_schema(void (*fn)(void *arg))
{
    db_fixture_start(schema);
    db_fixture_run(fn, NULL);
    db_fixture_stop();
}

#define GROUP_TEST(NAME)                                                                                               \
    static void NAME(void *arg);                                                                                       \
    Test(db_group, NAME)                                                                                               \
    {                                                                                                                  \
        run_on_schema(NAME);                                                                                           \
    }                                                                                                                  \
    static void NAME(void *arg __attribute__((unused)))

GROUP_TEST(writes_of_one_turn_share_one_transaction)
{
    static db_ask asks[CROWD];
    warm_up();
    double syncs = db_fixture_metric("db_syncs_total");
    make_inserts(asks);
    db_fixture_ask(asks, CROWD);
    for (int i = 0; i < CROWD; i++)
        cr_assert_eq(asks[i].outcome, STATUS_OK);
    cr_assert_eq(number("SELECT count(DISTINCT tx) FROM t WHERE id >= 0"), 1);
    cr_assert_eq(number("SELECT count(*) FROM t WHERE id >= 0"), CROWD);
    cr_assert_eq(db_fixture_metric("db_syncs_total"), syncs + 1);
    cr_assert_eq(db_fixture_metric("db_query_duration_seconds_count{operation=\"insert\",table=\"t\"}"), CROWD + 1);
}

/* Both read connections must be there and have prepared the statement; that may take some rounds. */
GROUP_TEST(reads_of_one_turn_share_one_sync_a_connection)
{
    static db_ask asks[CROWD];
    double syncs_of_round = 0;
    for (int round = 0; round < 100 && syncs_of_round != 2; round++) {
        for (int j = 0; j < CROWD; j++)
            asks[j] = (db_ask){.statement = &count_rows, .wants_result = true};
        double syncs = db_fixture_metric("db_syncs_total");
        db_fixture_ask(asks, CROWD);
        for (int j = 0; j < CROWD; j++)
            cr_assert(asks[j].outcome == STATUS_OK && asks[j].result == 0);
        syncs_of_round = db_fixture_metric("db_syncs_total") - syncs;
    }
    cr_assert_eq(syncs_of_round, 2);
}

GROUP_TEST(neighbours_of_what_fails_succeed_and_run_once)
{
    static db_ask asks[CROWD];
    warm_up();
    make_inserts(asks);
    asks[10].values[0] = -1;      /* taken */
    asks[20].values[1] = 5000;    /* against the check */
    asks[30].statement = &divide; /* 30 / 0 */
    asks[30].values[1] = 0;
    db_fixture_ask(asks, CROWD);
    for (int i = 0; i < CROWD; i++) {
        status expected = i == 10 || i == 20 ? DB_CONFLICT : i == 30 ? STATUS_INTERNAL : STATUS_OK;
        cr_assert_eq(asks[i].outcome, expected, "%d: %d", i, asks[i].outcome);
        cr_assert_not(asks[i].unknown);
    }
    cr_assert_str_eq(asks[10].constraint, "t_pkey");
    cr_assert_str_eq(asks[20].constraint, "n_is_small");
    cr_assert_str_eq(asks[30].constraint, "");
    cr_assert_eq(number("SELECT count(*) FROM t WHERE id >= 0"), CROWD - 3);
    cr_assert_eq(db_fixture_metric("db_errors_total{class=\"23\"}"), 2);
    cr_assert_eq(db_fixture_metric("db_errors_total{class=\"22\"}"), 1);
}

GROUP_TEST(of_two_with_the_same_key_one_wins)
{
    warm_up();
    db_ask asks[] = {{.statement = &insert, .value_count = 2, .values = {1, 1}},
                     {.statement = &insert, .value_count = 2, .values = {1, 2}}};
    db_fixture_ask(asks, 2);
    cr_assert_eq(asks[0].outcome, STATUS_OK);
    cr_assert_eq(asks[1].outcome, DB_CONFLICT);
    cr_assert_eq(number("SELECT n FROM t WHERE id = 1"), 1);
}

/* The neighbour whose row was in the way gives up before the group fails: its row never comes, so there is no conflict.
 */
GROUP_TEST(nobody_conflicts_with_a_row_that_never_was)
{
    static const db_statement nap = {.name = "test.nap",
                                     .kind = DB_WRITE,
                                     .operation = "select",
                                     .table = "t",
                                     .sql = "SELECT pg_sleep(($1 / 1000.0)::float8)"};
    db_ask warm = {.statement = &nap, .value_count = 1, .values = {0}};
    warm_up();
    db_fixture_ask(&warm, 1);
    db_ask asks[] = {{.statement = &nap, .value_count = 1, .values = {500}},
                     {.statement = &insert, .value_count = 2, .values = {1, 1}, .timeout_ms = 100},
                     {.statement = &insert, .value_count = 2, .values = {1, 2}}};
    db_fixture_ask(asks, 3);
    cr_assert_eq(asks[0].outcome, STATUS_OK);
    cr_assert_eq(asks[1].outcome, STATUS_DEADLINE_EXCEEDED);
    cr_assert(asks[1].unknown);
    cr_assert_eq(asks[2].outcome, STATUS_OK);
    cr_assert_eq(number("SELECT n FROM t WHERE id = 1"), 2);
}

GROUP_TEST(a_commit_that_fails_is_judged_for_each_alone)
{
    static const db_statement insert_late = STATEMENT(DB_WRITE, "insert", "INSERT INTO late VALUES ($1)");
    db_ask asks[] = {{.statement = &insert_late, .value_count = 1, .values = {1}},
                     {.statement = &insert_late, .value_count = 1, .values = {2}},
                     {.statement = &insert_late, .value_count = 1, .values = {2}},
                     {.statement = &insert_late, .value_count = 1, .values = {3}}};
    db_fixture_ask(asks, 1);
    db_fixture_ask(asks + 1, 3);
    cr_assert_eq(asks[1].outcome, STATUS_OK);
    cr_assert_eq(asks[2].outcome, DB_CONFLICT);
    cr_assert_str_eq(asks[2].constraint, "late_key");
    cr_assert_eq(asks[3].outcome, STATUS_OK);
    cr_assert_eq(number("SELECT count(*) FROM late"), 3);
}

GROUP_TEST(a_statement_that_cannot_be_parsed_fails_nobody_else)
{
    static const db_statement broken = {.name = "test.broken",
                                        .kind = DB_WRITE,
                                        .operation = "insert",
                                        .table = "t",
                                        .sql = "INSERT INTO nowhere VALUES ($1)"};
    warm_up();
    double syncs = db_fixture_metric("db_syncs_total");
    db_ask asks[] = {{.statement = &insert, .value_count = 2, .values = {1, 1}},
                     {.statement = &broken, .value_count = 1},
                     {.statement = &insert, .value_count = 2, .values = {2, 2}}};
    db_fixture_ask(asks, 3);
    cr_assert_eq(asks[0].outcome, STATUS_OK);
    cr_assert_eq(asks[1].outcome, STATUS_INTERNAL);
    cr_assert_eq(asks[2].outcome, STATUS_OK);
    cr_assert_eq(db_fixture_metric("db_syncs_total"), syncs + 3); /* nothing was sent twice */
    cr_assert_eq(db_fixture_metric("db_errors_total{class=\"42\"}"), 1);
}

GROUP_TEST(the_conflict_is_told_until_the_next_query)
{
    warm_up();
    cr_assert_eq(db_query(fixture.db, &insert, DB_VALUES(db_int8(-1), db_int8(1)), NULL), DB_CONFLICT);
    fiber_sleep(1);
    cr_assert_str_eq(db_conflict_constraint(), "t_pkey");
    cr_assert_eq(db_query(fixture.db, &insert, DB_VALUES(db_int8(1), db_int8(1)), NULL), STATUS_OK);
    cr_assert_str_eq(db_conflict_constraint(), "");
}

/* ---- batches ---- */

GROUP_TEST(a_batch_is_all)
{
    db_rows *rows[3];
    db_step steps[] = {{&insert, DB_VALUES(db_int8(1), db_int8(10))},
                       {&insert, DB_VALUES(db_int8(2), db_int8(20))},
                       {&count_rows, NULL, 0}};
    cr_assert_eq(db_batch(fixture.db, steps, 3, rows), STATUS_OK);
    cr_assert_eq(db_affected_count(rows[0]), 1);
    cr_assert_eq(db_affected_count(rows[1]), 1);
    cr_assert_eq(db_get_int8(rows[2], 0, 0), 2);
    cr_assert_eq(number("SELECT count(DISTINCT tx) FROM t"), 1);
}

GROUP_TEST(a_batch_is_nothing_when_one_step_fails)
{
    db_rows *rows[3];
    db_step steps[] = {{&insert, DB_VALUES(db_int8(1), db_int8(10))},
                       {&insert, DB_VALUES(db_int8(1), db_int8(20))},
                       {&count_rows, NULL, 0}};
    cr_assert_eq(db_batch(fixture.db, steps, 3, rows), DB_CONFLICT);
    cr_assert_str_eq(db_conflict_constraint(), "t_pkey");
    cr_assert_eq(number("SELECT count(*) FROM t"), 0);
    cr_assert_eq(db_batch(fixture.db, steps, 1, rows), STATUS_OK);
    cr_assert_eq(db_batch(fixture.db, steps, 0, rows), STATUS_OK);
}

/* ---- locks ---- */

static const db_statement lock_row = {.name = "test.lock_row",
                                      .kind = DB_ALONE,
                                      .operation = "select",
                                      .table = "t",
                                      .sql = "SELECT id FROM t WHERE id = $1 FOR UPDATE"};
static const db_statement hold = {.name = "test.hold",
                                  .kind = DB_ALONE,
                                  .operation = "select",
                                  .table = "t",
                                  .sql = "SELECT pg_sleep(($1 / 1000.0)::float8)"};

static void hold_lock(void *arg)
{
    status *outcome = arg;
    db_step steps[] = {{&lock_row, DB_VALUES(db_int8(-1))}, {&hold, DB_VALUES(db_int8(3000))}};
    *outcome = db_batch(fixture.db, steps, 2, NULL);
}

static bool row_is_locked(void *arg)
{
    (void)arg;
    return number("SELECT count(*) FROM pg_locks WHERE mode = 'RowShareLock' AND relation = 't'::regclass") > 0;
}

static void lock_timeout(void *arg)
{
    (void)arg;
    static const db_statement touch = STATEMENT(DB_WRITE, "update", "UPDATE t SET n = $2 WHERE id = $1");
    status held = -1;
    warm_up();
    cr_assert_eq(db_query(fixture.db, &touch, DB_VALUES(db_int8(-1), db_int8(1)), NULL), STATUS_OK);
    fiber_spawn(fixture.loop, "holder", hold_lock, &held);
    cr_assert(db_fixture_wait(row_is_locked, NULL));
    db_ask asks[] = {{.statement = &insert, .value_count = 2, .values = {1, 1}},
                     {.statement = &touch, .value_count = 2, .values = {-1, 2}},
                     {.statement = &insert, .value_count = 2, .values = {2, 2}}};
    db_fixture_ask(asks, 3);
    cr_assert_eq(asks[0].outcome, STATUS_OK);
    cr_assert_eq(asks[1].outcome, DB_LOCKED);
    cr_assert_eq(asks[2].outcome, STATUS_OK);
    cr_assert_eq(held, -1, "the lock was held until after");
    cr_assert_eq(number("SELECT n FROM t WHERE id = -1"), 1);
}

Test(db_group, a_lock_that_is_not_given_fails_only_who_wanted_it)
{
    db_fixture_start(schema);
    test_postgres_run(fixture.pg, "ALTER ROLE postgres SET lock_timeout = '100ms'");
    db_fixture_run(lock_timeout, NULL);
    db_fixture_stop();
}

GROUP_TEST(statements_that_wait_for_locks_do_not_hold_up_the_others)
{
    db_ask waiting[4], write = {.statement = &insert, .value_count = 2, .values = {1, 1}};
    for (int i = 0; i < 4; i++)
        waiting[i] = (db_ask){.statement = &hold, .value_count = 1, .values = {2000}};
    for (int i = 0; i < 4; i++)
        db_fixture_ask_later(&waiting[i]);
    fiber_yield();
    db_fixture_ask(&write, 1);
    cr_assert_eq(write.outcome, STATUS_OK);
    cr_assert_not(waiting[0].done);
    while (!waiting[0].done || !waiting[1].done || !waiting[2].done || !waiting[3].done)
        fiber_sleep(10);
    for (int i = 0; i < 4; i++)
        cr_assert_eq(waiting[i].outcome, STATUS_OK);
}

/* ---- what the server has forgotten ---- */

GROUP_TEST(statements_are_prepared_again_when_the_server_forgot_them)
{
    static const db_statement forget = STATEMENT(DB_WRITE, "other", "DEALLOCATE ALL");
    static db_ask asks[CROWD];
    warm_up();
    cr_assert_eq(db_query(fixture.db, &forget, NULL, 0, NULL), STATUS_OK);
    make_inserts(asks);
    asks[50].statement = &divide; /* another that it forgot */
    asks[50].values[1] = 1;
    db_fixture_ask(asks, CROWD);
    for (int i = 0; i < CROWD; i++)
        cr_assert_eq(asks[i].outcome, STATUS_OK, "%d: %d", i, asks[i].outcome);
    cr_assert_eq(number("SELECT count(*) FROM t WHERE id >= 0"), CROWD - 1);
    double syncs = db_fixture_metric("db_syncs_total");
    db_fixture_ask(&(db_ask){.statement = &insert, .value_count = 2, .values = {500, 1}}, 1);
    cr_assert_eq(db_fixture_metric("db_syncs_total"), syncs + 1);
}

static void forget_before_batch(void *arg)
{
    (void)arg;
    static const db_statement forget = STATEMENT(DB_ALONE, "other", "DEALLOCATE ALL");
    for (int i = 0; i < 3; i++) {
        db_step steps[] = {{&insert, DB_VALUES(db_int8(2 * i), db_int8(1))},
                           {&insert, DB_VALUES(db_int8(2 * i + 1), db_int8(1))},
                           {&count_rows, NULL, 0}};
        db_rows *rows[3];
        cr_assert_eq(db_batch(fixture.db, steps, 3, rows), STATUS_OK);
        cr_assert_eq(db_get_int8(rows[2], 0, 0), 2 * i + 2);
        cr_assert_eq(db_query(fixture.db, &forget, NULL, 0, NULL), STATUS_OK);
    }
}

Test(db_group, batches_are_prepared_again_too)
{
    db_fixture_start_with(schema, &(db_options){.alone_connections = 1});
    db_fixture_run(forget_before_batch, NULL);
    db_fixture_stop();
}

GROUP_TEST(statements_are_prepared_again_when_a_column_changes_its_type)
{
    static const db_statement get = {.name = "test.get",
                                     .kind = DB_WRITE,
                                     .operation = "select",
                                     .table = "u",
                                     .sql = "SELECT n FROM u WHERE id = $1"};
    db_rows *rows;
    test_postgres_run(fixture.pg, "CREATE TABLE u (id int8, n int4); INSERT INTO u VALUES (1, 7)");
    cr_assert_eq(db_query(fixture.db, &get, DB_VALUES(db_int8(1)), &rows), STATUS_OK);
    cr_assert_eq(db_get_int4(rows, 0, 0), 7);
    for (int i = 0; i < 5; i++) {
        test_postgres_run(fixture.pg,
                          i % 2 ? "ALTER TABLE u ALTER n TYPE int4 USING n::int4" : "ALTER TABLE u ALTER n TYPE text");
        db_ask write = {.statement = &insert, .value_count = 2, .values = {i, 1}};
        db_fixture_ask_later(&write);
        cr_assert_eq(db_query(fixture.db, &get, DB_VALUES(db_int8(1)), &rows), STATUS_OK);
        if (i % 2)
            cr_assert_eq(db_get_int4(rows, 0, 0), 7);
        else
            cr_assert_str_eq(db_get_text(rows, 0, 0), "7");
        while (!write.done)
            fiber_sleep(1);
        cr_assert_eq(write.outcome, STATUS_OK);
    }
}

GROUP_TEST(many_statements_share_one_fiber)
{
    int64_t sum = 0;
    for (int i = 0; i < 1000; i++) {
        db_rows *rows;
        cr_assert_eq(db_query(fixture.db, &tell, DB_VALUES(db_int8(sum), db_int8(i)), &rows), STATUS_OK);
        sum = db_get_int8(rows, 0, 0);
        db_rows_release(rows);
    }
    cr_assert_eq(sum, 499500);
}
