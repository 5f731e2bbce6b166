#include "dns_stub.h"

#include "scratch_folder.h"

#include <arpa/inet.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum {
    PACKET_BYTES = 1400,
    HEADER_BYTES = 12,
    TYPE_A = 1,
    TYPE_AAAA = 28,
    NO_SUCH_NAME = 3,
    SERVER_FAILURE = 2,
    ADDRESSES_BYTES = 1024
};

struct test_dns {
    int socket;
    char servers[32];
    pthread_t thread;
    pthread_mutex_t lock; /* of what follows */
    char addresses[ADDRESSES_BYTES];
    unsigned ttl_s, questions;
    test_dns_mood mood;
};

/* ---- packets (RFC 1035, 4.1) ---- */

static void put16(uint8_t *at, unsigned value)
{
    at[0] = (uint8_t)(value >> 8);
    at[1] = (uint8_t)value;
}

/* Where the question ends; 0 when there is none. */
static size_t question_end(const uint8_t *packet, size_t size)
{
    size_t at = HEADER_BYTES;
    while (at < size && packet[at])
        at += packet[at] + 1u;
    return at + 5 <= size ? at + 5 : 0;
}

static size_t put_record(uint8_t *at, unsigned type, unsigned ttl_s, const void *address, size_t size)
{
    put16(at, 0xc00c); /* the name of the question */
    put16(at + 2, type);
    put16(at + 4, 1);
    put16(at + 6, ttl_s >> 16);
    put16(at + 8, ttl_s & 0xffff);
    put16(at + 10, (unsigned)size);
    memcpy(at + 12, address, size);
    return 12 + size;
}

/* Appends the addresses that the type asks for. Returns the answer's size. */
static size_t put_addresses(test_dns *d, uint8_t *packet, size_t size, unsigned type)
{
    char list[ADDRESSES_BYTES], *rest = list;
    unsigned count = 0;
    memcpy(list, d->addresses, sizeof list);
    for (char *word; (word = strtok_r(rest, " ", &rest));) {
        uint8_t address[16];
        bool v6 = strchr(word, ':') != NULL;
        if (v6 != (type == TYPE_AAAA) || inet_pton(v6 ? AF_INET6 : AF_INET, word, address) != 1)
            continue;
        size += put_record(packet + size, type, d->ttl_s, address, v6 ? 16 : 4);
        count++;
    }
    put16(packet + 6, count);
    return size;
}

/* Turns a question into its answer. Returns its size, 0 = none. */
static size_t answer(test_dns *d, uint8_t *packet, size_t size)
{
    size_t end = question_end(packet, size);
    if (!end || d->mood == TEST_DNS_SILENCE)
        return 0;
    unsigned type = (unsigned)packet[end - 4] << 8 | packet[end - 3];
    unsigned code = d->mood == TEST_DNS_NO_SUCH_NAME     ? NO_SUCH_NAME
                    : d->mood == TEST_DNS_SERVER_FAILURE ? SERVER_FAILURE
                                                         : 0;
    put16(packet + 2, 0x8180 | code | (d->mood == TEST_DNS_TRUNCATED ? 0x0200 : 0));
    memset(packet + 6, 0, 6);
    if (d->mood == TEST_DNS_GARBAGE) {
        memset(packet + end, 0xff, 40);
        put16(packet + 6, 7);
        return end + 40;
    }
    return d->mood == TEST_DNS_ANSWERS ? put_addresses(d, packet, end, type) : end;
}

static void *serve(void *arg)
{
    test_dns *d = arg;
    uint8_t packet[PACKET_BYTES + ADDRESSES_BYTES];
    struct sockaddr_in asker;
    socklen_t asker_size = sizeof asker;
    ssize_t size;
    while ((size = recvfrom(d->socket, packet, PACKET_BYTES / 2, 0, (struct sockaddr *)&asker, &asker_size)) > 0) {
        pthread_mutex_lock(&d->lock);
        d->questions++;
        size_t answer_size = answer(d, packet, (size_t)size);
        pthread_mutex_unlock(&d->lock);
        if (answer_size)
            sendto(d->socket, packet, answer_size, 0, (struct sockaddr *)&asker, asker_size);
        asker_size = sizeof asker;
    }
    return NULL;
}

/* ---- life ---- */

test_dns *test_dns_start(void)
{
    test_dns *d = calloc(1, sizeof *d);
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof address;
    if (!d || (d->socket = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0)) < 0 ||
        bind(d->socket, (struct sockaddr *)&address, size) ||
        getsockname(d->socket, (struct sockaddr *)&address, &size))
        test_fail("no socket for DNS");
    snprintf(d->servers, sizeof d->servers, "127.0.0.1:%u", ntohs(address.sin_port));
    pthread_mutex_init(&d->lock, NULL);
    if (pthread_create(&d->thread, NULL, serve, d))
        test_fail("no thread for DNS");
    return d;
}

void test_dns_stop(test_dns *d)
{
    shutdown(d->socket, SHUT_RDWR); /* ends recvfrom */
    pthread_join(d->thread, NULL);
    close(d->socket);
    pthread_mutex_destroy(&d->lock);
    free(d);
}

const char *test_dns_servers(const test_dns *d)
{
    return d->servers;
}

void test_dns_set(test_dns *d, const char *addresses, unsigned ttl_s)
{
    pthread_mutex_lock(&d->lock);
    snprintf(d->addresses, sizeof d->addresses, "%s", addresses);
    d->ttl_s = ttl_s;
    d->mood = TEST_DNS_ANSWERS;
    pthread_mutex_unlock(&d->lock);
}

void test_dns_set_mood(test_dns *d, test_dns_mood mood)
{
    pthread_mutex_lock(&d->lock);
    d->mood = mood;
    pthread_mutex_unlock(&d->lock);
}

unsigned test_dns_questions(test_dns *d)
{
    pthread_mutex_lock(&d->lock);
    unsigned questions = d->questions;
    pthread_mutex_unlock(&d->lock);
    return questions;
}
