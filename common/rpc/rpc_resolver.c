#include "rpc_resolver.h"

#include "log.h"
#include "metrics.h"

#include <ares.h>
#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <uv.h>

enum {
    DEFAULT_INTERVAL_MS = 2000,
    LONGEST_INTERVAL_MS = 30 * 1000, /* a rolling restart may be over in a minute */
    TRY_MS = 1000,                   /* for a server's answer; then the next one, or once more */
    TRIES = 2,
    TICK_MS = 50, /* how often c-ares may look at its own clock while a question is open */
};

/* A socket of c-ares on the loop. */
typedef struct watch {
    uv_poll_t poll;
    ares_socket_t socket;
    rpc_resolver *resolver;
    struct watch *next;
} watch;

struct rpc_resolver {
    rpc_resolver_options options;
    char *name, *servers;
    loop *loop;
    ares_channel channel;
    bool stale;   /* the channel is to be made anew before the next question */
    bool failing; /* as the log knows it */
    bool asking;
    bool destroyed;
    watch *watches;
    uv_timer_t *timer;
    metrics_series *found, *failed;
};

static void ask(rpc_resolver *r);

/* ---- c-ares on the loop ---- */

static void on_socket(uv_poll_t *poll, int error, int events)
{
    const watch *w = poll->data;
    bool readable = error || (events & UV_READABLE), writable = error || (events & UV_WRITABLE);
    ares_process_fd(w->resolver->channel, readable ? w->socket : ARES_SOCKET_BAD,
                    writable ? w->socket : ARES_SOCKET_BAD);
}

static void on_watch_closed(uv_handle_t *handle)
{
    free(handle->data);
}

static watch **find_watch(rpc_resolver *r, ares_socket_t socket)
{
    watch **link = &r->watches;
    while (*link && (*link)->socket != socket)
        link = &(*link)->next;
    return link;
}

static watch *add_watch(rpc_resolver *r, ares_socket_t socket)
{
    watch *w = calloc(1, sizeof *w);
    if (!w)
        abort();
    *w = (watch){.socket = socket, .resolver = r, .next = r->watches};
    uv_poll_init_socket(loop_uv(r->loop), &w->poll, socket);
    w->poll.data = w;
    return r->watches = w;
}

/* c-ares tells which of its sockets wait for what; neither: it is about to close it. */
static void on_socket_state(void *arg, ares_socket_t socket, int readable, int writable)
{
    rpc_resolver *r = arg;
    watch **link = find_watch(r, socket);
    if (readable || writable) {
        watch *w = *link ? *link : add_watch(r, socket);
        uv_poll_start(&w->poll, (readable ? UV_READABLE : 0) | (writable ? UV_WRITABLE : 0), on_socket);
    } else if (*link) {
        watch *w = *link;
        *link = w->next;
        uv_close((uv_handle_t *)&w->poll, on_watch_closed);
    }
}

static bool open_channel(rpc_resolver *r)
{
    struct ares_options options = {.timeout = TRY_MS,
                                   .tries = TRIES,
                                   .sock_state_cb = on_socket_state,
                                   .sock_state_cb_data = r};
    int error = ares_init_options(&r->channel, &options, ARES_OPT_TIMEOUTMS | ARES_OPT_TRIES | ARES_OPT_SOCK_STATE_CB);
    if (error) {
        log_error("cannot look up names", log_text("reason", ares_strerror(error)));
        r->channel = NULL;
        return false;
    }
    error = r->servers ? ares_set_servers_ports_csv(r->channel, r->servers) : ARES_SUCCESS;
    if (error)
        log_error("RPC_DNS_SERVERS is no list of addresses", log_text("servers", r->servers),
                  log_text("reason", ares_strerror(error)));
    return error == ARES_SUCCESS;
}

static void close_channel(rpc_resolver *r)
{
    if (r->channel)
        ares_destroy(r->channel);
    r->channel = NULL;
}

/* ---- time ---- */

/* While a question is open c-ares must be called for its own time-outs; afterwards the next question is due. */
static void on_time(uv_timer_t *timer)
{
    rpc_resolver *r = timer->data;
    if (r->asking)
        ares_process_fd(r->channel, ARES_SOCKET_BAD, ARES_SOCKET_BAD);
    else
        ask(r);
}

static void ask_again_in(rpc_resolver *r, uint64_t ms)
{
    uint64_t least = r->options.interval_ms;
    if (ms > LONGEST_INTERVAL_MS)
        ms = LONGEST_INTERVAL_MS;
    uv_timer_start(r->timer, on_time, ms > least ? ms : least, 0);
}

/* ---- what comes back ---- */

static int by_name(const void *a, const void *b)
{
    return strcmp(a, b);
}

