/* sical-progress: the log of study, memory and mastery. */
#include "log.h"
#include "progress_service.h"
#include "service.h"

#include <stdlib.h>

static const config_key progress_keys[] = {
    {.name = "MASTERY_RETRIEVABILITY",
     .type = CONFIG_CHOICE,
     .fallback = "0.7",
     .choices = "0.5|0.6|0.7|0.8|0.9",
     .help = "A topic in review counts as mastered while the chance of recall is at least this"},
    {.name = "PLAN_ADDRESS",
     .type = CONFIG_TEXT,
     .fallback = "tcp://127.0.0.1:7102",
     .low = 1,
     .high = 4096,
     .help = "Replicas of sical-plan, separated by commas; asked for graphs when a placement begins"},
};

static void deinit(void *state)
{
    progress_service *p = state;
    rpc_client_destroy(p->plan);
    recorder_destroy(p->recorder);
    free(p);
}

static unsigned in_flight(void *state)
{
    return recorder_running(((const progress_service *)state)->recorder);
}

static status init(service *s, void **state)
{
    progress_service *p = calloc(1, sizeof *p);
    if (!p)
        abort();
    p->database = service_db(s);
    p->recorder = recorder_create(service_loop(s), p->database);
    rpc_client_options plan = service_rpc_client_options(s);
    plan.service = "plan";
    plan.addresses = config_text(service_config(s), "PLAN_ADDRESS");
    p->plan = rpc_client_create(service_loop(s), &plan);
    p->mastery_threshold = strtod(config_text(service_config(s), "MASTERY_RETRIEVABILITY"), NULL);
    const char *fault = memory_model_init(&p->model, &memory_default_parameters);
    if (fault || !p->plan || !rpc_server_add(service_rpc(s), &progress_rpc, p)) {
        log_error("progress cannot start", log_text("memory_model", fault));
        deinit(p);
        return STATUS_INTERNAL;
    }
    *state = p;
    return STATUS_OK;
}

int main(int argc, char **argv)
{
    const config_table tables[] = {
        {.title = "Progress", .keys = progress_keys, .count = sizeof progress_keys / sizeof progress_keys[0]},
    };
    const service_definition definition = {
        .name = "sical-progress",
        .summary = "the log of study, memory and mastery",
        .tables = tables,
        .table_count = sizeof tables / sizeof tables[0],
        .uses_database = true,
        .keeps_answers = true,
        .uses_rpc = true,
        .calls_services = true,
        .uses_ops_port = true,
        .rpc_listen = "tcp://127.0.0.1:7103",
        .ops_port = "7203",
        .init = init,
        .in_flight = in_flight,
        .deinit = deinit,
    };
    return service_main(argc, argv, &definition);
}
