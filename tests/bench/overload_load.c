/*
 * overload_load PORT SECONDS : reads at capacity, beside connections that ask nothing, far past capacity, and beside a
 * flood of log-ins. Latencies are those of the good answers alone. tests/bench/overload starts the suite for it and
 * sets TOKEN, GET_PREFIX and GET_IDS.
 */
#include "load.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { IDS = 1000, ID_BYTES = 40, LOADS = 4, CONNECTIONS = 512, PACE_MS = 50, US_PER_S = 1000000, IDLE = 2000 };

static char ids[IDS][ID_BYTES];
static size_t id_count;
static const char *prefix;
static load_server server = {.address = "127.0.0.1"};

static const char *variable(const char *name)
{
    const char *value = getenv(name);
    if (!value) {
        fprintf(stderr, "overload_load: %s is not set\n", name);
        exit(2);
    }
    return value;
}

static void read_ids(void)
{
    FILE *in = fopen(variable("GET_IDS"), "r");
    while (in && id_count < IDS && fgets(ids[id_count], ID_BYTES, in)) {
        ids[id_count][strcspn(ids[id_count], "\n")] = '\0';
        id_count++;
    }
    if (!in || !id_count) {
        fprintf(stderr, "overload_load: no ids\n");
        exit(2);
    }
    fclose(in);
}

static void make_read(void *arg, uint64_t number, load_request *request)
{
    (void)arg;
    request->success = 200;
    request->method = "GET";
    snprintf(request->path, sizeof request->path, "%s%s", prefix, ids[number % id_count]);
}

static void make_login(void *arg, uint64_t number, load_request *request)
{
    (void)arg, (void)number;
    request->success = 200;
    request->method = "POST";
    strcpy(request->path, "/api/v1/auth/login");
    strcpy(request->body, "{\"email\":\"bench@example.test\",\"password\":\"correct horse battery\"}");
}

/* pace_ms: from one request of a connection to its next. Clients that heed no Retry-After and ask again at once would
 * measure how fast one can be refused. */
static load *begin(unsigned connections, bool reads, unsigned pace_ms)
{
    return load_start(&(load_options){.servers = &server,
                                      .server_count = 1,
                                      .connections = connections,
                                      .pace_ms = pace_ms,
                                      .authorization = reads ? variable("TOKEN") : NULL,
                                      .only_failures = true,
                                      .make = reads ? make_read : make_login});
}

/* Stops it, prints a line and frees it. Of what was not good, 503 is what was shed. */
static void end(load *l, const char *title)
{
    load_stop(l);
    size_t count;
    const load_record *records = load_records(l, &count);
    uint64_t shed = 0, failed = load_failed(l), good = load_ended(l) - failed;
    for (size_t i = 0; i < count; i++)
        shed += records[i].status == 503;
    double seconds = (double)load_now_us(l) / US_PER_S;
    printf("%-34s %8.0f good/s   p50 %7.2f ms   p99 %8.2f ms   shed %8.0f/s   other failures %llu\n", title,
           (double)good / seconds, load_quantile_ms(l, 0.5), load_quantile_ms(l, 0.99), (double)shed / seconds,
           (unsigned long long)(failed - shed));
    load_destroy(l);
}

/* A connection that has had one answer. It comes from another address than the load, so that both keep below the
 * gateway's limit for one. */
static int open_idle(void)
{
    static const char request[] = "GET /api/v1/me HTTP/1.1\r\nHost: bench\r\n\r\n";
    struct sockaddr_in from = {.sin_family = AF_INET}, to = {.sin_family = AF_INET, .sin_port = htons(server.port)};
    inet_pton(AF_INET, "127.0.0.9", &from.sin_addr);
    inet_pton(AF_INET, server.address, &to.sin_addr);
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    char answer[4096];
    if (fd < 0 || bind(fd, (struct sockaddr *)&from, sizeof from) || connect(fd, (struct sockaddr *)&to, sizeof to) ||
        send(fd, request, sizeof request - 1, 0) < 0 || recv(fd, answer, sizeof answer, 0) <= 0) {
        perror("overload_load: an idle connection");
        exit(1);
    }
    return fd;
}

static void read_beside_idle(unsigned seconds)
{
    static int idle[IDLE];
    for (int i = 0; i < IDLE; i++)
        idle[i] = open_idle();
    load *reads = begin(64, true, 0);
    sleep(seconds);
    end(reads, "64 readers beside 2000 idle");
    for (int i = 0; i < IDLE; i++)
        close(idle[i]);
}

int main(int argc, char **argv)
{
    if (argc != 3) {
        fprintf(stderr, "usage: overload_load PORT SECONDS\n");
        return 2;
    }
    server.port = (unsigned)strtoul(argv[1], NULL, 10);
    unsigned seconds = (unsigned)strtoul(argv[2], NULL, 10);
    prefix = variable("GET_PREFIX");
    read_ids();
    load *reads = begin(64, true, 0);
    sleep(seconds);
    end(reads, "64 readers");
    read_beside_idle(seconds);

    load *many[LOADS];
    for (int i = 0; i < LOADS; i++)
        many[i] = begin(CONNECTIONS, true, PACE_MS);
    sleep(seconds);
    for (int i = 0; i < LOADS; i++)
        end(many[i], "512 of 2048 readers");

    load *logins = begin(64, false, PACE_MS);
    reads = begin(64, true, 0);
    sleep(seconds);
    end(reads, "64 readers beside 64 who log in");
    end(logins, "64 who log in");
}
