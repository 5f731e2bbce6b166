/*
 * The documents that can be made from the programs are: configuration and routes are printed by them, metrics are read
 * from their /metrics. Each test makes the document anew and compares it with the one in docs/; with SICAL_WRITE_DOCS=1
 * (make docs) it is written instead.
 */
#include "program.h"
#include "rest.h"
#include "scratch_folder.h"
#include "suite.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct document {
    char *text;
    size_t size;
    FILE *out;
} document;

static void begin(document *d, const char *title, const char *introduction)
{
    d->out = open_memstream(&d->text, &d->size);
    fprintf(d->out, "# %s\n\nMade by `make docs`. %s\n", title, introduction);
}

static char *read_file(const char *path)
{
    FILE *in = fopen(path, "r");
    if (!in)
        return strdup("");
    char *text = calloc(1, 1 << 20);
    size_t size = fread(text, 1, (1 << 20) - 1, in);
    text[size] = '\0';
    fclose(in);
    return text;
}

/* Compares with docs/NAME, or writes it. */
static void end(document *d, const char *name)
{
    fclose(d->out);
    char path[4096];
    snprintf(path, sizeof path, "%s/docs/%s", test_source_dir(), name);
    if (getenv("SICAL_WRITE_DOCS")) {
        FILE *out = fopen(path, "w");
        cr_assert(out && fputs(d->text, out) >= 0 && fclose(out) == 0, "cannot write %s", path);
    } else {
        char *present = read_file(path);
        cr_assert_str_eq(present, d->text, "docs/%s is not what the programs say: run  make docs", name);
        free(present);
    }
    free(d->text);
}

static void print_output_of(document *d, const char *program, const char *option)
{
    char *output;
    const char *const arguments[] = {option, NULL};
    int code = test_program_run(&(test_program_options){.name = program, .arguments = arguments}, &output, NULL);
    cr_assert_eq(code, 0, "%s %s ends with %d", program, option, code);
    fputs(output, d->out);
    free(output);
}

Test(docs, configuration)
{
    document d;
    begin(&d, "Configuration",
          "Each key is read from the environment, else from the file that CONFIG_FILE names.\n"
          "All faults of a configuration are reported at once; `PROGRAM --check-config` does only that.");
    for (int i = 0; i < SUITE_PROGRAMS; i++) {
        fprintf(d.out, "\n## %s\n\n", suite_program_name((suite_program)i));
        print_output_of(&d, suite_program_name((suite_program)i), "--config-markdown");
    }
    end(&d, "configuration.md");
}

Test(docs, routes)
{
    document d;
    begin(&d, "Routes", "Bodies and answers are the messages named here, as proto3 maps them to JSON (proto/).\n");
    print_output_of(&d, "sical-gateway", "--routes-markdown");
    end(&d, "routes.md");
}

/* "# HELP name text" and "# TYPE name type" follow one another. */
static void print_metrics(document *d, const char *text)
{
    char name[128], help[512], type[32];
    fputs("| Metric | Type | Meaning |\n|---|---|---|\n", d->out);
    for (const char *line = text; (line = strstr(line, "# HELP ")); line++) {
        int found = sscanf(line, "# HELP %127s %511[^\n]\n# TYPE %*s %31s", name, help, type);
        cr_assert_eq(found, 3, "a metric without help or type: %.80s", line);
        fprintf(d->out, "| `%s` | %s | %s |\n", name, type, help);
    }
}

Test(docs, metrics)
{
    document d;
    begin(&d, "Metrics", "Prometheus text at /metrics of each program.");
    suite *s = suite_start();
    for (int i = 0; i < SUITE_PROGRAMS; i++) {
        char url[64];
        suite_ops_url(s, (suite_program)i, url);
        rest_client *client = rest_create(url);
        rest_answer answer = rest_get(client, "/metrics");
        cr_assert_eq(answer.status, 200);
        fprintf(d.out, "\n## %s\n\n", suite_program_name((suite_program)i));
        print_metrics(&d, answer.body);
        rest_destroy(client);
    }
    suite_stop(s);
    end(&d, "metrics.md");
}
