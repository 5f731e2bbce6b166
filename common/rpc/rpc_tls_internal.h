/* What the files of TLS, and the socket, know of each other. */
#pragma once

#include "rpc_tls.h"

#include <nng/nng.h>
#include <nng/supplemental/tls/tls.h>
#include <stdatomic.h>
#include <stdbool.h>

/* PEM texts, each ended by NUL; owned. */
typedef struct tls_material {
    char *ca;
    char *certificate;
    char *key;
} tls_material;

/* Why material cannot be had: the variable at fault and the reason; both constant or from strerror. */
typedef struct tls_fault {
    const char *name;
    const char *reason;
} tls_fault;

/* rpc_tls_material.c: everything here may run on any thread and logs nothing. */

/* true, or false with *fault and nothing to be freed. */
bool tls_material_read(const rpc_tls_options *options, tls_material *out, tls_fault *fault);
void tls_material_finish(tls_material *m);

/* NULL and *fault when the texts are no PEM of the right kind. server_name: of clients; NULL = any. To be freed. */
nng_tls_config *tls_material_config(const tls_material *m, nng_tls_mode mode, const char *server_name,
                                    tls_fault *fault);

/* rpc_tls_handshake.c: lets a server and a client of this material meet on the loopback. false, with *fault, when they
 * refuse each other. Takes milliseconds, a few seconds at most. Any thread. server: what is going to be listened with.
 *
 * The server's configuration is also made fit for use by this: mbedtls 2.28 computes tables for a key when it is first
 * used, without any lock, and peers that all come at once after a restart would do so at the same time. */
bool tls_handshake_try(const tls_material *m, nng_tls_config *server, tls_fault *fault);

/* ---- rpc_tls.c ---- */

/* One who is told when there is something new, and asked to look after itself every few seconds; both on the loop.
 * Embedded in its owner. */
typedef struct rpc_tls_user {
    void (*renewed)(void *arg);
    void (*look)(void *arg);
    void *arg;
    struct rpc_tls_user *next;
    struct rpc_tls_user **link;
} rpc_tls_user;

void rpc_tls_add_user(rpc_tls *t, rpc_tls_user *user);
void rpc_tls_remove_user(rpc_tls_user *user);

/* For a listener, and for connections to a server that is reached under this host; each to be freed with
 * nng_tls_config_free. */
nng_tls_config *rpc_tls_server_config(rpc_tls *t);
nng_tls_config *rpc_tls_client_config(rpc_tls *t, const char *host);

/* For a connection of the program to its own listener: with what that was started with, whatever has been renewed, and
 * whoever answers. */
nng_tls_config *rpc_tls_probe_config(rpc_tls *t);

/* ---- rpc_tls_dialing.c: a client connects, again and again, with what is newest ---- */

typedef struct rpc_tls_dialing rpc_tls_dialing;

/* 0 and *out, or an error of nng. server_name NULL = the address's host. connected: of the socket, to be read. */
int rpc_tls_dial(rpc_tls *t, nng_socket socket, const char *address, const char *server_name,
                 const atomic_uint *connected, rpc_tls_dialing **out);

/* Before the socket is closed. NULL is allowed. */
void rpc_tls_dialing_destroy(rpc_tls_dialing *d);
