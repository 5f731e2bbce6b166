/* sical-migrate: brings the database's schemas up to date. See migration.h for the rules. */
#include "catalog.h"
#include "config.h"
#include "ledger.h"
#include "rights.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { EXIT_REFUSED = 1, EXIT_USAGE = 2 };

typedef struct run {
    arena a;
    PGconn *server;
    migration_catalog catalog;
    applied_migration *rows;
    size_t row_count;
} run;

static void tell_fault(void *arg, const char *sentence)
{
    (void)arg;
    fprintf(stderr, "sical-migrate: %s\n", sentence);
}

/* Reads the ledger and holds the folder against it. */
static status compare(run *r)
{
    status s = ledger_read(r->server, &r->rows, &r->row_count, &r->a);
    if (s != STATUS_OK)
        return s;
    size_t faults =
        migrations_compare(r->catalog.files, r->catalog.file_count, r->rows, r->row_count, tell_fault, NULL);
    return faults == 0 ? STATUS_OK : STATUS_INTERNAL;
}

/* One key for each service: the folder says which services there are, so these are no fixed table. */
static const char *password_of(const char *service, arena *a)
{
    char *name = arena_printf(a, "%s_DB_PASSWORD", service);
    for (char *p = name; *p; p++)
        *p = (char)toupper((unsigned char)*p);
    return getenv(name);
}

static status open_rights(run *r)
{
    status s = rights_close_database(r->server, &r->a);
    for (size_t i = 0; s == STATUS_OK && i < r->catalog.service_count; i++)
        s = rights_open_service(r->server, r->catalog.services[i], password_of(r->catalog.services[i], &r->a), &r->a);
    return s;
}

static status apply_pending(run *r)
{
    size_t applied = 0;
    for (size_t i = 0; i < r->catalog.file_count; i++) {
        const migration *m = &r->catalog.files[i];
        if (m->applied)
            continue;
        long long duration_ms;
        status s = ledger_apply(r->server, m, &duration_ms, &r->a);
        if (s != STATUS_OK)
            return s;
        printf("applied %s in %lld ms\n", m->file, duration_ms);
        applied++;
    }
    printf("%zu applied, %zu were there\n", applied, r->catalog.file_count - applied);
    return STATUS_OK;
}

static status up(run *r)
{
    status s = ledger_open(r->server);
    if (s == STATUS_OK)
        s = compare(r);
    if (s == STATUS_OK)
        s = open_rights(r);
    return s == STATUS_OK ? apply_pending(r) : s;
}

static status show_status(run *r)
{
    status s = compare(r);
    for (size_t i = 0; i < r->catalog.file_count; i++) {
        const migration *m = &r->catalog.files[i];
        if (m->applied)
            printf("%-40s applied %s UTC in %lld ms\n", m->file, m->applied->applied_at, m->applied->duration_ms);
        else
            printf("%-40s pending\n", m->file);
    }
    return s;
}

static status verify(run *r)
{
    status s = compare(r);
    for (size_t i = 0; i < r->catalog.file_count; i++) {
        if (r->catalog.files[i].applied)
            continue;
        fprintf(stderr, "sical-migrate: %s is pending\n", r->catalog.files[i].file);
        s = STATUS_INTERNAL;
    }
    if (s == STATUS_OK)
        printf("%zu applied, nothing pending, nothing changed\n", r->catalog.file_count);
    return s;
}

typedef struct command {
    const char *name;
    status (*carry_out)(run *r);
} command;

static const command commands[] = {{"up", up}, {"status", show_status}, {"verify", verify}};

static const command *find_command(const char *name)
{
    for (size_t i = 0; i < sizeof commands / sizeof *commands; i++)
        if (strcmp(commands[i].name, name) == 0)
            return &commands[i];
    return NULL;
}

static const config_key keys[] = {
    {"MIGRATE_DATABASE_URL", CONFIG_TEXT, NULL, 1, 4096, NULL, true,
     "Where to connect, as the owner of the database (libpq's URL or key=value)."},
    {"MIGRATIONS_DIR", CONFIG_TEXT, "", 0, 4096, NULL, false,
     "Folder with <service>/NNNN_what.sql; empty = the one the program was built with, else "
     "/usr/share/sical/migrations."},
    {"MIGRATE_WAIT", CONFIG_DURATION_MS, "30s", 0, 3600000, NULL, false,
     "How long to wait for the database to answer."},
};
static const config_table table = {"Migrations", keys, sizeof keys / sizeof *keys};

static const char *folder_of(const config *c)
{
    const char *named = config_text(c, "MIGRATIONS_DIR");
    if (*named)
        return named;
    return access(SICAL_MIGRATIONS_DIR, R_OK) == 0 ? SICAL_MIGRATIONS_DIR : "/usr/share/sical/migrations";
}

static status carry_out(const command *c, const config *settings)
{
    run r = {0};
    arena_init(&r.a, 0);
    status s = migration_catalog_read(&r.catalog, folder_of(settings), &r.a);
    if (s == STATUS_OK) {
        r.server = server_connect(config_text(settings, "MIGRATE_DATABASE_URL"), config_int(settings, "MIGRATE_WAIT"));
        s = r.server ? c->carry_out(&r) : STATUS_UNAVAILABLE;
    }
    PQfinish(r.server);
    arena_finish(&r.a);
    return s;
}

static void print_help(FILE *out)
{
    fprintf(out, "usage: sical-migrate up|status|verify\n\n"
                 "  up      applies what is pending, in order; schemas and roles are made where missing\n"
                 "  status  shows each migration: applied or pending\n"
                 "  verify  fails when one is pending or was changed after it was applied\n\n"
                 "Passwords of the roles are set from AUTH_DB_PASSWORD, PLAN_DB_PASSWORD and so on, when given.\n\n");
    config_print_help(&table, 1, out);
}

int main(int argc, char **argv)
{
    if (argc == 2 && strcmp(argv[1], "--help") == 0) {
        print_help(stdout);
        return EXIT_SUCCESS;
    }
    const command *c = argc == 2 ? find_command(argv[1]) : NULL;
    if (!c) {
        print_help(stderr);
        return EXIT_USAGE;
    }
    config *settings = config_load(&table, 1, NULL, stderr);
    if (!settings)
        return EXIT_USAGE;
    status s = carry_out(c, settings);
    config_destroy(settings);
    return s == STATUS_OK ? EXIT_SUCCESS : EXIT_REFUSED;
}
