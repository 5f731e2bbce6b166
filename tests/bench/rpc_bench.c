/*
 * How fast an internal call is: 256 bytes each way between two processes over loopback, nothing behind them, with 1, 64
 * and 256 calls in flight; and in the same run what nng alone does with messages of that size, its floor.
 * rpc_bench [SECONDS] takes SECONDS for each measurement (2), floor and calls by turns, three times, and prints the
 * median of the three by its rate.
 */
#include "rpc_echo.h"

#include "clock.h"
#include "fiber.h"
#include "latency.h"
#include "metrics.h"
#include "nng_floor.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

enum { PAYLOAD_BYTES = 256, KEY_BYTES = PAYLOAD_BYTES - 15, ROUNDS = 3 }; /* 15: tags, lengths and the other field */

/* ---- two servers, each a process of its own ---- */

static int serve(void)
{
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

/* Starts this program as a server; its port. */
static int start_server(const char *kind, pid_t *pid)
{
    int ends[2];
    if (pipe(ends) || (*pid = fork()) < 0)
        exit(EXIT_FAILURE);
    if (*pid == 0) {
        dup2(ends[1], STDOUT_FILENO);
        execl("/proc/self/exe", "rpc_bench", kind, NULL);
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

/* ---- calls ---- */

typedef struct bench {
    rpc_client *client;
    struct metrics_registry *metrics;
    unsigned in_flight;
    double seconds;
    char key[KEY_BYTES + 1];
    uint64_t end_ns;
    latency latency;
    double calls_per_second, calls_a_message;
} bench;

static status call_until_end(void *arg)
{
    bench *b = arg;
    uint64_t start;
    while ((start = clock_monotonic_ns()) < b->end_ns) {
        Sical__Plan__V1__Topic *answer;
        rpc_reply reply;
        if (echo_call(b->client, "Echo", b->key, "0123456789", NULL, &answer, &reply)) {
            fprintf(stderr, "rpc_bench: %s\n", reply.message);
            exit(EXIT_FAILURE);
        }
        latency_add(&b->latency, clock_monotonic_ns() - start);
        arena_reset(fiber_arena());
    }
    return STATUS_OK;
}

static double sent(struct metrics_registry *metrics, const char *family)
{
    char prefix[128];
    snprintf(prefix, sizeof prefix, "%s{side=\"client\",service=\"echo\",direction=\"sent\"", family);
    return echo_metric(metrics, prefix);
}

static void measure(void *arg)
{
    bench *b = arg;
    double calls = sent(b->metrics, "rpc_message_calls_total"), messages = sent(b->metrics, "rpc_messages_total");
    uint64_t start = clock_monotonic_ns();
    b->latency = (latency){.total = 0};
    b->end_ns = start + (uint64_t)(b->seconds * 1e9);
    fiber_group group = FIBER_GROUP_INIT;
    for (unsigned i = 0; i < b->in_flight; i++)
        fiber_group_spawn(&group, "caller", call_until_end, b);
    fiber_group_wait(&group);
    b->calls_per_second = (double)b->latency.total / ((double)(clock_monotonic_ns() - start) / 1e9);
    calls = sent(b->metrics, "rpc_message_calls_total") - calls;
    b->calls_a_message = calls / (sent(b->metrics, "rpc_messages_total") - messages);
}

/* ---- floor and calls by turns ---- */

typedef struct measured {
    double calls_per_second, p50_us, p99_us, calls_a_message;
} measured;

static int by_rate(const void *a, const void *b)
{
    double x = ((const measured *)a)->calls_per_second, y = ((const measured *)b)->calls_per_second;
    return (x > y) - (x < y);
}

static measured median(measured m[ROUNDS])
{
    qsort(m, ROUNDS, sizeof *m, by_rate);
    return m[ROUNDS / 2];
}

static void print_line(const char *what, const measured *m, const measured *floor)
{
    printf("  %-9s %8.0f calls/s (%.2f)  p50 %7.1f us (%.2f)  p99 %7.1f us  %5.1f calls a message\n", what,
           m->calls_per_second, m->calls_per_second / floor->calls_per_second, m->p50_us, m->p50_us / floor->p50_us,
           m->p99_us, m->calls_a_message);
}

static void compare(loop *l, bench *b, int floor_port)
{
    measured floors[ROUNDS], calls[ROUNDS];
    for (int i = 0; i < ROUNDS; i++) {
        nng_floor f = nng_floor_measure(floor_port, b->in_flight, PAYLOAD_BYTES, b->seconds);
        floors[i] = (measured){f.calls_per_second, f.p50_us, f.p99_us, 1};
        echo_run(l, measure, b);
        calls[i] = (measured){b->calls_per_second, (double)latency_quantile_ns(&b->latency, 0.5) / 1e3,
                              (double)latency_quantile_ns(&b->latency, 0.99) / 1e3, b->calls_a_message};
    }
    measured floor = median(floors), ours = median(calls);
    printf("%u in flight\n", b->in_flight);
    print_line("nng alone", &floor, &floor);
    print_line("a call", &ours, &floor);
    fflush(stdout);
}

int main(int argc, char **argv)
{
    prctl(PR_SET_PDEATHSIG, SIGKILL); /* for the servers */
    if (argc > 1 && strcmp(argv[1], "serve") == 0)
        return serve();
    if (argc > 1 && strcmp(argv[1], "floor") == 0)
        return nng_floor_serve();
    pid_t server, floor;
    int floor_port = start_server("floor", &floor);
    char address[64];
    snprintf(address, sizeof address, "tcp://127.0.0.1:%d", start_server("serve", &server));
    loop *l = loop_create();
    static bench b;
    b.metrics = metrics_create();
    b.seconds = argc > 1 ? atof(argv[1]) : 2;
    memset(b.key, 'k', KEY_BYTES);
    rpc_client_options options = {.service = "echo", .addresses = address, .metrics = b.metrics};
    b.client = rpc_client_create(l, &options);
    if (!b.client)
        return EXIT_FAILURE;
    printf("%d bytes there and back (in brackets: of nng alone)\n", PAYLOAD_BYTES);
    const unsigned rounds[] = {1, 64, 256};
    for (size_t i = 0; i < sizeof rounds / sizeof *rounds; i++) {
        b.in_flight = rounds[i];
        compare(l, &b, floor_port);
    }
    printf("resident: client %u KiB, server %u KiB\n", resident_kib(getpid()), resident_kib(server));
    rpc_client_destroy(b.client);
    loop_destroy(l);
    metrics_destroy(b.metrics);
    kill(server, SIGTERM);
    kill(floor, SIGTERM);
    waitpid(server, NULL, 0);
    waitpid(floor, NULL, 0);
}
