#include "rpc_tls_internal.h"

#include <nng/transport/tcp/tcp.h>
#include <stdio.h>
#include <stdlib.h>

enum { PATIENCE_MS = 5000 };

/* One end: its stream, once there is one. */
typedef struct end {
    nng_aio *aio;
    nng_stream *stream;
    uint8_t byte;
} end;

static int begin(end *e)
{
    int error = nng_aio_alloc(&e->aio, NULL, NULL);
    if (!error)
        nng_aio_set_timeout(e->aio, PATIENCE_MS);
    return error;
}

static int wait_for(end *e)
{
    nng_aio_wait(e->aio);
    return nng_aio_result(e->aio);
}

/* A byte from one end to the other: before it, they have shaken hands. */
static int pass_byte(end *from, end *to)
{
    const nng_iov out = {.iov_buf = &from->byte, .iov_len = 1}, in = {.iov_buf = &to->byte, .iov_len = 1};
    nng_aio_set_iov(from->aio, 1, &out);
    nng_aio_set_iov(to->aio, 1, &in);
    nng_stream_send(from->stream, from->aio);
    nng_stream_recv(to->stream, to->aio);
    int sent = wait_for(from), received = wait_for(to);
    return sent ? sent : received;
}

static int connect_ends(nng_stream_listener *listener, nng_stream_dialer *dialer, end *server, end *client)
{
    nng_stream_listener_accept(listener, server->aio);
    nng_stream_dialer_dial(dialer, client->aio);
    int accepted = wait_for(server), dialled = wait_for(client);
    if (!accepted)
        server->stream = nng_aio_get_output(server->aio, 0);
    if (!dialled)
        client->stream = nng_aio_get_output(client->aio, 0);
    return accepted ? accepted : dialled;
}

static int listen_with(nng_tls_config *config, nng_stream_listener **listener, char *address, size_t size)
{
    int port;
    int error = nng_stream_listener_alloc(listener, "tls+tcp://127.0.0.1:0");
    if (error || (error = nng_stream_listener_set_ptr(*listener, NNG_OPT_TLS_CONFIG, config)) ||
        (error = nng_stream_listener_listen(*listener)) ||
        (error = nng_stream_listener_get_int(*listener, NNG_OPT_TCP_BOUND_PORT, &port)))
        return error;
    snprintf(address, size, "tls+tcp://127.0.0.1:%d", port);
    return 0;
}

static int dial_with(nng_tls_config *config, nng_stream_dialer **dialer, const char *address)
{
    int error = nng_stream_dialer_alloc(dialer, address);
    return error ? error : nng_stream_dialer_set_ptr(*dialer, NNG_OPT_TLS_CONFIG, config);
}

/* 0, or why the two did not come together. */
static int meet(nng_tls_config *server_config, nng_tls_config *client_config)
{
    nng_stream_listener *listener = NULL;
    nng_stream_dialer *dialer = NULL;
    end server = {0}, client = {0};
    char address[64];
    int error = listen_with(server_config, &listener, address, sizeof address);
    if (!error && !(error = dial_with(client_config, &dialer, address)) && !(error = begin(&server)) &&
        !(error = begin(&client)) && !(error = connect_ends(listener, dialer, &server, &client)) &&
        !(error = pass_byte(&server, &client)))
        error = pass_byte(&client, &server);
    if (server.stream)
        nng_stream_free(server.stream);
    if (client.stream)
        nng_stream_free(client.stream);
    nng_aio_free(server.aio);
    nng_aio_free(client.aio);
    nng_stream_dialer_free(dialer);
    nng_stream_listener_free(listener);
    return error;
}

/* Whether they meet when only one of them, or none, looks at the other's certificate. */
static bool meets_when(const tls_material *m, nng_tls_auth_mode server_mode, nng_tls_auth_mode client_mode)
{
    tls_fault ignored;
    nng_tls_config *server = tls_material_config(m, NNG_TLS_MODE_SERVER, NULL, &ignored);
    nng_tls_config *client = tls_material_config(m, NNG_TLS_MODE_CLIENT, NULL, &ignored);
    bool met = server && client && nng_tls_config_auth_mode(server, server_mode) == 0 &&
               nng_tls_config_auth_mode(client, client_mode) == 0 && meet(server, client) == 0;
    if (server)
        nng_tls_config_free(server);
    if (client)
        nng_tls_config_free(client);
    return met;
}

static const char *reason_of(const tls_material *m)
{
    if (!meets_when(m, NNG_TLS_AUTH_MODE_NONE, NNG_TLS_AUTH_MODE_NONE))
        return "it does not fit RPC_TLS_KEY";
    if (!meets_when(m, NNG_TLS_AUTH_MODE_NONE, NNG_TLS_AUTH_MODE_REQUIRED))
        return "it is not signed by RPC_TLS_CA, its time is over, or it is not for servers";
    if (!meets_when(m, NNG_TLS_AUTH_MODE_REQUIRED, NNG_TLS_AUTH_MODE_NONE))
        return "it is not for clients";
    return "a handshake on the loopback failed";
}

bool tls_handshake_try(const tls_material *m, nng_tls_config *server, tls_fault *fault)
{
    nng_tls_config *client = tls_material_config(m, NNG_TLS_MODE_CLIENT, NULL, fault);
    if (!client)
        return false;
    int error = meet(server, client);
    nng_tls_config_free(client);
    if (error)
        *fault = (tls_fault){.name = "RPC_TLS_CERT", .reason = reason_of(m)};
    return !error;
}
