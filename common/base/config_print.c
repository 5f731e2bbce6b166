/* What people read of the tables: --help and the documentation. */
#include "config_internal.h"

void config_print_help(const config_table *tables, size_t count, FILE *out)
{
    char rule[CONFIG_RULE_SIZE];
    for (size_t t = 0; t < count; t++) {
        fprintf(out, "\n%s\n", tables[t].title);
        for (size_t k = 0; k < tables[t].count; k++) {
            const config_key *key = &tables[t].keys[k];
            if (key->fallback)
                fprintf(out, "  %s=%s\n", key->name, key->fallback);
            else
                fprintf(out, "  %s (required)\n", key->name);
            fprintf(out, "      %s\n      %s%s\n", key->help, config_value_rule(key, rule),
                    key->secret ? "; secret" : "");
        }
    }
}

/* A bar would end the cell. */
static void print_cell(const char *s, FILE *out)
{
    for (; *s; s++) {
        if (*s == '|')
            fputc('\\', out);
        fputc(*s, out);
    }
}

void config_print_markdown(const config_table *tables, size_t count, FILE *out)
{
    char rule[CONFIG_RULE_SIZE];
    for (size_t t = 0; t < count; t++) {
        fprintf(out, "%s### %s\n\n", t ? "\n" : "", tables[t].title);
        fputs("| Key | Default | Value | Meaning |\n|---|---|---|---|\n", out);
        for (size_t k = 0; k < tables[t].count; k++) {
            const config_key *key = &tables[t].keys[k];
            fprintf(out, "| `%s` | ", key->name);
            if (!key->fallback)
                fputs("required", out);
            else if (*key->fallback)
                fprintf(out, "`%s`", key->fallback);
            fputs(" | ", out);
            print_cell(config_value_rule(key, rule), out);
            fprintf(out, "%s | ", key->secret ? "; secret" : "");
            print_cell(key->help, out);
            fputs(" |\n", out);
        }
    }
}