static bool write_host(const struct sockaddr *address, char out[RPC_HOST_SIZE])
{
    if (address->sa_family == AF_INET)
        return inet_ntop(AF_INET, &((const struct sockaddr_in *)address)->sin_addr, out, RPC_HOST_SIZE);
    if (address->sa_family != AF_INET6 ||
        !inet_ntop(AF_INET6, &((const struct sockaddr_in6 *)address)->sin6_addr, out + 1, RPC_HOST_SIZE - 2))
        return false;
    out[0] = '[';
    strcat(out, "]");
    return true;
}

/* Returns the shortest time to live, in seconds. */
static int gather(const struct ares_addrinfo *info, rpc_addresses *out)
{
    int ttl_s = LONGEST_INTERVAL_MS / 1000;
    for (const struct ares_addrinfo_node *n = info->nodes; n && out->count < RPC_ADDRESSES_LIMIT; n = n->ai_next) {
        if (!write_host(n->ai_addr, out->hosts[out->count]))
            continue;
        out->count++;
        ttl_s = n->ai_ttl < ttl_s ? n->ai_ttl : ttl_s;
    }
    qsort(out->hosts, out->count, sizeof out->hosts[0], by_name);
    size_t kept = 0;
    for (size_t i = 0; i < out->count; i++)
        if (kept == 0 || strcmp(out->hosts[i], out->hosts[kept - 1]) != 0)
            memmove(out->hosts[kept++], out->hosts[i], sizeof out->hosts[0]);
    out->count = kept;
    return ttl_s < 0 ? 0 : ttl_s;
}

static void note_failure(rpc_resolver *r, const char *reason)
{
    metrics_add(r->failed, 1);
    if (!r->failing)
        log_warn("name cannot be looked up; the addresses known so far stay", log_text("name", r->name),
                 log_text("reason", reason));
    r->failing = true;
    r->stale = true;
    ask_again_in(r, 0);
}

static void note_answer(rpc_resolver *r, const rpc_addresses *addresses, int ttl_s)
{
    metrics_add(r->found, 1);
    if (r->failing)
        log_info("name can be looked up again", log_text("name", r->name));
    r->failing = false;
    ask_again_in(r, (uint64_t)ttl_s * 1000);
    r->options.on_addresses(r->options.arg, addresses);
}

static void on_answer(void *arg, int error, int timeouts, struct ares_addrinfo *info)
{
    (void)timeouts;
    rpc_resolver *r = arg;
    r->asking = false;
    rpc_addresses addresses = {.count = 0};
    int ttl_s = error == ARES_SUCCESS && info ? gather(info, &addresses) : 0;
    if (info)
        ares_freeaddrinfo(info);
    if (r->destroyed) /* half of the answer may have been there already */
        return;
    if (addresses.count)
        note_answer(r, &addresses, ttl_s);
    else
        note_failure(r, error ? ares_strerror(error) : "it has no address");
}

static void ask(rpc_resolver *r)
{
    if (r->stale)
        close_channel(r);
    r->stale = false;
    if (!r->channel && !open_channel(r)) {
        note_failure(r, "c-ares cannot start");
        return;
    }
    struct ares_addrinfo_hints hints = {.ai_family = AF_UNSPEC, .ai_flags = ARES_AI_NOSORT, .ai_socktype = SOCK_STREAM};
    r->asking = true;
    uv_timer_start(r->timer, on_time, TICK_MS, TICK_MS);
    ares_getaddrinfo(r->channel, r->name, NULL, &hints, on_answer, r);
}

/* ---- life ---- */

static void on_timer_closed(uv_handle_t *handle)
{
    free(handle);
}

rpc_resolver *rpc_resolver_create(loop *l, const rpc_resolver_options *options)
{
    rpc_resolver *r = calloc(1, sizeof *r);
    if (!r || !(r->timer = calloc(1, sizeof *r->timer)) || !(r->name = strdup(options->name)) ||
        ares_library_init(ARES_LIB_INIT_ALL))
        abort();
    r->options = *options;
    r->options.interval_ms = options->interval_ms ? options->interval_ms : DEFAULT_INTERVAL_MS;
    r->servers = options->servers && *options->servers ? strdup(options->servers) : NULL;
    r->loop = l;
    metrics_family *f = metrics_register(options->metrics, METRICS_COUNTER, "rpc_resolutions_total", "name,result",
                                         "Look-ups of the names of services.");
    r->found = METRICS_WITH(f, r->name, "found");
    r->failed = METRICS_WITH(f, r->name, "failed");
    uv_timer_init(loop_uv(l), r->timer);
    r->timer->data = r;
    if (!open_channel(r)) {
        rpc_resolver_destroy(r);
        return NULL;
    }
    ask(r);
    return r;
}

bool rpc_resolver_is_asking(const rpc_resolver *r)
{
    return r->asking;
}

void rpc_resolver_destroy(rpc_resolver *r)
{
    if (!r)
        return;
    r->destroyed = true;
    close_channel(r); /* ends an open question */
    uv_close((uv_handle_t *)r->timer, on_timer_closed);
    ares_library_cleanup();
    free(r->name);
    free(r->servers);
    free(r);
}
