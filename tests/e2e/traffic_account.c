/* What the answers said against what PostgreSQL holds. */
#include "traffic_internal.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* How often the write of each number was carried out. */
typedef struct executions {
    unsigned *counts;
    size_t size;
} executions;

/* Adds what a query found: "NUMBER COUNT,NUMBER COUNT". */
static void add_executions(traffic *t, executions *e, const char *sql)
{
    char *text = suite_query(t->suite, sql), *rest = text;
    for (char *row; (row = strtok_r(rest, ",", &rest));) {
        char *count;
        unsigned long number = strtoul(row, &count, 10);
        cr_assert_lt(number, e->size, "a write that nobody asked for: %s", row);
        e->counts[number] += (unsigned)strtoul(count, NULL, 10);
    }
    free(text);
}

static executions count_executions(traffic *t, uint64_t numbers)
{
    executions e = {.counts = calloc(numbers, sizeof *e.counts), .size = numbers};
    cr_assert_not_null(e.counts);
    char sql[400], prefix[37];
    snprintf(
        sql, sizeof sql,
        "SELECT string_agg(number || ' ' || count, ',') FROM (SELECT split_part(title, ' ', 3) AS number, count(*) "
        "FROM plan.goals WHERE title LIKE 'traffic %u %%' GROUP BY 1) AS written",
        t->serial);
    add_executions(t, &e, sql);
    learner_make_id(t->serial, 0, prefix);
    snprintf(sql, sizeof sql,
             "SELECT string_agg(('x' || right(id::text, 8))::bit(32)::int || ' 1', ',') FROM progress.events "
             "WHERE id::text LIKE '%.24s%%'",
             prefix);
    add_executions(t, &e, sql);
    return e;
}

/* What may have been carried out although it was not acknowledged: the answer says so, where there is one. */
static bool says_unknown(const load_record *r)
{
    return r->fate == LOAD_CUT || r->fate == LOAD_LATE || strstr(r->answer, "unknown");
}

void traffic_account(traffic *t)
{
    size_t count, acknowledged = 0, unknown = 0, unknown_done = 0;
    const load_record *records = load_records(t->load, &count);
    executions e = count_executions(t, load_ended(t->load));
    for (size_t i = 0; i < count; i++) {
        const load_record *r = &records[i];
        if (!traffic_is_write(r))
            continue;
        unsigned executed = e.counts[r->number];
        cr_expect_leq(executed, 1, "write %zu was carried out %u times", (size_t)r->number, executed);
        if (r->status == 200 || r->status == 201) {
            acknowledged++;
            cr_expect_eq(executed, 1, "write %zu was acknowledged and is missing", (size_t)r->number);
        } else if (says_unknown(r)) {
            unknown++;
            unknown_done += executed;
        } else {
            cr_expect_eq(executed, 0, "write %zu was refused and is there: %d %s", (size_t)r->number, r->status,
                         r->answer);
        }
    }
    fprintf(stderr, "    %zu writes acknowledged, each there once; %zu of unknown fate, %zu of them carried out\n",
            acknowledged, unknown, unknown_done);
    free(e.counts);
}
