/* HTTP by hand, for tests that send what no client library would. Everything waits at most TEST_WAIT_MS. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

/* A blocking TCP connection to 127.0.0.1. */
int raw_connect(unsigned port);

/* The same from another address of the loopback, "127.0.0.7"; NULL = any. */
int raw_connect_from(const char *source, unsigned port);

/* false when the peer has closed. */
bool raw_send(int fd, const char *bytes, size_t size);

typedef struct raw_answer {
    int status;      /* 0: the connection was closed, or nothing came, before a whole answer */
    char head[4096]; /* with its last CRLF */
    char body[1 << 18];
    size_t body_size;
} raw_answer;

/* Reads one answer, by its Content-Length (none: no body). method: HEAD has no body. */
void raw_read_answer(int fd, const char *method, raw_answer *answer);

/* Reads until the peer closes: true when it did. */
bool raw_is_closed(int fd);

/* connect, send, one answer, close. */
void raw_exchange(unsigned port, const char *method, const char *bytes, size_t size, raw_answer *answer);

/* The value of a header of the answer, "" when absent; valid until the next call. */
const char *raw_header(const raw_answer *answer, const char *name);
