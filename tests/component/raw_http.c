#include "raw_http.h"

#include "network.h"
#include "scratch_folder.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

int raw_connect(unsigned port)
{
    return raw_connect_from(NULL, port);
}

int raw_connect_from(const char *source, unsigned port)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)}, own = address;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    own.sin_addr.s_addr = source ? inet_addr(source) : 0;
    own.sin_port = 0;
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    struct timeval wait = {.tv_sec = TEST_WAIT_MS / 1000};
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &wait, sizeof wait);
    setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &wait, sizeof wait);
    if (fd < 0 || (source && bind(fd, (struct sockaddr *)&own, sizeof own)) ||
        connect(fd, (struct sockaddr *)&address, sizeof address))
        test_fail("cannot connect to port %u", port);
    return fd;
}

bool raw_send(int fd, const char *bytes, size_t size)
{
    while (size) {
        ssize_t sent = send(fd, bytes, size, MSG_NOSIGNAL);
        if (sent <= 0)
            return false;
        bytes += sent;
        size -= (size_t)sent;
    }
    return true;
}

/* Byte by byte, so that nothing of the next answer is taken. */
static bool read_head(int fd, raw_answer *answer)
{
    size_t size = 0;
    while (size + 1 < sizeof answer->head) {
        if (recv(fd, answer->head + size, 1, 0) != 1)
            return false;
        answer->head[++size] = '\0';
        if (size >= 4 && !memcmp(answer->head + size - 4, "\r\n\r\n", 4))
            return true;
    }
    return false;
}

void raw_read_answer(int fd, const char *method, raw_answer *answer)
{
    *answer = (raw_answer){.status = 0};
    if (!read_head(fd, answer))
        return;
    size_t expected = strcmp(method, "HEAD") ? strtoul(raw_header(answer, "Content-Length"), NULL, 10) : 0;
    if (expected >= sizeof answer->body)
        test_fail("an answer of %zu bytes", expected);
    while (answer->body_size < expected) {
        ssize_t size = recv(fd, answer->body + answer->body_size, expected - answer->body_size, 0);
        if (size <= 0)
            return;
        answer->body_size += (size_t)size;
    }
    answer->body[answer->body_size] = '\0';
    answer->status = atoi(answer->head + strlen("HTTP/1.1 "));
}

bool raw_is_closed(int fd)
{
    char rest[4096];
    ssize_t size;
    do
        size = recv(fd, rest, sizeof rest, 0);
    while (size > 0);
    return size == 0;
}

void raw_exchange(unsigned port, const char *method, const char *bytes, size_t size, raw_answer *answer)
{
    int fd = raw_connect(port);
    raw_send(fd, bytes, size);
    raw_read_answer(fd, method, answer);
    close(fd);
}

const char *raw_header(const raw_answer *answer, const char *name)
{
    static char value[512];
    size_t size = strlen(name);
    for (const char *line = strstr(answer->head, "\r\n"); line; line = strstr(line + 2, "\r\n")) {
        if (strncasecmp(line + 2, name, size) != 0 || line[2 + size] != ':')
            continue;
        const char *start = line + 2 + size + 1;
        start += strspn(start, " ");
        snprintf(value, sizeof value, "%.*s", (int)strcspn(start, "\r"), start);
        return value;
    }
    return "";
}
