/* From nothing to a session in pipeline mode, without a wait: host names first, then libpq's steps as the socket
 * allows. */
#include "db_internal.h"

#include "log.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void ignore_notice(void *arg, const PGresult *notice)
{
    (void)arg, (void)notice; /* may hold values; libpq would write it to standard error */
}

static void come_up(db_connection *c)
{
    PQsetnonblocking(c->pg, 1);
    PQenterPipelineMode(c->pg);
    db_statement_forget_all(c);
    uv_timer_stop(&c->timer);
    c->session++;
    db_connection_set_state(c, DB_CONNECTION_UP);
    db_connection_watch(c, UV_READABLE);
    log_info("connected to the database", log_text("lane", c->lane->name), log_int("tries", c->tries + 1));
}

/* What libpq says of a failed connection names hosts and roles, never a password. */
static void fail_connecting(db_connection *c)
{
    char reason[300];
    snprintf(reason, sizeof reason, "%s", PQerrorMessage(c->pg));
    db_connection_lost(c, reason, "");
}

void db_connect_continue(db_connection *c)
{
    db_connection_unwatch(c); /* libpq may go on with another host, and so with another descriptor */
    switch (PQconnectPoll(c->pg)) {
    case PGRES_POLLING_READING:
        db_connection_watch(c, UV_READABLE);
        break;
    case PGRES_POLLING_WRITING:
        db_connection_watch(c, UV_WRITABLE);
        break;
    case PGRES_POLLING_OK:
        come_up(c);
        break;
    default:
        fail_connecting(c);
    }
}

/* Ours come last and are overridden by what the conninfo says. */
static void start_libpq(db_connection *c, const PQconninfoOption *options, const char *host, const char *hostaddr,
                        const char *port)
{
    const char *keywords[80] = {"client_encoding", "fallback_application_name", "gssencmode",
                                "keepalives_idle", "keepalives_interval",       "keepalives_count"};
    const char *values[80] = {"UTF8", c->db->application_name, "disable", "30", "5", "3"};
    size_t count = 6;
    for (; options->keyword && count < 76; options++) {
        bool resolved = host && (strcmp(options->keyword, "host") == 0 || strcmp(options->keyword, "port") == 0);
        if (!options->val || resolved)
            continue;
        keywords[count] = options->keyword;
        values[count++] = options->val;
    }
    if (host) {
        keywords[count] = "host", values[count++] = host;
        keywords[count] = "hostaddr", values[count++] = hostaddr;
        keywords[count] = "port", values[count++] = port;
    }
    c->pg = PQconnectStartParams(keywords, values, 0);
    if (!c->pg)
        abort();
    PQsetNoticeReceiver(c->pg, ignore_notice, NULL);
}

static void connect_to(db_connection *c, const PQconninfoOption *options, const char *host, const char *hostaddr,
                       const char *port)
{
    db_connection_set_state(c, DB_CONNECTION_CONNECTING);
    start_libpq(c, options, host, hostaddr, port);
    if (PQstatus(c->pg) == CONNECTION_BAD)
        fail_connecting(c);
    else
        db_connection_watch(c, UV_WRITABLE);
}

static void on_resolved(db_connection *c, const char *host, const char *hostaddr, const char *port)
{
    PQconninfoOption *options = PQconninfoParse(c->db->conninfo, NULL);
    if (host && options)
        connect_to(c, options, host, hostaddr, port);
    else
        db_connection_lost(c, "no host name could be resolved", "");
    PQconninfoFree(options);
}

void db_connect_start(db_connection *c)
{
    db_connection_set_state(c, DB_CONNECTION_RESOLVING);
    db_connection_start_timer(c, DB_CONNECT_TIMEOUT_MS);
    PQconninfoOption *options = PQconninfoParse(c->db->conninfo, NULL); /* its message could show the password */
    if (!options)
        db_connection_lost(c, "the connection string cannot be read", "");
    else if (!db_resolve_start(c, options, on_resolved))
        connect_to(c, options, NULL, NULL, NULL);
    PQconninfoFree(options);
}
