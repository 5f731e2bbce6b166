#include "http_internal.h"

#include "log.h"

#include <errno.h>
#include <netdb.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { BACKLOG = 1024 };

static int bind_socket(const struct addrinfo *address)
{
    int on = 1, off = 0;
    int fd = socket(address->ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return -1;
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    if (address->ai_family == AF_INET6)
        setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof off);
    if (bind(fd, address->ai_addr, address->ai_addrlen) || listen(fd, BACKLOG)) {
        int error = errno;
        close(fd);
        errno = error;
        return -1;
    }
    return fd;
}

static uint16_t port_of(int fd)
{
    union {
        struct sockaddr any;
        struct sockaddr_in v4;
        struct sockaddr_in6 v6;
    } bound = {.any.sa_family = AF_UNSPEC};
    socklen_t size = sizeof bound;
    getsockname(fd, &bound.any, &size);
    return ntohs(bound.any.sa_family == AF_INET6 ? bound.v6.sin6_port : bound.v4.sin_port);
}

int http_listen(const char *host, uint16_t port, uint16_t *bound_port)
{
    char port_text[8];
    snprintf(port_text, sizeof port_text, "%u", port);
    struct addrinfo hints = {.ai_socktype = SOCK_STREAM, .ai_flags = AI_PASSIVE | AI_NUMERICHOST | AI_NUMERICSERV};
    struct addrinfo *address;
    int error = getaddrinfo(host, port_text, &hints, &address);
    if (error) {
        log_error("not an address to listen on", log_text("host", host), log_text("reason", gai_strerror(error)));
        return -1;
    }
    int fd = bind_socket(address);
    if (fd < 0)
        log_error("cannot listen", log_text("host", host), log_int("port", port), log_text("reason", strerror(errno)));
    else
        *bound_port = port_of(fd);
    freeaddrinfo(address);
    return fd;
}
