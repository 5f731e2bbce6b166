#include "config_internal.h"

#include "spelling.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

typedef struct setting {
    const config_key *key;
    char *text;         /* NULL until a source gave one */
    const char *source; /* for faults: where the text came from */
    int64_t number;
} setting;

struct config {
    size_t count;
    setting settings[];
};

/* One reading of all sources. */
typedef struct reading {
    config *config;
    FILE *faults;
    unsigned fault_count;
} reading;

static setting *find(config *c, const char *name)
{
    for (size_t i = 0; i < c->count; i++)
        if (strcmp(c->settings[i].key->name, name) == 0)
            return &c->settings[i];
    return NULL;
}

static void give(setting *s, const char *text, const char *source)
{
    free(s->text);
    s->text = strdup(text);
    if (!s->text)
        abort();
    s->source = source;
}

/* ---- misspelt names ---- */

enum { NAME_LIMIT = SPELLING_LENGTH_MAX, MISSPELT_EDITS = 2, LETTERS_PER_EDIT = 4 };

static const char *closest_key(const config *c, const char *name, unsigned *distance)
{
    const char *closest = "";
    *distance = NAME_LIMIT;
    for (size_t i = 0; i < c->count; i++) {
        unsigned d = spelling_distance(name, c->settings[i].key->name);
        if (d < *distance) {
            *distance = d;
            closest = c->settings[i].key->name;
        }
    }
    return closest;
}

/* ---- the file ---- */

static char *trim(char *s)
{
    s += strspn(s, " \t");
    size_t size = strlen(s);
    while (size && strchr(" \t\r\n", s[size - 1]))
        s[--size] = '\0';
    return s;
}

/* Takes the quotes off; NULL when the closing one is missing. */
static char *unquote(char *value)
{
    size_t size = strlen(value);
    if (value[0] != '"')
        return value;
    if (size < 2 || value[size - 1] != '"')
        return NULL;
    value[size - 1] = '\0';
    return value + 1;
}

static void read_line(reading *r, const char *path, unsigned number, char *line)
{
    static const char from_file[] = "the file";
    char *name = trim(line);
    if (!*name || *name == '#')
        return;
    r->fault_count++; /* taken back at the end when all is well */
    char *equals = strchr(name, '=');
    if (!equals) { /* the line may hold a secret: it is not shown */
        fprintf(r->faults, "%s:%u: not of the form KEY=VALUE\n", path, number);
        return;
    }
    *equals = '\0';
    name = trim(name);
    char *value = unquote(trim(equals + 1));
    setting *s = find(r->config, name);
    unsigned distance;
    if (!s)
        fprintf(r->faults, "%s:%u: unknown key %s; the closest known one is %s\n", path, number, name,
                closest_key(r->config, name, &distance));
    else if (!value)
        fprintf(r->faults, "%s:%u: the value of %s lacks its closing quote\n", path, number, name);
    else if (s->source == from_file)
        fprintf(r->faults, "%s:%u: %s is given a second time\n", path, number, name);
    else {
        give(s, value, from_file);
        r->fault_count--;
    }
}

static void read_file(reading *r, const char *path)
{
    errno = 0;
    FILE *file = fopen(path, "re");
    char *line = NULL;
    size_t capacity = 0;
    if (file) {
        for (unsigned number = 1; getline(&line, &capacity, file) >= 0; number++)
            read_line(r, path, number, line);
        free(line);
    }
    if (!file || ferror(file)) {
        fprintf(r->faults, "CONFIG_FILE=%s cannot be read: %s\n", path, strerror(errno));
        r->fault_count++;
    }
    if (file)
        fclose(file);
}

/* ---- the environment ---- */

static const char *value_in(char *const *environment, const char *name)
{
    size_t size = strlen(name);
    for (; *environment; environment++)
        if (strncmp(*environment, name, size) == 0 && (*environment)[size] == '=')
            return *environment + size + 1;
    return NULL;
}

