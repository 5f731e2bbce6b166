/*
 * A raw req0 or rep0 socket of nng on the loop. Internal to this room: the only file that calls nng's socket functions.
 *
 * nng has threads of its own; all that they may do here is to raise the two descriptors that the loop polls and to wake
 * the loop when a connection comes or goes.
 */
#pragma once

#include "loop.h"
#include "rpc_tls.h"

#include <nng/nng.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct rpc_socket rpc_socket;

typedef enum rpc_socket_side { RPC_SOCKET_CLIENT, RPC_SOCKET_SERVER } rpc_socket_side;

/* Called on the loop, outside of fibers. */
typedef struct rpc_socket_owner {
    void (*on_message)(void *arg, nng_msg *message); /* the message is the owner's now */
    void (*on_writable)(void *arg);                  /* after a refused rpc_socket_send: try again */
    void (*on_connections)(void *arg);               /* some came or went */
    void *arg;
} rpc_socket_owner;

/* message_limit_bytes: of one message that is received; a larger one closes its connection. */
rpc_socket *rpc_socket_open(loop *l, rpc_socket_side side, size_t message_limit_bytes, const rpc_socket_owner *owner);

/* Closes; nothing of the owner is called any more, and the loop lets go of what it needs within a second. A server's
 * address is free afterwards, for which this waits: milliseconds as a rule, a second at most. NULL is allowed. */
void rpc_socket_close(rpc_socket *s);

/* Both return 0 or an error of nng (nng_strerror), and are called once. A client dials in the background, again and
 * again. tls: for addresses tls+tcp://, else it may be NULL; it must outlive the socket. server_name: what the server's
 * certificate must hold, when tls has no name of its own; NULL = the address's host. */
int rpc_socket_dial(rpc_socket *s, const char *address, rpc_tls *tls, const char *server_name);
int rpc_socket_listen(rpc_socket *s, const char *address, rpc_tls *tls);

/* Whether it is an address tls+tcp://. */
bool rpc_socket_has_tls(const char *address);

/* The same after the listener was closed, with all its connections: for one that has died. */
int rpc_socket_listen_again(rpc_socket *s, const char *address, rpc_tls *tls);

/* The port that rpc_socket_listen bound; 0 before. */
int rpc_socket_port(const rpc_socket *s);

/* true: nng has taken the message. false: not now, the message is still the caller's and on_writable will follow. */
bool rpc_socket_send(rpc_socket *s, nng_msg *message);

/* Connections now, and how many were lost since the socket was opened. */
unsigned rpc_socket_connections(const rpc_socket *s);
unsigned rpc_socket_losses(const rpc_socket *s);

/* All connections that ever came. */
unsigned rpc_socket_accepted(const rpc_socket *s);

/* Reads what has arrived right now, without waiting for the descriptor. */
void rpc_socket_drain(rpc_socket *s);

/* A message with room to grow, ended by abort when memory is out, as everywhere. */
nng_msg *rpc_message_new(void);

/* Lengthens the body by size bytes and returns where they begin; earlier pointers into the body are void. */
uint8_t *rpc_message_extend(nng_msg *message, size_t size);
