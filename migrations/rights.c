#include "rights.h"

#include <string.h>

static const char *database_name(PGconn *server, arena *a)
{
    return server_identifier(server, PQdb(server), a);
}

status rights_close_database(PGconn *server, arena *a)
{
    return server_run(server, "rights of the database",
                      arena_printf(a,
                                   "REVOKE ALL ON SCHEMA public FROM PUBLIC;"
                                   "REVOKE CONNECT, TEMPORARY ON DATABASE %s FROM PUBLIC",
                                   database_name(server, a)));
}

/* Roles belong to the whole cluster: a runner on another database of it may be making the same one right now. */
static const char create_role[] = "DO $$ BEGIN"
                                  "  IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'sical_%1$s') THEN"
                                  "    CREATE ROLE sical_%1$s LOGIN;"
                                  "  END IF;"
                                  "EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL;"
                                  "END $$";

static const char open_schema[] =
    "CREATE SCHEMA IF NOT EXISTS %1$s;"
    "GRANT CONNECT ON DATABASE %2$s TO sical_%3$s;"
    "ALTER ROLE sical_%3$s IN DATABASE %2$s SET search_path TO %1$s;"
    "ALTER ROLE sical_%3$s IN DATABASE %2$s SET timezone TO 'UTC';"
    "ALTER ROLE sical_%3$s IN DATABASE %2$s SET statement_timeout TO '10s';"
    "ALTER ROLE sical_%3$s IN DATABASE %2$s SET lock_timeout TO '2s';"
    "ALTER ROLE sical_%3$s IN DATABASE %2$s SET idle_in_transaction_session_timeout TO '10s';"
    /* Statements are short; compiling one that the planner overestimates takes longer than running it. */
    "ALTER ROLE sical_%3$s IN DATABASE %2$s SET jit TO off;"
    "GRANT USAGE ON SCHEMA %1$s TO sical_%3$s;"
    "ALTER DEFAULT PRIVILEGES IN SCHEMA %1$s GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO sical_%3$s;"
    "ALTER DEFAULT PRIVILEGES IN SCHEMA %1$s GRANT USAGE, SELECT ON SEQUENCES TO sical_%3$s";

static status set_password(PGconn *server, const char *service, const char *password, arena *a)
{
    const char *role = arena_printf(a, "sical_%s", service);
    char *hash = PQencryptPasswordConn(server, password, role, "scram-sha-256");
    char *literal = hash ? PQescapeLiteral(server, hash, strlen(hash)) : NULL;
    status s = STATUS_INTERNAL;
    if (literal)
        s = server_run(server, role, arena_printf(a, "ALTER ROLE %s PASSWORD %s", role, literal));
    PQfreemem(literal);
    PQfreemem(hash);
    return s;
}

/* A service's name is made of lower-case letters, digits and _ (migration_catalog_read sees to it), so sical_NAME needs
 * no quotes. */
status rights_open_service(PGconn *server, const char *service, const char *password, arena *a)
{
    const char *what = arena_printf(a, "rights of %s", service);
    status s = server_run(server, what, arena_printf(a, create_role, service));
    if (s == STATUS_OK)
        s = server_run(server, what,
                       arena_printf(a, open_schema, server_identifier(server, service, a), database_name(server, a),
                                    service));
    if (s == STATUS_OK && password && *password)
        s = set_password(server, service, password, a);
    return s;
}
