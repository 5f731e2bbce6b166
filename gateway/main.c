/* sical-gateway: HTTP and JSON for clients, RPC to the services. */
#include "documents.h"
#include "gateway.h"
#include "route.h"
#include "service.h"
#include "token.h"

#define PEER(NAME, PROGRAM, PORT)                                                                                      \
    {                                                                                                                  \
        .name = NAME "_ADDRESS", .type = CONFIG_TEXT, .fallback = "tcp://127.0.0.1:" PORT, .low = 1, .high = 4096,     \
        .help = "Replicas of " PROGRAM ", separated by commas; or dns+tcp://NAME:PORT"                                 \
    }

static const config_key keys[] = {
    {.name = "HTTP_HOST", .type = CONFIG_TEXT, .fallback = "127.0.0.1", .help = "Address for clients; 0.0.0.0 or ::"},
    {.name = "HTTP_PORT", .type = CONFIG_INT, .fallback = "8080", .low = 0, .high = 65535, .help = "Port; 0 = any"},
    {.name = "HTTP_CONNECTIONS",
     .type = CONFIG_INT,
     .fallback = "4096",
     .low = 1,
     .high = 60000,
     .help = "Connections at once"},
    {.name = "HTTP_READ_TIMEOUT",
     .type = CONFIG_DURATION_MS,
     .fallback = "10s",
     .low = 50,
     .high = 600000,
     .help = "For a whole head, and for a body before HTTP_MIN_RATE counts"},
    {.name = "HTTP_IDLE_TIMEOUT",
     .type = CONFIG_DURATION_MS,
     .fallback = "75s",
     .low = 50,
     .high = 3600000,
     .help = "Between two requests of a connection"},
    {.name = "REQUEST_TIMEOUT",
     .type = CONFIG_DURATION_MS,
     .fallback = "5s",
     .low = 50,
     .high = 60000,
     .help = "For answering a request"},
    PEER("AUTH", "sical-auth", "7101"),
    PEER("PLAN", "sical-plan", "7102"),
    PEER("PROGRESS", "sical-progress", "7103"),
    PEER("METRICS", "sical-metrics", "7104"),
};

static status init(service *s, void **state)
{
    const config *c = service_config(s);
    gateway_options options = {
        .host = config_text(c, "HTTP_HOST"),
        .port = (uint16_t)config_int(c, "HTTP_PORT"),
        .addresses = {[PEER_AUTH] = config_text(c, "AUTH_ADDRESS"),
                      [PEER_PLAN] = config_text(c, "PLAN_ADDRESS"),
                      [PEER_PROGRESS] = config_text(c, "PROGRESS_ADDRESS"),
                      [PEER_METRICS] = config_text(c, "METRICS_ADDRESS")},
        .peers = service_rpc_client_options(s),
        .token_keys = config_text(c, "JWT_SECRET"),
        .token_issuer = config_text(c, "JWT_ISSUER"),
        .token_audience = config_text(c, "JWT_AUDIENCE"),
        .request_timeout_ms = (uint32_t)config_int(c, "REQUEST_TIMEOUT"),
        .read_timeout_ms = (uint32_t)config_int(c, "HTTP_READ_TIMEOUT"),
        .idle_timeout_ms = (uint32_t)config_int(c, "HTTP_IDLE_TIMEOUT"),
        .connections_limit = (unsigned)config_int(c, "HTTP_CONNECTIONS"),
        .guards = peer_guard_options_read(c),
        .cache = service_cache(s),
        .ops = service_ops(s),
    };
    bool limits_good = request_limit_options_read(&options.limits, c);
    if (!http_policy_init(&options.http, c) || !limits_good) {
        http_policy_finish(&options.http);
        return STATUS_INTERNAL;
    }
    gateway *g = gateway_create(service_loop(s), &options);
    *state = g;
    return g ? STATUS_OK : STATUS_UNAVAILABLE;
}

static void leave(void *state)
{
    gateway_leave(state);
}

static void drain(void *state)
{
    gateway_drain(state);
}

static unsigned in_flight(void *state)
{
    return gateway_in_flight(state);
}

static void deinit(void *state)
{
    gateway_destroy(state);
}

static const service_option options[] = {{"--routes-markdown", gateway_print_routes},
                                         {"--openapi", documents_print_openapi},
                                         {0}};

int main(int argc, char **argv)
{
    const config_table tables[] = {{.title = "Gateway", .keys = keys, .count = sizeof keys / sizeof keys[0]},
                                   http_policy_config,
                                   request_limit_config,
                                   peer_guard_config,
                                   token_config};
    const service_definition definition = {
        .name = "sical-gateway",
        .summary = "HTTP and JSON for clients, RPC to the services",
        .tables = tables,
        .table_count = sizeof tables / sizeof tables[0],
        .uses_cache = true,
        .calls_services = true,
        .options = options,
        .init = init,
        .leave = leave,
        .drain = drain,
        .in_flight = in_flight,
        .deinit = deinit,
    };
    return service_main(argc, argv, &definition);
}
