#include "db_internal.h"

#include "clock.h"
#include "log.h"

#include <stdlib.h>
#include <string.h>

enum { PAUSE_FIRST_MS = 50, PAUSE_LONGEST_MS = 2000 };

/* ---- state ---- */

void db_connection_set_state(db_connection *c, db_connection_state to)
{
#define FROM(STATE) (1u << DB_CONNECTION_##STATE)
    static const unsigned allowed[DB_CONNECTION_STATES] = {
        [DB_CONNECTION_PAUSING] = FROM(RESOLVING) | FROM(CONNECTING) | FROM(UP),
        [DB_CONNECTION_RESOLVING] = FROM(IDLE) | FROM(PAUSING),
        [DB_CONNECTION_CONNECTING] = FROM(RESOLVING),
        [DB_CONNECTION_UP] = FROM(CONNECTING),
        [DB_CONNECTION_CLOSED] = ~FROM(CLOSED),
    };
#undef FROM
    if (!(allowed[to] & 1u << c->state))
        abort();
    metrics_add(c->db->states[c->state], -1);
    metrics_add(c->db->states[to], 1);
    c->state = to;
}

/* ---- the descriptor ---- */

static void on_poll_closed(uv_handle_t *handle)
{
    free(handle);
}

/* Before libpq may close the descriptor: one that is reused would be taken for the old one. */
void db_connection_unwatch(db_connection *c)
{
    if (!c->poll)
        return;
    uv_poll_stop(c->poll);
    uv_close((uv_handle_t *)c->poll, on_poll_closed);
    c->poll = NULL;
}

static void on_poll(uv_poll_t *poll, int error, int events);

void db_connection_watch(db_connection *c, int events)
{
    if (c->poll && c->poll_events == events)
        return;
    if (!c->poll) {
        c->poll = malloc(sizeof *c->poll);
        if (!c->poll || uv_poll_init(loop_uv(c->db->loop), c->poll, PQsocket(c->pg)))
            abort();
        c->poll->data = c;
    }
    c->poll_events = events;
    uv_poll_start(c->poll, events, on_poll);
}

/* ---- the timer ---- */

static void on_timer(uv_timer_t *timer);

void db_connection_start_timer(db_connection *c, uint64_t timeout_ms)
{
    uv_update_time(loop_uv(c->db->loop));
    uv_timer_start(&c->timer, on_timer, timeout_ms, 0);
}

/* Doubles with each try; jittered, so that many connections do not knock at the same instant. */
static uint64_t next_pause_ms(db_connection *c)
{
    uint64_t pause = PAUSE_FIRST_MS;
    for (unsigned i = 0; i < c->tries && pause < PAUSE_LONGEST_MS; i++)
        pause *= 2;
    if (pause > PAUSE_LONGEST_MS)
        pause = PAUSE_LONGEST_MS;
    c->tries++;
    uint64_t chance = clock_monotonic_ns() / 1000 * 2654435761u >> 8;
    return pause / 2 + chance % (pause / 2 + 1);
}

/* ---- losing ---- */

static void disconnect(db_connection *c)
{
    db_resolve_cancel(c->resolution);
    uv_timer_stop(&c->timer);
    db_connection_unwatch(c);
    PQfinish(c->pg);
    c->pg = NULL;
}

/* Not every try of a long outage: the first, second, fourth, eighth ... */
static bool is_worth_a_line(const db_connection *c)
{
    return (c->tries & (c->tries - 1)) == 0;
}

void db_connection_lost(db_connection *c, const char *reason, const char *sqlstate)
{
    if (is_worth_a_line(c))
        log_warn(c->state == DB_CONNECTION_UP ? "the database connection was lost" : "cannot connect to the database",
                 log_text("lane", c->lane->name), log_text("reason", reason), log_text("sqlstate", sqlstate),
                 log_int("tries", c->tries));
    disconnect(c);
    db_connection_set_state(c, DB_CONNECTION_PAUSING);
    db_connection_start_timer(c, next_pause_ms(c));
    db_groups_abandon(c);
    db_lane_drop_bound(c->lane);
}

static void check_silence(db_connection *c)
{
    if (c->group_count == 0)
        return;
    uint64_t silent_ms = (clock_monotonic_ns() - c->heard_ns) / CLOCK_NS_PER_MS;
    if (silent_ms >= c->db->silence_ms)
        db_connection_lost(c, "nothing came back", "");
    else
        db_connection_start_timer(c, c->db->silence_ms - silent_ms);
}

void db_connection_watch_silence(db_connection *c)
{
    c->heard_ns = clock_monotonic_ns();
    if (!uv_is_active((uv_handle_t *)&c->timer))
        db_connection_start_timer(c, c->db->silence_ms);
}

static void on_timer(uv_timer_t *timer)
{
    db_connection *c = timer->data;
    switch (c->state) {
    case DB_CONNECTION_PAUSING:
        db_connect_start(c);
        break;
    case DB_CONNECTION_RESOLVING:
    case DB_CONNECTION_CONNECTING:
        db_connection_lost(c, "no answer in time", "");
        break;
    default:
        check_silence(c);
    }
}

/* ---- reading and writing ---- */

void db_connection_flush(db_connection *c)
{
    int left = PQflush(c->pg);
    if (left < 0)
        db_connection_lost(c, "nothing can be sent", "");
    else
        db_connection_watch(c, left ? UV_READABLE | UV_WRITABLE : UV_READABLE);
}

/* False: the connection was lost. */
static bool take_results(db_connection *c)
{
    unsigned empty = 0; /* libpq puts one NULL after each statement's result */
    while (c->group_count && !PQisBusy(c->pg)) {
        PGresult *result = PQgetResult(c->pg);
        if (result) {
            empty = 0;
            if (!db_group_take(c, result))
                return false;
        } else if (++empty > 1) {
            db_connection_lost(c, "answers are missing", "");
            return false;
        }
    }
    return true;
}

static void receive(db_connection *c)
{
    bool open = PQconsumeInput(c->pg);
    c->heard_ns = clock_monotonic_ns();
    if (!take_results(c)) /* also what came before the end */
        return;
    if (!open)
        db_connection_lost(c, "the server closed it", "");
}

static void on_poll(uv_poll_t *poll, int error, int events)
{
    db_connection *c = poll->data;
    if (c->state == DB_CONNECTION_CONNECTING) {
        db_connect_continue(c);
        return;
    }
    if (error || events & UV_READABLE)
        receive(c);
    if (error && c->state == DB_CONNECTION_UP) /* libuv watches it no more */
        db_connection_lost(c, "the socket failed", "");
    if (c->state == DB_CONNECTION_UP && c->poll_events & UV_WRITABLE)
        db_connection_flush(c);
}

/* ---- life ---- */

void db_connection_init(db_connection *c, db *d, db_lane *lane)
{
    *c = (db_connection){.db = d, .lane = lane, .epoch = 1};
    TAILQ_INIT(&c->groups);
    uv_timer_init(loop_uv(d->loop), &c->timer);
    c->timer.data = c;
    d->open_handles++;
    metrics_add(d->states[DB_CONNECTION_IDLE], 1);
}

static void on_timer_closed(uv_handle_t *handle)
{
    db_connection *c = handle->data;
    db_free_when_closed(c->db);
}

void db_connection_close(db_connection *c)
{
    disconnect(c);
    db_connection_set_state(c, DB_CONNECTION_CLOSED);
    db_groups_cancel(c);
    uv_close((uv_handle_t *)&c->timer, on_timer_closed);
}
