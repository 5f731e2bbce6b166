#include "network.h"

#include "scratch_folder.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

enum { LOOK_EVERY_MS = 5 };

static struct sockaddr_in loopback(unsigned port)
{
    return (struct sockaddr_in){.sin_family = AF_INET,
                                .sin_port = htons((uint16_t)port),
                                .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
}

unsigned test_free_port(void)
{
    struct sockaddr_in address = loopback(0);
    socklen_t size = sizeof address;
    int descriptor = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (descriptor < 0 || bind(descriptor, (struct sockaddr *)&address, size) ||
        getsockname(descriptor, (struct sockaddr *)&address, &size))
        test_fail("no free port");
    close(descriptor);
    return ntohs(address.sin_port);
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

static int connect_to(unsigned port)
{
    struct sockaddr_in address = loopback(port);
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
    int descriptor = connect_to(*(unsigned *)arg);
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

typedef struct http_probe {
    unsigned port;
    const char *path;
    int http_status;
} http_probe;

static bool answers(void *arg)
{
    const http_probe *probe = arg;
    int descriptor = connect_to(probe->port);
    if (descriptor < 0)
        return false;
    char text[512] = "";
    int length =
        snprintf(text, sizeof text, "GET %s HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n", probe->path);
    int answered = 0;
    if (send(descriptor, text, (size_t)length, MSG_NOSIGNAL) == length) {
        ssize_t got = recv(descriptor, text, sizeof text - 1, MSG_WAITALL);
        text[got > 0 ? got : 0] = '\0';
        if (sscanf(text, "HTTP/1.%*d %d", &answered) != 1)
            answered = 0;
    }
    close(descriptor);
    return answered == probe->http_status;
}

bool test_wait_http(unsigned port, const char *path, int http_status, unsigned timeout_ms)
{
    http_probe probe = {.port = port, .path = path, .http_status = http_status};
    return test_wait_until(answers, &probe, timeout_ms);
}
