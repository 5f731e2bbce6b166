/*
 * The life of a program.
 *
 * service_main prepares what needs no loop, starts the fiber "start" and runs the loop. start() runs init, listens,
 * waits for the required checks and ends: from then on the program serves. The first signal starts the fiber "stop",
 * which drains and stops the loop; service_main then takes everything apart on no fiber, in the reverse order. A start
 * that fails takes the same way out, without the pauses that a serving program owes to its clients.
 */
#include "service_internal.h"

#include "clock.h"
#include "fiber.h"
#include "log.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
    EXIT_USAGE = 2,
    FIRST_POLL_MS = 2, /* start to ready is measured in milliseconds */
    LONGEST_POLL_MS = 250,
    DRAIN_POLL_MS = 5,        /* how often a draining program looks whether it is done */
    CANCEL_TIMEOUT_MS = 2000, /* for fibers to end that were cancelled */
    ALARM_SLACK_MS = 10000,   /* past every timeout of the drain: then something hangs */
};

/* ---- what programs ask for ---- */

loop *service_loop(service *s)
{
    return s->loop;
}

const config *service_config(service *s)
{
    return s->config;
}

metrics_registry *service_metrics(service *s)
{
    return s->metrics;
}

db *service_db(service *s)
{
    return s->db;
}

cache *service_cache(service *s)
{
    return s->cache;
}

rpc_server *service_rpc(service *s)
{
    return s->rpc;
}

rpc_client_options service_rpc_client_options(service *s)
{
    return (rpc_client_options){
        .message_limit_bytes = (size_t)config_int(s->config, "RPC_MESSAGE_LIMIT"),
        .dns_servers = config_text(s->config, "RPC_DNS_SERVERS"),
        .dns_interval_ms = (uint32_t)config_int(s->config, "RPC_DNS_INTERVAL"),
        .hedge_percent = (unsigned)config_int(s->config, "RPC_HEDGE"),
        .tls = s->tls,
        .metrics = s->metrics,
    };
}

ops_state *service_ops(service *s)
{
    return &s->ops;
}

const char *service_version(void)
{
    return SICAL_VERSION;
}

/* ---- the end ---- */

static unsigned in_flight(const service *s)
{
    unsigned count = s->rpc ? rpc_server_calls_in_flight(s->rpc) : 0;
    if (s->initialised && s->definition->in_flight)
        count += s->definition->in_flight(s->state);
    if (s->sweeper)
        count += idempotency_sweeper_running(s->sweeper);
    return count;
}

static void wait_for_calls(service *s)
{
    fiber_limit_ms((uint32_t)config_int(s->config, "DRAIN_TIMEOUT"));
    while (in_flight(s) && fiber_sleep(DRAIN_POLL_MS) == STATUS_OK)
        ;
    if (!in_flight(s))
        return;
    log_error("drain timed out: what is in flight is cancelled", log_int("in_flight", in_flight(s)));
    loop_cancel_fibers(s->loop);
    fiber_set_deadline_ns(FIBER_NO_DEADLINE);
    fiber_limit_ms(CANCEL_TIMEOUT_MS);
    while (in_flight(s) && fiber_sleep(DRAIN_POLL_MS) == STATUS_OK)
        ;
}

static void stop(void *arg)
{
    service *s = arg;
    bool was_serving = s->ops.ready;
    s->ops.ready = false;
    if (s->rpc)
        rpc_server_set_serving(s->rpc, false);
    if (s->initialised && s->definition->leave)
        s->definition->leave(s->state);
    if (was_serving)
        fiber_sleep((uint32_t)config_int(s->config, "DRAIN_DELAY"));
    while (s->starting)
        fiber_sleep(DRAIN_POLL_MS);
    if (s->initialised && s->definition->drain)
        s->definition->drain(s->state);
    if (s->sweeper)
        idempotency_sweeper_stop(s->sweeper);
    wait_for_calls(s);
    loop_stop(s->loop);
}

static void begin_stop(service *s)
{
    s->stopping = true;
    service_process_end_within((uint64_t)config_int(s->config, "DRAIN_DELAY") +
                               (uint64_t)config_int(s->config, "DRAIN_TIMEOUT") + ALARM_SLACK_MS);
    fiber_spawn(s->loop, "stop", stop, s);
}

static void on_signal(uv_signal_t *handle, int number)
{
    service *s = handle->data;
    log_info(s->stopping ? "second signal: ends at once" : "stopping", log_text("signal", strsignal(number)));
    if (s->stopping) {
        log_flush();
        _exit(128 + number);
    }
    if (s->starting)
        fiber_cancel(s->starting);
    begin_stop(s);
}

/* ---- the start ---- */

static const char *failing_check(const service *s)
{
    for (size_t i = 0; i < s->ops.check_count; i++)
        if (s->ops.checks[i].required && !s->ops.checks[i].healthy(s->ops.checks[i].arg))
            return s->ops.checks[i].name;
    return NULL;
}

/* Returns when every required check passes, or the start was cancelled. */
static status wait_for_checks(const service *s)
{
    const char *failing, *told = NULL;
    uint32_t pause_ms = FIRST_POLL_MS;
    while ((failing = failing_check(s))) {
        status slept = fiber_sleep(pause_ms);
        if (slept != STATUS_OK)
            return slept;
        if (pause_ms < LONGEST_POLL_MS) {
            pause_ms += pause_ms / 8 + 1;
            continue;
        }
        if (failing != told)
            log_warn("not ready: a required check fails", log_text("check", failing));
        told = failing;
    }
    return STATUS_OK;
}

