#include "config.h"

#include <criterion/criterion.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const config_key common_keys[] = {
    {"CONFIG_FILE", CONFIG_TEXT, "", .help = "A file."},
    {"LOG_LEVEL", CONFIG_CHOICE, "info", .choices = "debug|info|warn|error", .help = "Level."},
    {"DATABASE_URL", CONFIG_TEXT, NULL, .secret = true, .help = "The database."},
};
static const config_key own_keys[] = {
    {"DRAIN_DELAY", CONFIG_DURATION_MS, "3s", 100, 60000, .help = "Delay."},
    {"OPS_PORT", CONFIG_INT, "7202", 0, 65535, .help = "Port."},
    {"BODY_LIMIT", CONFIG_SIZE_BYTES, "64KiB", 1024, 16 << 20, .help = "Size."},
    {"TRACING", CONFIG_BOOL, "no", .help = "Tracing | spans."},
    {"JWT_SECRET", CONFIG_TEXT, "none", 4, 12, .secret = true, .help = "Secret."},
    {"FREE", CONFIG_INT, "-5", .help = "Any number."},
};
static const config_table tables[] = {{"Program", common_keys, 3}, {"Own", own_keys, 6}};

static char *faults;

/* Reads this environment; faults then holds what was said. NULL-terminated names after DATABASE_URL. */
static config *load(const char *const *entries)
{
    const char *environment[64] = {"PATH=/bin", "DATABASE_URL=postgresql:///x"};
    size_t count = 2;
    while (entries && *entries)
        environment[count++] = *entries++;
    size_t size;
    free(faults);
    FILE *out = open_memstream(&faults, &size);
    config *c = config_load(tables, 2, (char *const *)environment, out);
    fclose(out);
    return c;
}
#define LOAD(...) load((const char *const[]){__VA_ARGS__, NULL})

static void expect_fault(const char *entry, const char *expected)
{
    cr_assert_null(LOAD(entry), "%s was taken", entry);
    cr_assert_str_eq(faults, expected, "%s gave %s", entry, faults);
}

static char path[] = "/tmp/sical-config-XXXXXX";

static void write_file(const char *text)
{
    strcpy(path + strlen(path) - 6, "XXXXXX");
    int file = mkstemp(path);
    cr_assert_eq(write(file, text, strlen(text)), (ssize_t)strlen(text));
    close(file);
}

static config *load_file(const char *text)
{
    char entry[64];
    write_file(text);
    snprintf(entry, sizeof entry, "CONFIG_FILE=%s", path);
    config *c = LOAD(entry);
    unlink(path);
    return c;
}

/* ---- values ---- */

Test(config, defaults_are_taken)
{
    config *c = load(NULL);
    cr_assert_str_eq(faults, "");
    cr_assert_str_eq(config_text(c, "LOG_LEVEL"), "info");
    cr_assert_str_eq(config_text(c, "DATABASE_URL"), "postgresql:///x");
    cr_assert_eq(config_int(c, "DRAIN_DELAY"), 3000);
    cr_assert_eq(config_int(c, "OPS_PORT"), 7202);
    cr_assert_eq(config_int(c, "BODY_LIMIT"), 65536);
    cr_assert_eq(config_int(c, "FREE"), -5);
    cr_assert_not(config_bool(c, "TRACING"));
    config_destroy(c);
    config_destroy(NULL);
}

Test(config, values_of_each_type)
{
    static const struct {
        const char *entry, *name;
        int64_t number;
    } cases[] = {
        {"DRAIN_DELAY=100ms", "DRAIN_DELAY", 100},
        {"DRAIN_DELAY=60s", "DRAIN_DELAY", 60000},
        {"DRAIN_DELAY=1m", "DRAIN_DELAY", 60000},
        {"OPS_PORT=0", "OPS_PORT", 0},
        {"OPS_PORT=65535", "OPS_PORT", 65535},
        {"BODY_LIMIT=1024", "BODY_LIMIT", 1024},
        {"BODY_LIMIT=16MiB", "BODY_LIMIT", 16 << 20},
        {"FREE=9223372036854775807", "FREE", INT64_MAX},
        {"FREE=-9223372036854775808", "FREE", INT64_MIN},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        config *c = LOAD(cases[i].entry);
        cr_assert_not_null(c, "%s: %s", cases[i].entry, faults);
        cr_assert_eq(config_int(c, cases[i].name), cases[i].number, "%s", cases[i].entry);
        config_destroy(c);
    }
    static const char *const yes[] = {"TRACING=true", "TRACING=1", "TRACING=yes", "TRACING=TRUE"};
    for (size_t i = 0; i < sizeof yes / sizeof *yes; i++) {
        config *c = LOAD(yes[i]);
        cr_assert(c && config_bool(c, "TRACING"), "%s", yes[i]);
        config_destroy(c);
    }
}

