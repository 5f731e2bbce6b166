/* The server dies, freezes, comes back, is elsewhere; callers wait no longer than they said and are told the truth. */
#include "db_fixture.h"
#include "network.h"

#include <stdio.h>
#include <string.h>

static const char *const schema = "CREATE TABLE t (id int8 PRIMARY KEY, n int8)";

static const db_statement insert = STATEMENT(DB_WRITE, "insert", "INSERT INTO t (id, n) VALUES ($1, $2)");
static const db_statement one = STATEMENT(DB_READ, "select", "SELECT 1::int8");
static const db_statement nap_read = STATEMENT(DB_READ, "select", "SELECT $1 FROM pg_sleep(($1 / 1000.0)::float8)");
static const db_statement nap_write = STATEMENT(DB_WRITE, "update", "SELECT $1 FROM pg_sleep(($1 / 1000.0)::float8)");
static const db_statement suicide = STATEMENT(DB_READ, "select", "SELECT pg_terminate_backend(pg_backend_pid())");

static bool is_ready(void *arg)
{
    return db_ready(arg);
}

static bool is_not_ready(void *arg)
{
    return !db_ready(arg);
}

static bool all_are_down(void *arg)
{
    (void)arg;
    return db_fixture_metric("db_connections{state=\"up\"}") == 0;
}

static bool naps(void *arg)
{
    return test_postgres_number(fixture.pg, "SELECT count(*) FROM pg_stat_activity WHERE wait_event = 'PgSleep'") ==
           *(int *)arg;
}

static bool all_done(void *arg)
{
    db_ask *const *asks = arg;
    for (; *asks; asks++)
        if (!(*asks)->done)
            return false;
    return true;
}
#define WAIT_FOR(...) cr_assert(db_fixture_wait(all_done, (db_ask *[]){__VA_ARGS__, NULL}))

static status ask_one(uint32_t timeout_ms)
{
    uint64_t before = fiber_limit_ms(timeout_ms);
    status s = db_query(fixture.db, &one, NULL, 0, NULL);
    fiber_set_deadline_ns(before);
    return s;
}

static void run_with(void (*fn)(void *arg), const db_options *options)
{
    db_fixture_start_with(schema, options);
    db_fixture_run(fn, NULL);
    db_fixture_stop();
}

#define OUTAGE_TEST(NAME, ...)                                                                                         \
    static void NAME(void *arg);                                                                                       \
    Test(db_outage, NAME)                                                                                              \
    {                                                                                                                  \
        run_with(NAME, &(db_options){__VA_ARGS__});                                                                    \
    }                                                                                                                  \
    static void NAME(void *arg __attribute__((unused)))

OUTAGE_TEST(is_unavailable_while_the_server_is_away, .queue_limit = 100)
{
    cr_assert(db_fixture_wait(is_ready, fixture.db));
    test_postgres_kill(fixture.pg);
    cr_assert(db_fixture_wait(all_are_down, NULL));
    db_ask asks[] = {{.statement = &one, .timeout_ms = 300},
                     {.statement = &insert, .value_count = 2, .values = {1, 1}, .timeout_ms = 300},
                     {.statement = &one, .timeout_ms = 5000}};
    db_fixture_ask(asks, 2);
    for (int i = 0; i < 2; i++) {
        cr_assert_eq(asks[i].outcome, STATUS_UNAVAILABLE);
        cr_assert_not(asks[i].unknown);
    }
    db_fixture_ask_later(&asks[2]); /* waits through the restart */
    fiber_yield();
    test_postgres_restart(fixture.pg);
    WAIT_FOR(&asks[2]);
    cr_assert_eq(asks[2].outcome, STATUS_OK);
    cr_assert(db_fixture_wait(is_ready, fixture.db));
    cr_assert_eq(test_postgres_number(fixture.pg, "SELECT count(*) FROM t"), 0);
}

