/* What the files of this room know of each other. */
#pragma once

#include "fiber.h"
#include "http_crowd.h"
#include "http_forwarded.h"
#include "http_server.h"

#include <microhttpd.h>
#include <uv.h>

/* A wait for the client: connections in the order of their deadlines, which all lie the same time ahead. */
typedef struct http_wait_queue {
    struct http_connection *first, *last;
    uint32_t timeout_ms;
} http_wait_queue;

typedef struct http_connection {
    http_server *server;
    int descriptor;
    http_address peer;
    char address[HTTP_ADDRESS_TEXT_SIZE]; /* of the peer */
    bool trusted;                         /* the peer is a proxy whose word counts */
    http_wait_queue *queue;               /* NULL while a handler is at work */
    struct http_connection *next, *previous;
    uint64_t deadline_ms;   /* of uv_now */
    uint64_t rest_until_ns; /* of clock_monotonic_ns: what comes sooner waits until then */
    bool begun;             /* a request line has come and is not answered yet */
    bool in_body;
    uint64_t body_started_ms, body_bytes; /* of the body that is being read, while it counts */
} http_connection;

/* Instants that tell when requests came; see http_arrival.c. */
typedef struct http_arrivals {
    uint64_t nothing_there_ns; /* the last one at which no request was unread, as far as is known */
    uint64_t earliest_ns;      /* when what is being read may have come */
    uint64_t turn_ended_ns;    /* the loop began to poll */
    bool readable;             /* the poll has told of something to read */
} http_arrivals;

typedef enum http_request_state {
    HTTP_READING,    /* head and body */
    HTTP_DISCARDING, /* a body past its bound: read to its end, then refused */
    HTTP_WORKING,    /* suspended, its fiber runs */
    HTTP_ANSWERED,   /* resumed, the response waits to be queued */
    HTTP_SENDING,
} http_request_state;

typedef struct http_refusal {
    int status; /* 0 = none */
    const char *detail;
} http_refusal;

struct http_request {
    http_server *server;
    http_connection *connection;
    struct MHD_Connection *mhd;
    http_request_state state;
    fiber *worker;
    arena arena;
    const char *method;
    char *path, *query; /* in the arena */
    const char *target; /* in libmicrohttpd's buffer, only to be compared with */
    size_t target_size;
    const char *client_address; /* NULL: the peer's */
    bool secure;
    bool http_1_0;
    bool has_body;
    bool close_after;
    uint8_t *body;
    size_t body_size, body_capacity, body_limit;
    http_refusal refusal;
    struct MHD_Response *response;
    int status;
    size_t response_bytes;
    uint64_t started_ns;
    uint64_t arrived_ns;
    bool rests; /* it came sooner than http_rest allows */
    void *context;
    http_request *next, *previous; /* among those at work, or in the pool */
};

struct http_server {
    loop *loop;
    http_server_options options;
    struct MHD_Daemon *daemon;
    uint16_t port;
    uv_poll_t poll;
    uv_timer_t timer;
    uv_check_t check;
    unsigned open_handles;
    loop_hook hook;
    http_arrivals arrivals;
    bool run_again; /* libmicrohttpd has work that its epoll descriptor does not announce */
    bool leaving;
    bool draining;
    unsigned connections;
    unsigned in_flight;
    uint32_t rests; /* where in its time the last rest ends */
    http_wait_queue reading, idle;
    http_wait_queue paced;   /* bodies past HTTP_READ_TIMEOUT, kept alive by their rate */
    http_wait_queue sending; /* answers not taken yet */
    http_crowd *crowd;       /* NULL: no limit for an address */
    uint64_t crowded_out;
    http_request *working;
    http_request *pool;
    unsigned pool_count;
    struct http_lingering *lingering;
    unsigned lingering_count;
};

/* http_request.c: libmicrohttpd's callbacks */
void *http_on_target(void *cls, const char *target, struct MHD_Connection *mhd);
enum MHD_Result http_on_request(void *cls, struct MHD_Connection *mhd, const char *url, const char *method,
                                const char *version, const char *upload, size_t *upload_size, void **context);
void http_on_completed(void *cls, struct MHD_Connection *mhd, void **context, enum MHD_RequestTerminationCode code);
void http_free_pool(http_server *s);

/* http_head.c: what is refused when the head is known. */
http_refusal http_check_head(http_request *r, const char *version);

/* http_client.c: the head is complete; who sent it? */
void http_find_client(http_request *r);

/* http_deadline.c: puts the connection's next deadline, NULL: none. */
void http_wait_for_client(http_connection *c, http_wait_queue *queue);
void http_on_deadline(uv_timer_t *timer);

/* http_arrival.c: at the start; the poll tells that there is something to read; the poll is over; the turn ends, the
 * poll is next. */
void http_arrival_init(http_arrivals *a);
void http_arrival_readable(http_server *s);
void http_arrival_on_check(uv_check_t *check);
void http_arrival_turn_ends(http_server *s);
void http_arrival_look(http_server *s); /* libmicrohttpd is about to read */

/* http_linger.c: the connection is about to be closed with a part of a body unread. */
void http_linger(http_connection *c);
void http_end_lingering(http_server *s);

/* http_listen.c: a bound, listening socket; -1 after a line in the log. */
int http_listen(const char *host, uint16_t port, uint16_t *bound_port);