Test(config, wrong_values_are_refused)
{
    static const char *const entries[] = {
        "OPS_PORT=",        "OPS_PORT=x",
        "OPS_PORT=1x",      "OPS_PORT=65536",
        "OPS_PORT=-1",      "OPS_PORT= 1",
        "OPS_PORT=+1",      "OPS_PORT=1.5",
        "OPS_PORT=0x10",    "OPS_PORT=99999999999999999999",
        "DRAIN_DELAY=5",    "DRAIN_DELAY=99ms",
        "DRAIN_DELAY=61s",  "DRAIN_DELAY=1 s",
        "DRAIN_DELAY=s",    "DRAIN_DELAY=0",
        "DRAIN_DELAY=-1s",  "DRAIN_DELAY=1S",
        "BODY_LIMIT=1023",  "BODY_LIMIT=17MiB",
        "BODY_LIMIT=1KB",   "BODY_LIMIT=1Kib",
        "TRACING=",         "TRACING=maybe",
        "LOG_LEVEL=",       "LOG_LEVEL=INFO",
        "LOG_LEVEL=inf",    "LOG_LEVEL=info|warn",
        "LOG_LEVEL=debug|", "DRAIN_DELAY=9223372036854775807d",
    };
    for (size_t i = 0; i < sizeof entries / sizeof *entries; i++)
        cr_assert_null(LOAD(entries[i]), "%s was taken", entries[i]);
}

Test(config, faults_say_what_would_be_right)
{
    expect_fault("OPS_PORT=70000", "OPS_PORT=\"70000\" from the environment must be an integer between 0 and 65535\n");
    expect_fault("LOG_LEVEL=loud", "LOG_LEVEL=\"loud\" from the environment must be one of debug|info|warn|error\n");
    expect_fault("DRAIN_DELAY=2m", "DRAIN_DELAY=\"2m\" from the environment must be a duration such as 250ms, 5s, 15m, "
                                   "2h, 7d between 100ms and 1m\n");
    expect_fault("BODY_LIMIT=1", "BODY_LIMIT=\"1\" from the environment must be a size such as 4096, 64KiB, 16MiB "
                                 "between 1KiB and 16MiB\n");
    expect_fault("JWT_SECRET=abc", "JWT_SECRET from the environment must be text of 4 to 12 bytes\n");
}

Test(config, all_faults_are_told_at_once_and_secrets_never)
{
    const char *entries[] = {"OPS_PORT=x", "JWT_SECRET=topsecret-topsecret", "LOG_LEVEL=loud", "DATABASE_ULR=hunter2",
                             NULL};
    cr_assert_null(load(entries));
    cr_assert(strstr(faults, "OPS_PORT") && strstr(faults, "JWT_SECRET") && strstr(faults, "LOG_LEVEL") &&
              strstr(faults, "did you mean DATABASE_URL?"));
    cr_assert_not(strstr(faults, "topsecret") || strstr(faults, "hunter2"));
}

Test(config, required_keys_are_required)
{
    char *const nothing[] = {NULL}, *const empty[] = {"DATABASE_URL=", NULL};
    size_t size;
    FILE *out = open_memstream(&faults, &size);
    cr_assert_null(config_load(tables, 2, nothing, out));
    cr_assert_null(config_load(tables, 2, empty, out));
    fclose(out);
    cr_assert_str_eq(faults, "DATABASE_URL is required: The database.\nDATABASE_URL is required: The database.\n");
}

/* ---- names ---- */

Test(config, environment_names_that_are_nearly_ours_are_named)
{
    expect_fault("LOG_LEVLE=info", "LOG_LEVLE in the environment is unknown; did you mean LOG_LEVEL?\n");
    expect_fault("OPSPORT=1", "OPSPORT in the environment is unknown; did you mean OPS_PORT?\n");
    expect_fault("ops_port=1", "ops_port in the environment is unknown; did you mean OPS_PORT?\n");
    static const char *const strangers[] = {"HOME=/root",
                                            "TREES=1",
                                            "FR=1",
                                            "_=x",
                                            "OPS=1",
                                            "LOG=1",
                                            "REDIS_PORT=tcp://10.0.0.1:6379",
                                            "OPS_PORT_7202_TCP_ADDR=10.0.0.1",
                                            "=x",
                                            "x"};
    for (size_t i = 0; i < sizeof strangers / sizeof *strangers; i++) {
        config *c = LOAD(strangers[i]);
        cr_assert_not_null(c, "%s: %s", strangers[i], faults);
        config_destroy(c);
    }
}

