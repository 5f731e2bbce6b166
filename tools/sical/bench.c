/* sical bench: one call over and over again, by many callers at once, on one connection to each replica. */
#include "clock.h"
#include "fiber.h"
#include "latency.h"
#include "run.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct bench {
    rpc_client *client;
    const rpc_metadata *metadata;
    const char *method;
    const uint8_t *payload;
    size_t payload_size;
    uint64_t end_ns;     /* when no call is begun any more */
    uint64_t calls_left; /* to be begun */
    uint64_t codes[CODE_COUNT];
    latency latency;
    char failure[512]; /* how the first call that failed did */
} bench;

/* ---- calling ---- */

static void note(bench *b, const rpc_reply *reply, uint64_t ns)
{
    int code = reply->code >= 0 && reply->code < CODE_COUNT ? reply->code : CODE_UNKNOWN;
    b->codes[code]++;
    latency_add(&b->latency, ns);
    if (code == CODE_OK || *b->failure)
        return;
    const char *field = reply->fault_count ? reply->faults[0].field : "";
    const char *fault = reply->fault_count ? reply->faults[0].message : "";
    snprintf(b->failure, sizeof b->failure, "%s: %s%s%s%s%s%s", code_name(code), reply->message, *fault ? " (" : "",
             field, *fault ? ": " : "", fault, *fault ? ")" : "");
}

static status call_until_end(void *arg)
{
    bench *b = arg;
    uint64_t start;
    while (b->calls_left > 0 && (start = clock_monotonic_ns()) < b->end_ns) {
        rpc_reply reply;
        b->calls_left--;
        rpc_call_bytes(b->client, b->method, b->metadata, b->payload, b->payload_size, &reply);
        note(b, &reply, clock_monotonic_ns() - start);
        arena_reset(fiber_arena());
    }
    return STATUS_OK;
}

/* ---- how calls shared messages ---- */

/* The sum of a counter of the client over its series that begin so. */
static double counter(metrics_registry *metrics, const char *family, const char *direction)
{
    size_t size;
    double sum = 0;
    char *text = metrics_render(metrics, &size), label[64];
    snprintf(label, sizeof label, "direction=\"%s\"", direction);
    for (const char *line = text; line && *line; line = strchr(line, '\n') ? strchr(line, '\n') + 1 : NULL) {
        const char *end = line + strcspn(line, "\n"), *at = memmem(line, (size_t)(end - line), label, strlen(label));
        if (!strncmp(line, family, strlen(family)) && at)
            sum += strtod(strchr(at, '}') + 1, NULL);
    }
    free(text);
    return sum;
}

typedef struct traffic {
    double calls_sent, messages_sent, calls_received, messages_received;
} traffic;

static traffic traffic_of(metrics_registry *m)
{
    return (traffic){
        counter(m, "rpc_message_calls_total{", "sent"),
        counter(m, "rpc_messages_total{", "sent"),
        counter(m, "rpc_message_calls_total{", "received"),
        counter(m, "rpc_messages_total{", "received"),
    };
}

static double ratio(double calls, double messages)
{
    return messages > 0 ? calls / messages : 0;
}

/* ---- telling ---- */

typedef struct result {
    const bench *bench;
    double seconds;
    double sent_together, received_together; /* calls a message */
} result;

static double quantile_ms(const result *r, double share)
{
    return (double)latency_quantile_ns(&r->bench->latency, share) / 1e6;
}

static void print_result(const result *r, unsigned concurrency)
{
    const bench *b = r->bench;
    printf("%s, %u at once, %.2f s\n", b->method + 1, concurrency, r->seconds);
    printf("calls      %llu, %.0f a second\n", (unsigned long long)b->latency.total,
           (double)b->latency.total / r->seconds);
    printf("latency    p50 %.3f ms, p90 %.3f ms, p99 %.3f ms, max %.3f ms\n", quantile_ms(r, 0.5), quantile_ms(r, 0.9),
           quantile_ms(r, 0.99), (double)b->latency.max_ns / 1e6);
    printf("messages   %.1f calls in one there, %.1f back\n", r->sent_together, r->received_together);
    printf("answers   ");
    for (int code = 0; code < CODE_COUNT; code++)
        if (b->codes[code])
            printf(" %s %llu", code_name(code), (unsigned long long)b->codes[code]);
    printf("\n");
}

