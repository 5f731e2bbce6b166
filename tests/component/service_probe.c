/* A program of the suite that does nothing but live, and serve the echo service: what tests start and end in every way.
 */
#include "rpc_echo.h"

#include "fiber.h"
#include "log.h"
#include "service.h"

#include <stdlib.h>
#include <string.h>

static const config_key probe_keys[] = {
    {"PROBE_INIT", CONFIG_CHOICE, "ok", .choices = "ok|fail|wait", .help = "What init does."},
    {"PROBE_JOURNAL", CONFIG_TEXT, "", .help = "A file that gets a line for each call of the echo service."},
    {"PROBE_WORK", CONFIG_CHOICE, "none", .choices = "none|drained|endless", .help = "What is in flight at the end."},
};

typedef struct probe {
    const char *work;
    unsigned in_flight;
    bool draining;
    echo_state echo;
} probe;

static void work(void *arg)
{
    probe *p = arg;
    log_info("work begins");
    while (fiber_sleep(1) == STATUS_OK)
        if (p->draining && strcmp(p->work, "drained") == 0)
            break;
    log_info("work ends", log_bool("draining", p->draining));
    p->in_flight--;
}

static status init(service *s, void **state)
{
    const char *wanted = config_text(service_config(s), "PROBE_INIT");
    if (strcmp(wanted, "fail") == 0)
        return STATUS_INTERNAL;
    if (strcmp(wanted, "wait") == 0) {
        log_info("init waits");
        return fiber_sleep(3600000);
    }
    probe *p = calloc(1, sizeof *p);
    if (!p)
        abort();
    p->work = config_text(service_config(s), "PROBE_WORK");
    if (strcmp(p->work, "none") != 0) {
        p->in_flight = 1;
        fiber_spawn(service_loop(s), "work", work, p);
    }
    const char *journal = config_text(service_config(s), "PROBE_JOURNAL");
    p->echo.journal = *journal ? journal : NULL;
    if (!rpc_server_add(service_rpc(s), &echo_service, &p->echo))
        abort();
    *state = p;
    return STATUS_OK;
}

static void drain(void *state)
{
    log_info("drain");
    ((probe *)state)->draining = true;
}

static unsigned in_flight(void *state)
{
    return ((probe *)state)->in_flight;
}

static void deinit(void *state)
{
    log_info("deinit");
    free(state);
}

int main(int argc, char **argv)
{
    const config_table tables[] = {
        {.title = "Probe", .keys = probe_keys, .count = sizeof probe_keys / sizeof probe_keys[0]},
    };
    const service_definition definition = {
        .name = "service-probe",
        .summary = "lives and ends",
        .tables = tables,
        .table_count = sizeof tables / sizeof tables[0],
        .uses_database = getenv("DATABASE_URL") != NULL,
        .uses_cache = true,
        .uses_rpc = true,
        .uses_ops_port = true,
        .rpc_listen = "tcp://127.0.0.1:0",
        .ops_port = "0",
        .init = init,
        .drain = drain,
        .in_flight = in_flight,
        .deinit = deinit,
    };
    return service_main(argc, argv, &definition);
}