OUTAGE_TEST(what_was_on_its_way_when_the_server_died, .read_connections = 1)
{
    int sleepers = 2;
    cr_assert_eq(ask_one(5000), STATUS_OK);
    cr_assert_eq(db_query(fixture.db, &insert, DB_VALUES(db_int8(-1), db_int8(1)), NULL), STATUS_OK);
    db_ask read = {.statement = &nap_read, .value_count = 1, .values = {1500}, .wants_result = true};
    db_ask write = {.statement = &nap_write, .value_count = 1, .values = {1500}};
    db_fixture_ask_later(&read);
    db_fixture_ask_later(&write);
    cr_assert(db_fixture_wait(naps, &sleepers));
    db_ask behind = {.statement = &insert, .value_count = 2, .values = {1, 1}}; /* in the second group: sent too */
    db_ask queued = {.statement = &insert, .value_count = 2, .values = {2, 2}}; /* waits here for its turn */
    db_fixture_ask_later(&behind);
    fiber_yield();
    fiber_sleep(1);
    db_fixture_ask_later(&queued);
    fiber_sleep(1);
    test_postgres_kill(fixture.pg);
    test_postgres_restart(fixture.pg);
    WAIT_FOR(&read, &write, &behind, &queued);
    cr_assert_eq(read.outcome, STATUS_OK);
    cr_assert_eq(read.result, 1500);
    cr_assert_eq(write.outcome, STATUS_UNAVAILABLE);
    cr_assert(write.unknown);
    cr_assert_eq(behind.outcome, STATUS_UNAVAILABLE);
    cr_assert(behind.unknown);
    cr_assert_eq(queued.outcome, STATUS_OK);
    cr_assert_not(queued.unknown);
    cr_assert_eq(test_postgres_number(fixture.pg, "SELECT id FROM t WHERE id > 0"), 2);
}

OUTAGE_TEST(a_result_is_no_commit, .read_connections = 1)
{
    int sleepers = 1;
    db_ask asks[] = {{.statement = &insert, .value_count = 2, .values = {1, 1}},
                     {.statement = &nap_write, .value_count = 1, .values = {0}}};
    db_fixture_ask(asks, 2); /* prepared */
    asks[0] = (db_ask){.statement = &insert, .value_count = 2, .values = {2, 2}};
    asks[1] = (db_ask){.statement = &nap_write, .value_count = 1, .values = {3000}};
    db_fixture_ask_later(&asks[0]);
    db_fixture_ask_later(&asks[1]);
    cr_assert(db_fixture_wait(naps, &sleepers));
    fiber_sleep(50);
    cr_assert_not(asks[0].done, "its row is inserted, but not committed");
    test_postgres_kill(fixture.pg);
    WAIT_FOR(&asks[0], &asks[1]);
    cr_assert_eq(asks[0].outcome, STATUS_UNAVAILABLE);
    cr_assert(asks[0].unknown);
    test_postgres_restart(fixture.pg);
    cr_assert_eq(test_postgres_number(fixture.pg, "SELECT id FROM t"), 1);
}

OUTAGE_TEST(a_shutdown_in_order_is_survived_too, .read_connections = 1)
{
    int sleepers = 1;
    cr_assert_eq(ask_one(5000), STATUS_OK);
    db_ask read = {.statement = &nap_read, .value_count = 1, .values = {1500}};
    db_fixture_ask_later(&read);
    cr_assert(db_fixture_wait(naps, &sleepers));
    test_postgres_shutdown(fixture.pg);
    test_postgres_restart(fixture.pg);
    WAIT_FOR(&read);
    cr_assert_eq(read.outcome, STATUS_OK);
}

OUTAGE_TEST(a_read_that_kills_its_session_is_not_repeated_for_ever, .read_connections = 1)
{
    cr_assert_eq(ask_one(5000), STATUS_OK);
    db_ask asks[] = {{.statement = &suicide}, {.statement = &one}};
    db_fixture_ask(asks, 1);
    cr_assert_eq(asks[0].outcome, STATUS_UNAVAILABLE);
    cr_assert_not(asks[0].unknown);
    cr_assert_eq(ask_one(5000), STATUS_OK);
}

/* ---- a frozen server ---- */

OUTAGE_TEST(callers_of_a_frozen_server_end_at_their_deadline, .silence_limit_ms = 1000)
{
    cr_assert(db_fixture_wait(is_ready, fixture.db));
    cr_assert_eq(db_query(fixture.db, &insert, DB_VALUES(db_int8(-1), db_int8(1)), NULL), STATUS_OK);
    test_postgres_freeze(fixture.pg);
    db_ask asks[6];
    for (int i = 0; i < 6; i++)
        asks[i] = (db_ask){.statement = i < 3 ? &insert : &one,
                           .value_count = i < 3 ? 2 : 0,
                           .values = {i, i},
                           .timeout_ms = 300};
    db_fixture_ask_later(&asks[0]);
    fiber_sleep(1);
    db_fixture_ask_later(&asks[1]);
    fiber_sleep(1);
    db_fixture_ask(asks + 2, 4);
    WAIT_FOR(&asks[0], &asks[1]);
    for (int i = 0; i < 6; i++) {
        cr_assert_eq(asks[i].outcome, STATUS_DEADLINE_EXCEEDED);
        cr_assert_eq(asks[i].unknown, i < 2, "%d", i); /* two Syncs were on their way; the third write never left */
    }
    cr_assert(db_fixture_wait(is_not_ready, fixture.db), "silence for a second is death");
    test_postgres_thaw(fixture.pg);
    cr_assert(db_fixture_wait(is_ready, fixture.db));
    cr_assert_eq(ask_one(5000), STATUS_OK);
    cr_assert_eq(test_postgres_number(fixture.pg, "SELECT count(*) FROM t WHERE id >= 2"), 0);
}

