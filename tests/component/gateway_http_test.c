/* What attackers, broken clients and outages do to the gateway. */
#include "gateway_world.h"
#include "network.h"

#include <criterion/criterion.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static void start(void)
{
    world_start(NULL);
}

TestSuite(gateway_http, .fini = world_stop, .timeout = 120);

#define H "Host: x\r\n"

/* ---- heads that two parsers could read differently ---- */

Test(gateway_http, ambiguous_heads_are_refused_and_the_connection_closed, .init = start)
{
    static const struct {
        const char *request;
        int status;
    } cases[] = {
        {"POST /api/v1/goals HTTP/1.1\r\n" H "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400},
        {"POST /api/v1/goals HTTP/1.1\r\n" H "Content-Length: 2\r\nContent-Length: 2\r\n\r\n{}", 400},
        {"POST /api/v1/goals HTTP/1.1\r\n" H "Content-Length: 2\r\nContent-Length: 3\r\n\r\n{}", 400},
        {"POST /api/v1/goals HTTP/1.1\r\n" H "Content-Length: 2, 2\r\n\r\n{}", 400},
        {"POST /api/v1/goals HTTP/1.1\r\n" H "Content-Length: +2\r\n\r\n{}", 400},
        {"POST /api/v1/goals HTTP/1.1\r\n" H "Content-Length: -2\r\n\r\n{}", 400},
        {"POST /api/v1/goals HTTP/1.1\r\n" H "Content-Length: 0x2\r\n\r\n{}", 400},
        {"POST /api/v1/goals HTTP/1.1\r\n" H "Content-Length : 2\r\n\r\n{}", 400},
        {"POST /api/v1/goals HTTP/1.1\r\n" H "Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n", 501},
        {"POST /api/v1/goals HTTP/1.1\r\n" H "Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n", 501},
        {"POST /api/v1/goals HTTP/1.1\r\n" H
         "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
         400},
        {"POST /api/v1/goals HTTP/1.0\r\n" H "Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400},
        {"GET " GOAL " HTTP/1.1\r\n" H H "\r\n", 400},
        {"GET " GOAL " HTTP/1.1\r\n\r\n", 400},
        {"GET " GOAL " HTTP/1.1\r\n" H "Authorization: a\r\nAuthorization: b\r\n\r\n", 400},
        {"GET " GOAL " HTTP/1.1\r\n" H "X: a\rb\r\n\r\n", 400},
        {"GET " GOAL " HTTP/1.1\r\n" H "X: a\r\n b\r\n\r\n", 400},
        {"GET " GOAL " HTTP/1.1\r\n" H "X: a\r\n\tContent-Length: 5\r\n\r\n", 400},
        {"GET " GOAL " HTTP/1.1\r\n" H "X Y: a\r\n\r\n", 400},
        {"GET " GOAL " HTTP/1.1\r\n" H "X: a\x01\r\n\r\n", 400},
        {"GET http://x" GOAL " HTTP/1.1\r\n" H "\r\n", 400},
        {"GET " GOAL "%00 HTTP/1.1\r\n" H "\r\n", 400},
        {"GET /api/v1/goals?cursor=%00 HTTP/1.1\r\n" H "\r\n", 400},
        {"GET " GOAL "#x HTTP/1.1\r\n" H "\r\n", 400},
        {"GET /\xff HTTP/1.1\r\n" H "\r\n", 400},
        {"CONNECT x:443 HTTP/1.1\r\n" H "\r\n", 400},
        {"POST /api/v1/goals HTTP/1.1\r\n" H "Content-Length: 2\r\nExpect: a-miracle\r\n\r\n{}", 417},
        {"GET " GOAL " HTTP/9.9\r\n" H "\r\n", 505},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        raw_answer a;
        int fd = raw_connect(world.port);
        raw_send(fd, cases[i].request, strlen(cases[i].request));
        raw_read_answer(fd, "GET", &a);
        cr_expect_eq(a.status, cases[i].status, "%s gave %d", cases[i].request, a.status);
        cr_expect(raw_is_closed(fd), "%s left the connection open", cases[i].request);
        close(fd);
    }
    cr_expect_eq(ask("GET", GOAL, NULL)->status, 200);
}

Test(gateway_http, refusals_are_problems, .init = start)
{
    const raw_answer *a = ask_raw("GET " GOAL " HTTP/1.1\r\n" H H "X-Request-Id: r1\r\n\r\n");
    cr_expect_str_eq(raw_header(a, "Content-Type"), "application/problem+json");
    cr_expect(strstr(a->body, "\"detail\":\"Host must stand once\""));
    cr_expect(strstr(a->body, "\"requestId\":\"r1\""));
}

Test(gateway_http, a_smuggled_request_is_never_answered, .init = start)
{
    char request[8192];
    snprintf(request, sizeof request,
             "POST /api/v1/goals HTTP/1.1\r\n" H "Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n%s",
             request_for("GET", GOAL, "X-Request-Id: smuggled\r\n"));
    int fd = raw_connect(world.port);
    raw_answer a;
    raw_send(fd, request, strlen(request));
    raw_read_answer(fd, "GET", &a);
    cr_expect_eq(a.status, 400);
    raw_read_answer(fd, "GET", &a);
    cr_expect_eq(a.status, 0);
    close(fd);
}

/* ---- sizes ---- */

static int send_body(const char *path, size_t size, const char *headers)
{
    char head[4096];
    snprintf(head, sizeof head,
             "POST %s HTTP/1.1\r\n" H "Authorization: Bearer %s\r\nContent-Type: application/json\r\n%s\r\n", path,
             world.token, headers);
    char *body = malloc(size);
    memset(body, ' ', size);
    memcpy(body, "{}", 2);
    int fd = raw_connect(world.port);
    raw_answer a;
    raw_send(fd, head, strlen(head));
    raw_send(fd, body, size);
    raw_read_answer(fd, "POST", &a);
    close(fd);
    free(body);
    return a.status;
}

static int post_of_size(const char *path, size_t size)
{
    char length[64];
    snprintf(length, sizeof length, "Content-Length: %zu\r\n", size);
    return send_body(path, size, length);
}

Test(gateway_http, bodies_are_bounded_by_their_route, .init = start)
{
    const size_t mib = 1 << 20;
    cr_expect_eq(post_of_size("/api/v1/goals", mib), 201);
    cr_expect_eq(post_of_size("/api/v1/goals", mib + 1), 413);
    cr_expect_eq(post_of_size("/api/v1/goals", 10 * mib), 413);
    cr_expect_eq(post_of_size("/api/v1/graphs/import", 10 * mib), 201);
    cr_expect_eq(post_of_size("/api/v1/graphs/import", 10 * mib + 1), 413);
    cr_expect_eq(post_of_size("/nowhere", 10 * mib), 413);
}

Test(gateway_http, a_body_that_is_too_large_is_refused_before_it_is_sent, .init = start)
{
    raw_answer a;
    char request[4096];
    snprintf(request, sizeof request,
             "POST /api/v1/goals HTTP/1.1\r\n" H "Authorization: Bearer %s\r\nContent-Type: application/json\r\n"
             "Content-Length: 10000000\r\nExpect: 100-continue\r\n\r\n",
             world.token);
    raw_exchange(world.port, "POST", request, strlen(request), &a);
    cr_expect_eq(a.status, 413);
}

Test(gateway_http, chunked_bodies_are_bounded_too, .init = start)
{
    char head[4096];
    snprintf(head, sizeof head,
             "POST /api/v1/goals HTTP/1.1\r\n" H "Authorization: Bearer %s\r\nContent-Type: application/json\r\n"
             "Transfer-Encoding: chunked\r\n\r\n",
             world.token);
    for (int chunks = 1; chunks < 80; chunks += 78) {
        int fd = raw_connect(world.port);
        raw_answer a;
        static char chunk[7 + 65536 + 2 + 1] = "10000\r\n";
        memset(chunk + 7, ' ', 65536);
        memcpy(chunk + 7 + 65536, "\r\n", 2);
        raw_send(fd, head, strlen(head));
        raw_send(fd, "2\r\n{}\r\n", 7);
        for (int i = 0; i < chunks; i++)
            raw_send(fd, chunk, 7 + 65536 + 2);
        raw_send(fd, "0\r\n\r\n", 5);
        raw_read_answer(fd, "POST", &a);
        cr_expect_eq(a.status, chunks == 1 ? 201 : 413);
        close(fd);
    }
}

Test(gateway_http, a_head_that_is_too_large_is_refused, .init = start)
{
    static char request[20000] = "GET " GOAL " HTTP/1.1\r\n" H "X: ";
    size_t used = strlen(request);
    memset(request + used, 'x', sizeof request - used - 5);
    strcpy(request + sizeof request - 5, "\r\n\r\n");
    int status = ask_raw(request)->status;
    cr_expect(status == 431 || status == 414 || status == 0, "%d", status);
    cr_expect_eq(ask("GET", GOAL, NULL)->status, 200);
}

Test(gateway_http, a_large_import_arrives_whole, .init = start)
{
    const int topics = 20000;
    char *body = malloc((size_t)topics * 64 + 100), *end = body;
    end = stpcpy(end, "{\"topics\":[");
    for (int i = 0; i < topics; i++)
        end += sprintf(end, "%s{\"key\":\"t%d\",\"title\":\"Topic %d\"}", i ? "," : "", i, i);
    strcpy(end, "]}");
    const raw_answer *a = ask("POST", "/api/v1/graphs/import", body);
    cr_expect_eq(a->status, 201);
    cr_expect(strstr(a->body, "\"topicCount\":20000"));
    strcpy(end, ",{\"key\":5,\"titel\":\"x\"}]}");
    a = ask("POST", "/api/v1/graphs/import", body);
    cr_expect_eq(a->status, 400);
    cr_expect(strstr(a->body, "\"field\":\"topics[20000].key\""));
    cr_expect(
        strstr(a->body, "{\"field\":\"topics[20000].titel\",\"message\":\"unknown field; did you mean 'title'?\"}"));
    free(body);
}

/* ---- connections ---- */

Test(gateway_http, pipelined_requests_are_answered_in_order, .init = start)
{
    enum { COUNT = 50 };
    char *requests = malloc(COUNT * 4096);
    *requests = '\0';
    for (int i = 0; i < COUNT; i++) {
        char id[64];
        snprintf(id, sizeof id, "X-Request-Id: p%d\r\n", i);
        strcat(requests, request_for(i % 7 ? "GET" : "DELETE", GOAL, id));
    }
    int fd = raw_connect(world.port);
    raw_send(fd, requests, strlen(requests));
    for (int i = 0; i < COUNT; i++) {
        raw_answer a;
        char id[64];
        snprintf(id, sizeof id, "p%d", i);
        raw_read_answer(fd, "GET", &a);
        cr_assert_eq(a.status, i % 7 ? 200 : 204);
        cr_assert_str_eq(raw_header(&a, "X-Request-Id"), id);
    }
    close(fd);
    free(requests);
}

Test(gateway_http, a_request_may_come_byte_by_byte, .init = start)
{
    char request[4096];
    snprintf(request, sizeof request,
             "POST /api/v1/goals HTTP/1.1\r\n" H "Authorization: Bearer %s\r\nContent-Type: application/json\r\n"
             "Content-Length: 13\r\n\r\n{\"title\":\"x\"}",
             world.token);
    int fd = raw_connect(world.port), on = 1;
    setsockopt(fd, 6 /* TCP */, 1 /* TCP_NODELAY */, &on, sizeof on);
    for (const char *p = request; *p; p++)
        raw_send(fd, p, 1);
    raw_answer a;
    raw_read_answer(fd, "POST", &a);
    cr_expect_eq(a.status, 201);
    close(fd);
}

Test(gateway_http, clients_that_leave_do_no_harm, .init = start)
{
    char *request = request_for("GET", GOAL, "");
    for (size_t size = 0; size <= strlen(request); size += 3) {
        int fd = raw_connect(world.port);
        raw_send(fd, request, size);
        close(fd);
    }
    for (int i = 0; i < 50; i++) { /* gone while the handler is at work, with a reset */
        int fd = raw_connect(world.port);
        struct linger reset = {.l_onoff = 1};
        setsockopt(fd, SOL_SOCKET, SO_LINGER, &reset, sizeof reset);
        raw_send(fd, request, strlen(request));
        close(fd);
    }
    cr_expect_eq(ask("GET", GOAL, NULL)->status, 200);
}

static void start_impatient(void)
{
    world_start("HTTP_READ_TIMEOUT=300ms");
}

/* Sends a byte whenever 50 ms have passed without the server closing. */
static void trickle(const char *request)
{
    int fd = raw_connect(world.port);
    for (const char *p = request; raw_send(fd, p, 1); p += p[1] != '\0') {
        struct pollfd readable = {.fd = fd, .events = POLLIN};
        if (poll(&readable, 1, 50) == 1)
            break;
    }
    raw_answer a;
    raw_read_answer(fd, "GET", &a);
    cr_expect(a.status == 408 || a.status == 0, "%d", a.status);
    cr_expect(a.status == 0 || raw_is_closed(fd));
    close(fd);
}

Test(gateway_http, slow_heads_and_bodies_are_ended, .init = start_impatient)
{
    trickle("GET " GOAL " HTTP/1.1\r\n" H
            "X: aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa");
    char request[4096];
    snprintf(request, sizeof request,
             "POST /api/v1/goals HTTP/1.1\r\n" H "Authorization: Bearer %s\r\nContent-Length: 1000\r\n\r\n",
             world.token);
    int fd = raw_connect(world.port);
    raw_send(fd, request, strlen(request));
    raw_answer a;
    raw_read_answer(fd, "POST", &a);
    cr_expect_eq(a.status, 408);
    cr_expect(raw_is_closed(fd));
    close(fd);
    fd = raw_connect(world.port);
    cr_expect(raw_is_closed(fd), "one that says nothing is closed too");
    close(fd);
}

static void start_small(void)
{
    world_start("HTTP_CONNECTIONS=8");
}

Test(gateway_http, at_its_limit_of_connections_it_goes_on_when_one_closes, .init = start_small)
{
    int fds[8];
    for (int i = 0; i < 8; i++) {
        raw_answer a;
        fds[i] = raw_connect(world.port);
        raw_send(fds[i], request_for("GET", GOAL, ""), strlen(request_for("GET", GOAL, "")));
        raw_read_answer(fds[i], "GET", &a);
        cr_assert_eq(a.status, 200);
    }
    for (int round = 0; round < 20; round++) {
        raw_answer a;
        int waiting = raw_connect(world.port); /* in the backlog */
        raw_send(waiting, request_for("GET", GOAL, ""), strlen(request_for("GET", GOAL, "")));
        close(fds[round % 8]);
        fds[round % 8] = waiting;
        raw_read_answer(waiting, "GET", &a);
        cr_assert_eq(a.status, 200);
    }
    for (int i = 0; i < 8; i++)
        close(fds[i]);
}

/* Many at once, because what looks incomplete waits for its deadline. */
Test(gateway_http, noise_does_no_harm, .init = start_impatient)
{
    enum { CONNECTIONS = 300 };
    unsigned seed = 7;
    int fds[CONNECTIONS];
    for (int i = 0; i < CONNECTIONS; i++) {
        char noise[600];
        size_t size = (size_t)snprintf(noise, sizeof noise,
                                       "POST " GOAL " HTTP/1.1\r\n" H "Content-Length: 20\r\nX: y\r\n\r\n"
                                       "{\"title\":\"abcdefgh\"}");
        for (int n = 1 + rand_r(&seed) % 6; n; n--)
            noise[(size_t)rand_r(&seed) % size] = (char)rand_r(&seed);
        fds[i] = raw_connect(world.port);
        raw_send(fds[i], noise, size);
    }
    for (int i = 0; i < CONNECTIONS; i++) {
        raw_answer a;
        raw_read_answer(fds[i], "GET", &a);
        cr_expect(a.status == 0 || a.status >= 400, "%d", a.status);
        close(fds[i]);
    }
    cr_expect_eq(ask("GET", GOAL, NULL)->status, 200);
}
