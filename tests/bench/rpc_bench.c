/*
 * How fast RPC is: calls of about 200 bytes each way between two processes over loopback, nothing behind them.
 * rpc_bench [SECONDS] prints calls per second with 1, 64 and 256 calls in flight, the median with 1, calls per message,
 * and resident memory of both processes.
 */
#include "rpc_echo.h"

#include "clock.h"
#include "fiber.h"
#include "metrics.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

enum { LATENCIES_LIMIT = 1 << 20 };

typedef struct bench {
    rpc_client *client;
    uint64_t end_ns;
    uint64_t calls;
    uint64_t *latencies_ns;
} bench;

static int serve(void)
{
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    loop *l = loop_create();
    echo_state state = {0};
    rpc_server_options options = {.address = "tcp://127.0.0.1:0", .metrics = metrics_create()};
    rpc_server *s = rpc_server_create(l, &options);
    if (!rpc_server_add(s, &echo_service, &state) || rpc_server_listen(s) != STATUS_OK)
        return EXIT_FAILURE;
    printf("%d\n", rpc_server_port(s));
    fflush(stdout);
    loop_run(l);
    return EXIT_SUCCESS;
}

/* Starts this program as the server; its port. */
static int start_server(pid_t *pid)
{
    int ends[2];
    if (pipe(ends) || (*pid = fork()) < 0)
        exit(EXIT_FAILURE);
    if (*pid == 0) {
        dup2(ends[1], STDOUT_FILENO);
        execl("/proc/self/exe", "rpc_bench", "serve", NULL);
        _exit(EXIT_FAILURE);
    }
    close(ends[1]);
    char port[16] = "";
    if (read(ends[0], port, sizeof port - 1) <= 0)
        exit(EXIT_FAILURE);
    close(ends[0]);
    return atoi(port);
}

static unsigned resident_kib(pid_t pid)
{
    char path[64];
    unsigned pages = 0;
    snprintf(path, sizeof path, "/proc/%d/statm", (int)pid);
    FILE *f = fopen(path, "r");
    if (!f || fscanf(f, "%*u %u", &pages) != 1)
        pages = 0;
    if (f)
        fclose(f);
    return pages * (unsigned)(sysconf(_SC_PAGESIZE) / 1024);
}

static status call_until_end(void *arg)
{
    static const char key[] = "0123456789012345678901234567890123456789012345678901234567890123456789012345678901234567"
                              "890123456789012345678901234567890123456789012345678901234567890123456789";
    bench *b = arg;
    uint64_t start;
    while ((start = clock_monotonic_ns()) < b->end_ns) {
        Sical__Plan__V1__Topic *answer;
        rpc_reply reply;
        if (echo_call(b->client, "Echo", key, "0123456789", NULL, &answer, &reply)) {
            fprintf(stderr, "rpc_bench: %s\n", reply.message);
            exit(EXIT_FAILURE);
        }
        if (b->calls < LATENCIES_LIMIT)
            b->latencies_ns[b->calls] = clock_monotonic_ns() - start;
        b->calls++;
        arena_reset(fiber_arena());
    }
    return STATUS_OK;
}

static int by_size(const void *a, const void *b)
{
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
    return (x > y) - (x < y);
}

typedef struct bench_round {
    bench bench;
    struct metrics_registry *metrics;
    double seconds;
    unsigned in_flight;
} bench_round;

static double sent(struct metrics_registry *metrics, const char *family)
{
    char prefix[128];
    snprintf(prefix, sizeof prefix, "%s{side=\"client\",service=\"echo\",direction=\"sent\"", family);
    return echo_metric(metrics, prefix);
}

static void run_round(void *arg)
{
    bench_round *r = arg;
    r->bench.calls = 0;
    r->bench.end_ns = clock_monotonic_ns() + (uint64_t)(r->seconds * 1e9);
    double calls = sent(r->metrics, "rpc_message_calls_total"), messages = sent(r->metrics, "rpc_messages_total");
    uint64_t start = clock_monotonic_ns();
    fiber_group group = FIBER_GROUP_INIT;
    for (unsigned i = 0; i < r->in_flight; i++)
        fiber_group_spawn(&group, "caller", call_until_end, &r->bench);
    fiber_group_wait(&group);
    double seconds = (double)(clock_monotonic_ns() - start) / 1e9;
    size_t count = r->bench.calls < LATENCIES_LIMIT ? r->bench.calls : LATENCIES_LIMIT;
    qsort(r->bench.latencies_ns, count, sizeof(uint64_t), by_size);
    calls = sent(r->metrics, "rpc_message_calls_total") - calls;
    messages = sent(r->metrics, "rpc_messages_total") - messages;
    printf("%3u in flight  %8.0f calls/s  p50 %7.1f us  p99 %7.1f us  %5.1f calls a message\n", r->in_flight,
           (double)r->bench.calls / seconds, (double)r->bench.latencies_ns[count / 2] / 1e3,
           (double)r->bench.latencies_ns[count * 99 / 100] / 1e3, calls / messages);
    fflush(stdout);
}

int main(int argc, char **argv)
{
    if (argc > 1 && strcmp(argv[1], "serve") == 0)
        return serve();
    pid_t server;
    int port = start_server(&server);
    loop *l = loop_create();
    char address[64];
    snprintf(address, sizeof address, "tcp://127.0.0.1:%d", port);
    bench_round r = {.metrics = metrics_create(), .seconds = argc > 1 ? atof(argv[1]) : 3};
    rpc_client_options options = {.service = "echo", .addresses = address, .metrics = r.metrics};
    r.bench.client = rpc_client_create(l, &options);
    r.bench.latencies_ns = malloc(LATENCIES_LIMIT * sizeof(uint64_t));
    if (!r.bench.client || !r.bench.latencies_ns)
        return EXIT_FAILURE;
    const unsigned rounds[] = {1, 64, 256};
    for (size_t i = 0; i < sizeof rounds / sizeof *rounds; i++) {
        r.in_flight = rounds[i];
        echo_run(l, run_round, &r);
    }
    printf("resident: client %u KiB (8 MiB of it this program's latencies), server %u KiB\n", resident_kib(getpid()),
           resident_kib(server));
    rpc_client_destroy(r.bench.client);
    loop_destroy(l);
    metrics_destroy(r.metrics);
    free(r.bench.latencies_ns);
    kill(server, SIGTERM);
    waitpid(server, NULL, 0);
}