/* ---- bounds ---- */

OUTAGE_TEST(the_queue_is_bounded_also_by_those_who_gave_up, .queue_limit = 8)
{
    cr_assert(db_fixture_wait(is_ready, fixture.db));
    cr_assert_eq(db_query(fixture.db, &insert, DB_VALUES(db_int8(-1), db_int8(1)), NULL), STATUS_OK);
    test_postgres_freeze(fixture.pg);
    db_ask asks[10], later = {.statement = &one};
    for (int i = 0; i < 10; i++)
        asks[i] = (db_ask){.statement = &insert, .value_count = 2, .values = {i, i}, .timeout_ms = 200};
    db_fixture_ask(asks, 10);
    for (int i = 0; i < 10; i++)
        cr_assert_eq(asks[i].outcome, i < 8 ? STATUS_DEADLINE_EXCEEDED : STATUS_RESOURCE_EXHAUSTED);
    db_fixture_ask(&later, 1); /* the eight were one group, which is still on its way */
    cr_assert_eq(later.outcome, STATUS_RESOURCE_EXHAUSTED);
    test_postgres_thaw(fixture.pg);
    while (ask_one(1000) == STATUS_RESOURCE_EXHAUSTED)
        fiber_sleep(5);
    cr_assert_eq(test_postgres_number(fixture.pg, "SELECT count(*) FROM t"), 9, "they were sent, and so they ran");
}

static void be_cancelled(void *arg)
{
    *(status *)arg = db_query(fixture.db, &nap_write, DB_VALUES(db_int8(1500)), NULL);
}

OUTAGE_TEST(a_cancelled_fiber_leaves_its_statement, .read_connections = 1)
{
    int sleepers = 1, none = 0;
    status outcome = STATUS_OK;
    fiber *f = fiber_spawn(fixture.loop, "cancelled", be_cancelled, &outcome);
    cr_assert(db_fixture_wait(naps, &sleepers));
    fiber_cancel(f);
    fiber_yield();
    cr_assert_eq(outcome, STATUS_CANCELLED);
    cr_assert(db_fixture_wait(naps, &none));
    cr_assert_eq(db_query(fixture.db, &insert, DB_VALUES(db_int8(1), db_int8(1)), NULL), STATUS_OK);
}

OUTAGE_TEST(a_fiber_whose_deadline_has_passed_sends_nothing, .read_connections = 1)
{
    cr_assert(db_fixture_wait(is_ready, fixture.db));
    fiber_set_deadline_ns(clock_monotonic_ns());
    cr_assert_eq(db_query(fixture.db, &insert, DB_VALUES(db_int8(1), db_int8(1)), NULL), STATUS_DEADLINE_EXCEEDED);
    cr_assert_not(db_outcome_unknown());
    fiber_set_deadline_ns(FIBER_NO_DEADLINE);
    cr_assert_eq(ask_one(5000), STATUS_OK);
    cr_assert_eq(test_postgres_number(fixture.pg, "SELECT count(*) FROM t"), 0);
}

/* ---- the end ---- */

static db_ask last_asks[4];

static void ask_and_leave(void *arg)
{
    (void)arg;
    int sleepers = 2;
    last_asks[0] = (db_ask){.statement = &nap_read, .value_count = 1, .values = {60000}};
    last_asks[1] = (db_ask){.statement = &nap_write, .value_count = 1, .values = {60000}};
    last_asks[2] = (db_ask){.statement = &insert, .value_count = 2, .values = {1, 1}};
    last_asks[3] = (db_ask){.statement = &insert, .value_count = 2, .values = {2, 2}};
    db_fixture_ask_later(&last_asks[0]);
    db_fixture_ask_later(&last_asks[1]);
    cr_assert(db_fixture_wait(naps, &sleepers));
    db_fixture_ask_later(&last_asks[2]);
    fiber_sleep(1);
    db_fixture_ask_later(&last_asks[3]);
    fiber_sleep(1);
    db_destroy(fixture.db);
    fixture.db = NULL;
}

