#include "peer_guard.h"

#include "clock.h"

static const config_key keys[] = {
    {.name = "OVERLOAD_CALLS",
     .type = CONFIG_INT,
     .fallback = "1024",
     .low = 1,
     .high = 65536,
     .help = "Requests at work at once for one service at most; fewer when OVERLOAD_LATENCY says so; others get 503"},
    {.name = "OVERLOAD_COMPUTATIONS",
     .type = CONFIG_INT,
     .fallback = "24",
     .low = 1,
     .high = 4096,
     .help = "Log-ins and registrations, and plans and imports, at work at once; counted apart from the others"},
    {.name = "OVERLOAD_LATENCY",
     .type = CONFIG_DURATION_MS,
     .fallback = "100ms",
     .low = 1,
     .high = 60000,
     .help = "When a tenth of a service's calls take longer, fewer are let in"},
};
const config_table peer_guard_config = {.title = "Overload", .keys = keys, .count = sizeof keys / sizeof keys[0]};

peer_guard_options peer_guard_options_read(const config *c)
{
    return (peer_guard_options){
        .calls_limit = (unsigned)config_int(c, "OVERLOAD_CALLS"),
        .compute_limit = (unsigned)config_int(c, "OVERLOAD_COMPUTATIONS"),
        .target_ns = (uint64_t)config_int(c, "OVERLOAD_LATENCY") * CLOCK_NS_PER_MS,
    };
}

static void show(metrics_registry *r, void *arg)
{
    (void)r;
    const peer_guard *g = arg;
    metrics_set(METRICS_WITH(g->limits, g->peer), g->calls.limit);
    metrics_set(METRICS_WITH(g->open, g->peer), g->breaker.next_probe_ns != 0);
}

void peer_guard_init(peer_guard *g, const peer_guard_options *o, const char *peer, metrics_registry *metrics)
{
    *g = (peer_guard){.options = *o, .peer = peer};
    concurrency_limit_init(&g->calls, o->calls_limit, o->target_ns);
    metrics_family *shed = metrics_register(metrics, METRICS_COUNTER, "requests_shed_total", "peer,reason",
                                            "Requests answered 503 before their call: too many at work (calls, "
                                            "computations), or a service that does not answer (breaker).");
    g->shed = METRICS_WITH(shed, peer, "calls");
    g->compute_shed = METRICS_WITH(shed, peer, "computations");
    g->broken = METRICS_WITH(shed, peer, "breaker");
    g->limits = metrics_register(metrics, METRICS_GAUGE, "peer_calls_limit", "peer",
                                 "Requests that may be at work for a service at once, as its latency allows.");
    g->open = metrics_register(metrics, METRICS_GAUGE, "peer_breaker_open", "peer",
                               "1 while a service does not answer and is only probed.");
    if (metrics)
        metrics_on_scrape(metrics, show, g);
}

void peer_guard_note_shed(peer_guard *g, bool computes)
{
    metrics_add(computes ? g->compute_shed : g->shed, 1);
}

bool peer_guard_enter(peer_guard *g, bool computes)
{
    bool entered = computes ? g->computing < g->options.compute_limit : concurrency_limit_enter(&g->calls);
    if (!entered)
        peer_guard_note_shed(g, computes);
    g->computing += computes && entered;
    return entered;
}

void peer_guard_leave(peer_guard *g, bool computes)
{
    if (computes)
        g->computing--;
    else
        concurrency_limit_leave(&g->calls);
}

bool peer_guard_is_broken(peer_guard *g, uint64_t now_ns)
{
    bool broken = breaker_refuses(&g->breaker, now_ns);
    if (broken)
        metrics_add(g->broken, 1);
    return broken;
}

void peer_guard_call_begins(peer_guard *g, uint64_t now_ns)
{
    breaker_begin(&g->breaker, now_ns);
}

/* Whatever a service says, it answers, unless it says that it cannot: then what it stands on is away. */
void peer_guard_call_ends(peer_guard *g, bool computes, status outcome, uint64_t latency_ns, uint64_t now_ns)
{
    if (outcome == STATUS_CANCELLED)
        return;
    breaker_note(&g->breaker, outcome != STATUS_UNAVAILABLE && outcome != STATUS_DEADLINE_EXCEEDED, now_ns);
    if (!computes)
        concurrency_limit_note(&g->calls, latency_ns, now_ns);
}
