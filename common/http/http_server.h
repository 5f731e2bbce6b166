/*
 * An HTTP/1.1 server on the loop: libmicrohttpd driven by its epoll descriptor, no thread of its own. Each request's
 * head and body are read and checked, then its handler runs on a fiber and answers once. What no handler should have to
 * think of is refused here, before it runs: ambiguous framing (Content-Length with Transfer-Encoding, two lengths, two
 * Hosts, two Authorizations, any Transfer-Encoding but chunked, chunked in HTTP/1.0), bare CR, bare LF, NUL and
 * obs-fold in the head, %00 and absolute URIs in the target, CONNECT, heads and bodies over their bounds, slow heads
 * and bodies, answers that nobody takes, and connections of an address that has too many. What libmicrohttpd cannot
 * parse it answers itself, in HTML, and closes; a client that is too slow gets a bare 408.
 */
#pragma once

#include "arena.h"
#include "http_address.h"
#include "loop.h"
#include "status.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct http_server http_server;
typedef struct http_request http_request;

typedef struct http_server_options {
    const char *host;                     /* an address, "127.0.0.1", "::", "0.0.0.0" */
    uint16_t port;                        /* 0 picks a free one */
    unsigned connections_limit;           /* 0 = 4096 */
    uint32_t idle_timeout_ms;             /* keep-alive; 0 = 75,000 */
    uint32_t read_timeout_ms;             /* for a whole head, and for a body before its rate counts; 0 = 10,000 */
    uint32_t write_timeout_ms;            /* for taking a whole answer; 0 = 30,000 */
    size_t body_rate;                     /* bytes a second that a body must reach after read_timeout_ms; 0 = 16 KiB */
    unsigned address_limit;               /* connections of one address (of an IPv6 /64), proxies aside; 0 = no limit */
    const http_networks *trusted_proxies; /* borrowed; NULL = none */
    uint32_t request_timeout_ms;          /* the handler's deadline; 0 = 10,000 */
    size_t pool_bytes;                    /* per connection; 0 = 16 KiB, which bounds a head to about 7 KiB */

    /* Chooses the largest allowed body for a request once its head is read. NULL: 64 KiB for all. */
    size_t (*body_limit)(void *arg, const http_request *request);

    /* Called once a request is whole, body and all. true: it was answered by http_respond here and now, without a
     * fiber: for refusals, which past capacity are most of what is done. Must not wait. NULL: nothing is. */
    bool (*answer_at_once)(void *arg, http_request *request);

    /* Runs on a fiber; answers with http_respond before it returns (else the server answers 500). */
    void (*handle)(void *arg, http_request *request);

    /* Builds the answer to a request that is refused before its handler: status (400, 413, 417, 501; 500 when the
     * handler did not answer) and a sentence for the client; the connection is closed afterwards. Runs on a fiber.
     * NULL: text/plain. */
    void (*refuse)(void *arg, http_request *request, int status, const char *detail);

    /* Called after each answer was sent or given up, for logs and metrics. NULL: nothing. */
    void (*done)(void *arg, const http_request *request, int status, size_t response_bytes, uint64_t duration_ns);
    void *arg;
} http_server_options;

/* NULL after a line in the log that names the address when it cannot be bound. */
http_server *http_server_create(loop *l, const http_server_options *options);
uint16_t http_server_port(const http_server *s);
unsigned http_server_connections(const http_server *s);
unsigned http_server_requests_in_flight(const http_server *s);
uint64_t http_server_crowded_out(const http_server *s); /* connections refused for their address's limit, ever */

/* Answers carry Connection: close from now on, so that clients go elsewhere by themselves; all is served as before. */
void http_server_leave(http_server *s);

/* Leaves, accepts no further connection, and closes those that are between two requests. */
void http_server_drain(http_server *s);

/* Ends every connection, also those whose fiber is at work: call it when requests_in_flight is 0, or when the drain
 * time is over. */
void http_server_destroy(http_server *s);

/* ---- the request; strings live until the handler returns ---- */
arena *http_arena(http_request *r);
const char *http_method(const http_request *r); /* "GET" */
const char *http_path(const http_request *r);   /* raw, before '?', not decoded: "/api/v1/goals/abc" */
const char *http_query(const http_request *r);  /* raw, after '?', "" when there is none */
const char *http_header(const http_request *r, const char *name); /* without case; NULL when absent */
/* Of the peer, "127.0.0.1"; of the client that it asks for when it is a trusted proxy (see http_forwarded.h). IPv4
 * addresses are dotted on every socket. */
const char *http_client_address(const http_request *r);
bool http_is_secure(const http_request *r); /* a trusted proxy says that the client spoke https to it */
const uint8_t *http_body(const http_request *r, size_t *size);
/* Takes the body away from the request; the caller frees it. For work on another thread that may outlive the handler.
 */
uint8_t *http_take_body(http_request *r, size_t *size);
uint64_t http_started_ns(const http_request *r); /* when the head was complete */
/* From the request's arrival, as far as that can be known (its bytes may have waited while the loop was busy), until
 * now. */
uint64_t http_latency_ns(const http_request *r);

/* For clients that come again at once when told to come later: should the next request of this connection come within
 * ms, it waits until they are over and is refused with 503. Not when the peer is a trusted proxy, whose connections
 * others share. */
void http_rest(http_request *r, uint32_t ms);

/* A place for what belongs to the request above this layer (route, user); kept until done() has run. */
void http_set_context(http_request *r, void *context);
void *http_context(const http_request *r);

typedef struct http_field {
    const char *name, *value;
} http_field;

/* Answers. The body is copied unless it lies in http_arena(r). HEAD gets the headers alone. Once per request. */
void http_respond(http_request *r, int http_status, const http_field *headers, size_t header_count, const void *body,
                  size_t size);
