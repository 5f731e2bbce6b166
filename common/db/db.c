#include "db_internal.h"

#include "clock.h"
#include "log.h"

#include <stdlib.h>
#include <string.h>

enum { QUEUE_LIMIT = 4096 };

/* ---- what the running fiber's last call left behind ---- */

/* Kept only for fibers for which there is something to tell. */
typedef struct fiber_outcome {
    const fiber *fiber;
    char constraint[DB_NAME_SIZE];
    bool unknown;
    struct fiber_outcome *next;
} fiber_outcome;

static fiber_outcome *outcomes;

static fiber_outcome *find_outcome(void)
{
    for (fiber_outcome *o = outcomes; o; o = o->next)
        if (o->fiber == fiber_self())
            return o;
    return NULL;
}

static void forget_outcome(void *arg)
{
    fiber_outcome **link = &outcomes;
    while (*link != arg)
        link = &(*link)->next;
    *link = (*link)->next;
}

static void clear_outcome(void)
{
    fiber_outcome *o = find_outcome();
    if (!o)
        return;
    o->constraint[0] = '\0';
    o->unknown = false;
}

static void tell_outcome(const char *constraint, bool unknown)
{
    if (!*constraint && !unknown)
        return;
    fiber_outcome *o = find_outcome();
    if (!o) {
        o = ARENA_NEW(fiber_arena(), fiber_outcome);
        o->fiber = fiber_self();
        o->next = outcomes;
        outcomes = o;
        fiber_defer(forget_outcome, o);
    }
    memcpy(o->constraint, constraint, strlen(constraint) + 1);
    o->unknown = unknown;
}

const char *db_conflict_constraint(void)
{
    const fiber_outcome *o = find_outcome();
    return o ? o->constraint : "";
}

void db_set_outcome_unknown(void)
{
    tell_outcome("", true);
}

bool db_outcome_unknown(void)
{
    const fiber_outcome *o = find_outcome();
    return o && o->unknown;
}

/* ---- calls ---- */

static bool add_step(db *d, db_call *c, const db_step *step)
{
    db_step_call *place = &c->steps[c->step_count++];
    place->known = db_statement_know(d, step->statement);
    if (step->statement->kind != DB_READ)
        c->writes = true;
    if (step->count > DB_VALUES_LIMIT || !db_statement_check_types(place->known, step->values, step->count) ||
        !db_values_encode(&c->arena, step->values, step->count, place)) {
        log_error("a statement was given values that do not fit it", log_text("statement", step->statement->name));
        return false;
    }
    return true;
}

bool db_call_may_commit(const db_call *c)
{
    return c->writes && (c->role == DB_CALL_WHOLE || c->role == DB_CALL_COMMITS);
}

/* NULL: the values do not fit a statement. */
static db_call *call_create(db *d, db_lane *lane, db_call_role role, const db_step *steps, size_t count)
{
    db_call *c = calloc(1, sizeof *c);
    if (!c)
        abort();
    c->lane = lane;
    c->role = role;
    c->waiter = fiber_self();
    c->begun_ns = clock_monotonic_ns();
    arena_init(&c->arena, 0);
    c->steps = ARENA_ARRAY(&c->arena, db_step_call, count);
    for (size_t i = 0; i < count; i++)
        if (!add_step(d, c, &steps[i])) {
            db_call_destroy(c);
            return NULL;
        }
    return c;
}

void db_call_destroy(db_call *c)
{
    for (size_t i = 0; i < c->step_count; i++)
        PQclear(c->steps[i].result);
    arena_finish(&c->arena);
    free(c);
}

static void measure(const db_call *c)
{
    size_t first = c->role == DB_CALL_BEGINS; /* behind BEGIN */
    metrics_observe_ns(c->steps[first].known->duration, clock_monotonic_ns() - c->begun_ns);
}

void db_call_finish(db *d, db_call *c, status outcome)
{
    d->call_count--;
    c->state = DB_CALL_DONE;
    c->outcome = outcome;
    if (!c->waiter) {
        db_call_destroy(c);
        return;
    }
    measure(c);
    fiber_wake(c->waiter);
}

/* ---- waiting ---- */

/* STATUS_OK: c is done; otherwise why the fiber gave up. While no connection is up it gives up a little before its
 * deadline, so that "unavailable" still reaches whoever waits for this fiber. */
static status wait_until_done(const db_call *c)
{
    uint64_t own = fiber_deadline_ns();
    uint64_t end = own == FIBER_NO_DEADLINE ? c->begun_ns + DB_DEFAULT_WAIT_MS * CLOCK_NS_PER_MS : own;
    uint64_t left = end > c->begun_ns ? end - c->begun_ns : 0;
    status s = STATUS_OK;
    fiber_set_deadline_ns(end - left / 8);
    while (c->state != DB_CALL_DONE && s == STATUS_OK) {
        s = fiber_park();
        if (s != STATUS_DEADLINE_EXCEEDED || c->state == DB_CALL_DONE)
            continue;
        if (c->state == DB_CALL_QUEUED && !db_lane_up(c->lane)) {
            s = STATUS_UNAVAILABLE;
        } else if (fiber_deadline_ns() < end) {
            fiber_set_deadline_ns(end);
            s = STATUS_OK;
        }
    }
    fiber_set_deadline_ns(own);
    return c->state == DB_CALL_DONE ? STATUS_OK : s;
}

