/*
 * Which statement is prepared on which connection, and under what name.
 *
 * A statement is parsed on a connection just before its first use there. Its name on the server is
 * "plan.get_goal/<version>.<epoch>": the version grows when a parameter's type becomes known that had only been NULL
 * so far, the connection's epoch when the server has forgotten what it had prepared (DEALLOCATE ALL, a pooler in
 * between) or a table was altered so that its plans return other columns. A new name for each Parse means that no Parse
 * can collide with an older one, whatever is on its way meanwhile; what the old names held is freed with the session.
 */
#include "db_internal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static size_t bucket_of(const db_statement *s)
{
    return ((uintptr_t)s >> 4) * UINT64_C(0x9E3779B97F4A7C15) >> 56;
}

db_known *db_statement_know(db *d, const db_statement *s)
{
    db_known **bucket = &d->statements.buckets[bucket_of(s)];
    for (db_known *known = *bucket; known; known = known->next)
        if (known->statement == s)
            return known;
    db_known *known = calloc(1, sizeof *known);
    if (!known)
        abort();
    known->statement = s;
    known->index = d->statements.count++;
    known->duration = METRICS_WITH(d->durations, s->operation, s->table);
    known->next = *bucket;
    *bucket = known;
    return known;
}

void db_statements_free(db_statements *all)
{
    for (size_t i = 0; i < DB_STATEMENT_BUCKETS; i++)
        while (all->buckets[i]) {
            db_known *known = all->buckets[i];
            all->buckets[i] = known->next;
            free(known->types);
            free(known);
        }
}

bool db_statement_check_types(db_known *known, const db_value *values, size_t count)
{
    if (known->version == 0) {
        known->types = calloc(count + 1, sizeof *known->types);
        if (!known->types)
            abort();
        known->type_count = count;
        known->version = 1;
        for (size_t i = 0; i < count; i++)
            known->types[i] = db_value_type(&values[i]);
        return true;
    }
    if (count != known->type_count)
        return false;
    bool learned = false;
    for (size_t i = 0; i < count; i++) {
        Oid type = db_value_type(&values[i]);
        if (type == 0 || type == known->types[i])
            continue;
        if (known->types[i] != 0)
            return false;
        known->types[i] = type;
        learned = true;
    }
    known->version += learned;
    return true;
}

/* ---- on a connection ---- */

static uint64_t *place_of(db_connection *c, const db_known *known)
{
    if (known->index >= c->prepared_count) {
        size_t count = known->index + 64;
        c->prepared = realloc(c->prepared, count * sizeof *c->prepared);
        if (!c->prepared)
            abort();
        memset(c->prepared + c->prepared_count, 0, (count - c->prepared_count) * sizeof *c->prepared);
        c->prepared_count = count;
    }
    return &c->prepared[known->index];
}

/* version and epoch; never 0 */
static uint64_t name_now(const db_connection *c, const db_known *known)
{
    return (uint64_t)known->version << 32 | c->epoch;
}

bool db_statement_needs_parse(const db_connection *c, const db_step_call *step)
{
    size_t i = step->known->index;
    return i >= c->prepared_count || c->prepared[i] != name_now(c, step->known);
}

bool db_statement_send(db_connection *c, db_step_call *step)
{
    static const int binary[] = {[0 ... DB_VALUES_LIMIT - 1] = 1};
    const db_known *known = step->known;
    char name[128];
    snprintf(name, sizeof name, "%s/%u.%u", known->statement->name, known->version, c->epoch);
    step->prepared_as = name_now(c, known);
    step->parse_awaited = db_statement_needs_parse(c, step);
    if (step->parse_awaited) {
        if (!PQsendPrepare(c->pg, name, known->statement->sql, (int)known->type_count, known->types))
            return false;
        *place_of(c, known) = step->prepared_as;
    }
    return PQsendQueryPrepared(c->pg, name, step->count, step->values, step->lengths, binary, 1);
}

void db_statement_parse_failed(db_connection *c, const db_step_call *step)
{
    uint64_t *place = place_of(c, step->known);
    if (*place == step->prepared_as)
        *place = 0;
}

void db_statement_forgotten(db_connection *c, const db_step_call *step)
{
    /* Otherwise it is known already: its Parse had failed, or another call has found out before. */
    if (*place_of(c, step->known) == step->prepared_as && name_now(c, step->known) == step->prepared_as)
        c->epoch++;
}

void db_statement_forget_all(db_connection *c)
{
    if (c->prepared_count)
        memset(c->prepared, 0, c->prepared_count * sizeof *c->prepared);
}
