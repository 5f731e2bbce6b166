#include "catalog.h"

#include <dirent.h>
#include <errno.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum { SERVICE_NAME_LIMIT = 32, FILE_SIZE_LIMIT = 16 << 20 };

static status refuse(const char *what, const char *why)
{
    fprintf(stderr, "sical-migrate: %s: %s\n", what, why);
    return STATUS_INTERNAL;
}

/* A growing array in an arena: old copies are left to the arena. */
static void *grown(arena *a, void *old, size_t count, size_t size)
{
    if ((count & (count - 1)) != 0)
        return old;
    void *bigger = arena_zalloc(a, count ? 2 * count : 1, size);
    if (count)
        memcpy(bigger, old, count * size);
    return bigger;
}

static status read_text(migration *m, const char *path, arena *a)
{
    FILE *f = fopen(path, "re");
    if (!f)
        return refuse(m->file, strerror(errno));
    struct stat st;
    char *text = NULL;
    size_t size = 0;
    if (fstat(fileno(f), &st) == 0 && S_ISREG(st.st_mode) && st.st_size <= FILE_SIZE_LIMIT) {
        text = arena_alloc(a, (size_t)st.st_size + 1);
        size = fread(text, 1, (size_t)st.st_size, f);
        text[size] = '\0';
    }
    fclose(f);
    if (!text || size != (size_t)st.st_size)
        return refuse(m->file, "cannot be read whole, or is larger than 16 MiB");
    if (strlen(text) != size)
        return refuse(m->file, "holds a NUL byte");
    unsigned char hash[crypto_hash_sha256_BYTES];
    crypto_hash_sha256(hash, (const unsigned char *)text, size);
    sodium_bin2hex(m->checksum, sizeof m->checksum, hash, sizeof hash);
    m->sql = text;
    return STATUS_OK;
}

static status add_file(migration_catalog *catalog, const char *folder, const char *service, const char *entry, arena *a)
{
    const char *name = NULL;
    size_t length = 0;
    migration m = {.service = service, .file = arena_printf(a, "%s/%s", service, entry)};
    if (!migration_parse_name(entry, &m.version, &name, &length))
        return refuse(m.file, "is not named NNNN_what.sql (0001 to 9999; lower-case letters, digits, _)");
    m.name = arena_strndup(a, name, length);
    status s = read_text(&m, arena_printf(a, "%s/%s", folder, entry), a);
    catalog->files = grown(a, catalog->files, catalog->file_count, sizeof m);
    catalog->files[catalog->file_count++] = m;
    return s;
}

/* Calls visit for each entry that is not hidden; goes on after a fault so that all are told. */
typedef status entry_visit(migration_catalog *catalog, const char *folder, const char *service, const char *entry,
                           arena *a);

static status visit_entries(migration_catalog *catalog, const char *folder, const char *service, entry_visit *visit,
                            arena *a)
{
    DIR *directory = opendir(folder);
    if (!directory)
        return refuse(folder, strerror(errno));
    status worst = STATUS_OK;
    for (struct dirent *entry; (entry = readdir(directory));) {
        if (entry->d_name[0] == '.')
            continue;
        status s = visit(catalog, folder, service, entry->d_name, a);
        worst = s != STATUS_OK ? s : worst;
    }
    closedir(directory);
    return worst;
}

static bool is_service_name(const char *name)
{
    size_t length = strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789_");
    return length <= SERVICE_NAME_LIMIT && name[length] == '\0' && name[0] >= 'a' && strncmp(name, "pg_", 3) != 0 &&
           strcmp(name, "public") != 0 && strcmp(name, "sical_migrations") != 0;
}

/* Plain files beside the services (the runner's own sources) are not migrations. */
static status add_service(migration_catalog *catalog, const char *root, const char *none, const char *entry, arena *a)
{
    (void)none;
    const char *folder = arena_printf(a, "%s/%s", root, entry);
    struct stat st;
    if (stat(folder, &st) != 0)
        return refuse(folder, strerror(errno));
    if (!S_ISDIR(st.st_mode))
        return STATUS_OK;
    if (!is_service_name(entry))
        return refuse(folder, "is no name of a service (lower-case letters, digits, _; at most 32)");
    const char *service = arena_strdup(a, entry);
    catalog->services = grown(a, catalog->services, catalog->service_count, sizeof *catalog->services);
    catalog->services[catalog->service_count++] = service;
    return visit_entries(catalog, folder, service, add_file, a);
}

static int by_name(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static int by_place(const void *a, const void *b)
{
    const migration *x = a, *y = b;
    int order = strcmp(x->service, y->service);
    if (order == 0)
        order = x->version - y->version;
    return order != 0 ? order : strcmp(x->name, y->name);
}

status migration_catalog_read(migration_catalog *catalog, const char *path, arena *a)
{
    *catalog = (migration_catalog){0};
    status s = visit_entries(catalog, path, NULL, add_service, a);
    if (s == STATUS_OK && catalog->service_count == 0)
        return refuse(path, "holds no folder of a service");
    if (catalog->service_count > 0)
        qsort(catalog->services, catalog->service_count, sizeof *catalog->services, by_name);
    if (catalog->file_count > 0)
        qsort(catalog->files, catalog->file_count, sizeof *catalog->files, by_place);
    return s;
}
