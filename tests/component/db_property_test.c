/*
 * Thousands of random statements in random groups: some succeed, some violate constraints, raise errors, wait for locks
 * or cannot be parsed, some callers give up; sessions are ended, prepared statements forgotten, and now and then the
 * server is killed. Whatever happens:
 *
 *   - each caller gets an outcome that its own statement can have
 *   - who was told OK finds its rows, exactly once; who was told a failure finds none
 *   - who was told "unknown" finds them once or not at all; a batch is whole or absent
 *   - who was told of a conflict finds the key taken
 */
#include "db_fixture.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { CALLERS = 64, ASKS_EACH = 300, ASKS = CALLERS * ASKS_EACH, KEYS = 5000, KILLS = 8 };

typedef enum kind {
    PLAIN,
    KEYED,
    CHECKED,
    RAISING,
    LOCKING,
    SLEEPING,
    APART,
    BATCH,
    BROKEN_BATCH,
    READ,
    RAISING_READ,
    UNPARSED,
    KINDS
} kind;

static const char *const schema = "CREATE TABLE log (ask int8 NOT NULL);"
                                  "CREATE TABLE keyed (key int8 PRIMARY KEY, ask int8 NOT NULL);"
                                  "CREATE TABLE checked (n int8 CHECK (n < 0));"
                                  "CREATE TABLE locked (id int8 PRIMARY KEY, ask int8); INSERT INTO locked VALUES (1);"
                                  "ALTER ROLE postgres SET lock_timeout = '40ms'";

#define LOGGED "WITH l AS (INSERT INTO log VALUES ($1)) "
static const db_statement statements[KINDS] = {
    [PLAIN] = {"p.plain", DB_WRITE, "insert", "log", "INSERT INTO log VALUES ($1)"},
    [KEYED] = {"p.keyed", DB_WRITE, "insert", "keyed", LOGGED "INSERT INTO keyed VALUES ($2, $1)"},
    [CHECKED] = {"p.checked", DB_WRITE, "insert", "checked", LOGGED "INSERT INTO checked VALUES ($2)"},
    [RAISING] = {"p.raising", DB_WRITE, "insert", "log", LOGGED "SELECT 1 / ($2 - $2)"},
    [LOCKING] = {"p.locking", DB_WRITE, "update", "locked", LOGGED "UPDATE locked SET ask = $1 WHERE id = 1"},
    [SLEEPING] = {"p.sleeping", DB_WRITE, "insert", "log", LOGGED "SELECT pg_sleep(0.005)"},
    [APART] = {"p.apart", DB_ALONE, "insert", "keyed", LOGGED "INSERT INTO keyed VALUES ($2, $1)"},
    [READ] = {"p.read", DB_READ, "select", "log", "SELECT $1 * 2"},
    [RAISING_READ] = {"p.raising_read", DB_READ, "select", "log", "SELECT $1 / ($2 - $2)"},
    [UNPARSED] = {"p.unparsed", DB_WRITE, "insert", "nowhere", LOGGED "INSERT INTO nowhere VALUES ($2)"},
};
static const db_statement forget = {"p.forget", DB_WRITE, "other", "none", "DEALLOCATE ALL"};
static const db_statement lock_it = {"p.lock", DB_ALONE, "select", "locked", "SELECT id FROM locked FOR UPDATE"};
static const db_statement hold_it = {"p.hold", DB_ALONE, "select", "none", "SELECT pg_sleep(0.06)"};

typedef struct ask {
    kind kind;
    int64_t id, key;
    status outcome;
    bool unknown;
    int rows_found;
} ask;

static ask asks[ASKS];
static unsigned callers_left, asked;
static int64_t owner_of[KEYS];
static db *stranger; /* holds locks; its own connections */

/* ---- chance ---- */

static uint64_t chance_state = 20260308;

static unsigned chance(unsigned below)
{
    chance_state ^= chance_state << 13;
    chance_state ^= chance_state >> 7;
    chance_state ^= chance_state << 17;
    return (unsigned)(chance_state >> 11) % below;
}

static kind random_kind(void)
{
    static const kind often[] = {PLAIN, PLAIN, PLAIN, KEYED, KEYED, KEYED, READ, READ, APART, BATCH};
    static const kind rare[] = {CHECKED, RAISING, LOCKING, SLEEPING, BROKEN_BATCH, RAISING_READ, UNPARSED, LOCKING};
    return chance(10) ? often[chance(10)] : rare[chance(8)];
}

