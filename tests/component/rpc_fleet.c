#include "rpc_fleet.h"

#include "fiber.h"
#include "metrics.h"
#include "network.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>

fleet fleet_of_test;

static void start_server(fleet *f, int i)
{
    char address[64];
    snprintf(address, sizeof address, "tcp://127.0.0.%d:%u", i + 2, f->port);
    f->servers[i] =
        rpc_server_create(f->loop, &(rpc_server_options){.address = address, .calls_limit = f->calls_limit});
    cr_assert(rpc_server_add(f->servers[i], &echo_service, &f->states[i]));
    cr_assert_eq(rpc_server_listen(f->servers[i]), STATUS_OK, "%s", address);
}

void fleet_start(const char *addresses, unsigned ttl_s, const rpc_client_options *options)
{
    fleet *f = &fleet_of_test;
    char name[64];
    f->loop = loop_create();
    f->metrics = metrics_create();
    f->port = test_free_port();
    for (int i = 0; i < FLEET; i++)
        start_server(f, i);
    f->dns = test_dns_start();
    test_dns_set(f->dns, addresses, ttl_s);
    snprintf(name, sizeof name, "dns+tcp://echo.test:%u", f->port);
    arena_init(&f->memory, 0);
    rpc_client_options o = options ? *options : (rpc_client_options){0};
    o.service = "echo";
    o.addresses = name;
    o.dns_servers = test_dns_servers(f->dns);
    o.dns_interval_ms = 50;
    o.metrics = f->metrics;
    o.descriptors = echo_descriptors(&f->memory, &o.descriptors_size);
    f->client = rpc_client_create(f->loop, &o);
    cr_assert_not_null(f->client);
}

void fleet_stop(void)
{
    fleet *f = &fleet_of_test;
    rpc_client_destroy(f->client);
    for (int i = 0; i < FLEET; i++)
        rpc_server_destroy(f->servers[i]);
    loop_destroy(f->loop);
    metrics_destroy(f->metrics);
    test_dns_stop(f->dns);
    arena_finish(&f->memory);
}

void fleet_run(void (*fn)(void *arg), void *arg)
{
    echo_run(fleet_of_test.loop, fn, arg);
}

unsigned fleet_replicas(const char *state)
{
    char series[96];
    snprintf(series, sizeof series, "rpc_client_replicas{service=\"echo\",state=\"%s\"}", state);
    return (unsigned)echo_metric(fleet_of_test.metrics, series);
}

/* ---- load ---- */

static status call_on_and_on(void *arg)
{
    fleet_load *load = arg;
    while (!load->over) {
        Sical__Plan__V1__Topic *answer;
        rpc_reply reply;
        if (echo_call(fleet_of_test.client, load->method ? load->method : "Echo", "key", "1", NULL, &answer, &reply))
            load->failures++;
        load->calls++;
        arena_reset(fiber_arena());
    }
    return STATUS_OK;
}

void fleet_load_begin(fleet_load *load)
{
    load->group = calloc(1, sizeof *load->group);
    for (unsigned i = 0; i < load->callers; i++)
        fiber_group_spawn(load->group, "caller", call_on_and_on, load);
}

void fleet_load_end(fleet_load *load)
{
    load->over = true;
    fiber_group_wait(load->group);
    free(load->group);
}

void fleet_load_more(const fleet_load *load, unsigned calls)
{
    unsigned end = load->calls + calls;
    while (load->calls < end)
        cr_assert_eq(fiber_sleep(1), STATUS_OK);
}
