#include "db_fixture.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#if defined(__SANITIZE_ADDRESS__)
#include <sanitizer/lsan_interface.h>
#endif

db_fixture fixture;

void db_fixture_start_with(const char *sql, const db_options *options)
{
    fixture.pg = test_postgres_start();
    if (sql)
        test_postgres_run(fixture.pg, sql);
    log_init("db_test", LOG_ERROR, 2);
    fixture.loop = loop_create();
    fixture.metrics = metrics_create();
    db_options completed = *options;
    completed.metrics = fixture.metrics;
    if (!completed.conninfo)
        completed.conninfo = test_postgres_url(fixture.pg, NULL);
    fixture.db = db_create(fixture.loop, &completed);
}

void db_fixture_start(const char *sql)
{
    db_fixture_start_with(sql, &(db_options){0});
}

void db_fixture_run(void (*fn)(void *arg), void *arg)
{
    fiber_spawn(fixture.loop, "test", fn, arg);
    loop_run_until_idle(fixture.loop);
}

void db_fixture_stop_db(void)
{
    db_destroy(fixture.db);
    loop_destroy(fixture.loop);
    metrics_destroy(fixture.metrics);
    fixture.db = NULL;
    fixture.loop = NULL;
    fixture.metrics = NULL;
#if defined(__SANITIZE_ADDRESS__)
    cr_assert_eq(__lsan_do_recoverable_leak_check(), 0, "memory leaked");
#endif
}

void db_fixture_stop(void)
{
    db_fixture_stop_db();
    test_postgres_stop(fixture.pg);
}

double db_fixture_metric(const char *series)
{
    size_t size;
    char *text = metrics_render(fixture.metrics, &size);
    double value = 0;
    size_t length = strlen(series);
    for (const char *line = text; line; line = strchr(line, '\n')) {
        line += *line == '\n';
        if (strncmp(line, series, length) == 0 && line[length] == ' ')
            value = strtod(line + length, NULL);
    }
    free(text);
    return value;
}

bool db_fixture_wait(bool (*condition)(void *arg), void *arg)
{
    uint64_t end = clock_monotonic_ns() + 30000 * CLOCK_NS_PER_MS;
    while (!condition(arg)) {
        if (clock_monotonic_ns() > end)
            return false;
        fiber_sleep(1);
    }
    return true;
}

static status run_ask(void *arg)
{
    db_ask *ask = arg;
    db_value values[2] = {db_int8(ask->values[0]), db_int8(ask->values[1])};
    db_rows *rows;
    if (ask->timeout_ms)
        fiber_limit_ms(ask->timeout_ms);
    ask->outcome = db_query(fixture.db, ask->statement, values, ask->value_count, &rows);
    ask->unknown = db_outcome_unknown();
    snprintf(ask->constraint, sizeof ask->constraint, "%s", db_conflict_constraint());
    if (ask->outcome == STATUS_OK && ask->wants_result)
        ask->result = db_get_int8(rows, 0, 0);
    ask->done = true;
    return STATUS_OK;
}

void db_fixture_ask(db_ask *asks, size_t count)
{
    fiber_group group = FIBER_GROUP_INIT;
    for (size_t i = 0; i < count; i++)
        fiber_group_spawn(&group, "ask", run_ask, &asks[i]);
    fiber_group_wait(&group);
}

static void run_ask_later(void *arg)
{
    run_ask(arg);
}

void db_fixture_ask_later(db_ask *ask)
{
    fiber_spawn(fixture.loop, "ask later", run_ask_later, ask);
}
