/* sical-metrics: streak, heat map and dashboard. */
#include "metrics_service.h"
#include "service.h"

static const config_key keys[] = {
    {.name = "PROGRESS_ADDRESS",
     .type = CONFIG_TEXT,
     .fallback = "tcp://127.0.0.1:7103",
     .low = 1,
     .high = 4096,
     .help = "Replicas of sical-progress, separated by commas"},
    {.name = "PLAN_ADDRESS",
     .type = CONFIG_TEXT,
     .fallback = "tcp://127.0.0.1:7102",
     .low = 1,
     .high = 4096,
     .help = "Replicas of sical-plan, separated by commas"},
    {.name = "PULL_INTERVAL",
     .type = CONFIG_DURATION_MS,
     .fallback = "1s",
     .low = 10,
     .high = 3600000,
     .help = "Pause between two looks at the feed of progress; readers ask for one at once"},
};

static rpc_client *connect_to(service *s, const char *peer, const char *address_key)
{
    rpc_client_options options = service_rpc_client_options(s);
    options.service = peer;
    options.addresses = config_text(service_config(s), address_key);
    return rpc_client_create(service_loop(s), &options);
}

static status init(service *s, void **state)
{
    rpc_client *progress = connect_to(s, "progress", "PROGRESS_ADDRESS");
    rpc_client *plan = connect_to(s, "plan", "PLAN_ADDRESS");
    if (!progress || !plan) {
        rpc_client_destroy(progress);
        rpc_client_destroy(plan);
        return STATUS_INTERNAL;
    }
    metrics_service_options options = {
        .database = service_db(s),
        .metrics = service_metrics(s),
        .progress = progress,
        .plan = plan,
        .pull_interval_ms = (uint32_t)config_int(service_config(s), "PULL_INTERVAL"),
    };
    metrics_service *m = metrics_service_create(service_loop(s), &options);
    *state = m;
    return rpc_server_add(service_rpc(s), &metrics_rpc, m) ? STATUS_OK : STATUS_INTERNAL;
}

static void drain(void *state)
{
    metrics_service_stop(state);
}

static unsigned in_flight(void *state)
{
    return metrics_service_in_flight(state);
}

static void deinit(void *state)
{
    metrics_service_destroy(state);
}

int main(int argc, char **argv)
{
    const config_table table = {.title = "Metrics", .keys = keys, .count = sizeof keys / sizeof keys[0]};
    const service_definition definition = {
        .name = "sical-metrics",
        .summary = "streak, heat map and dashboard of a learner",
        .tables = &table,
        .table_count = 1,
        .uses_database = true,
        .uses_rpc = true,
        .calls_services = true,
        .uses_ops_port = true,
        .rpc_listen = "tcp://127.0.0.1:7104",
        .ops_port = "7204",
        .init = init,
        .drain = drain,
        .in_flight = in_flight,
        .deinit = deinit,
    };
    return service_main(argc, argv, &definition);
}
