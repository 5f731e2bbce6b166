#include "server.h"

#include "clock.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

enum { PAUSE_MS = 200 };

static PGconn *refuse(const char *why)
{
    fprintf(stderr, "sical-migrate: database: %s\n", why);
    return NULL;
}

/* libpq quotes a bad URL in its message, password and all: so it is parsed first, and the message is ours. */
static bool is_conninfo(const char *url)
{
    PQconninfoOption *options = PQconninfoParse(url, NULL);
    PQconninfoFree(options);
    return options != NULL;
}

static bool is_awake(const char *const *keywords, const char *const *values, long long wait_ms)
{
    uint64_t give_up_ns = clock_monotonic_ns() + (uint64_t)wait_ms * CLOCK_NS_PER_MS;
    for (;;) {
        PGPing answer = PQpingParams(keywords, values, 1);
        if (answer == PQPING_OK || answer == PQPING_NO_ATTEMPT)
            return true; /* the connection itself will say what is wrong */
        if (clock_monotonic_ns() >= give_up_ns)
            return false;
        nanosleep(&(struct timespec){.tv_nsec = PAUSE_MS * (long)CLOCK_NS_PER_MS}, NULL);
    }
}

static void drop_notice(void *arg, const PGresult *notice)
{
    (void)arg, (void)notice; /* "already exists, skipping" is no news */
}

PGconn *server_connect(const char *url, long long wait_ms)
{
    const char *keywords[] = {"dbname", "connect_timeout", "application_name", "client_encoding", NULL};
    const char *values[] = {url, "5", "sical-migrate", "UTF8", NULL};
    if (!is_conninfo(url))
        return refuse("MIGRATE_DATABASE_URL is no connection URL");
    if (!is_awake(keywords, values, wait_ms))
        return refuse("does not answer within MIGRATE_WAIT");
    PGconn *server = PQconnectdbParams(keywords, values, 1);
    if (PQstatus(server) != CONNECTION_OK) {
        refuse(PQerrorMessage(server));
        PQfinish(server);
        return NULL;
    }
    PQsetNoticeReceiver(server, drop_notice, NULL);
    return server;
}

void server_tell(const char *what, const PGresult *result)
{
    const char *state = PQresultErrorField(result, PG_DIAG_SQLSTATE);
    const char *message = PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY);
    const char *hint = PQresultErrorField(result, PG_DIAG_MESSAGE_HINT);
    fprintf(stderr, "sical-migrate: %s: %s: %s%s%s%s\n", what, state ? state : "08006",
            message ? message : "the server was lost", hint ? " (" : "", hint ? hint : "", hint ? ")" : "");
}

PGresult *server_query(PGconn *server, const char *what, const char *sql, int count, const char *const *values)
{
    PGresult *result = count > 0 ? PQexecParams(server, sql, count, NULL, values, NULL, NULL, 0) : PQexec(server, sql);
    ExecStatusType outcome = PQresultStatus(result);
    if (outcome == PGRES_COMMAND_OK || outcome == PGRES_TUPLES_OK || outcome == PGRES_EMPTY_QUERY)
        return result;
    server_tell(what, result);
    PQclear(result);
    return NULL;
}

status server_run(PGconn *server, const char *what, const char *sql)
{
    PGresult *result = server_query(server, what, sql, 0, NULL);
    if (!result)
        return STATUS_INTERNAL;
    PQclear(result);
    return STATUS_OK;
}

const char *server_identifier(PGconn *server, const char *name, arena *a)
{
    char *quoted = PQescapeIdentifier(server, name, strlen(name));
    const char *copy = arena_strdup(a, quoted ? quoted : "\"\"");
    PQfreemem(quoted);
    return copy;
}
