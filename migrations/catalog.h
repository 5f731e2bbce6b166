/* Reads the folder of migrations: MIGRATIONS_DIR/<service>/NNNN_what.sql. */
#pragma once

#include "arena.h"
#include "migration.h"
#include "status.h"

typedef struct migration_catalog {
    const char **services; /* sorted; one for each subfolder, also one without files */
    size_t service_count;
    migration *files; /* sorted by service, then version, then name */
    size_t file_count;
} migration_catalog;

/* Reads every file with its checksum into the arena. A subfolder or a file with a name that is none of ours, a file
 * with a NUL in it or over 16 MiB, a folder without any service and everything that cannot be read are named on
 * standard error, all of them, and give STATUS_INTERNAL. Hidden files are left alone. */
status migration_catalog_read(migration_catalog *catalog, const char *path, arena *a);
