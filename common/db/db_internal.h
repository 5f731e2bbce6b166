/*
 * What the files of this room know of each other.
 *
 *   db.c             the functions of db.h that fibers call; waiting, giving up, the fiber's last outcome
 *   db_lane.c        which statements leave when, over which connection
 *   db_group.c       how statements share a Sync, and what happens when one fails (the essay)
 *   db_transaction.c what several calls of one fiber write, as one transaction
 *   db_outcome.c     from the server's SQLSTATE to the caller's status; logs and metrics
 *   db_statement.c   what is prepared where
 *   db_connection.c  a connection's states, reading, writing, losing it and the pause before the next try
 *   db_connect.c     making it; db_resolve.c: host names to addresses, before libpq could block on them
 *   db_values.c      parameters to the wire; db_rows.c results from it
 */
#pragma once

#include "arena.h"
#include "db.h"
#include "fiber.h"
#include "metrics.h"

#include <libpq-fe.h>
#include <sys/queue.h>
#include <uv.h>

/* Most statements between two Syncs: when one fails, so many are sent again. */
enum { DB_GROUP_LIMIT = 128 };
/* Syncs on their way per connection. While they are, later statements gather into a larger group; and what waits here,
 * not there, is known not to have happened when the server is lost. */
enum { DB_SYNCS_LIMIT = 2 };
enum { DB_CONNECT_TIMEOUT_MS = 5000 };
enum { DB_SILENCE_MS = 15000 };
enum { DB_DEFAULT_WAIT_MS = 10000 };
enum { DB_LOSSES_LIMIT = 3 };     /* a read that saw so many connections die may be what kills them */
enum { DB_REPREPARES_LIMIT = 3 }; /* of one call */
enum { DB_NAME_SIZE = 64 };       /* PostgreSQL's names, with the NUL */
enum { DB_VALUES_LIMIT = 256 };

/* ---- statements ---- */

/* What is kept of each db_statement once it has been used. */
typedef struct db_known {
    const db_statement *statement;
    size_t index; /* in every connection's table of prepared statements */
    Oid *types;   /* of its parameters; 0 while only untyped NULLs were given */
    size_t type_count;
    uint32_t version; /* grows when a type becomes known, and asks for another Parse */
    metrics_series *duration;
    struct db_known *next;
} db_known;

enum { DB_STATEMENT_BUCKETS = 256 };

typedef struct db_statements {
    db_known *buckets[DB_STATEMENT_BUCKETS];
    size_t count;
} db_statements;

/* ---- calls: what one db_query or db_batch asked for ---- */

typedef struct db_step_call {
    db_known *known;
    int count;
    const char **values;
    int *lengths;
    uint64_t prepared_as; /* the name it was sent with, see db_statement.c */
    bool parse_awaited;   /* a Parse stands before it in the pipeline */
    PGresult *result;
} db_step_call;

typedef enum db_call_state {
    DB_CALL_QUEUED, /* in its lane */
    DB_CALL_SENT,   /* in a group of a connection */
    DB_CALL_DONE,   /* the outcome stands */
} db_call_state;

/* What a call is to a transaction that is larger than one Sync. */
typedef enum db_call_role {
    DB_CALL_WHOLE,     /* is none of it: its Sync commits it */
    DB_CALL_BEGINS,    /* stands behind BEGIN */
    DB_CALL_CONTINUES, /* good only in the session that has begun it */
    DB_CALL_COMMITS,   /* the same, and COMMIT stands behind it */
} db_call_role;

typedef TAILQ_HEAD(db_calls, db_call) db_calls;

typedef struct db_call {
    TAILQ_ENTRY(db_call) link; /* in a lane's queue or a group */
    struct db_lane *lane;
    fiber *waiter; /* NULL once it gave up */
    db_call_state state;
    db_call_role role;
    bool writes;
    bool single; /* has a Sync of its own */
    unsigned losses;
    unsigned reprepares;
    uint64_t begun_ns;
    status outcome;
    bool outcome_unknown;
    char constraint[DB_NAME_SIZE];
    size_t step_count;
    db_step_call *steps;
    size_t answered; /* steps whose answer has come */
    arena arena;     /* steps and parameters */
} db_call;

/* ---- groups: what shares a Sync ---- */

typedef struct db_group {
    TAILQ_ENTRY(db_group) link;
    db_calls calls;
    size_t call_count;
    db_call *awaited; /* the call whose answer comes next; NULL = the Sync's */
    db_call *failed;  /* the one that failed; NULL with an error: the commit did */
    size_t failed_step;
    PGresult *error; /* NULL = none so far */
} db_group;

typedef TAILQ_HEAD(db_groups, db_group) db_groups;

/* ---- connections ---- */

typedef enum db_connection_state {
    DB_CONNECTION_IDLE,      /* not asked for yet */
    DB_CONNECTION_PAUSING,   /* until the next try */
    DB_CONNECTION_RESOLVING, /* host names */
    DB_CONNECTION_CONNECTING,
    DB_CONNECTION_UP,
    DB_CONNECTION_CLOSED,
    DB_CONNECTION_STATES,
} db_connection_state;

typedef struct db_connection {
    db *db;
    struct db_lane *lane;
    db_connection_state state;
    PGconn *pg;
    uv_poll_t *poll; /* NULL while nothing is watched */
    int poll_events;
    uv_timer_t timer; /* the pause, the connect timeout or the watch for silence, by state */
    struct db_resolution *resolution;
    unsigned tries;   /* since it last worked */
    unsigned session; /* rises with each one */
    db_groups groups; /* on their way, oldest first */
    unsigned group_count;
    uint64_t heard_ns;  /* when something last came, or when the first of what is on its way left */
    uint32_t epoch;     /* part of prepared names; a new one forgets all */
    uint64_t *prepared; /* by db_known.index: the name it is prepared under, 0 = not */
    size_t prepared_count;
} db_connection;

