/*
 * nng dials by itself, again and again; two things it does not do.
 *
 * It says nothing of refusals: a certificate or a name that one side does not accept. Its statistics count them, and
 * they become a line in the log.
 *
 * And it may stop dialing, for ever: when a connection breaks in the moment between nng's two greetings, the TLS stream
 * never ends the second one, and its cancelling has no effect (tls_recv and tls_cancel in tls_common.c of 1.5.2). So
 * when nothing has been tried for longer than a connection attempt may take, another dialer takes over. The old one is
 * left where it is: to close it would block nng's thread that takes things apart.
 */
#include "rpc_tls_internal.h"

#include "clock.h"
#include "log.h"

#include <stdlib.h>
#include <string.h>

enum {
    STUCK_MS = 180000, /* the kernel gives up a connection after some two minutes, nng a greeting after ten seconds */
    TELL_AGAIN_MS = 60000,
};

/* What nng's statistics say of a dialer. */
typedef struct dial_counts {
    uint64_t attempts; /* that have ended, well or not */
    uint64_t refused;  /* of those, by TLS */
} dial_counts;

struct rpc_tls_dialing {
    rpc_tls *tls;
    rpc_tls_user user;
    nng_socket socket;
    nng_dialer dialer;
    char *address, *server_name;
    nng_tls_config *config, *config_before;
    const atomic_uint *connected;
    dial_counts counts;
    uint64_t changed_ns; /* when they last did, or there was a connection */
    uint64_t told_ns;    /* 0 = not since the last connection */
};

/* ---- dialing ---- */

static void release(nng_tls_config *c)
{
    if (c)
        nng_tls_config_free(c);
}

/* nng's dialer looks at its configuration without a lock when it dials: the one before must outlive that moment, so it
 * stays until the next one comes. */
static int use_certificates(rpc_tls_dialing *d)
{
    release(d->config_before);
    d->config_before = d->config;
    d->config = rpc_tls_client_config(d->tls, d->server_name);
    return nng_dialer_set_ptr(d->dialer, NNG_OPT_TLS_CONFIG, d->config);
}

static void on_renewed(void *arg)
{
    use_certificates(arg);
}

static int dial(rpc_tls_dialing *d)
{
    int error = nng_dialer_create(&d->dialer, d->socket, d->address);
    if (error || (error = use_certificates(d)))
        return error;
    nng_dialer_set_bool(d->dialer, NNG_OPT_TCP_KEEPALIVE, true);
    d->counts = (dial_counts){0};
    d->changed_ns = clock_monotonic_ns();
    return nng_dialer_start(d->dialer, NNG_FLAG_NONBLOCK);
}

/* ---- looking after it ---- */

static uint64_t value_of(nng_stat *scope, const char *name)
{
    nng_stat *s = nng_stat_find(scope, name);
    return s ? nng_stat_value(s) : 0;
}

static dial_counts counts_in(nng_stat *scope)
{
    static const char *const others[] = {"connect", "refused", "disconnect", "canceled", "other",
                                         "timeout", "proto",   "oom",        "reject"};
    dial_counts c = {.refused = value_of(scope, "auth")};
    c.attempts = c.refused;
    for (size_t i = 0; i < sizeof others / sizeof *others; i++)
        c.attempts += value_of(scope, others[i]);
    return c;
}

/* false when nng keeps no statistics. */
static bool read_counts(const rpc_tls_dialing *d, dial_counts *counts)
{
    nng_stat *root;
    bool found = false;
    if (nng_stats_get(&root))
        return false;
    for (nng_stat *s = nng_stat_child(root); s && !found; s = nng_stat_next(s))
        if (strcmp(nng_stat_name(s), "dialer") == 0 && value_of(s, "id") == (uint64_t)nng_dialer_id(d->dialer)) {
            *counts = counts_in(s);
            found = true;
        }
    nng_stats_free(root);
    return found;
}

static void tell_of_refusals(rpc_tls_dialing *d, uint64_t now_ns)
{
    if (d->told_ns && now_ns - d->told_ns < TELL_AGAIN_MS * CLOCK_NS_PER_MS)
        return;
    d->told_ns = now_ns;
    log_warn("TLS with a peer fails: a certificate or a name is not accepted", log_text("address", d->address),
             log_text("server_name", d->server_name));
}

static void look(void *arg)
{
    rpc_tls_dialing *d = arg;
    uint64_t now_ns = clock_monotonic_ns();
    dial_counts counts;
    if (atomic_load(d->connected)) {
        d->changed_ns = now_ns;
        d->told_ns = 0;
        return;
    }
    if (!read_counts(d, &counts))
        return;
    if (counts.refused > d->counts.refused)
        tell_of_refusals(d, now_ns);
    if (counts.attempts != d->counts.attempts)
        d->changed_ns = now_ns;
    d->counts = counts;
    if (now_ns - d->changed_ns < STUCK_MS * CLOCK_NS_PER_MS)
        return;
    log_warn("nng does not dial a peer any more: another dialer takes over", log_text("address", d->address));
    dial(d);
}

/* ---- life ---- */

static char *host_of(const char *address)
{
    nng_url *url;
    if (nng_url_parse(&url, address))
        return NULL;
    char *host = strdup(url->u_hostname);
    nng_url_free(url);
    return host;
}

int rpc_tls_dial(rpc_tls *t, nng_socket socket, const char *address, const char *server_name,
                 const atomic_uint *connected, rpc_tls_dialing **out)
{
    rpc_tls_dialing *d = calloc(1, sizeof *d);
    if (!d)
        abort();
    *d = (rpc_tls_dialing){
        .tls = t,
        .user = {.renewed = on_renewed, .look = look, .arg = d},
        .socket = socket,
        .address = strdup(address),
        .server_name = server_name ? strdup(server_name) : host_of(address),
        .connected = connected,
    };
    int error = d->server_name && *d->server_name ? dial(d) : NNG_EADDRINVAL;
    if (error) {
        rpc_tls_dialing_destroy(d);
        return error;
    }
    rpc_tls_add_user(t, &d->user);
    *out = d;
    return 0;
}

void rpc_tls_dialing_destroy(rpc_tls_dialing *d)
{
    if (!d)
        return;
    rpc_tls_remove_user(&d->user);
    release(d->config); /* nng holds them as long as it needs them */
    release(d->config_before);
    free(d->address);
    free(d->server_name);
    free(d);
}
