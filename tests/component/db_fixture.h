/* A private PostgreSQL, a loop and a db on it, for the tests of common/db. */
#pragma once

#include "clock.h"
#include "db.h"
#include "fiber.h"
#include "log.h"
#include "loop.h"
#include "metrics.h"
#include "postgres.h"

#include <criterion/criterion.h>

typedef struct db_fixture {
    test_postgres *pg;
    loop *loop;
    metrics_registry *metrics;
    db *db;
} db_fixture;

extern db_fixture fixture; /* one a test: Criterion gives each a process of its own */

/* Starts the server, runs sql as superuser when it is not NULL, and makes loop and db. */
void db_fixture_start(const char *sql);
void db_fixture_start_with(const char *sql, const db_options *options); /* conninfo and metrics are filled in */

/* Runs fn on a fiber with a deadline of 60 s until all fibers have ended. */
void db_fixture_run(void (*fn)(void *arg), void *arg);

/* Ends the db and the loop, and checks under AddressSanitizer that nothing leaked. */
void db_fixture_stop_db(void);
void db_fixture_stop(void); /* and the server */

/* The value of a series without labels, or with them: "db_errors_total{class=\"23\"}"; 0 when it is not there. */
double db_fixture_metric(const char *series);

/* Parks until condition(arg) or 30 s passed. */
bool db_fixture_wait(bool (*condition)(void *arg), void *arg);

/* One db_query with up to two int8 parameters, made on a fiber of its own. */
typedef struct db_ask {
    const db_statement *statement;
    size_t value_count;
    int64_t values[2];
    uint32_t timeout_ms; /* 0 = none of its own */
    status outcome;
    bool unknown;
    char constraint[64];
    int64_t result; /* the first column of the first row, when it is an integer that was asked for */
    bool wants_result;
    bool done;
} db_ask;

/* Asks all in one turn of the loop and waits for all; only on a fiber. */
void db_fixture_ask(db_ask *asks, size_t count);

/* Asks on a fiber of its own and returns at once. */
void db_fixture_ask_later(db_ask *ask);

/* A statement's initialiser; its line makes the name unique in its file. */
#define STATEMENT(KIND, OPERATION, SQL)                                                                                \
    {                                                                                                                  \
        .name = NAME_AT(__LINE__), .kind = (KIND), .operation = (OPERATION), .table = "t", .sql = (SQL)                \
    }
#define NAME_AT(LINE)  NAME_AT_(LINE)
#define NAME_AT_(LINE) "test.line_" #LINE
