#include "network.h"

#include "scratch_folder.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

enum { LOOK_EVERY_MS = 5 };

static bool nobody_listens(unsigned port)
{
    struct sockaddr_in any = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
    int descriptor = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    bool free = descriptor >= 0 && bind(descriptor, (struct sockaddr *)&any, sizeof any) == 0;
    if (descriptor >= 0)
        close(descriptor);
    return free;
}

/* Below those that the kernel gives to connections going out; each process begins elsewhere, and gives none twice. */
unsigned test_free_port(void)
{
    enum { LOWEST = 10000, COUNT = 22000 };
    static pid_t owner;
    static unsigned next;
    if (owner != getpid()) {
        owner = getpid();
        next = (unsigned)getpid() * 2654435761U % COUNT;
    }
    for (unsigned tries = 0; tries < COUNT; tries++) {
        next = (next + 1) % COUNT;
        if (nobody_listens(LOWEST + next))
            return LOWEST + next;
    }
    test_fail("no free port");
}

static long long now_ms(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec * 1000LL + t.tv_nsec / 1000000;
}

bool test_wait_until(bool (*condition)(void *arg), void *arg, unsigned timeout_ms)
{
    long long end = now_ms() + timeout_ms;
    while (!condition(arg)) {
        if (now_ms() >= end)
            return false;
        poll(NULL, 0, LOOK_EVERY_MS);
    }
    return true;
}

static int connect_to(const char *host, unsigned port)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
    inet_pton(AF_INET, host, &address.sin_addr);
    int descriptor = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (descriptor < 0)
        return -1;
    struct timeval timeout = {.tv_sec = 2};
    setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &timeout, sizeof timeout);
    setsockopt(descriptor, SOL_SOCKET, SO_SNDTIMEO, &timeout, sizeof timeout);
    if (connect(descriptor, (struct sockaddr *)&address, sizeof address)) {
        close(descriptor);
        return -1;
    }
    return descriptor;
}

static bool accepts(void *arg)
{
    int descriptor = connect_to("127.0.0.1", *(unsigned *)arg);
    if (descriptor < 0)
        return false;
    close(descriptor);
    return true;
}

bool test_wait_tcp(unsigned port, unsigned timeout_ms)
{
    return test_wait_until(accepts, &port, timeout_ms);
}

bool test_accepts_unix(const char *path)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    snprintf(address.sun_path, sizeof address.sun_path, "%s", path);
    int descriptor = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    bool connected = descriptor >= 0 && connect(descriptor, (struct sockaddr *)&address, sizeof address) == 0;
    if (descriptor >= 0)
        close(descriptor);
    return connected;
}

char *test_http_get(const char *address, unsigned port, const char *path)
{
    char *text, part[4096];
    size_t size;
    FILE *copy = open_memstream(&text, &size);
    int descriptor = connect_to(address, port);
    int length = snprintf(part, sizeof part, "GET %s HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n", path);
    if (descriptor >= 0 && send(descriptor, part, (size_t)length, MSG_NOSIGNAL) == length)
        for (ssize_t n; (n = recv(descriptor, part, sizeof part, 0)) > 0;)
            fwrite(part, 1, (size_t)n, copy);
    if (descriptor >= 0)
        close(descriptor);
    fclose(copy);
    return text;
}

typedef struct http_probe {
    const char *address;
    unsigned port;
    const char *path;
    int http_status;
} http_probe;

static bool answers(void *arg)
{
    const http_probe *probe = arg;
    char *answer = test_http_get(probe->address, probe->port, probe->path);
    int answered = 0;
    bool good = sscanf(answer, "HTTP/1.%*d %d", &answered) == 1 && answered == probe->http_status;
    free(answer);
    return good;
}

bool test_wait_http_at(const char *address, unsigned port, const char *path, int http_status, unsigned timeout_ms)
{
    http_probe probe = {.address = address, .port = port, .path = path, .http_status = http_status};
    return test_wait_until(answers, &probe, timeout_ms);
}

bool test_wait_http(unsigned port, const char *path, int http_status, unsigned timeout_ms)
{
    return test_wait_http_at("127.0.0.1", port, path, http_status, timeout_ms);
}
