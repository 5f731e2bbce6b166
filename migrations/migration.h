/*
 * What a migration is, and the rules that the folder and the ledger must keep together.
 *
 * The folder holds <service>/NNNN_what.sql, numbered from 0001 without gaps. The ledger (table
 * sical_migrations.applied) remembers what was run, with a checksum. Migrations only go forward: a file that was
 * applied never changes again.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

enum { MIGRATION_CHECKSUM_SIZE = 65 }; /* SHA-256 in hexadecimal, with its NUL */

/* One row of the ledger. */
typedef struct applied_migration {
    const char *service;
    int version;
    const char *name;
    const char *checksum;
    const char *applied_at;
    long long duration_ms;
} applied_migration;

/* One file of the folder. */
typedef struct migration {
    const char *service;
    int version;
    const char *name; /* "accounts" of 0001_accounts.sql */
    const char *file; /* "auth/0001_accounts.sql": how messages call it */
    const char *sql;
    char checksum[MIGRATION_CHECKSUM_SIZE];
    const applied_migration *applied; /* set by migrations_compare; NULL = pending */
} migration;

/* Takes a file's name apart: "0001_accounts.sql" is version 1 and name "accounts" (lower-case letters, digits and _).
 * *name_length bytes from *name. false when it is no such name. */
bool migration_parse_name(const char *file_name, int *version, const char **name, size_t *name_length);

/* Told of each broken rule, with a whole sentence. */
typedef void migration_fault(void *arg, const char *sentence);

/* Matches files with the ledger and sets each file's applied. Both are sorted by service, then version. Every broken
 * rule is told: a number used twice, a gap, a file that changed, was renamed or vanished after it was applied, a file
 * that would be applied after a later one. Returns how many were told; 0 = the folder may be applied. */
size_t migrations_compare(migration *files, size_t file_count, const applied_migration *ledger, size_t ledger_count,
                          migration_fault *fault, void *arg);

/*
 * Walks through a file statement by statement, so that an error can name its line. Semicolons inside quotes, dollar
 * quotes, comments and parentheses do not end a statement. (The BEGIN ATOMIC form of function bodies is not known: use
 * dollar quotes.)
 */
typedef struct sql_statement {
    const char *start; /* its first word: comments and blanks before it are skipped */
    size_t length;     /* without the semicolon */
    int line;          /* of start, from 1 */
} sql_statement;

/* The next statement at or after *cursor, which moves behind it. *line is the line of *cursor (1 at first) and moves
 * along. false at the end. */
bool sql_next_statement(const char **cursor, int *line, sql_statement *out);

/* True when the statement would end or nest the runner's own transaction (BEGIN, COMMIT, END, ROLLBACK, ABORT, START,
 * PREPARE TRANSACTION, SAVEPOINT, RELEASE). */
bool sql_controls_transaction(const sql_statement *s);
