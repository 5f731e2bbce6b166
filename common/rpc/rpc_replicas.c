#include "rpc_replicas.h"

#include "clock.h"
#include "log.h"
#include "metrics.h"

#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <uv.h>

enum {
    SWEEP_MS = 50,
    ADDRESS_SIZE = 320,
    LOAD_NOISE = 4, /* differences that say nothing: equals shall have equal shares */
    NOISE_MS = 5,
};

struct rpc_replicas {
    rpc_replicas_options options;
    loop *loop;
    char *service, *addresses;
    char *scheme, *name, *port; /* of a name: "tcp://", "plan", "7102" */
    rpc_resolver *resolver;     /* NULL: the list stays as it is */
    rpc_replica *list[RPC_REPLICAS_LIMIT];
    unsigned count;
    rpc_replica *retired; /* those that still owe answers */
    uv_timer_t *sweep;
    uint64_t random;
    metrics_series *ejections;
};

/* ---- ejecting ---- */

/* Half of them at least stay in service: when all fail, what they need is away, and ejecting would help nobody. */
static bool may_eject(void *arg, const rpc_replica *r)
{
    rpc_replicas *s = arg;
    uint64_t now = clock_monotonic_ns();
    unsigned ejected = 0;
    for (unsigned i = 0; i < s->count; i++)
        ejected += s->list[i] != r && rpc_replica_is_ejected(s->list[i], now);
    if (2 * (ejected + 1) > s->count)
        return false;
    metrics_add(s->ejections, 1);
    return true;
}

/* ---- adding ---- */

static bool add(rpc_replicas *s, const char *address, const char *server_name)
{
    if (s->count == RPC_REPLICAS_LIMIT) {
        log_error("too many replicas", log_text("peer", s->service), log_int("limit", RPC_REPLICAS_LIMIT));
        return false;
    }
    rpc_replica_options options = s->options.replica;
    options.service = s->service;
    options.address = address;
    options.server_name = server_name;
    options.may_eject = may_eject;
    options.may_eject_arg = s;
    rpc_replica *r = rpc_replica_create(s->loop, &options);
    if (r)
        s->list[s->count++] = r;
    return r != NULL;
}

/* ---- retiring ---- */

static void on_sweep(uv_timer_t *timer)
{
    rpc_replicas *s = timer->data;
    for (rpc_replica **link = &s->retired; *link;) {
        rpc_replica *r = *link;
        rpc_replica **next = rpc_replica_next(r);
        if (rpc_replica_load(r)) {
            link = next;
            continue;
        }
        *link = *next;
        rpc_replica_destroy(r);
    }
    if (!s->retired)
        uv_timer_stop(timer);
}

static void retire(rpc_replicas *s, unsigned index)
{
    rpc_replica *r = s->list[index];
    memmove(&s->list[index], &s->list[index + 1], (--s->count - index) * sizeof(rpc_replica *));
    rpc_replica_retire(r);
    *rpc_replica_next(r) = s->retired;
    s->retired = r;
    uv_timer_start(s->sweep, on_sweep, SWEEP_MS, SWEEP_MS);
}

/* ---- what DNS says ---- */

static void write_address(const rpc_replicas *s, const char *host, char out[ADDRESS_SIZE])
{
    snprintf(out, ADDRESS_SIZE, "%s%s:%s", s->scheme, host, s->port);
}

static bool is_among(const rpc_replicas *s, const rpc_addresses *addresses, const char *address)
{
    char known[ADDRESS_SIZE];
    for (size_t i = 0; i < addresses->count; i++) {
        write_address(s, addresses->hosts[i], known);
        if (strcmp(known, address) == 0)
            return true;
    }
    return false;
}

static bool is_known(const rpc_replicas *s, const char *address)
{
    for (unsigned i = 0; i < s->count; i++)
        if (strcmp(rpc_replica_address(s->list[i]), address) == 0)
            return true;
    return false;
}

static void on_addresses(void *arg, const rpc_addresses *addresses)
{
    rpc_replicas *s = arg;
    for (unsigned i = s->count; i-- > 0;)
        if (!is_among(s, addresses, rpc_replica_address(s->list[i])))
            retire(s, i);
    for (size_t i = 0; i < addresses->count; i++) {
        char address[ADDRESS_SIZE];
        write_address(s, addresses->hosts[i], address);
        if (!is_known(s, address))
            add(s, address, s->name);
    }
}