static status listen_for_calls(service *s)
{
    if (s->rpc && rpc_server_listen(s->rpc) != STATUS_OK)
        return STATUS_UNAVAILABLE;
    if (!s->definition->uses_ops_port)
        return STATUS_OK;
    s->ops_http = ops_http_create(s->loop, config_text(s->config, "OPS_HOST"),
                                  (uint16_t)config_int(s->config, "OPS_PORT"), &s->ops);
    return s->ops_http ? STATUS_OK : STATUS_UNAVAILABLE;
}

static status bring_up(service *s)
{
    if (!s->tls && *config_text(s->config, "RPC_TLS_CA")) /* the log says what is wrong with it */
        return STATUS_INTERNAL;
    status result = s->definition->init(s, &s->state);
    if (result != STATUS_OK)
        return result;
    s->initialised = true;
    /* Rooms that init made have hooks which may log: the lines leave after all of them. */
    loop_remove_hook(s->loop, &s->log_hook);
    loop_add_hook(s->loop, &s->log_hook, s->log_hook.flush, NULL);
    result = listen_for_calls(s);
    return result == STATUS_OK ? wait_for_checks(s) : result;
}

static void start(void *arg)
{
    service *s = arg;
    status result = bring_up(s);
    s->starting = NULL;
    if (s->stopping)
        return;
    if (result != STATUS_OK) {
        log_error("cannot start", log_text("status", status_name(result)));
        s->exit_code = EXIT_FAILURE;
        begin_stop(s);
        return;
    }
    service_footprint_trim();
    s->ops.ready = true;
    if (s->rpc)
        rpc_server_set_serving(s->rpc, true);
    log_info("ready", log_text("version", service_version()), log_int("rpc_port", s->rpc ? rpc_server_port(s->rpc) : 0),
             log_int("ops_port", s->ops_http ? ops_http_port(s->ops_http) : 0),
             log_real("start_ms", (double)(clock_monotonic_ns() - s->ops.started_ns) / (double)CLOCK_NS_PER_MS));
}

/* ---- all of it ---- */

static int run(service *s)
{
    log_level level;
    log_level_parse(config_text(s->config, "LOG_LEVEL"), &level);
    log_init(s->definition->name, level, STDERR_FILENO);
    s->ops.version = service_version();
    service_rooms_make(s, on_signal);
    s->starting = fiber_spawn(s->loop, "start", start, s);
    loop_run(s->loop);
    if (s->initialised && s->definition->deinit)
        s->definition->deinit(s->state);
    service_rooms_destroy(s);
    log_info("stopped", log_int("exit_code", s->exit_code));
    log_flush();
    return s->exit_code;
}

/* ---- the command line ---- */

static void print_help(const service *s)
{
    printf("%s %s: %s\n\n"
           "Usage: %s [--help | --version | --check-config | --config-markdown",
           s->definition->name, service_version(), s->definition->summary, s->definition->name);
    for (const service_option *own = s->definition->options; own && own->name; own++)
        printf(" | %s", own->name);
    puts("]\n\nEverything is set in the environment, or in the file that CONFIG_FILE names:");
    config_print_help(s->tables.tables, s->tables.count, stdout);
}

static int load_and_run(service *s, bool only_check)
{
    s->config = config_load(s->tables.tables, s->tables.count, NULL, stderr);
    if (!s->config)
        return EXIT_USAGE;
    int exit_code = only_check ? EXIT_SUCCESS : run(s);
    config_destroy(s->config);
    return exit_code;
}

/* NULL: the program has no such option of its own. */
static const service_option *find_option(const service *s, const char *name)
{
    for (const service_option *own = s->definition->options; own && own->name; own++)
        if (strcmp(own->name, name) == 0)
            return own;
    return NULL;
}

static int obey(service *s, const char *option)
{
    const service_option *own = find_option(s, option);
    if (strcmp(option, "--check-config") == 0)
        return load_and_run(s, true);
    if (strcmp(option, "--help") == 0)
        print_help(s);
    else if (strcmp(option, "--version") == 0)
        printf("%s %s\n", s->definition->name, service_version());
    else if (strcmp(option, "--config-markdown") == 0)
        config_print_markdown(s->tables.tables, s->tables.count, stdout);
    else if (own)
        own->print(stdout);
    else {
        fprintf(stderr, "%s: unknown option %s; see --help\n", s->definition->name, option);
        return EXIT_USAGE;
    }
    return EXIT_SUCCESS;
}

int service_main(int argc, char **argv, const service_definition *definition)
{
    static service s; /* static: the loop's handles and the configuration's tables live in it */
    service_process_prepare();
    s.definition = definition;
    s.ops.started_ns = clock_monotonic_ns();
    service_tables_fill(&s.tables, definition);
    if (argc == 1)
        return load_and_run(&s, false);
    if (argc == 2)
        return obey(&s, argv[1]);
    fprintf(stderr, "%s: at most one option; see --help\n", definition->name);
    return EXIT_USAGE;
}