/* ---- callers ---- */

static status run_batch(const ask *a)
{
    const db_statement *second = &statements[a->kind == BATCH ? KEYED : RAISING];
    db_step steps[] = {{&statements[PLAIN], DB_VALUES(db_int8(a->id))},
                       {second, DB_VALUES(db_int8(a->id), db_int8(a->key))}};
    return db_batch(fixture.db, steps, 2, NULL);
}

static status run_single(const ask *a)
{
    const db_statement *s = &statements[a->kind];
    size_t count = strstr(s->sql, "$2") ? 2 : 1;
    db_value values[] = {db_int8(a->id), db_int8(a->key)};
    db_rows *rows;
    status outcome = db_query(fixture.db, s, values, count, &rows);
    if (outcome == STATUS_OK && a->kind == READ)
        cr_assert_eq(db_get_int8(rows, 0, 0), a->id * 2, "another's answer");
    return outcome;
}

static void run_ask(ask *a)
{
    fiber_set_deadline_ns(clock_monotonic_ns() + (chance(12) ? 20000 : 1 + chance(20)) * CLOCK_NS_PER_MS);
    a->kind = random_kind();
    a->key = chance(KEYS);
    asked++;
    a->outcome = a->kind == BATCH || a->kind == BROKEN_BATCH ? run_batch(a) : run_single(a);
    a->unknown = db_outcome_unknown();
}

static void call(void *arg)
{
    ask *mine = arg;
    for (int i = 0; i < ASKS_EACH; i++) {
        run_ask(&mine[i]);
        fiber_set_deadline_ns(FIBER_NO_DEADLINE);
        if (chance(4) == 0)
            fiber_sleep(chance(10));
    }
    callers_left--;
}

/* ---- trouble ---- */

static void hold_locks(void *arg)
{
    (void)arg;
    while (callers_left) {
        db_step steps[] = {{&lock_it, NULL, 0}, {&hold_it, NULL, 0}};
        db_batch(stranger, steps, 2, NULL);
        fiber_sleep(chance(40));
    }
}

static void end_a_session(void)
{
    test_postgres_run(fixture.pg, "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = "
                                  "'callers' ORDER BY random() LIMIT 1");
}

static void make_trouble(void *arg)
{
    (void)arg;
    for (unsigned kills = 0; callers_left;) {
        fiber_sleep(chance(150));
        if (kills < KILLS && asked >= (kills + 1) * ASKS / (KILLS + 1)) {
            kills++;
            test_postgres_kill(fixture.pg);
            test_postgres_restart(fixture.pg);
        } else if (chance(3) == 0) {
            end_a_session();
        } else {
            fiber_limit_ms(1000);
            db_query(fixture.db, &forget, NULL, 0, NULL);
            fiber_set_deadline_ns(FIBER_NO_DEADLINE);
        }
    }
}

static void run_all(void *arg)
{
    (void)arg;
    callers_left = CALLERS;
    for (int i = 0; i < ASKS; i++)
        asks[i] = (ask){.id = i, .outcome = -99};
    for (int i = 0; i < CALLERS; i++)
        fiber_spawn(fixture.loop, "caller", call, &asks[i * ASKS_EACH]);
    fiber_spawn(fixture.loop, "lock holder", hold_locks, NULL);
    fiber_spawn(fixture.loop, "trouble", make_trouble, NULL);
}

/* ---- judgement ---- */

static void read_pairs(const char *sql, void (*take)(long long first, long long second))
{
    char *text = test_postgres_text(fixture.pg, sql);
    for (char *next = text, *pair; (pair = strsep(&next, ",")) && *pair;) {
        long long first, second;
        cr_assert_eq(sscanf(pair, "%lld:%lld", &first, &second), 2);
        take(first, second);
    }
    free(text);
}

static void take_rows(long long id, long long count)
{
    asks[id].rows_found = (int)count;
}

static void take_owner(long long key, long long id)
{
    owner_of[key] = id;
}

