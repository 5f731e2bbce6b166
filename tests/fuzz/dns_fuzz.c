/*
 * What a DNS server may say: the resolver of the RPC client asks a server in this program, over a socket of the
 * loopback and with c-ares in between, and gets the input for an answer. The input is flags and counts of the header,
 * then records; its first byte says whether the question is repeated before them. A proper "no such name" follows, so
 * that no question stays open when c-ares does not take the input for an answer.
 */
#include "fuzz.h"

#include "log.h"
#include "rpc_resolver.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#include <uv.h>

enum { PACKET_BYTES = 1400, HEADER_BYTES = 12, ROUNDS = 10000 };

typedef struct server {
    int socket;
    char address[32];
} server;

static server open_server(void)
{
    server s = {.socket = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0)};
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof address;
    require(!bind(s.socket, (struct sockaddr *)&address, size) &&
            !getsockname(s.socket, (struct sockaddr *)&address, &size));
    snprintf(s.address, sizeof s.address, "127.0.0.1:%u", ntohs(address.sin_port));
    return s;
}

/* The input as an answer to this question. Returns its size. */
static size_t make_answer(uint8_t *out, const uint8_t *question, size_t question_size, const uint8_t *bytes,
                          size_t size)
{
    bool repeats = size && bytes[0] & 1;
    size_t at = 2;
    memcpy(out, question, 2); /* the id: c-ares drops all others */
    for (size_t i = 1; i < size && at < HEADER_BYTES; i++)
        out[at++] = bytes[i];
    while (at < HEADER_BYTES)
        out[at++] = 0;
    if (repeats) {
        memcpy(out + at, question + HEADER_BYTES, question_size - HEADER_BYTES);
        at += question_size - HEADER_BYTES;
    }
    size_t used = HEADER_BYTES - 1;
    size_t rest = size > used ? size - used : 0;
    rest = rest < PACKET_BYTES - at ? rest : PACKET_BYTES - at;
    if (rest)
        memcpy(out + at, bytes + used, rest);
    return at + rest;
}

static void answer_questions(const server *s, const uint8_t *bytes, size_t size)
{
    uint8_t question[PACKET_BYTES / 2], answer[PACKET_BYTES];
    struct sockaddr_in asker;
    socklen_t asker_size = sizeof asker;
    ssize_t got;
    while ((got = recvfrom(s->socket, question, sizeof question, 0, (struct sockaddr *)&asker, &asker_size)) >
           HEADER_BYTES) {
        size_t length = make_answer(answer, question, (size_t)got, bytes, size);
        sendto(s->socket, answer, length, 0, (struct sockaddr *)&asker, asker_size);
        question[2] = 0x81;
        question[3] = 0x83; /* no such name */
        sendto(s->socket, question, (size_t)got, 0, (struct sockaddr *)&asker, asker_size);
        asker_size = sizeof asker;
    }
}

static void on_addresses(void *arg, const rpc_addresses *a)
{
    require(a->count > 0 && a->count <= RPC_ADDRESSES_LIMIT);
    for (size_t i = 0; i < a->count; i++) {
        struct in6_addr address;
        char host[RPC_HOST_SIZE];
        size_t size = strlen(a->hosts[i]);
        bool v6 = a->hosts[i][0] == '[';
        snprintf(host, sizeof host, "%.*s", (int)(v6 ? size - 2 : size), a->hosts[i] + v6);
        require(inet_pton(v6 ? AF_INET6 : AF_INET, host, &address) == 1);
        require(i == 0 || strcmp(a->hosts[i - 1], a->hosts[i]) < 0);
    }
    *(bool *)arg = true;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    log_threshold = LOG_ERROR;
    server s = open_server();
    bool found = false;
    loop *l = loop_create();
    rpc_resolver *r = rpc_resolver_create(l, &(rpc_resolver_options){.name = "a.test.",
                                                                     .servers = s.address,
                                                                     .interval_ms = 300000,
                                                                     .on_addresses = on_addresses,
                                                                     .arg = &found});
    require(r != NULL);
    for (int i = 0; i < ROUNDS && !found && rpc_resolver_is_asking(r); i++) {
        answer_questions(&s, bytes, size);
        uv_run(loop_uv(l), UV_RUN_NOWAIT);
    }
    rpc_resolver_destroy(r);
    loop_destroy(l);
    close(s.socket);
    return 0;
}
