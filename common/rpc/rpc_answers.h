/*
 * Answers on their way out of a server. Internal to this room.
 *
 * An answer goes back by its route: the header (pipe id and request id) of the message its call came with. All answers
 * of one turn on one route share a message, closed at 256 KiB.
 *
 * Raw REP keeps 64 messages per pipe and silently drops what comes on top, the send still returning 0. So messages wait
 * here, and at most WINDOW of them are with nng: how many of those it has written to the connection is read from its
 * statistics, once the window is full.
 */
#pragma once

#include "loop.h"
#include "rpc_socket.h"
#include "rpc_traffic.h"

#include <nng/nng.h>

typedef struct rpc_answers rpc_answers;
typedef struct rpc_route rpc_route;

/* Answers that wait for a peer to read are dropped when they pass queue_limit_bytes. */
rpc_answers *rpc_answers_create(loop *l, rpc_socket *socket, rpc_traffic *traffic, size_t queue_limit_bytes);

/* Waits, at most a second, until nng has written what it was given. No route may be in use. */
void rpc_answers_destroy(rpc_answers *a);

/* The route back to where the message came from; to be released. NULL when the message has no such header. */
rpc_route *rpc_answers_route(rpc_answers *a, nng_msg *message);
rpc_route *rpc_route_hold(rpc_route *route);
void rpc_route_release(rpc_route *route);

/* Calls of the route's peer that are at work: admission shares the server out by them. */
unsigned rpc_route_calls(const rpc_route *route);
void rpc_route_begin_call(rpc_route *route);
void rpc_route_end_call(rpc_route *route);

/* Room for one answer of size bytes, which leaves at the end of the turn. To be filled at once. */
uint8_t *rpc_route_append(rpc_route *route, size_t size);

/* From now on every message says whether the server is about to end; clients of ours are told at once. */
void rpc_answers_set_leaving(rpc_answers *a, bool leaving);

/* To be called by the socket's owner. */
void rpc_answers_on_writable(rpc_answers *a);
void rpc_answers_on_connections(rpc_answers *a);
