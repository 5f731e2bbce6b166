/* sical-progress: the log of study, memory and mastery. */
#include "log.h"
#include "progress_service.h"
#include "service.h"

#include <stdlib.h>

static const config_key progress_keys[] = {
    {.name = "MASTERY_RETRIEVABILITY",
     .type = CONFIG_TEXT,
     .fallback = "0.7",
     .low = 1,
     .high = 16,
     .help = "A topic in review counts as mastered while the chance of recall is at least this: 0.01 to 0.99"},
};

static bool read_threshold(const char *text, double *out)
{
    char *end;
    *out = strtod(text, &end);
    return end != text && *end == '\0' && *out >= 0.01 && *out <= 0.99;
}

static status init(service *s, void **state)
{
    double threshold;
    if (!read_threshold(config_text(service_config(s), "MASTERY_RETRIEVABILITY"), &threshold)) {
        log_error("MASTERY_RETRIEVABILITY is no number from 0.01 to 0.99");
        return STATUS_INTERNAL;
    }
    progress_service *p = calloc(1, sizeof *p);
    if (!p)
        abort();
    p->database = service_db(s);
    p->mastery_threshold = threshold;
    const char *fault = memory_model_init(&p->model, &memory_default_parameters);
    if (fault || !rpc_server_add(service_rpc(s), &progress_rpc, p)) {
        log_error("progress cannot start", log_text("memory_model", fault));
        free(p);
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
        .uses_rpc = true,
        .uses_ops_port = true,
        .rpc_listen = "tcp://127.0.0.1:7103",
        .ops_port = "7203",
        .init = init,
        .deinit = free,
    };
    return service_main(argc, argv, &definition);
}
