/*
 * Several calls of one fiber as one transaction.
 *
 * A transaction has a connection, and so a lane, of its own from its first write to its end. BEGIN leaves with the
 * first write, COMMIT with the last: each call has a Sync as everywhere, so the server knows that it is idle inside a
 * transaction and ends one that is left behind (idle_in_transaction_session_timeout).
 *
 * What was written is gone with its session. So a later call names the session it belongs to, and fails when another
 * one has taken its place: it would commit by itself. ROLLBACK is sent without waiting for it; whoever gets the lane
 * next stands behind it in the queue.
 */
#include "db_internal.h"

#include "clock.h"

#include <stdlib.h>

typedef struct db_transaction {
    db *db;
    const fiber *fiber;
    db_lane *lane;    /* NULL before the first write */
    unsigned session; /* of the lane's connection; known once BEGIN was answered */
    status failure;   /* what a write ended with: nothing but ROLLBACK can follow */
    bool ended;
    struct db_transaction *next;
} db_transaction;

static const db_statement begin = {
    .name = "db.begin", .kind = DB_ALONE, .operation = "begin", .table = "transaction", .sql = "BEGIN"};
static const db_statement commit = {
    .name = "db.commit", .kind = DB_ALONE, .operation = "commit", .table = "transaction", .sql = "COMMIT"};
static const db_statement rollback = {
    .name = "db.rollback", .kind = DB_ALONE, .operation = "rollback", .table = "transaction", .sql = "ROLLBACK"};

db_transaction *db_transaction_find(const db *d)
{
    for (db_transaction *t = d->transactions; t; t = t->next)
        if (t->fiber == fiber_self())
            return t;
    return NULL;
}

bool db_in_transaction(const db *d)
{
    return db_transaction_find(d);
}

/* ---- the lane ---- */

/* Not behind what another one has left to do, if possible. */
static db_lane *choose_lane(db *d)
{
    db_lane *chosen = NULL;
    for (db_lane *lane = d->lanes + DB_KINDS; lane < d->lanes + d->lane_count; lane++) {
        if (lane->taken)
            continue;
        if (!lane->queued && !lane->connections[0].group_count && db_lane_up(lane))
            return lane;
        chosen = chosen && !chosen->queued ? chosen : lane;
    }
    return chosen;
}

static status take_lane(db_transaction *t)
{
    uint64_t deadline = fiber_deadline_ns(), now = clock_monotonic_ns();
    uint64_t end = deadline == FIBER_NO_DEADLINE ? now + DB_DEFAULT_WAIT_MS * CLOCK_NS_PER_MS : deadline;
    fiber_set_deadline_ns(end > now ? end - (end - now) / 8 : end);
    status s = fiber_semaphore_acquire(&t->db->transactions_free);
    fiber_set_deadline_ns(deadline);
    if (s != STATUS_OK)
        return s == STATUS_DEADLINE_EXCEEDED ? STATUS_UNAVAILABLE : s;
    t->lane = choose_lane(t->db);
    t->lane->taken = true;
    return STATUS_OK;
}

static bool is_same_session(const db_transaction *t)
{
    return db_lane_up(t->lane) && t->lane->connections[0].session == t->session;
}

/* ---- its end ---- */

static void end(db_transaction *t, bool committed)
{
    db_transaction **link = &t->db->transactions;
    while (*link != t)
        link = &(*link)->next;
    *link = t->next;
    t->ended = true;
    if (!t->lane)
        return;
    if (!committed && db_lane_up(t->lane)) /* else it went with its session */
        db_run_unattended(t->db, t->lane, &rollback);
    t->lane->taken = false;
    fiber_semaphore_release(&t->db->transactions_free);
}

static void end_with_fiber(void *arg)
{
    db_transaction *t = arg;
    if (!t->ended)
        end(t, false);
}

void db_transaction_rollback(db *d)
{
    db_transaction *t = db_transaction_find(d);
    if (t)
        end(t, false);
}

/* ---- its calls ---- */

void db_transaction_begin(db *d)
{
    if (db_transaction_find(d))
        abort(); /* a fault of ours */
    db_transaction *t = ARENA_NEW(fiber_arena(), db_transaction);
    *t = (db_transaction){.db = d, .fiber = fiber_self(), .next = d->transactions};
    d->transactions = t;
    fiber_defer(end_with_fiber, t);
}

/* The steps with BEGIN before them. */
static status run_first(db_transaction *t, const db_step *steps, size_t count, db_rows **rows)
{
    status s = take_lane(t);
    if (s != STATUS_OK)
        return s;
    db_step *all = ARENA_ARRAY(fiber_arena(), db_step, count + 1);
    db_rows **all_rows = ARENA_ARRAY(fiber_arena(), db_rows *, count + 1);
    all[0].statement = &begin;
    for (size_t i = 0; i < count; i++)
        all[i + 1] = steps[i];
    s = db_run(t->db, t->lane, DB_CALL_BEGINS, all, count + 1, all_rows);
    t->session = t->lane->connections[0].session;
    for (size_t i = 0; rows && s == STATUS_OK && i < count; i++)
        rows[i] = all_rows[i + 1];
    return s;
}

status db_transaction_run(db_transaction *t, const db_step *steps, size_t count, db_rows **rows)
{
    if (t->failure)
        return t->failure;
    if (!t->lane)
        t->failure = run_first(t, steps, count, rows);
    else if (is_same_session(t))
        t->failure = db_run(t->db, t->lane, DB_CALL_CONTINUES, steps, count, rows);
    else
        t->failure = STATUS_UNAVAILABLE;
    return t->failure;
}

/* The steps with COMMIT behind them. */
static status run_last(const db_transaction *t, const db_step *steps, size_t count)
{
    if (!is_same_session(t))
        return STATUS_UNAVAILABLE;
    db_step *all = ARENA_ARRAY(fiber_arena(), db_step, count + 1);
    for (size_t i = 0; i < count; i++)
        all[i] = steps[i];
    all[count].statement = &commit;
    return db_run(t->db, t->lane, DB_CALL_COMMITS, all, count + 1, NULL);
}

status db_transaction_commit(db *d, const db_step *last, size_t count)
{
    db_transaction *t = db_transaction_find(d);
    if (!t)
        abort(); /* a fault of ours */
    status s = t->failure;
    if (s == STATUS_OK && t->lane)
        s = run_last(t, last, count);
    end(t, s == STATUS_OK);
    if (s == STATUS_OK && !t->lane)
        s = db_batch(d, last, count, NULL);
    return s;
}
