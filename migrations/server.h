/* The connection to PostgreSQL. Blocking: this tool serves nobody. Errors are told on standard error, never with the
 * connection's URL or a row's values in them. */
#pragma once

#include "arena.h"
#include "status.h"

#include <libpq-fe.h>

/* Connects to url, waiting at most wait_ms until the server answers. NULL after a message. PQfinish it. */
PGconn *server_connect(const char *url, long long wait_ms);

/* Runs sql and drops its rows. what: how a message calls it. STATUS_INTERNAL after a message with SQLSTATE. */
status server_run(PGconn *server, const char *what, const char *sql);

/* Runs one statement with text parameters. NULL after a message; PQclear it. */
PGresult *server_query(PGconn *server, const char *what, const char *sql, int count, const char *const *values);

/* name as a quoted identifier. */
const char *server_identifier(PGconn *server, const char *name, arena *a);

/* Tells an error of the server: "sical-migrate: WHAT: SQLSTATE: message". */
void server_tell(const char *what, const PGresult *result);