/* ---- choosing ---- */

/* Lower is better; the first two differ in nothing that a call would notice. */
static unsigned rank(const rpc_replica *r, const rpc_replica *not_to, uint64_t now_ns)
{
    return (rpc_replica_is_leaving(r) ? 4u : 0u) +
           (rpc_replica_is_ejected(r, now_ns) || rpc_replica_is_silent(r, now_ns) ? 2u : 0u) + (r == not_to ? 1u : 0u);
}

/* xorshift64* (Vigna, 2016): good enough to spread load, and it costs nothing. */
static unsigned draw(rpc_replicas *s, unsigned below)
{
    s->random ^= s->random >> 12;
    s->random ^= s->random << 25;
    s->random ^= s->random >> 27;
    return (unsigned)((s->random * UINT64_C(0x2545F4914F6CDD1D)) >> 33) % below;
}

/* How long the next call would wait, in calls of the faster one (peak EWMA, as Finagle balances). */
static uint64_t cost(unsigned load, uint64_t latency_ns, uint64_t other_latency_ns)
{
    bool slower = other_latency_ns && latency_ns > 2 * other_latency_ns + NOISE_MS * CLOCK_NS_PER_MS;
    return slower ? (load + 1) * (latency_ns / other_latency_ns) : load + 1;
}

/* A few calls more or less say nothing: were they to decide, the one that happens to be read first would get more. */
static bool is_clearly_less(uint64_t a, uint64_t than)
{
    return than > a + a / 8 + LOAD_NOISE;
}

static rpc_replica *better_of(rpc_replica *a, rpc_replica *b, uint64_t now_ns)
{
    uint64_t latency_a = rpc_replica_latency_ns(a, now_ns), latency_b = rpc_replica_latency_ns(b, now_ns);
    return is_clearly_less(cost(rpc_replica_load(b), latency_b, latency_a),
                           cost(rpc_replica_load(a), latency_a, latency_b))
               ? b
               : a;
}

static rpc_replica *choose_among(rpc_replicas *s, rpc_replica *const *best, unsigned count, uint64_t now_ns)
{
    if (count < 2)
        return count ? best[0] : NULL;
    unsigned first = draw(s, count), second = draw(s, count - 1);
    return better_of(best[first], best[second + (second >= first)], now_ns);
}

rpc_replica *rpc_replicas_choose(rpc_replicas *s, const rpc_replica *not_to)
{
    if (s->count == 1)
        return rpc_replica_connected(s->list[0]) ? s->list[0] : NULL;
    rpc_replica *best[RPC_REPLICAS_LIMIT];
    unsigned count = 0, best_rank = ~0u;
    uint64_t now = clock_monotonic_ns();
    for (unsigned i = 0; i < s->count; i++) {
        rpc_replica *r = s->list[i];
        if (!rpc_replica_connected(r))
            continue;
        unsigned its = rank(r, not_to, now);
        if (its < best_rank)
            count = 0;
        if (its > best_rank)
            continue;
        best_rank = its;
        best[count++] = r;
    }
    return choose_among(s, best, count, now);
}

unsigned rpc_replicas_count(const rpc_replicas *s)
{
    return s->count;
}

bool rpc_replicas_ready(const rpc_replicas *s)
{
    for (unsigned i = 0; i < s->count; i++)
        if (rpc_replica_connected(s->list[i]))
            return true;
    return false;
}

/* ---- metrics ---- */

static void show(metrics_registry *registry, void *arg)
{
    const rpc_replicas *s = arg;
    uint64_t now = clock_monotonic_ns();
    unsigned connected = 0, ejected = 0, retired = 0;
    for (unsigned i = 0; i < s->count; i++) {
        connected += rpc_replica_connected(s->list[i]);
        ejected += rpc_replica_is_ejected(s->list[i], now);
    }
    for (rpc_replica *r = s->retired; r; r = *rpc_replica_next(r))
        retired++;
    metrics_family *f = metrics_register(registry, METRICS_GAUGE, "rpc_client_replicas", "service,state",
                                         "Replicas that are known: connected, away, ejected (of both), retired.");
    metrics_set(METRICS_WITH(f, s->service, "connected"), connected);
    metrics_set(METRICS_WITH(f, s->service, "away"), s->count - connected);
    metrics_set(METRICS_WITH(f, s->service, "ejected"), ejected);
    metrics_set(METRICS_WITH(f, s->service, "retired"), retired);
}

