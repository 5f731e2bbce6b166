/*
 * A private PostgreSQL 15 cluster for tests: under /tmp, on a free loopback port and a unix socket, trust
 * authentication, UTF8, C.UTF-8, superuser postgres, database sical. The first start of a build makes it with initdb
 * (about a second) and keeps a copy under the build folder; later starts take a copy of that.
 *
 * Everything that cannot be done ends the test with a line on standard error.
 */
#pragma once

#include <stdbool.h>

typedef struct test_postgres test_postgres;

/* Returns when it accepts connections. fsync is off: what a killed server had committed is still there (the machine
 * did not die). */
test_postgres *test_postgres_start(void);

/* With further settings: "name=value", NULL at the end. {"fsync=on", NULL} */
test_postgres *test_postgres_start_with(const char *const *settings);

/* Stops it at once and removes its folder. NULL is allowed. */
void test_postgres_stop(test_postgres *pg);

/* "postgresql://role@127.0.0.1:port/sical"; role NULL = the superuser. Valid until the next call with another role. */
const char *test_postgres_url(test_postgres *pg, const char *role);
/* The same through the unix socket, as "host=... port=... user=... dbname=sical". */
const char *test_postgres_socket_conninfo(test_postgres *pg, const char *role);
unsigned test_postgres_port(const test_postgres *pg);

void test_postgres_kill(test_postgres *pg);     /* kill -9 of all its processes */
void test_postgres_shutdown(test_postgres *pg); /* fast: sessions are ended, then it stops in order */
void test_postgres_restart(test_postgres *pg);  /* after kill or shutdown: the same port, the same rows */
void test_postgres_freeze(test_postgres *pg);   /* SIGSTOP to all its processes */
void test_postgres_thaw(test_postgres *pg);     /* SIGCONT */

/* Runs SQL as superuser, several statements separated by ";"; each call has a connection of its own. */
void test_postgres_run(test_postgres *pg, const char *sql);
/* The first column of the first row as text, "" for NULL or no row; malloc'ed. */
char *test_postgres_text(test_postgres *pg, const char *sql);
long long test_postgres_number(test_postgres *pg, const char *sql);

/* Runs "sical-migrate up" against it with the migrations of this source tree. */
void test_migrate(test_postgres *pg);