static void print_as_json(const result *r)
{
    const bench *b = r->bench;
    json_t *codes = json_object();
    for (int code = 0; code < CODE_COUNT; code++)
        if (b->codes[code])
            json_object_set_new(codes, code_name(code), json_integer((json_int_t)b->codes[code]));
    run_print_json(json_pack("{s:s, s:I, s:f, s:f, s:{s:f, s:f, s:f, s:f}, s:{s:f, s:f}, s:o}", "method", b->method + 1,
                             "calls", (json_int_t)b->latency.total, "seconds", r->seconds, "callsPerSecond",
                             (double)b->latency.total / r->seconds, "latencyMs", "p50", quantile_ms(r, 0.5), "p90",
                             quantile_ms(r, 0.9), "p99", quantile_ms(r, 0.99), "max", (double)b->latency.max_ns / 1e6,
                             "callsPerMessage", "sent", r->sent_together, "received", r->received_together, "codes",
                             codes));
}

/* ---- ---- */

static void measure(run *r, bench *b, metrics_registry *metrics)
{
    const command *c = r->command;
    traffic before = traffic_of(metrics);
    uint64_t start = clock_monotonic_ns();
    b->end_ns = c->calls ? UINT64_MAX : start + (uint64_t)c->duration_ms * CLOCK_NS_PER_MS;
    b->calls_left = c->calls ? c->calls : UINT64_MAX;
    fiber_group group = FIBER_GROUP_INIT;
    for (unsigned i = 0; i < c->concurrency; i++)
        fiber_group_spawn(&group, "caller", call_until_end, b);
    fiber_group_wait(&group);
    traffic after = traffic_of(metrics);
    result told = {
        .bench = b,
        .seconds = (double)(clock_monotonic_ns() - start) / 1e9,
        .sent_together = ratio(after.calls_sent - before.calls_sent, after.messages_sent - before.messages_sent),
        .received_together =
            ratio(after.calls_received - before.calls_received, after.messages_received - before.messages_received),
    };
    if (c->as_json)
        print_as_json(&told);
    else
        print_result(&told, c->concurrency);
}

static int bench_method(run *r, rpc_client *client, const method_found *found, metrics_registry *metrics)
{
    bench *b = ARENA_NEW(fiber_arena(), bench);
    b->client = client;
    b->metadata = &r->command->metadata;
    b->method = arena_printf(fiber_arena(), "/%s/%s", found->service->name, found->method->name);
    b->payload = run_input(r->command, found->method->input, &b->payload_size);
    if (!b->payload)
        return EXIT_USAGE;
    measure(r, b, metrics);
    if (b->codes[CODE_OK] == b->latency.total)
        return EXIT_OK;
    fprintf(stderr, "sical: the first call that failed: %s\n", b->failure);
    return EXIT_FAILED;
}

int run_bench(run *r)
{
    server s;
    reflection reflected = {0};
    method_found found;
    metrics_registry *metrics = metrics_create();
    int code = EXIT_USAGE;
    rpc_client *c = run_server_of(r, r->command->target, &s) ? run_connect(r, &s, metrics) : NULL;
    if (c)
        code = run_reflect(c, s.addresses, &reflected);
    if (c && code == EXIT_OK)
        code = lookup_method(reflected.services, r->command->target, &found) ? bench_method(r, c, &found, metrics)
                                                                             : EXIT_USAGE;
    contract_destroy(reflected.contract);
    rpc_client_destroy(c);
    metrics_destroy(metrics);
    return code;
}
