/* What the tests of TLS share: certificates in a scratch folder, servers and clients that use them, on one loop. */
#pragma once

#include "rpc_echo.h"

#include "rpc_tls.h"

enum { TLS_PATH_SIZE = 192 };

/* Makes the folder of certificates: two CAs, "ours" and "theirs", with certificates for "echo", and in ours for "other"
 * and for "expired", whose time is over. Removed at exit. */
void tls_make_certificates(void);

/* A certificate anew: folder "ours", days "1". */
void tls_issue(const char *folder, const char *days, const char *name);

/* Takes back a certificate of the folder: its revoking.pem is the CA with the list that says so. */
void tls_revoke(const char *folder, const char *name);

/* Replaces the second file with the first, or adds to its end. */
void tls_copy(const char *from, const char *to);
void tls_append(const char *from, const char *to);

/* The path of a file in the folder: tls_path(out, "ours/ca.pem"). */
const char *tls_path(char out[TLS_PATH_SIZE], const char *name);

/* With the CA, certificate and key of these files. NULL when they are refused. */
rpc_tls *tls_use(loop *l, const char *ca, const char *certificate, const char *key, const char *server_name);

/* A server of the echo service on a free port of localhost, and its address; tls may be NULL. */
rpc_server *tls_serve(loop *l, rpc_tls *tls, echo_state *state, char address[64]);
rpc_server *tls_serve_again(loop *l, rpc_tls *tls, echo_state *state, const char *address);

rpc_client *tls_connect(loop *l, rpc_tls *tls, const char *addresses);

/* One call of Echo, with patience_ms to be answered. */
status tls_call(rpc_client *client, unsigned patience_ms);
