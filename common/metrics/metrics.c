#include "metrics.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { LABELS_LIMIT = 4, SERIES_LIMIT = 1000, CHAINS = 256 };

static const struct {
    uint64_t limit_ns;
    const char *text;
} buckets[] = {
    {500000, "0.0005"},  {1000000, "0.001"},  {2500000, "0.0025"}, {5000000, "0.005"},  {10000000, "0.01"},
    {25000000, "0.025"}, {50000000, "0.05"},  {100000000, "0.1"},  {250000000, "0.25"}, {500000000, "0.5"},
    {1000000000, "1"},   {2500000000, "2.5"}, {5000000000, "5"},   {10000000000, "10"},
};
enum { BUCKET_COUNT = sizeof buckets / sizeof *buckets };

struct metrics_series {
    metrics_series *next_made, *next_in_chain;
    char *values[LABELS_LIMIT];
    double value; /* of counters and gauges */
    uint64_t sum_ns;
    uint64_t counts[]; /* histograms: each bucket's own, then those above the last */
};

struct metrics_family {
    metrics_family *next;
    metrics_type type;
    const char *name, *help;
    char *label_names[LABELS_LIMIT];
    size_t label_count;
    unsigned series_count;
    metrics_series *first, **last; /* in the order of their making */
    metrics_series *chains[CHAINS];
};

typedef struct scrape_hook {
    void (*fn)(metrics_registry *r, void *arg);
    void *arg;
    struct scrape_hook *next;
} scrape_hook;

struct metrics_registry {
    metrics_family *first, **last;
    scrape_hook *hooks;
};

static void *allocate(size_t size)
{
    void *p = calloc(1, size);
    if (!p)
        abort();
    return p;
}

static char *copy_text(const char *s, size_t size)
{
    char *copy = allocate(size + 1);
    return memcpy(copy, s, size);
}

metrics_registry *metrics_create(void)
{
    metrics_registry *r = allocate(sizeof *r);
    r->last = &r->first;
    return r;
}

/* ---- families ---- */

static void split_labels(metrics_family *f, const char *labels)
{
    while (*labels) {
        size_t size = strcspn(labels, ",");
        if (f->label_count == LABELS_LIMIT)
            abort(); /* a fault of the program: names are constants */
        f->label_names[f->label_count++] = copy_text(labels, size);
        labels += size + (labels[size] == ',');
    }
}

metrics_family *metrics_register(metrics_registry *r, metrics_type type, const char *name, const char *labels,
                                 const char *help)
{
    if (!r)
        return NULL;
    for (metrics_family *f = r->first; f; f = f->next)
        if (strcmp(f->name, name) == 0)
            return f;
    metrics_family *f = allocate(sizeof *f);
    f->type = type;
    f->name = name;
    f->help = help;
    f->last = &f->first;
    split_labels(f, labels);
    *r->last = f;
    r->last = &f->next;
    return f;
}

static void destroy_series(metrics_series *s)
{
    for (size_t i = 0; i < LABELS_LIMIT; i++)
        free(s->values[i]);
    free(s);
}

static void destroy_family(metrics_family *f)
{
    for (metrics_series *s = f->first, *next; s; s = next) {
        next = s->next_made;
        destroy_series(s);
    }
    for (size_t i = 0; i < f->label_count; i++)
        free(f->label_names[i]);
    free(f);
}

void metrics_destroy(metrics_registry *r)
{
    if (!r)
        return;
    for (metrics_family *f = r->first, *next; f; f = next) {
        next = f->next;
        destroy_family(f);
    }
    for (scrape_hook *h = r->hooks, *next; h; h = next) {
        next = h->next;
        free(h);
    }
    free(r);
}

/* ---- series ---- */

static unsigned chain_of(const metrics_family *f, const char *const *values)
{
    uint32_t hash = 2166136261u; /* FNV-1a */
    for (size_t i = 0; i < f->label_count; i++)
        for (const char *s = values[i];; s++) {
            hash = (hash ^ (unsigned char)*s) * 16777619u;
            if (!*s)
                break;
        }
    return hash % CHAINS;
}

static metrics_series *find(const metrics_family *f, unsigned chain, const char *const *values)
{
    for (metrics_series *s = f->chains[chain]; s; s = s->next_in_chain) {
        size_t i = 0;
        while (i < f->label_count && strcmp(s->values[i], values[i]) == 0)
            i++;
        if (i == f->label_count)
            return s;
    }
    return NULL;
}

static metrics_series *add(metrics_family *f, unsigned chain, const char *const *values)
{
    size_t counts = f->type == METRICS_HISTOGRAM ? BUCKET_COUNT + 1 : 0;
    metrics_series *s = allocate(sizeof *s + counts * sizeof s->counts[0]);
    for (size_t i = 0; i < f->label_count; i++)
        s->values[i] = copy_text(values[i], strlen(values[i]));
    s->next_in_chain = f->chains[chain];
    f->chains[chain] = s;
    *f->last = s;
    f->last = &s->next_made;
    f->series_count++;
    return s;
}

