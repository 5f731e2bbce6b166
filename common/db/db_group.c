/*
 * How statements share a Sync.
 *
 * What stands between two Syncs in the pipeline is ONE transaction for the server: it commits when it reads the Sync,
 * and tells so with ReadyForQuery, which libpq shows as PGRES_PIPELINE_SYNC. So a group is a transaction made of
 * statements of callers who do not know of each other, and they all share its flush to disk. From this follows:
 *
 * 1. A result is no commit. "INSERT 1" says what happened inside a transaction that may still vanish: the server may
 *    die, or a neighbour may fail. Callers are answered when the Sync has come back, never before.
 *
 * 2. When a statement fails, the server rolls the whole group back and skips what follows until the Sync. The callers
 *    of the other statements did nothing wrong. Nothing of the group happened, so each is sent again, alone, with a
 *    Sync of its own: nothing can run twice, and nobody can fail them a second time.
 *
 * 3. The one that failed is sent again alone too, and only then judged. Its error may have been a neighbour's doing:
 *    a unique key that a neighbour had just inserted, in a transaction that is now rolled back and whose caller may
 *    have given up meanwhile, or a deadlock between rows that only the group as a whole had locked. Telling it
 *    "conflict" would speak of a row that does not exist. It comes last, so that it does not hold up the others.
 *    Two errors are its own at once: lock_timeout (a transaction never waits for its own locks, so a stranger held it)
 *    and statement_timeout; to repeat them would make everyone behind wait that long again.
 *
 * 4. When the connection is lost, a group whose failure had been seen is treated as above: it can only have been rolled
 *    back. Of any other group nobody knows whether the server read the Sync. Reads are sent again; the callers of
 *    writes are told that their fate is unknown. A read that has seen several connections die is not sent again, for it
 *    may be what kills them.
 *
 * 5. A statement that is not yet prepared on the connection has a group of its own: should its Parse fail, it fails no
 *    neighbour. Others that use it before the answer is there fail with it, and come back under rule 2.
 *
 * 6. A call that is part of a transaction of several (db_transaction.c) is never sent again: what came before it went
 *    with the session, or was rolled back. It is alone in its group, so each error is its own; only the one that holds
 *    COMMIT has a fate that can be unknown.
 *
 * 7. A caller who gave up while its statement was on its way leaves a call without a waiter. It takes part in its
 * group, but it is not sent again: its caller has been told already.
 */
#include "db_internal.h"

#include "clock.h"

#include <stdlib.h>

/* ---- sending ---- */

static bool needs_parse(const db_connection *c, const db_call *call)
{
    for (size_t i = 0; i < call->step_count; i++)
        if (db_statement_needs_parse(c, &call->steps[i]))
            return true;
    return false;
}

static bool send_steps(db_connection *c, db_call *call)
{
    for (size_t i = 0; i < call->step_count; i++)
        if (!db_statement_send(c, &call->steps[i]))
            return false;
    return true;
}

static db_group *add_group(db_connection *c)
{
    db_group *g = calloc(1, sizeof *g);
    if (!g)
        abort();
    TAILQ_INIT(&g->calls);
    TAILQ_INSERT_TAIL(&c->groups, g, link);
    if (c->group_count++ == 0)
        db_connection_watch_silence(c);
    return g;
}

void db_group_send(db_connection *c, size_t limit)
{
    db_lane *lane = c->lane;
    db_group *g = add_group(c);
    bool sent = true, full = false;
    while (sent && !full && !TAILQ_EMPTY(&lane->queue)) {
        db_call *call = TAILQ_FIRST(&lane->queue);
        bool alone = call->single || needs_parse(c, call);
        if (alone && g->call_count)
            break;
        db_lane_remove(lane, call);
        call->state = DB_CALL_SENT;
        TAILQ_INSERT_TAIL(&g->calls, call, link);
        sent = send_steps(c, call);
        full = ++g->call_count >= limit || alone;
    }
    g->awaited = TAILQ_FIRST(&g->calls);
    metrics_add(c->db->syncs, 1);
    metrics_add(c->db->grouped_statements, (double)g->call_count);
    if (sent && PQpipelineSync(c->pg))
        db_connection_flush(c);
    else
        db_connection_lost(c, "nothing can be sent", "");
}

/* ---- settling ---- */

/* As if it had never been sent. */
static void send_again(db_call *call)
{
    for (size_t i = 0; i < call->step_count; i++) {
        PQclear(call->steps[i].result);
        call->steps[i].result = NULL;
        call->steps[i].parse_awaited = false;
    }
    call->answered = 0;
    db_lane_push_front(call->lane, call);
}

/* Whether the call that failed can be told so now. */
static bool is_judged(const db_group *g)
{
    if (!g->failed)
        return false;
    if (db_outcome_forgotten(g->error) && g->failed->role == DB_CALL_WHOLE)
        return g->call_count == 1 && g->failed->reprepares++ >= DB_REPREPARES_LIMIT;
    return g->call_count == 1 || db_outcome_is_own(g->error);
}

