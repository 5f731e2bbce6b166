/*
 * Mutual TLS for RPC (addresses tls+tcp://): the suite's own CA, and this program's certificate with its key.
 *
 * Both sides show a certificate and refuse a peer whose certificate the CA has not signed or whose time is over; a
 * client also refuses a server whose certificate does not hold the name it expects. So a certificate must be good for
 * servers and for clients (extended key usage: both, or none stated), and names are DNS names. Never below TLS 1.2.
 *
 * Files are looked at every few seconds. What is new is first tried in a handshake with itself; clients then make their
 * next connections with it, and those that are open stay as they are. What does not fit together (a key that was
 * replaced before its certificate) is not taken, and tried again later. A server keeps what it was started with.
 */
#pragma once

#include "loop.h"

typedef struct rpc_tls rpc_tls;

typedef struct rpc_tls_options {
    /* Each a path, or the PEM itself: text that begins with "-----BEGIN". */
    const char *ca;          /* whom to trust; may hold several, and revocation lists */
    const char *certificate; /* this program's own, then those between it and the CA */
    const char *key;         /* its private key, not encrypted */
    const char *server_name; /* what clients expect in a server's certificate; NULL or "" = the host of its address */
    uint32_t poll_ms;        /* how often files are looked at; 0 = 5,000 */
} rpc_tls_options;

/* Options are copied. NULL after a line in the log that names what cannot be read or does not fit together. Takes some
 * milliseconds. */
rpc_tls *rpc_tls_create(loop *l, const rpc_tls_options *options);

/* After the clients and servers that use it. NULL is allowed. */
void rpc_tls_destroy(rpc_tls *t);
