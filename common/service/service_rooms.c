/* What a program stands on: made in the order of need, taken apart in the reverse one. */
#include "service_internal.h"

#include "descriptor_set.h"
#include "log.h"

#include <signal.h>

static void flush_log(void *arg)
{
    (void)arg;
    log_flush();
}

static bool database_healthy(void *arg)
{
    return db_ready(arg);
}

static bool cache_healthy(void *arg)
{
    return cache_ready(arg);
}

static void add_check(service *s, const char *name, bool (*healthy)(void *arg), void *arg, bool required)
{
    s->ops.checks[s->ops.check_count++] = (ops_check){name, healthy, arg, required};
    if (s->rpc && required)
        rpc_server_add_check(s->rpc, name, healthy, arg);
}

static void watch_signal(service *s, uv_signal_t *handle, uv_signal_cb on_signal, int number)
{
    uv_signal_init(loop_uv(s->loop), handle);
    handle->data = s;
    uv_signal_start(handle, on_signal, number);
}

static void show_fibers(metrics_registry *r, void *arg)
{
    metrics_family *f = metrics_register(r, METRICS_GAUGE, "fibers", "", "Fibers that have not ended.");
    metrics_set(metrics_with(f, NULL), loop_fiber_count(arg));
}

static void make_metrics(service *s)
{
    s->metrics = metrics_create();
    metrics_register_process(s->metrics);
    metrics_family *build = metrics_register(s->metrics, METRICS_GAUGE, "build_info", "version", "Always 1.");
    metrics_set(METRICS_WITH(build, service_version()), 1);
    metrics_on_scrape(s->metrics, show_fibers, s->loop);
    s->ops.metrics = s->metrics;
}

static void make_tls(service *s)
{
    const rpc_tls_options options = {
        .ca = config_text(s->config, "RPC_TLS_CA"),
        .certificate = config_text(s->config, "RPC_TLS_CERT"),
        .key = config_text(s->config, "RPC_TLS_KEY"),
        .server_name = config_text(s->config, "RPC_TLS_SERVER_NAME"),
    };
    if (*options.ca)
        s->tls = rpc_tls_create(s->loop, &options);
}

static void make_rpc(service *s)
{
    const rpc_server_options options = {
        .address = config_text(s->config, "RPC_LISTEN"),
        .tls = s->tls,
        .calls_limit = (unsigned)config_int(s->config, "RPC_CALLS_LIMIT"),
        .message_limit_bytes = (size_t)config_int(s->config, "RPC_MESSAGE_LIMIT"),
        .fate_unknown = s->definition->uses_database ? db_outcome_unknown : NULL,
        .keyed = s->definition->keeps_answers ? idempotency_intercept : NULL,
        .keyed_arg = &s->idempotency,
        .version = service_version(),
        .descriptors = sical_descriptor_set,
        .descriptors_size = (size_t)(sical_descriptor_set_end - sical_descriptor_set),
        .metrics = s->metrics,
    };
    s->rpc = rpc_server_create(s->loop, &options);
    rpc_server_set_serving(s->rpc, false);
    log_set_request_id_source(rpc_current_request_id);
}

static void make_database(service *s)
{
    bool keeps = s->definition->keeps_answers;
    const db_options options = {
        .conninfo = config_text(s->config, "DATABASE_URL"),
        .read_connections = (unsigned)config_int(s->config, "DB_READ_CONNECTIONS"),
        .alone_connections = (unsigned)config_int(s->config, "DB_ALONE_CONNECTIONS"),
        .transaction_connections = keeps ? (unsigned)config_int(s->config, "DB_TRANSACTION_CONNECTIONS") : 0,
        .application_name = s->definition->name,
        .metrics = s->metrics,
    };
    s->db = db_create(s->loop, &options);
    if (keeps) {
        s->idempotency = (idempotency){s->db, config_int(s->config, "IDEMPOTENCY_KEY_LIFE")};
        s->sweeper = idempotency_sweeper_create(s->loop, &s->idempotency);
    }
    add_check(s, "database", database_healthy, s->db, true);
}

static void make_cache(service *s)
{
    const char *url = config_text(s->config, "REDIS_URL");
    const cache_options options = {.url = url, .prefix = "sical:", .metrics = s->metrics};
    s->cache = cache_create(s->loop, &options);
    if (*url)
        add_check(s, "redis", cache_healthy, s->cache, false);
}

void service_rooms_make(service *s, uv_signal_cb on_signal)
{
    s->loop = loop_create();
    make_metrics(s);
    make_tls(s);
    if (s->definition->uses_rpc)
        make_rpc(s);
    if (s->definition->uses_database)
        make_database(s);
    if (s->definition->uses_cache)
        make_cache(s);
    watch_signal(s, &s->terminate, on_signal, SIGTERM);
    watch_signal(s, &s->interrupt, on_signal, SIGINT);
    loop_add_hook(s->loop, &s->log_hook, flush_log, NULL);
}

void service_rooms_destroy(service *s)
{
    ops_http_destroy(s->ops_http);
    rpc_server_destroy(s->rpc);
    rpc_tls_destroy(s->tls);
    cache_destroy(s->cache);
    idempotency_sweeper_destroy(s->sweeper);
    db_destroy(s->db);
    uv_close((uv_handle_t *)&s->terminate, NULL);
    uv_close((uv_handle_t *)&s->interrupt, NULL);
    loop_run_until_idle(s->loop);
    loop_remove_hook(s->loop, &s->log_hook);
    loop_destroy(s->loop);
    metrics_destroy(s->metrics);
}