/* What is on its way stays there, without a waiter. */
static void give_up(db *d, db_call *c)
{
    measure(c);
    tell_outcome("", c->state == DB_CALL_SENT && db_call_may_commit(c));
    c->waiter = NULL;
    if (c->state != DB_CALL_QUEUED)
        return;
    db_lane_remove(c->lane, c);
    db_call_finish(d, c, STATUS_CANCELLED);
}

static status take_outcome(db_call *c, db_rows **rows)
{
    status outcome = c->outcome;
    tell_outcome(c->constraint, c->outcome_unknown);
    for (size_t i = 0; rows && outcome == STATUS_OK && i < c->step_count; i++) {
        rows[i] = db_rows_create(c->steps[i].result, c->steps[i].known->statement->name);
        c->steps[i].result = NULL;
    }
    db_call_destroy(c);
    return outcome;
}

status db_run(db *d, db_lane *lane, db_call_role role, const db_step *steps, size_t count, db_rows **rows)
{
    clear_outcome();
    if (d->call_count >= d->queue_limit)
        return STATUS_RESOURCE_EXHAUSTED;
    db_call *c = call_create(d, lane, role, steps, count);
    if (!c)
        return STATUS_INTERNAL;
    d->call_count++;
    db_lane_push(lane, c);
    status s = wait_until_done(c);
    if (s == STATUS_OK)
        return take_outcome(c, rows);
    give_up(d, c);
    return s;
}

void db_run_unattended(db *d, db_lane *lane, const db_statement *s)
{
    db_call *c = call_create(d, lane, DB_CALL_WHOLE, &(db_step){.statement = s}, 1);
    c->waiter = NULL;
    d->call_count++;
    db_lane_push(lane, c);
}

status db_query(db *d, const db_statement *s, const db_value *values, size_t count, db_rows **rows)
{
    const db_step step = {.statement = s, .values = values, .count = count};
    struct db_transaction *t = s->kind == DB_READ ? NULL : db_transaction_find(d);
    return t ? db_transaction_run(t, &step, 1, rows) : db_run(d, &d->lanes[s->kind], DB_CALL_WHOLE, &step, 1, rows);
}

static bool writes(const db_step *steps, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (steps[i].statement->kind != DB_READ)
            return true;
    return false;
}

status db_batch(db *d, const db_step *steps, size_t count, db_rows **rows)
{
    struct db_transaction *t = writes(steps, count) ? db_transaction_find(d) : NULL;
    if (t)
        return db_transaction_run(t, steps, count, rows);
    return count ? db_run(d, &d->lanes[DB_ALONE], DB_CALL_WHOLE, steps, count, rows) : STATUS_OK;
}

/* ---- life ---- */

static char *copy(const char *s)
{
    char *p = strdup(s ? s : "");
    if (!p)
        abort();
    return p;
}

static void register_metrics(db *d, metrics_registry *r)
{
    static const char *const states[DB_CONNECTION_STATES] = {"idle",       "pausing", "resolving",
                                                             "connecting", "up",      "closed"};
    d->durations = metrics_register(r, METRICS_HISTOGRAM, "db_query_duration_seconds", "operation,table",
                                    "From the call to its answer, waiting included.");
    d->errors = metrics_register(r, METRICS_COUNTER, "db_errors_total", "class",
                                 "Statements that the server refused, by class of SQLSTATE.");
    metrics_family *connections =
        metrics_register(r, METRICS_GAUGE, "db_connections", "state", "Connections to PostgreSQL.");
    for (size_t i = 0; i < DB_CONNECTION_STATES; i++)
        d->states[i] = METRICS_WITH(connections, states[i]);
    d->grouped_statements = metrics_with(metrics_register(r, METRICS_COUNTER, "db_group_statements_total", "",
                                                          "Calls sent; over db_syncs_total: how many share a Sync."),
                                         NULL);
    d->syncs =
        metrics_with(metrics_register(r, METRICS_COUNTER, "db_syncs_total", "", "Syncs sent; each ends a transaction."),
                     NULL);
}

db *db_create(loop *l, const db_options *options)
{
    db *d = calloc(1, sizeof *d);
    if (!d)
        abort();
    d->loop = l;
    d->conninfo = copy(options->conninfo);
    d->application_name = copy(options->application_name);
    d->queue_limit = options->queue_limit ? options->queue_limit : QUEUE_LIMIT;
    d->silence_ms = options->silence_limit_ms ? options->silence_limit_ms : DB_SILENCE_MS;
    register_metrics(d, options->metrics);
    db_lanes_create(d, options);
    loop_add_hook(l, &d->hook, db_lanes_flush, d);
    return d;
}

void db_free_when_closed(db *d)
{
    if (--d->open_handles)
        return;
    db_lanes_free(d);
    db_statements_free(&d->statements);
    free(d->conninfo);
    free(d->application_name);
    free(d);
}

void db_destroy(db *d)
{
    if (!d)
        return;
    loop_remove_hook(d->loop, &d->hook);
    db_lanes_close(d);
}

bool db_ready(const db *d)
{
    return db_lane_up(&d->lanes[DB_READ]) && db_lane_up(&d->lanes[DB_WRITE]);
}
