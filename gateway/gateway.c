#include "gateway_internal.h"

#include "documents.h"
#include "log.h"

#include <stdlib.h>
#include <string.h>

enum { REMEMBERED_TOKENS = 4096, CALL_TIMEOUT_MAX_MS = 60000 };
#define BODY_LIMIT ((size_t)1024 * 1024)

/* ---- what the HTTP server asks for ---- */

static size_t body_limit(void *arg, const http_request *r)
{
    const request_job *job = request_job_of(arg, (http_request *)(uintptr_t)r);
    const bound_route *route = job->match.route;
    return route && route->spec->body_limit_bytes ? route->spec->body_limit_bytes : BODY_LIMIT;
}

static bool answer_at_once(void *arg, http_request *r)
{
    gateway *g = arg;
    return ops_http_handle(g->options.ops, r) || request_job_answer_at_once(request_job_of(g, r));
}

static void handle(void *arg, http_request *r)
{
    (void)arg;
    request_job_run(http_context(r));
}

static void refuse(void *arg, http_request *r, int http_status, const char *detail)
{
    problem p = problem_of_http(http_status, detail);
    request_job *job = request_job_of(arg, r);
    if (http_status == 503)
        request_job_note_shed(job);
    answer_problem(job, &p);
}

/* Probes and scrapes have no job: they would drown what clients do. */
static void done(void *arg, const http_request *r, int http_status, size_t response_bytes, uint64_t duration_ns)
{
    gateway *g = arg;
    const request_job *job = http_context(r);
    if (job)
        request_log_add(&g->log, r,
                        &(request_end){.route = job->match.route,
                                       .request_id = job->id,
                                       .http_status = http_status,
                                       .response_bytes = response_bytes,
                                       .duration_ns = duration_ns,
                                       .shed = job->shed});
}

/* ---- life ---- */

static bool connect_peers(gateway *g)
{
    static const char *const names[PEER_COUNT] = {"auth", "plan", "progress", "metrics"};
    for (int i = 0; i < PEER_COUNT; i++) {
        rpc_client_options options = g->options.peers;
        options.service = names[i];
        options.addresses = g->options.addresses[i];
        options.timeout_ms = CALL_TIMEOUT_MAX_MS;
        g->peers[i] = rpc_client_create(g->loop, &options);
        peer_guard_init(&g->guards[i], &g->options.guards, names[i], g->options.ops->metrics);
        if (!g->peers[i])
            return false;
    }
    return true;
}

static bool load_tokens(gateway *g)
{
    const char *why;
    const gateway_options *o = &g->options;
    g->tokens = token_authority_create(o->token_keys, o->token_issuer, o->token_audience, &why);
    if (!g->tokens) {
        log_error("JWT_SECRET is no list of keys", log_text("reason", why));
        return false;
    }
    g->token_memory = token_memory_create(g->tokens, REMEMBERED_TOKENS);
    return true;
}

static bool listen_for_clients(gateway *g)
{
    const gateway_options *o = &g->options;
    http_server_options http = {
        .host = o->host,
        .port = o->port,
        .connections_limit = o->connections_limit,
        .idle_timeout_ms = o->idle_timeout_ms,
        .read_timeout_ms = o->read_timeout_ms,
        .request_timeout_ms = o->request_timeout_ms,
        .write_timeout_ms = o->http.write_timeout_ms,
        .body_rate = o->http.body_rate,
        .address_limit = o->http.connections_per_address,
        .trusted_proxies = &g->options.http.trusted_proxies,
        .body_limit = body_limit,
        .answer_at_once = answer_at_once,
        .handle = handle,
        .refuse = refuse,
        .done = done,
        .arg = g,
    };
    g->http = http_server_create(g->loop, &http);
    g->log.http = g->http;
    return g->http != NULL;
}

gateway *gateway_create(loop *l, const gateway_options *options)
{
    gateway *g = calloc(1, sizeof *g);
    if (!g)
        abort();
    g->loop = l;
    g->options = *options;
    g->router = router_create(gateway_routes, gateway_route_count);
    if (!g->router || !load_tokens(g) || !connect_peers(g)) {
        gateway_destroy(g);
        return NULL;
    }
    g->documents = documents_create(g->router);
    g->gzip = gzip_create();
    g->limits = request_limits_create(&options->limits, options->cache, options->ops->metrics);
    request_log_init(&g->log, options->ops->metrics);
    if (!listen_for_clients(g)) {
        gateway_destroy(g);
        return NULL;
    }
    g->health = peer_health_create(l, g->peers, options->ops);
    log_info("listening", log_text("host", options->host), log_int("port", http_server_port(g->http)));
    return g;
}

void gateway_leave(gateway *g)
{
    http_server_leave(g->http);
}

void gateway_drain(gateway *g)
{
    http_server_drain(g->http);
    peer_health_stop(g->health);
}

unsigned gateway_in_flight(const gateway *g)
{
    return http_server_requests_in_flight(g->http) + peer_health_running(g->health);
}

void gateway_destroy(gateway *g)
{
    if (!g)
        return;
    http_server_destroy(g->http);
    peer_health_destroy(g->health);
    for (int i = 0; i < PEER_COUNT; i++)
        rpc_client_destroy(g->peers[i]);
    for (size_t i = 0; g->router && i < router_route_count(g->router); i++)
        request_log_forget(router_route(g->router, i));
    documents_destroy(g->documents);
    router_destroy(g->router);
    token_memory_destroy(g->token_memory);
    token_authority_destroy(g->tokens);
    request_limits_destroy(g->limits);
    gzip_destroy(g->gzip);
    http_policy_finish(&g->options.http);
    free(g);
}
