#include "migration.h"

#include <ctype.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

enum { VERSION_DIGITS = 4, SENTENCE_SIZE = 512 };

bool migration_parse_name(const char *file_name, int *version, const char **name, size_t *name_length)
{
    int number = 0;
    for (int i = 0; i < VERSION_DIGITS; i++) {
        if (!isdigit((unsigned char)file_name[i]))
            return false;
        number = number * 10 + (file_name[i] - '0');
    }
    if (number == 0 || file_name[VERSION_DIGITS] != '_')
        return false;
    const char *what = file_name + VERSION_DIGITS + 1;
    size_t length = strspn(what, "abcdefghijklmnopqrstuvwxyz0123456789_");
    if (length == 0 || strcmp(what + length, ".sql") != 0)
        return false;
    *version = number;
    *name = what;
    *name_length = length;
    return true;
}

typedef struct judge {
    migration_fault *fault;
    void *arg;
    size_t count;
} judge;

__attribute__((format(printf, 2, 3))) static void tell(judge *j, const char *format, ...)
{
    char sentence[SENTENCE_SIZE];
    va_list args;
    va_start(args, format);
    vsnprintf(sentence, sizeof sentence, format, args);
    va_end(args);
    j->fault(j->arg, sentence);
    j->count++;
}

/* Numbers run 1, 2, 3 ... in each service. */
static void check_numbers(judge *j, const migration *files, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        bool first = i == 0 || strcmp(files[i - 1].service, files[i].service) != 0;
        int before = first ? 0 : files[i - 1].version;
        if (files[i].version == before)
            tell(j, "%s and %s have the same number", files[i - 1].file, files[i].file);
        else if (files[i].version != before + 1)
            tell(j, "%s: number %04d is missing before it", files[i].file, before + 1);
    }
}

static void check_applied(judge *j, const migration *file, const applied_migration *row)
{
    if (strcmp(file->name, row->name) != 0)
        tell(j, "%s was applied under another name, %04d_%s.sql, on %s: give it that name back", file->file,
             row->version, row->name, row->applied_at);
    else if (strcmp(file->checksum, row->checksum) != 0)
        tell(j, "%s was changed after it was applied on %s: put it back and write a new migration", file->file,
             row->applied_at);
}

static migration *find_file(migration *files, size_t count, const applied_migration *row)
{
    for (size_t i = 0; i < count; i++)
        if (files[i].version == row->version && strcmp(files[i].service, row->service) == 0)
            return &files[i];
    return NULL;
}

/* A ledger with a hole: a pending file would run after one that was written later. */
static void check_order(judge *j, const migration *files, size_t count)
{
    for (size_t i = 1; i < count; i++) {
        bool same_service = strcmp(files[i - 1].service, files[i].service) == 0;
        if (same_service && !files[i - 1].applied && files[i].applied)
            tell(j, "%s was not applied although %s was", files[i - 1].file, files[i].file);
    }
}

size_t migrations_compare(migration *files, size_t file_count, const applied_migration *ledger, size_t ledger_count,
                          migration_fault *fault, void *arg)
{
    judge j = {.fault = fault, .arg = arg};
    check_numbers(&j, files, file_count);
    for (size_t i = 0; i < ledger_count; i++) {
        migration *file = find_file(files, file_count, &ledger[i]);
        if (!file) {
            tell(&j, "%s/%04d_%s.sql was applied on %s and is missing now", ledger[i].service, ledger[i].version,
                 ledger[i].name, ledger[i].applied_at);
            continue;
        }
        file->applied = &ledger[i];
        check_applied(&j, file, &ledger[i]);
    }
    check_order(&j, files, file_count);
    return j.count;
}