/* Names that are not ours are none of our business, but one that is nearly ours was meant for us. */
static void look_for_misspelt(reading *r, const char *entry)
{
    char name[NAME_LIMIT + 1];
    size_t size = strcspn(entry, "=");
    unsigned distance;
    if (size > NAME_LIMIT)
        return;
    memcpy(name, entry, size);
    name[size] = '\0';
    if (find(r->config, name))
        return;
    const char *closest = closest_key(r->config, name, &distance);
    if (distance > MISSPELT_EDITS || distance * LETTERS_PER_EDIT > strlen(closest))
        return;
    fprintf(r->faults, "%s in the environment is unknown; did you mean %s?\n", name, closest);
    r->fault_count++;
}

static void read_environment(reading *r, char *const *environment)
{
    for (size_t i = 0; i < r->config->count; i++) {
        setting *s = &r->config->settings[i];
        const char *value = value_in(environment, s->key->name);
        if (value)
            give(s, value, "the environment");
    }
    for (; *environment; environment++)
        look_for_misspelt(r, *environment);
}

/* ---- all together ---- */

static void check(reading *r, setting *s)
{
    const config_key *key = s->key;
    char rule[CONFIG_RULE_SIZE];
    if (!s->text && key->fallback)
        give(s, key->fallback, "its default");
    if (!s->text || (!key->fallback && !*s->text))
        fprintf(r->faults, "%s is required: %s\n", key->name, key->help);
    else if (config_value_parse(key, s->text, &s->number))
        return;
    else if (key->secret)
        fprintf(r->faults, "%s from %s must be %s\n", key->name, s->source, config_value_rule(key, rule));
    else
        fprintf(r->faults, "%s=\"%s\" from %s must be %s\n", key->name, s->text, s->source,
                config_value_rule(key, rule));
    r->fault_count++;
}

static config *gather_keys(const config_table *tables, size_t count)
{
    size_t total = 0;
    for (size_t t = 0; t < count; t++)
        total += tables[t].count;
    config *c = calloc(1, sizeof *c + total * sizeof c->settings[0]);
    if (!c)
        abort();
    for (size_t t = 0; t < count; t++)
        for (size_t k = 0; k < tables[t].count; k++)
            c->settings[c->count++].key = &tables[t].keys[k];
    return c;
}

config *config_load(const config_table *tables, size_t count, char *const *environment, FILE *faults)
{
    if (!environment)
        environment = environ;
    reading r = {.config = gather_keys(tables, count), .faults = faults};
    const char *path = find(r.config, "CONFIG_FILE") ? value_in(environment, "CONFIG_FILE") : NULL;
    if (path && *path)
        read_file(&r, path);
    read_environment(&r, environment);
    for (size_t i = 0; i < r.config->count; i++)
        check(&r, &r.config->settings[i]);
    if (r.fault_count == 0)
        return r.config;
    config_destroy(r.config);
    return NULL;
}

void config_destroy(config *c)
{
    if (!c)
        return;
    for (size_t i = 0; i < c->count; i++)
        free(c->settings[i].text);
    free(c);
}

/* ---- reading it ---- */

static const setting *expect(const config *c, const char *name, bool text, bool boolean)
{
    const setting *s = find((config *)c, name);
    if (s && text == (s->key->type == CONFIG_TEXT || s->key->type == CONFIG_CHOICE) &&
        boolean == (s->key->type == CONFIG_BOOL))
        return s;
    fprintf(stderr, "sical: %s is asked for, but it is no configuration key of that type\n", name);
    abort();
}

const char *config_text(const config *c, const char *name)
{
    return expect(c, name, true, false)->text;
}

int64_t config_int(const config *c, const char *name)
{
    return expect(c, name, false, false)->number;
}

bool config_bool(const config *c, const char *name)
{
    return expect(c, name, false, true)->number != 0;
}