/* A queue and the connections that serve it. */
typedef struct db_lane {
    const char *name;
    db_calls queue;
    size_t queued;
    db_connection *connections;
    unsigned connection_count;
    unsigned group_limit;
    unsigned syncs_limit;
    bool taken; /* by a transaction */
} db_lane;

enum { DB_KINDS = 3 };

struct db {
    loop *loop;
    loop_hook hook;
    char *conninfo;
    char *application_name;
    unsigned queue_limit;
    uint32_t silence_ms;
    unsigned call_count; /* queued or sent */
    db_lane *lanes;      /* by db_kind; behind them one for each transaction that may be open */
    unsigned lane_count;
    fiber_semaphore transactions_free;
    struct db_transaction *transactions; /* of all fibers */
    unsigned open_handles;               /* the last one to close frees the rest */
    db_statements statements;
    metrics_family *durations;
    metrics_family *errors;
    metrics_series *states[DB_CONNECTION_STATES];
    metrics_series *grouped_statements;
    metrics_series *syncs;
};

/* db.c */
status db_run(db *d, db_lane *lane, db_call_role role, const db_step *steps, size_t count, db_rows **rows);
/* One that nobody waits for. */
void db_run_unattended(db *d, db_lane *lane, const db_statement *s);
bool db_call_may_commit(const db_call *c); /* once it is sent: when nothing comes back, its fate is unknown */
void db_call_finish(db *d, db_call *c, status outcome); /* wakes the waiter, or frees c when there is none */
void db_call_destroy(db_call *c);
void db_free_when_closed(db *d); /* one of its handles has closed */

/* db_lane.c */
void db_lanes_create(db *d, const db_options *options);
void db_lanes_close(db *d);
void db_lanes_free(db *d);
void db_lanes_flush(void *arg); /* the loop's hook */
void db_lane_push(db_lane *lane, db_call *c);
void db_lane_push_front(db_lane *lane, db_call *c);
void db_lane_remove(db_lane *lane, db_call *c);
bool db_lane_up(const db_lane *lane);   /* one of its connections is up */
void db_lane_drop_bound(db_lane *lane); /* its session is lost: what waits and was good only there fails */

/* db_transaction.c */
/* The running fiber's, if it is in one; NULL. */
struct db_transaction *db_transaction_find(const db *d);
status db_transaction_run(struct db_transaction *t, const db_step *steps, size_t count, db_rows **rows);

/* db_group.c */
void db_group_send(db_connection *c, size_t limit);     /* the next calls of the lane's queue, at most so many */
bool db_group_take(db_connection *c, PGresult *result); /* false: the connection was lost and is no more */
void db_groups_abandon(db_connection *c);               /* what is on its way, when the connection is lost */
void db_groups_cancel(db_connection *c);                /* the same at the end of the program */

/* db_outcome.c */
/* Finishes c with what the error of this step means for it. */
void db_outcome_judge(db *d, db_call *c, size_t step, const PGresult *error);
bool db_outcome_is_own(const PGresult *error);    /* no neighbour can have caused it */
bool db_outcome_forgotten(const PGresult *error); /* the server wants it prepared again */
bool db_outcome_is_fatal(const PGresult *error);  /* the session ended with it */

/* db_statement.c */
db_known *db_statement_know(db *d, const db_statement *s);
void db_statements_free(db_statements *all);
/* Notes the types of the values. False: they contradict what the statement was used with before. */
bool db_statement_check_types(db_known *known, const db_value *values, size_t count);
bool db_statement_needs_parse(const db_connection *c, const db_step_call *step);
bool db_statement_send(db_connection *c, db_step_call *step); /* false: the connection is lost */
void db_statement_parse_failed(db_connection *c, const db_step_call *step);
void db_statement_forgotten(db_connection *c, const db_step_call *step);
void db_statement_forget_all(db_connection *c); /* a new session knows nothing */

/* db_connection.c */
void db_connection_init(db_connection *c, db *d, db_lane *lane);
void db_connection_close(db_connection *c);
void db_connection_lost(db_connection *c, const char *reason, const char *sqlstate); /* sqlstate "": unknown */
void db_connection_flush(db_connection *c); /* hands what libpq has buffered to the socket */
void db_connection_watch_silence(db_connection *c);
void db_connection_set_state(db_connection *c, db_connection_state to);
void db_connection_watch(db_connection *c, int events); /* UV_READABLE, UV_WRITABLE */
void db_connection_unwatch(db_connection *c);
void db_connection_start_timer(db_connection *c, uint64_t timeout_ms);

/* db_connect.c */
void db_connect_start(db_connection *c); /* from IDLE or PAUSING */
void db_connect_continue(db_connection *c);

/* db_resolve.c: at the end tells done(c, host, hostaddr, port), lists as libpq takes them; host NULL: no name of them
 * could be resolved. When nothing needs resolving it returns false and calls nothing. */
typedef struct db_resolution db_resolution;
typedef void db_resolved(db_connection *c, const char *host, const char *hostaddr, const char *port);
bool db_resolve_start(db_connection *c, const PQconninfoOption *options, db_resolved *done);
void db_resolve_cancel(db_resolution *r); /* NULL is allowed */

/* db_values.c */
Oid db_value_type(const db_value *v); /* 0 for an untyped NULL */
/* Encodes into the arena. False when a value has no form on the wire (a date beyond what PostgreSQL knows). */
bool db_values_encode(arena *a, const db_value *values, size_t count, db_step_call *step);

/* db_rows.c: takes the result over; the rows live until the running fiber ends. */
db_rows *db_rows_create(PGresult *result, const char *statement_name);
