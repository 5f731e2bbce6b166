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

#define STATEMENT(KIND, OPERATION, SQL)                                                                                \
    {                                                                                                                  \
        .name = "test." #KIND "." #OPERATION, .kind = (KIND), .operation = (OPERATION), .table = "t", .sql = (SQL)     \
    }
