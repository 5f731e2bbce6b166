/* Who may do what: a schema and a role for each service, which can touch only that schema. */
#pragma once

#include "server.h"

/* Takes from everyone what nobody here needs: schema public, connecting to and temporary tables in this database. */
status rights_close_database(PGconn *server, arena *a);

/* Makes schema SERVICE and role sical_SERVICE where they are missing; sets the role's settings in this database, its
 * right to connect, and what it may do with tables that this user makes in the schema from now on. Rights on tables
 * that exist are left as they are, so that a REVOKE in a migration stays. password NULL or "" = left as it is; else it
 * is hashed here, so that the server never sees it. May run again at any time. */
status rights_open_service(PGconn *server, const char *service, const char *password, arena *a);
