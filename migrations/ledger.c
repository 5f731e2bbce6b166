#include "ledger.h"

#include "clock.h"

#include <stdio.h>
#include <stdlib.h>

/* "sical" in ASCII: any constant will do that no other program uses. */
#define LOCK_KEY "495656330604"

status ledger_open(PGconn *server)
{
    status s = server_run(server, "waiting for another runner (at most 5 minutes)",
                          "SET lock_timeout = '5min'; SELECT pg_advisory_lock(" LOCK_KEY "); RESET lock_timeout");
    if (s != STATUS_OK)
        return s;
    return server_run(server, "making the ledger",
                      "CREATE SCHEMA IF NOT EXISTS sical_migrations;"
                      "CREATE TABLE IF NOT EXISTS sical_migrations.applied ("
                      "  service text NOT NULL,"
                      "  version integer NOT NULL CHECK (version > 0),"
                      "  name text NOT NULL,"
                      "  checksum text NOT NULL,"
                      "  applied_at timestamptz NOT NULL DEFAULT now(),"
                      "  duration interval NOT NULL,"
                      "  PRIMARY KEY (service, version))");
}

static status read_rows(PGconn *server, applied_migration **rows, size_t *count, arena *a)
{
    PGresult *result = server_query(
        server, "reading the ledger",
        "SELECT service, version, name, checksum, to_char(applied_at AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI:SS'),"
        "       (1000 * extract(epoch FROM duration))::bigint"
        "  FROM sical_migrations.applied ORDER BY service COLLATE \"C\", version",
        0, NULL);
    if (!result)
        return STATUS_INTERNAL;
    *count = (size_t)PQntuples(result);
    *rows = ARENA_ARRAY(a, applied_migration, *count);
    for (int i = 0; i < PQntuples(result); i++)
        (*rows)[i] = (applied_migration){
            .service = arena_strdup(a, PQgetvalue(result, i, 0)),
            .version = (int)strtol(PQgetvalue(result, i, 1), NULL, 10),
            .name = arena_strdup(a, PQgetvalue(result, i, 2)),
            .checksum = arena_strdup(a, PQgetvalue(result, i, 3)),
            .applied_at = arena_strdup(a, PQgetvalue(result, i, 4)),
            .duration_ms = strtoll(PQgetvalue(result, i, 5), NULL, 10),
        };
    PQclear(result);
    return STATUS_OK;
}

status ledger_read(PGconn *server, applied_migration **rows, size_t *count, arena *a)
{
    *rows = NULL;
    *count = 0;
    PGresult *result =
        server_query(server, "looking for the ledger", "SELECT to_regclass('sical_migrations.applied')", 0, NULL);
    if (!result)
        return STATUS_INTERNAL;
    bool exists = !PQgetisnull(result, 0, 0);
    PQclear(result);
    return exists ? read_rows(server, rows, count, a) : STATUS_OK;
}

/* The server counts characters, not bytes. */
static int line_of(const sql_statement *s, const char *position)
{
    int line = s->line;
    long left = position ? strtol(position, NULL, 10) - 1 : 0;
    for (size_t i = 0; i < s->length && left > 0; i++) {
        bool continues = ((unsigned char)s->start[i + 1] & 0xC0) == 0x80;
        left -= !continues;
        line += s->start[i] == '\n';
    }
    return line;
}

static status run_statement(PGconn *server, const migration *m, const sql_statement *statement, arena *a)
{
    if (sql_controls_transaction(statement)) {
        fprintf(stderr, "sical-migrate: %s:%d: a migration is one transaction: no BEGIN, COMMIT or the like in it\n",
                m->file, statement->line);
        return STATUS_INTERNAL;
    }
    const char *sql = arena_strndup(a, statement->start, statement->length);
    PGresult *result = PQexec(server, sql);
    ExecStatusType outcome = PQresultStatus(result);
    bool done = outcome == PGRES_COMMAND_OK || outcome == PGRES_TUPLES_OK;
    if (!done && outcome != PGRES_FATAL_ERROR)
        fprintf(stderr, "sical-migrate: %s:%d: COPY from the client is not for migrations\n", m->file, statement->line);
    else if (!done)
        server_tell(arena_printf(a, "%s:%d", m->file,
                                 line_of(statement, PQresultErrorField(result, PG_DIAG_STATEMENT_POSITION))),
                    result);
    PQclear(result);
    return done ? STATUS_OK : STATUS_INTERNAL;
}

/* Plain names land in the service's schema. A table in use is waited for only briefly: everyone behind us waits too. */
static status run_file(PGconn *server, const migration *m, arena *a)
{
    const char *begin = arena_printf(a,
                                     "BEGIN; SET LOCAL search_path TO %s; SET LOCAL timezone TO 'UTC';"
                                     "SET LOCAL lock_timeout TO '10s'; SET LOCAL statement_timeout TO 0",
                                     server_identifier(server, m->service, a));
    status s = server_run(server, m->file, begin);
    const char *cursor = m->sql;
    int line = 1;
    for (sql_statement statement; s == STATUS_OK && sql_next_statement(&cursor, &line, &statement);)
        s = run_statement(server, m, &statement, a);
    return s;
}

status ledger_apply(PGconn *server, const migration *m, long long *duration_ms, arena *a)
{
    uint64_t started_ns = clock_monotonic_ns();
    status s = run_file(server, m, a);
    *duration_ms = (long long)((clock_monotonic_ns() - started_ns) / CLOCK_NS_PER_MS);
    if (s == STATUS_OK) {
        const char *values[] = {m->service, arena_printf(a, "%d", m->version), m->name, m->checksum,
                                arena_printf(a, "%lld ms", *duration_ms)};
        PGresult *row = server_query(server, m->file,
                                     "INSERT INTO sical_migrations.applied (service, version, name, checksum, duration)"
                                     " VALUES ($1, $2::integer, $3, $4, $5::interval)",
                                     5, values);
        s = row ? STATUS_OK : STATUS_INTERNAL;
        PQclear(row);
    }
    if (s == STATUS_OK)
        return server_run(server, m->file, "COMMIT");
    if (PQstatus(server) == CONNECTION_OK)
        server_run(server, m->file, "ROLLBACK");
    return s;
}
