/*
 * Configuration: one table per program. Each key has a name, a type, a default, a range, one sentence of help, and says
 * whether it is secret. A value comes from the environment, else from the file named by CONFIG_FILE (lines KEY=VALUE, #
 * comments, optional double quotes), else from the default. All faults are reported at once; a key in the file that is
 * not in the table is named with the closest known one, and so is an environment name at most two edits away from a
 * known one. `--help` and docs/configuration.md are printed from the same tables.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

typedef enum config_type {
    CONFIG_TEXT,
    CONFIG_INT,         /* decimal; low..high */
    CONFIG_BOOL,        /* true, false, 1, 0, yes, no */
    CONFIG_DURATION_MS, /* "250ms", "5s", "15m", "2h", "7d"; stored in milliseconds; low..high in milliseconds */
    CONFIG_SIZE_BYTES,  /* "64KiB", "16MiB", "4096"; low..high in bytes */
    CONFIG_CHOICE,      /* one of choices, separated by "|" */
} config_type;

/* In the order in which a table reads best. NOLINTNEXTLINE(clang-analyzer-optin.performance.Padding) */
typedef struct config_key {
    const char *name; /* "DATABASE_URL": as in the environment */
    config_type type;
    const char *fallback; /* as text; NULL = required */
    int64_t low, high;    /* for numbers; for text the length in bytes; both 0 = any */
    const char *choices;
    bool secret; /* never shown, not even in a fault */
    const char *help;
} config_key;

typedef struct config config;

/* Several tables make one configuration (the common one and the program's own). Keys are borrowed and must outlive it.
 */
typedef struct config_table {
    const char *title; /* a heading of --help and the docs: "Database" */
    const config_key *keys;
    size_t count;
} config_table;

/* Reads and checks everything. environment: NULL = the process's. Returns NULL after writing every fault, a line each,
 * to faults. */
config *config_load(const config_table *tables, size_t count, char *const *environment, FILE *faults);
void config_destroy(config *c);

/* A key that is not in the tables, or of another type, ends the program: it is a fault of ours. Text lives as long as
 * the config. */
const char *config_text(const config *c, const char *name);
int64_t config_int(const config *c, const char *name); /* also durations in ms and sizes in bytes */
bool config_bool(const config *c, const char *name);

/* What --help prints. */
void config_print_help(const config_table *tables, size_t count, FILE *out);
/* The same as a Markdown table. */
void config_print_markdown(const config_table *tables, size_t count, FILE *out);