metrics_series *metrics_with(metrics_family *f, const char *const *values)
{
    static const char *const others[LABELS_LIMIT] = {"other", "other", "other", "other"};
    if (!f)
        return NULL;
    unsigned chain = chain_of(f, values);
    metrics_series *s = find(f, chain, values);
    if (s)
        return s;
    if (f->series_count >= SERIES_LIMIT - 1) {
        chain = chain_of(f, others);
        s = find(f, chain, others);
        values = others;
    }
    return s ? s : add(f, chain, values);
}

void metrics_add(metrics_series *s, double amount)
{
    if (s)
        s->value += amount;
}

void metrics_set(metrics_series *s, double value)
{
    if (s)
        s->value = value;
}

void metrics_observe_ns(metrics_series *s, uint64_t duration_ns)
{
    if (!s)
        return;
    size_t i = 0;
    while (i < BUCKET_COUNT && duration_ns > buckets[i].limit_ns)
        i++;
    s->counts[i]++;
    s->sum_ns += duration_ns;
}

/* ---- text ---- */

static void print_escaped(FILE *out, const char *s, const char *escaped)
{
    for (; *s; s++) {
        if (*s == '\n')
            fputs("\\n", out);
        else if (strchr(escaped, *s))
            fprintf(out, "\\%c", *s);
        else
            fputc(*s, out);
    }
}

/* name_suffix{label="value",le="..."} with its space */
static void print_series_name(FILE *out, const metrics_family *f, const metrics_series *s, const char *suffix,
                              const char *le)
{
    fprintf(out, "%s%s", f->name, suffix);
    const char *before = "{";
    for (size_t i = 0; i < f->label_count; i++) {
        fprintf(out, "%s%s=\"", before, f->label_names[i]);
        print_escaped(out, s->values[i], "\\\"");
        fputc('"', out);
        before = ",";
    }
    if (le)
        fprintf(out, "%sle=\"%s\"", before, le);
    fputs(f->label_count || le ? "} " : " ", out);
}

static void print_histogram(FILE *out, const metrics_family *f, const metrics_series *s)
{
    uint64_t total = 0;
    for (size_t i = 0; i <= BUCKET_COUNT; i++) {
        total += s->counts[i];
        print_series_name(out, f, s, "_bucket", i < BUCKET_COUNT ? buckets[i].text : "+Inf");
        fprintf(out, "%llu\n", (unsigned long long)total);
    }
    print_series_name(out, f, s, "_sum", NULL);
    fprintf(out, "%llu.%09llu\n", (unsigned long long)(s->sum_ns / 1000000000),
            (unsigned long long)(s->sum_ns % 1000000000));
    print_series_name(out, f, s, "_count", NULL);
    fprintf(out, "%llu\n", (unsigned long long)total);
}

static void print_family(FILE *out, const metrics_family *f)
{
    static const char *const types[] = {"counter", "gauge", "histogram"};
    fprintf(out, "# HELP %s ", f->name);
    print_escaped(out, f->help, "\\");
    fprintf(out, "\n# TYPE %s %s\n", f->name, types[f->type]);
    for (const metrics_series *s = f->first; s; s = s->next_made) {
        if (f->type == METRICS_HISTOGRAM) {
            print_histogram(out, f, s);
            continue;
        }
        print_series_name(out, f, s, "", NULL);
        fprintf(out, "%.15g\n", s->value);
    }
}

void metrics_on_scrape(metrics_registry *r, void (*fn)(metrics_registry *r, void *arg), void *arg)
{
    if (!r)
        return;
    scrape_hook *h = allocate(sizeof *h);
    *h = (scrape_hook){.fn = fn, .arg = arg, .next = r->hooks};
    r->hooks = h;
}

void metrics_off_scrape(metrics_registry *r, void (*fn)(metrics_registry *r, void *arg), const void *arg)
{
    for (scrape_hook **link = r ? &r->hooks : NULL; link && *link; link = &(*link)->next) {
        scrape_hook *h = *link;
        if (h->fn != fn || h->arg != arg)
            continue;
        *link = h->next;
        free(h);
        return;
    }
}

char *metrics_render(metrics_registry *r, size_t *size)
{
    for (scrape_hook *h = r->hooks; h; h = h->next)
        h->fn(r, h->arg);
    char *text = NULL;
    FILE *out = open_memstream(&text, size);
    if (!out)
        abort();
    for (const metrics_family *f = r->first; f; f = f->next)
        print_family(out, f);
    fclose(out);
    return text;
}
