/* What the files of the cache know of each other. */
#pragma once

#include "cache.h"
#include "metrics.h"

#include <hiredis/async.h>
#include <uv.h>

/* Where Redis is. */
typedef struct cache_address {
    char *host; /* NULL for a unix socket */
    char *path; /* of the unix socket */
    char *user, *password;
    int port;
    int database;
} cache_address;

/* false when url is malformed; *a then holds nothing. */
bool cache_address_init(cache_address *a, const char *url);
void cache_address_finish(cache_address *a);

typedef enum cache_state {
    CACHE_NONE,       /* no Redis is configured */
    CACHE_PAUSING,    /* until the timer says to try again */
    CACHE_RESOLVING,  /* the host's name, on the thread pool */
    CACHE_CONNECTING, /* and greeting: AUTH, SELECT, PING; the timer bounds both */
    CACHE_UP,         /* the timer looks whether answers come */
    CACHE_CLOSED,     /* destroyed; freed when the last handle is closed */
} cache_state;

struct cache {
    loop *loop;
    cache_address address;
    char *prefix;
    uint32_t timeout_ms;
    unsigned commands_limit;
    metrics_family *hits, *misses;

    cache_state state;
    redisAsyncContext *context; /* while CONNECTING and UP */
    loop_hook hook;
    bool unsent;             /* commands of this turn wait for the hook */
    unsigned commands;       /* in flight, those whose waiter has gone and the greeting's included */
    size_t command_bytes;    /* of them */
    uint64_t replies;        /* seen on this connection */
    uint64_t replies_before; /* at the timer's last look */

    uv_timer_t timer;
    bool timer_closed;
    uv_getaddrinfo_t resolver;
    bool resolving;
    unsigned attempts; /* since it was last up */
};

/* A command in flight. It outlives a waiter that has given up: the answer still comes. */
typedef struct cache_command {
    size_t bytes;
    struct fiber *waiter; /* NULL: nobody waits (any more) */
    struct arena *arena;  /* of the waiter, where the answer goes */
    bool done;
    bool unknown_script; /* the answer is the error NOSCRIPT */
    int type;            /* of the answer, REDIS_REPLY_*; 0 = none came */
    const char *text;
    size_t size;
    int64_t integer;
} cache_command;

/* cache.c: a command of about this many bytes; NULL when it may not be sent. */
cache_command *cache_begin(cache *c, size_t bytes);
/* Takes the result of redisAsyncCommand, which was given cache_on_answer and m. false: m is freed. */
bool cache_sent(cache *c, cache_command *m, int result);
void cache_on_answer(redisAsyncContext *context, void *answer, void *privdata);
/* Waits for the answer, at most timeout_ms; m is then filled and the caller's, or false. */
bool cache_answered(cache *c, cache_command *m, uint32_t timeout_ms);

/* cache_connection.c */
void cache_connect(cache *c);
/* Gives the connection up: every command in flight is answered with NULL. It is made again after a pause. */
void cache_drop(cache *c, const char *why);
/* Has to be called when a command joins those in flight: watches that answers come. */
void cache_watch(cache *c);
/* Ends all of it for good and frees c when the handles are closed. */
void cache_close(cache *c);

/* Has to be called when an answer was taken: gives the connection up when more has come than was asked for, because
 * hiredis ends the program then. */
void cache_expect_no_more(cache *c);

/* cache_events.c: hiredis on the loop. */
bool cache_events_attach(cache *c);