Test(db_outage, destroying_ends_every_call)
{
    db_fixture_start_with(schema, &(db_options){0});
    db_fixture_run(ask_and_leave, NULL);
    for (int i = 0; i < 4; i++) {
        cr_assert(last_asks[i].done);
        cr_assert_eq(last_asks[i].outcome, STATUS_CANCELLED);
    }
    cr_assert_not(last_asks[0].unknown);
    cr_assert(last_asks[1].unknown);
    cr_assert(last_asks[2].unknown);
    cr_assert_not(last_asks[3].unknown);
    db_fixture_stop();
}

Test(db_outage, destroying_at_once_leaks_nothing)
{
    db_fixture_start_with(schema, &(db_options){.conninfo = "postgresql://someone@no-such-host.invalid:1/x"});
    db_fixture_stop_db();
    fixture.loop = loop_create();
    fixture.metrics = metrics_create();
    fixture.db = db_create(fixture.loop, &(db_options){.conninfo = test_postgres_url(fixture.pg, NULL)});
    db_fixture_stop();
}

/* ---- where the server is ---- */

static char conninfo[512];

static void expect_ok(void *arg)
{
    (void)arg;
    cr_assert_eq(ask_one(10000), STATUS_OK);
}

static void reach_through(const char *text)
{
    snprintf(conninfo, sizeof conninfo, "%s", text);
    fixture.loop = loop_create();
    fixture.metrics = metrics_create();
    fixture.db = db_create(fixture.loop, &(db_options){.conninfo = conninfo, .application_name = "test"});
    db_fixture_run(expect_ok, NULL);
    db_fixture_stop_db();
}

Test(db_outage, reaches_the_server_by_name_address_and_socket)
{
    fixture.pg = test_postgres_start();
    log_init("db_test", LOG_ERROR, 2);
    char text[300];
    unsigned port = test_postgres_port(fixture.pg);
    snprintf(text, sizeof text, "postgresql://postgres@localhost:%u/sical", port);
    reach_through(text);
    reach_through(test_postgres_socket_conninfo(fixture.pg, NULL));
    snprintf(text, sizeof text, "host=no-such-host.invalid,localhost,127.0.0.1 port=%u user=postgres dbname=sical",
             port);
    reach_through(text);
    snprintf(text, sizeof text, "host=localhost,localhost port=%u,%u user=postgres dbname=sical", test_free_port(),
             port);
    reach_through(text);
    test_postgres_stop(fixture.pg);
}

static void fail_over(void *arg)
{
    test_postgres *second = arg;
    cr_assert_eq(ask_one(10000), STATUS_OK);
    cr_assert_eq(db_query(fixture.db, &insert, DB_VALUES(db_int8(1), db_int8(1)), NULL), STATUS_OK);
    test_postgres_kill(fixture.pg);
    status s;
    do /* the first may still be sent to the one that died */
        s = db_query(fixture.db, &insert, DB_VALUES(db_int8(2), db_int8(2)), NULL);
    while (s == STATUS_UNAVAILABLE);
    cr_assert_eq(s, STATUS_OK);
    cr_assert_eq(test_postgres_number(second, "SELECT id FROM t"), 2);
}

Test(db_outage, goes_over_to_the_other_host)
{
    fixture.pg = test_postgres_start();
    test_postgres *second = test_postgres_start();
    test_postgres_run(fixture.pg, schema);
    test_postgres_run(second, schema);
    log_init("db_test", LOG_ERROR, 2);
    snprintf(conninfo, sizeof conninfo,
             "host=localhost,localhost port=%u,%u user=postgres dbname=sical target_session_attrs=read-write",
             test_postgres_port(fixture.pg), test_postgres_port(second));
    fixture.loop = loop_create();
    fixture.metrics = metrics_create();
    fixture.db = db_create(fixture.loop, &(db_options){.conninfo = conninfo, .metrics = fixture.metrics});
    db_fixture_run(fail_over, second);
    db_fixture_stop_db();
    test_postgres_stop(second);
    test_postgres_stop(fixture.pg);
}

static void expect_unavailable(void *arg)
{
    (void)arg;
    cr_assert_eq(ask_one(300), STATUS_UNAVAILABLE);
    cr_assert_not(db_ready(fixture.db));
}

Test(db_outage, what_cannot_be_reached_is_unavailable)
{
    static const char *const wrong[] = {"nonsense", "postgresql://x@127.0.0.1:1/x", "host=/nowhere user=x",
                                        "host=no-such-host.invalid user=x"};
    log_init("db_test", LOG_ERROR, 2);
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        fixture.loop = loop_create();
        fixture.metrics = metrics_create();
        fixture.db = db_create(fixture.loop, &(db_options){.conninfo = wrong[i], .metrics = fixture.metrics});
        db_fixture_run(expect_unavailable, NULL);
        db_fixture_stop_db();
    }
}