/* ---- the file ---- */

Test(config, file_is_read_and_the_environment_goes_before_it)
{
    config *c = load_file("# a comment\n\n  LOG_LEVEL = warn \nOPS_PORT=\"1\"\r\nDATABASE_URL=\"from file\"\n"
                          "JWT_SECRET=a=b#c d");
    cr_assert_not_null(c, "%s", faults);
    cr_assert_str_eq(config_text(c, "LOG_LEVEL"), "warn");
    cr_assert_eq(config_int(c, "OPS_PORT"), 1);
    cr_assert_str_eq(config_text(c, "JWT_SECRET"), "a=b#c d");
    cr_assert_str_eq(config_text(c, "DATABASE_URL"), "postgresql:///x");
    config_destroy(c);
}

Test(config, faults_of_the_file_name_their_line)
{
    cr_assert_null(load_file("LOG_LEVL=info\nsecret without equals\nOPS_PORT=\"1\nOPS_PORT=2\nOPS_PORT=3\nFREE=x\n"));
    char expected[1024];
    snprintf(expected, sizeof expected,
             "%s:1: unknown key LOG_LEVL; the closest known one is LOG_LEVEL\n"
             "%s:2: not of the form KEY=VALUE\n"
             "%s:3: the value of OPS_PORT lacks its closing quote\n"
             "%s:5: OPS_PORT is given a second time\n"
             "FREE=\"x\" from the file must be an integer\n",
             path, path, path, path);
    cr_assert_str_eq(faults, expected);
}

Test(config, a_file_that_cannot_be_read_is_a_fault)
{
    expect_fault("CONFIG_FILE=/nonexistent/x",
                 "CONFIG_FILE=/nonexistent/x cannot be read: No such file or directory\n");
    expect_fault("CONFIG_FILE=/tmp", "CONFIG_FILE=/tmp cannot be read: Is a directory\n");
}

Test(config, broken_files_are_survived)
{
    static const char alphabet[] = "ALOG_LEVEL=\"#\n\r\t x\xff\x01";
    uint32_t seed = 11;
    for (int round = 0; round < 500; round++) {
        char text[200];
        for (size_t i = 0; i < sizeof text - 1; i++) {
            seed = seed * 1664525 + 1013904223;
            text[i] = alphabet[(seed >> 16) % (sizeof alphabet - 1)];
        }
        text[sizeof text - 1] = '\0';
        config_destroy(load_file(text));
    }
}

/* ---- what people read ---- */

Test(config, help_names_every_key_and_no_secret_value)
{
    char *text;
    size_t size;
    FILE *out = open_memstream(&text, &size);
    config_print_help(tables, 2, out);
    fclose(out);
    for (size_t t = 0; t < 2; t++)
        for (size_t k = 0; k < tables[t].count; k++)
            cr_assert(strstr(text, tables[t].keys[k].name) && strstr(text, tables[t].keys[k].help));
    cr_assert(strstr(text, "  DATABASE_URL (required)\n") && strstr(text, "  OPS_PORT=7202\n") &&
              strstr(text, "between 100ms and 1m\n"));
    free(text);
}

Test(config, markdown_is_a_table)
{
    char *text;
    size_t size;
    FILE *out = open_memstream(&text, &size);
    config_print_markdown(tables, 2, out);
    fclose(out);
    cr_assert(strstr(text, "### Program\n\n| Key | Default | Value | Meaning |\n|---|---|---|---|\n"));
    cr_assert(strstr(text, "| `DATABASE_URL` | required | text; secret | The database. |\n"));
    cr_assert(strstr(text, "| `LOG_LEVEL` | `info` | one of debug\\|info\\|warn\\|error | Level. |\n"));
    cr_assert(strstr(text, "| `TRACING` | `no` | true or false | Tracing \\| spans. |\n"));
    free(text);
}

/* ---- faults of ours ---- */

Test(config, asking_for_an_unknown_key_ends_the_program, .signal = SIGABRT)
{
    config_int(load(NULL), "UNKNOWN");
}

Test(config, asking_for_another_type_ends_the_program, .signal = SIGABRT)
{
    config_text(load(NULL), "OPS_PORT");
}