static void read_back(void)
{
    for (int i = 0; i < KEYS; i++)
        owner_of[i] = -1;
    read_pairs("SELECT string_agg(ask || ':' || n, ',') FROM (SELECT ask, count(*) n FROM log GROUP BY ask) counted",
               take_rows);
    read_pairs("SELECT string_agg(key || ':' || ask, ',') FROM keyed", take_owner);
}

static bool is_possible(const ask *a)
{
    switch (a->outcome) {
    case STATUS_UNAVAILABLE:
    case STATUS_DEADLINE_EXCEEDED:
        return true;
    case STATUS_OK:
        return a->kind != CHECKED && a->kind != RAISING && a->kind != BROKEN_BATCH && a->kind != RAISING_READ &&
               a->kind != UNPARSED;
    case DB_CONFLICT:
        return a->kind == KEYED || a->kind == CHECKED || a->kind == APART || a->kind == BATCH;
    case DB_LOCKED: /* also who inserts a key that another transaction is just inserting */
        return a->kind == LOCKING || a->kind == KEYED || a->kind == APART || a->kind == BATCH;
    case STATUS_INTERNAL:
        return a->kind == RAISING || a->kind == BROKEN_BATCH || a->kind == RAISING_READ || a->kind == UNPARSED;
    default:
        return false;
    }
}

static bool is_read(const ask *a)
{
    return a->kind == READ || a->kind == RAISING_READ;
}

static void judge(const ask *a)
{
    int whole = a->kind == BATCH || a->kind == BROKEN_BATCH ? 2 : 1;
    bool takes_key = a->kind == KEYED || a->kind == APART || a->kind == BATCH;
    cr_expect(is_possible(a), "ask %d of kind %d was told %d", (int)a->id, a->kind, a->outcome);
    if (is_read(a)) {
        cr_expect_eq(a->rows_found, 0);
        cr_expect_not(a->unknown, "a read's fate does not matter");
        return;
    }
    if (a->unknown)
        cr_expect(a->rows_found == 0 || a->rows_found == whole, "ask %d of kind %d ran %d times", (int)a->id, a->kind,
                  a->rows_found);
    else
        cr_expect_eq(a->rows_found, a->outcome == STATUS_OK ? whole : 0,
                     "ask %d of kind %d was told %d and ran %d times", (int)a->id, a->kind, a->outcome, a->rows_found);
    if (takes_key && a->outcome == STATUS_OK)
        cr_expect_eq(owner_of[a->key], a->id);
    if (takes_key && a->outcome == DB_CONFLICT)
        cr_expect_neq(owner_of[a->key], -1, "ask %d was told of a conflict with a key that is free", (int)a->id);
}

static void expect_every_outcome(void)
{
    static const status every[] = {STATUS_OK,       STATUS_UNAVAILABLE, STATUS_DEADLINE_EXCEEDED,
                                   STATUS_INTERNAL, DB_CONFLICT,        DB_LOCKED};
    for (size_t i = 0; i < sizeof every / sizeof *every; i++) {
        unsigned count = 0, unknown = 0;
        for (int j = 0; j < ASKS; j++) {
            count += asks[j].outcome == every[i];
            unknown += asks[j].outcome == every[i] && asks[j].unknown;
        }
        fprintf(stderr, "%s (%d): %u, unknown %u\n", status_name(every[i]), every[i], count, unknown);
        cr_expect_gt(count, 0, "the test never met %d", every[i]);
    }
}

Test(db_property, everybody_gets_the_outcome_of_their_own_statement, .timeout = 240)
{
    db_fixture_start_with(schema, &(db_options){.application_name = "callers"});
    log_init("db_property_test", LOG_ERROR + 1, 2); /* errors are what this test makes */
    stranger = db_create(fixture.loop, &(db_options){.conninfo = test_postgres_url(fixture.pg, NULL)});
    db_fixture_run(run_all, NULL);
    fprintf(stderr, "%.0f statements under %.0f syncs\n", db_fixture_metric("db_group_statements_total"),
            db_fixture_metric("db_syncs_total"));
    db_destroy(stranger);
    db_fixture_stop_db();
    test_postgres_shutdown(fixture.pg); /* what was given up has ended after this */
    test_postgres_restart(fixture.pg);
    read_back();
    for (int i = 0; i < ASKS; i++)
        judge(&asks[i]);
    expect_every_outcome();
    test_postgres_stop(fixture.pg);
}
