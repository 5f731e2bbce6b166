/* sical-plan: graphs of topics, goals, free hours and the optimal plan. */
#include "log.h"
#include "plan_service.h"
#include "service.h"

#include <stdlib.h>

static const config_key peer_keys[] = {
    {.name = "PROGRESS_ADDRESS",
     .type = CONFIG_TEXT,
     .fallback = "tcp://127.0.0.1:7103",
     .low = 1,
     .high = 4096,
     .help = "Replicas of sical-progress, separated by commas"},
};

static void destroy(plan_service *p)
{
    rpc_client_destroy(p->progress);
    free(p);
}

static status init(service *s, void **state)
{
    rpc_client_options options = service_rpc_client_options(s);
    options.service = "progress";
    options.addresses = config_text(service_config(s), "PROGRESS_ADDRESS");
    plan_service *p = calloc(1, sizeof *p);
    if (p == NULL)
        abort();
    p->database = service_db(s);
    p->progress = rpc_client_create(service_loop(s), &options);
    if (p->progress == NULL || !rpc_server_add(service_rpc(s), &plan_rpc, p)) {
        if (p->progress != NULL)
            destroy(p);
        else
            free(p);
        return STATUS_INTERNAL;
    }
    *state = p;
    return STATUS_OK;
}

static void deinit(void *state)
{
    destroy(state);
}

int main(int argc, char **argv)
{
    const config_table tables[] = {
        {.title = "Peers", .keys = peer_keys, .count = sizeof peer_keys / sizeof peer_keys[0]},
    };
    const service_definition definition = {
        .name = "sical-plan",
        .summary = "graphs of topics, goals, free hours and the optimal plan",
        .tables = tables,
        .table_count = sizeof tables / sizeof tables[0],
        .uses_database = true,
        .keeps_answers = true,
        .uses_rpc = true,
        .calls_services = true,
        .uses_ops_port = true,
        .rpc_listen = "tcp://127.0.0.1:7102",
        .ops_port = "7202",
        .init = init,
        .deinit = deinit,
    };
    return service_main(argc, argv, &definition);
}