static void settle_failure(db *d, db_group *g)
{
    if (!g->failed && g->call_count == 1) { /* the commit failed: that is the only one's own */
        g->failed = TAILQ_FIRST(&g->calls);
        g->failed_step = g->failed->step_count - 1;
    }
    db_call *judged = is_judged(g) ? g->failed : NULL;
    if (g->failed) {
        TAILQ_REMOVE(&g->calls, g->failed, link);
        TAILQ_INSERT_TAIL(&g->calls, g->failed, link);
    }
    for (db_call *call; (call = TAILQ_LAST(&g->calls, db_calls));) {
        TAILQ_REMOVE(&g->calls, call, link);
        call->single = true;
        if (call == judged)
            db_outcome_judge(d, call, g->failed_step, g->error);
        else if (call->waiter)
            send_again(call);
        else
            db_call_finish(d, call, STATUS_CANCELLED);
    }
}

static void finish_calls(db *d, db_group *g, status outcome, bool writes_unknown)
{
    for (db_call *call; (call = TAILQ_FIRST(&g->calls));) {
        TAILQ_REMOVE(&g->calls, call, link);
        call->outcome_unknown = writes_unknown && db_call_may_commit(call);
        db_call_finish(d, call, outcome);
    }
}

static void destroy_group(db_group *g)
{
    PQclear(g->error);
    free(g);
}

static void finish(db_connection *c, db_group *g)
{
    c->tries = 0; /* it works */
    if (g->error)
        settle_failure(c->db, g);
    else
        finish_calls(c->db, g, STATUS_OK, false);
    TAILQ_REMOVE(&c->groups, g, link);
    c->group_count--;
    destroy_group(g);
}

/* ---- answers, in the order of what was sent ---- */

static void next_step(db_group *g)
{
    db_call *call = g->awaited;
    if (++call->answered == call->step_count)
        g->awaited = TAILQ_NEXT(call, link);
}

static void note_failure(db_connection *c, db_group *g, PGresult *error)
{
    g->error = error;
    g->failed = g->awaited;
    if (!g->failed)
        return;
    g->failed_step = g->failed->answered;
    if (db_outcome_forgotten(error))
        db_statement_forgotten(c, &g->failed->steps[g->failed_step]);
}

/* The answer to a Parse or to a statement; NULL: it failed or was skipped. */
static void take_answer(db_connection *c, db_group *g, PGresult *result)
{
    db_step_call *step = &g->awaited->steps[g->awaited->answered];
    if (step->parse_awaited) {
        step->parse_awaited = false;
        if (!result)
            db_statement_parse_failed(c, step);
        PQclear(result);
    } else {
        step->result = result;
        next_step(g);
    }
}

bool db_group_take(db_connection *c, PGresult *result)
{
    db_group *g = TAILQ_FIRST(&c->groups);
    switch (PQresultStatus(result)) {
    case PGRES_PIPELINE_SYNC:
        PQclear(result);
        finish(c, g);
        return true;
    case PGRES_COMMAND_OK:
    case PGRES_TUPLES_OK:
    case PGRES_EMPTY_QUERY:
        if (!g->awaited)
            break;
        take_answer(c, g, result);
        return true;
    case PGRES_PIPELINE_ABORTED:
        PQclear(result);
        if (g->awaited)
            take_answer(c, g, NULL);
        return true;
    case PGRES_FATAL_ERROR:
        if (g->error || db_outcome_is_fatal(result))
            break;
        note_failure(c, g, result);
        if (g->awaited)
            take_answer(c, g, NULL);
        return true;
    default:
        break;
    }
    const char *sqlstate = PQresultErrorField(result, PG_DIAG_SQLSTATE);
    db_connection_lost(c, "the session ended", sqlstate ? sqlstate : "");
    PQclear(result);
    return false;
}

/* ---- the connection is gone ---- */

static void abandon(db *d, db_group *g)
{
    for (db_call *call; (call = TAILQ_LAST(&g->calls, db_calls));) {
        TAILQ_REMOVE(&g->calls, call, link);
        if (call->waiter && !call->writes && ++call->losses < DB_LOSSES_LIMIT) {
            send_again(call);
            continue;
        }
        call->outcome_unknown = db_call_may_commit(call);
        db_call_finish(d, call, STATUS_UNAVAILABLE);
    }
}

static void remove_all(db_connection *c)
{
    for (db_group *g = TAILQ_FIRST(&c->groups), *next; g; g = next) {
        next = TAILQ_NEXT(g, link);
        destroy_group(g);
    }
    TAILQ_INIT(&c->groups);
    c->group_count = 0;
}

void db_groups_abandon(db_connection *c)
{
    db_group *g;
    /* From the last one: what is sent again goes to the front of the queue. */
    TAILQ_FOREACH_REVERSE(g, &c->groups, db_groups, link)
    {
        if (g->error)
            settle_failure(c->db, g);
        else
            abandon(c->db, g);
    }
    remove_all(c);
}

void db_groups_cancel(db_connection *c)
{
    db_group *g;
    TAILQ_FOREACH(g, &c->groups, link)
    {
        finish_calls(c->db, g, STATUS_CANCELLED, true);
    }
    remove_all(c);
}
