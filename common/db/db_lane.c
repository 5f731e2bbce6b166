#include "db_internal.h"

#include <stdlib.h>

/* ---- queues ---- */

void db_lane_push(db_lane *lane, db_call *c)
{
    c->state = DB_CALL_QUEUED;
    TAILQ_INSERT_TAIL(&lane->queue, c, link);
    lane->queued++;
}

void db_lane_push_front(db_lane *lane, db_call *c)
{
    c->state = DB_CALL_QUEUED;
    TAILQ_INSERT_HEAD(&lane->queue, c, link);
    lane->queued++;
}

void db_lane_remove(db_lane *lane, db_call *c)
{
    TAILQ_REMOVE(&lane->queue, c, link);
    lane->queued--;
}

void db_lane_drop_bound(db_lane *lane)
{
    for (db_call *c = TAILQ_FIRST(&lane->queue), *next; c; c = next) {
        next = TAILQ_NEXT(c, link);
        bool ends_what_is_gone = !c->waiter;
        if (c->role != DB_CALL_CONTINUES && c->role != DB_CALL_COMMITS && !ends_what_is_gone)
            continue;
        db_lane_remove(lane, c);
        db_call_finish(lane->connections[0].db, c, STATUS_UNAVAILABLE);
    }
}

bool db_lane_up(const db_lane *lane)
{
    for (unsigned i = 0; i < lane->connection_count; i++)
        if (lane->connections[i].state == DB_CONNECTION_UP)
            return true;
    return false;
}

/* ---- a turn of the loop ---- */

static bool has_room(const db_connection *c)
{
    return c->state == DB_CONNECTION_UP && c->group_count < c->lane->syncs_limit;
}

/* The one with the least on its way. */
static db_connection *pick(const db_lane *lane)
{
    db_connection *best = NULL;
    for (unsigned i = 0; i < lane->connection_count; i++) {
        db_connection *c = &lane->connections[i];
        if (has_room(c) && (!best || c->group_count < best->group_count))
            best = c;
    }
    return best;
}

/* How many calls a group gets when those that wait are dealt out over the connections with room. */
static size_t share_of(const db_lane *lane)
{
    size_t choices = 0;
    for (unsigned i = 0; i < lane->connection_count; i++)
        choices += has_room(&lane->connections[i]);
    size_t share = choices ? (lane->queued + choices - 1) / choices : 0;
    return share < lane->group_limit ? share : lane->group_limit;
}

/* Opens further connections for what still waits, one for each that none is being opened for. */
static void open_more(db_lane *lane)
{
    size_t opening = 0;
    for (unsigned i = 0; i < lane->connection_count; i++) {
        db_connection_state state = lane->connections[i].state;
        opening += state != DB_CONNECTION_UP && state != DB_CONNECTION_IDLE;
    }
    for (unsigned i = 0; i < lane->connection_count && opening < lane->queued; i++)
        if (lane->connections[i].state == DB_CONNECTION_IDLE) {
            db_connect_start(&lane->connections[i]);
            opening++;
        }
}

static void flush(db_lane *lane)
{
    size_t share = share_of(lane);
    for (db_connection *c; lane->queued && (c = pick(lane));)
        db_group_send(c, share);
    open_more(lane);
}

void db_lanes_flush(void *arg)
{
    db *d = arg;
    for (unsigned i = 0; i < d->lane_count; i++)
        if (d->lanes[i].queued)
            flush(&d->lanes[i]);
}

/* ---- life ---- */

static void create_lane(db *d, unsigned number, db_lane lane)
{
    db_lane *place = &d->lanes[number];
    *place = lane;
    TAILQ_INIT(&place->queue);
    place->connections = calloc(lane.connection_count, sizeof *lane.connections);
    if (!place->connections)
        abort();
    for (unsigned i = 0; i < lane.connection_count; i++)
        db_connection_init(&place->connections[i], d, place);
}

void db_lanes_create(db *d, const db_options *options)
{
    unsigned reads = options->read_connections ? options->read_connections : 2;
    unsigned alone = options->alone_connections ? options->alone_connections : 4;
    unsigned transactions = options->transaction_connections ? options->transaction_connections : 4;
    d->lane_count = DB_KINDS + transactions;
    d->lanes = calloc(d->lane_count, sizeof *d->lanes);
    if (!d->lanes)
        abort();
    create_lane(d, DB_READ,
                (db_lane){.name = "read",
                          .connection_count = reads,
                          .group_limit = DB_GROUP_LIMIT,
                          .syncs_limit = DB_SYNCS_LIMIT});
    create_lane(d, DB_WRITE,
                (db_lane){.name = "write",
                          .connection_count = 1,
                          .group_limit = DB_GROUP_LIMIT,
                          .syncs_limit = DB_SYNCS_LIMIT});
    create_lane(d, DB_ALONE, (db_lane){.name = "alone", .connection_count = alone, .group_limit = 1, .syncs_limit = 1});
    for (unsigned i = DB_KINDS; i < d->lane_count; i++)
        create_lane(d, i, (db_lane){.name = "transaction", .connection_count = 1, .group_limit = 1, .syncs_limit = 1});
    fiber_semaphore_init(&d->transactions_free, transactions);
    for (unsigned i = 0; i < reads; i++)
        db_connect_start(&d->lanes[DB_READ].connections[i]);
    db_connect_start(&d->lanes[DB_WRITE].connections[0]);
}

void db_lanes_close(db *d)
{
    for (unsigned i = 0; i < d->lane_count; i++) {
        db_lane *lane = &d->lanes[i];
        for (unsigned j = 0; j < lane->connection_count; j++)
            db_connection_close(&lane->connections[j]);
        for (db_call *c; (c = TAILQ_FIRST(&lane->queue));) {
            db_lane_remove(lane, c);
            db_call_finish(d, c, STATUS_CANCELLED);
        }
    }
}

void db_lanes_free(db *d)
{
    for (unsigned i = 0; i < d->lane_count; i++) {
        for (unsigned j = 0; j < d->lanes[i].connection_count; j++)
            free(d->lanes[i].connections[j].prepared);
        free(d->lanes[i].connections);
    }
    free(d->lanes);
}
