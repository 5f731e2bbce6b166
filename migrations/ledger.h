/* What was applied: table sical_migrations.applied, and the lock that lets one runner work at a time. */
#pragma once

#include "migration.h"
#include "server.h"

#include <stdbool.h>

/* Waits for the lock (at most 5 minutes) and makes the table when it is not there. The lock ends with the connection.
 */
status ledger_open(PGconn *server);

/* All rows, sorted as migrations_compare wants them; none when the table does not exist yet. Takes no lock. */
status ledger_read(PGconn *server, applied_migration **rows, size_t *count, arena *a);

/* Applies one file and writes its row, in one transaction. Errors name the file, its line and the SQLSTATE; then
 * nothing of the file remains. */
status ledger_apply(PGconn *server, const migration *m, long long *duration_ms, arena *a);