static void make_metrics(rpc_replicas *s)
{
    metrics_family *f = metrics_register(s->options.metrics, METRICS_COUNTER, "rpc_client_ejections_total", "service",
                                         "Replicas left alone for a while, because they failed again and again.");
    s->ejections = METRICS_WITH(f, s->service);
}

/* ---- life ---- */

static bool add_list(rpc_replicas *s)
{
    char *rest = s->addresses;
    for (char *address; (address = strtok_r(rest, ", ", &rest));)
        if (!add(s, address, NULL))
            return false;
    if (s->count == 0)
        log_error("no address of a peer", log_text("peer", s->service));
    return s->count > 0;
}

static bool is_name(const char *begin, const char *end)
{
    static const char allowed[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._";
    return begin < end && begin + strspn(begin, allowed) == end;
}

/* "dns+tcp://plan:7102" */
static bool follow_name(rpc_replicas *s)
{
    char *scheme = s->addresses + strlen("dns+"), *name = strstr(scheme, "://"), *port = strrchr(scheme, ':');
    char *end = "";
    unsigned long number = port ? strtoul(port + 1, &end, 10) : 0;
    bool known = strncmp(scheme, "tcp://", 6) == 0 || strncmp(scheme, "tls+tcp://", 10) == 0;
    if (!known || !name || !is_name(name + 3, port) || port[1] < '0' || port[1] > '9' || *end || number < 1 ||
        number > 65535) {
        log_error("an address is none", log_text("peer", s->service), log_text("address", s->addresses),
                  log_text("expected", "one dns+tcp://NAME:PORT or dns+tls+tcp://NAME:PORT"));
        return false;
    }
    s->port = port + 1;
    *port = '\0';
    s->name = strdup(name + 3);
    name[3] = '\0';
    s->scheme = scheme;
    if (!s->name)
        abort();
    s->resolver = rpc_resolver_create(s->loop, &(rpc_resolver_options){.name = s->name,
                                                                       .servers = s->options.dns_servers,
                                                                       .interval_ms = s->options.dns_interval_ms,
                                                                       .metrics = s->options.metrics,
                                                                       .on_addresses = on_addresses,
                                                                       .arg = s});
    return s->resolver != NULL;
}

rpc_replicas *rpc_replicas_create(loop *l, const rpc_replicas_options *options)
{
    rpc_replicas *s = calloc(1, sizeof *s);
    if (!s || !(s->sweep = calloc(1, sizeof *s->sweep)) || !(s->addresses = strdup(options->addresses)) ||
        !(s->service = strdup(options->replica.service)))
        abort();
    s->options = *options;
    s->loop = l;
    randombytes_buf(&s->random, sizeof s->random);
    s->random |= 1; /* it must not be 0 */
    uv_timer_init(loop_uv(l), s->sweep);
    s->sweep->data = s;
    make_metrics(s);
    if (!(strncmp(s->addresses, "dns+", 4) == 0 ? follow_name(s) : add_list(s))) {
        rpc_replicas_destroy(s);
        return NULL;
    }
    if (options->metrics)
        metrics_on_scrape(options->metrics, show, s);
    return s;
}

static void on_sweep_closed(uv_handle_t *handle)
{
    free(handle);
}

void rpc_replicas_destroy(rpc_replicas *s)
{
    if (!s)
        return;
    metrics_off_scrape(s->options.metrics, show, s);
    rpc_resolver_destroy(s->resolver);
    while (s->count)
        rpc_replica_destroy(s->list[--s->count]);
    while (s->retired) {
        rpc_replica *r = s->retired;
        s->retired = *rpc_replica_next(r);
        rpc_replica_destroy(r);
    }
    uv_close((uv_handle_t *)s->sweep, on_sweep_closed);
    free(s->name);
    free(s->addresses);
    free(s->service);
    free(s);
}
