/* Requests that two parsers could read differently, byte by byte over raw sockets: lines, NULs, chunks, what follows a
 * refusal. Each must end in a refusal and a closed connection, or be read in the one right way. */
#include "gateway_world.h"
#include "network.h"

#include <criterion/criterion.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static void start(void)
{
    world_start_with((const char *const[]){"HTTP_READ_TIMEOUT=500ms", NULL});
}

TestSuite(gateway_parser, .fini = world_stop, .timeout = 120);

typedef struct parser_case {
    const char *bytes;
    size_t size;
    int status; /* 0: closed without an answer */
} parser_case;

#define CASE(BYTES, STATUS)                                                                                            \
    {                                                                                                                  \
        (BYTES), sizeof(BYTES) - 1, (STATUS)                                                                           \
    }

static void expect_refusals(const parser_case *cases, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        raw_answer a;
        int fd = raw_connect(world.port);
        raw_send(fd, cases[i].bytes, cases[i].size);
        raw_read_answer(fd, "GET", &a);
        cr_assert_eq(a.status, cases[i].status, "%zu: %s gave %d", i, cases[i].bytes, a.status);
        cr_expect(raw_is_closed(fd), "%s left the connection open", cases[i].bytes);
        close(fd);
    }
    cr_expect_eq(ask("GET", GOAL, NULL)->status, 200);
}
#define EXPECT_REFUSALS(CASES) expect_refusals(CASES, sizeof(CASES) / sizeof(CASES)[0])

#define NEXT "GET / HTTP/1.1\r\nHost: x\r\n\r\n"

Test(gateway_parser, lines_end_with_crlf_and_hold_no_nul, .init = start)
{
    static const parser_case cases[] = {
        CASE("GET / HTTP/1.1\nHost: x\r\n\r\n", 400),
        CASE("GET / HTTP/1.1\r\nHost: x\nA: b\r\n\r\n", 400),
        CASE("GET / HTTP/1.1\r\nA: b\nHost: x\r\n\r\n", 400),
        CASE("GET / HTTP/1.1\nHost: x\nA: b\n\n", 400),
        CASE("GET / HTTP/1.1\r\nHost: x\n\r\n" NEXT, 400),
        CASE("GET / HTTP/1.1\r\nHost: x\r\n\n" NEXT, 400),
        CASE("GET / HTTP/1.1\r\nHost: x\n\n" NEXT, 400),
        CASE("GET / HTTP/1.0\n\n" NEXT, 400),
        CASE("GET / HTTP/1.1\r\nHost: x\r\nA: b\0c\r\n\r\n", 400),
        CASE("GET / HTTP/1.1\r\nHost: x\r\nA: b\0\r\nC: d\r\n\r\n", 400),
        CASE("GET / HTTP/1.1\r\nHost: x\r\nA: \0Content-Length: 5\r\nB: c\r\n\r\n", 400),
        CASE("GET / HTTP/1.1\r\nHost: x\r\nA\0: b\r\nC: d\r\n\r\n", 400),
        CASE("GET /a\0b HTTP/1.1\r\nHost: x\r\n\r\n", 400),
        CASE("GET  / HTTP/1.1\r\nHost: x\r\n\r\n", 400),
        CASE("GET /  HTTP/1.1\r\nHost: x\r\n\r\n", 400),
        CASE("GET /a b HTTP/1.1\r\nHost: x\r\n\r\n", 400),
        CASE("GET\0 / HTTP/1.1\r\nHost: x\r\n\r\n", 400),
        CASE("GET / HTTP/1.1\0\r\nHost: x\r\n\r\n", 400),
        CASE("G\x01T / HTTP/1.1\r\nHost: x\r\n\r\n", 400),
        CASE("G(T / HTTP/1.1\r\nHost: x\r\n\r\n", 400),
        CASE("GET / HTTP/1.1\r\nHost: x\r\nA\r\n\r\n", 400),
        CASE("GET / HTTP/1.1\r\nHost: x\r\n: b\r\n\r\n", 400),
        CASE("GET / HTTP/1.1\r\n Host: x\r\n\r\n", 400),
    };
    EXPECT_REFUSALS(cases);
}

Test(gateway_parser, targets_are_paths, .init = start)
{
    static const parser_case cases[] = {
        CASE("GET http://x/ HTTP/1.1\r\nHost: x\r\n\r\n", 400),
        CASE("GET HTTP://evil.example/ HTTP/1.1\r\nHost: x\r\n\r\n", 400),
        CASE("GET * HTTP/1.1\r\nHost: x\r\n\r\n", 400),
        CASE("GET x HTTP/1.1\r\nHost: x\r\n\r\n", 400),
        CASE("GET x:80 HTTP/1.1\r\nHost: x\r\n\r\n", 400),
        CASE("CONNECT /x HTTP/1.1\r\nHost: x\r\n\r\n", 501),
        CASE("GET /a\\b\x80 HTTP/1.1\r\nHost: x\r\n\r\n", 400),
        CASE("GET /a\tb HTTP/1.1\r\nHost: x\r\n\r\n", 400),
    };
    EXPECT_REFUSALS(cases);
}

#define CHUNKED "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"

Test(gateway_parser, chunks_that_are_none_are_refused, .init = start)
{
    static const parser_case cases[] = {
        CASE(CHUNKED "FFFFFFFFFFFFFFFFF\r\n", 413),
        CASE(CHUNKED "10000000000000000\r\n", 413),
        CASE(CHUNKED "-1\r\n", 400),
        CASE(CHUNKED "+1\r\nx\r\n0\r\n\r\n", 400),
        CASE(CHUNKED "0x1\r\nx\r\n0\r\n\r\n", 400),
        CASE(CHUNKED " 1\r\nx\r\n0\r\n\r\n", 400),
        CASE(CHUNKED "1 \r\nx\r\n0\r\n\r\n", 400),
        CASE(CHUNKED "\r\nx\r\n0\r\n\r\n", 400),
        CASE(CHUNKED ";a=b\r\nx\r\n0\r\n\r\n", 400),
        CASE(CHUNKED "1g\r\nx\r\n0\r\n\r\n", 400),
        CASE(CHUNKED "1\r\nxy\r\n0\r\n\r\n", 400),
        CASE(CHUNKED "1\r\nx0\r\n\r\n", 400),
        CASE(CHUNKED "\0", 400),
        CASE(CHUNKED "7FFFFFFFFFFFFFFF\r\nx", 408),
        CASE(CHUNKED "5\r\nx", 408),
    };
    EXPECT_REFUSALS(cases);
}

Test(gateway_parser, transfer_encodings_are_chunked_or_refused, .init = start)
{
#define TE(VALUE) "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: " VALUE "\r\n\r\n0\r\n\r\n" NEXT
    static const parser_case cases[] = {
        CASE(TE("xchunked"), 501),
        CASE(TE("chunked, identity"), 501),
        CASE(TE("identity"), 501),
        CASE(TE("chunked,"), 501),
        CASE(TE("\"chunked\""), 501),
        CASE(TE("chunked;q=1"), 501),
        CASE(TE("chunked "), 501),
        CASE(TE("\x0b"
                "chunked"),
             400),
        CASE(TE(""), 501),
        CASE("POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding : chunked\r\n\r\n0\r\n\r\n" NEXT, 400),
        CASE("POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding\r\n: chunked\r\n\r\n0\r\n\r\n" NEXT, 400),
        CASE("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 5 \r\n\r\nhello" NEXT, 400),
        CASE("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 99999999999999999999\r\n\r\nhello", 413),
    };
    EXPECT_REFUSALS(cases);
}

/* ---- the one right way ---- */

static int post_goal(const char *framing, const char *body)
{
    char request[8192];
    snprintf(request, sizeof request,
             "POST /api/v1/goals HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer %s\r\nContent-Type: application/json\r\n"
             "%s\r\n%s",
             world.token, framing, body);
    return ask_raw_as("POST", request)->status;
}

Test(gateway_parser, good_chunks_are_one_body, .init = start)
{
    cr_expect_eq(post_goal("Transfer-Encoding: Chunked\r\n", "d\r\n{\"title\":\"x\"}\r\n0\r\n\r\n"), 201);
    cr_expect_eq(post_goal("Transfer-Encoding: chunked\r\n",
                           "6;a=b;c=\"d\"\r\n{\"titl\r\n007\r\ne\":\"x\"}\r\n00\r\n\r\n"),
                 201);
    cr_expect_eq(post_goal("Transfer-Encoding: chunked\r\n", "D\r\n{\"title\":\"x\"}\r\n0\r\nTrailer: y\r\n\r\n"), 201);
}

Test(gateway_parser, heads_may_be_large_and_come_in_pieces, .init = start)
{
    enum { PIECE = 500, HEADERS = 40, VALUE = 100 };
    char *request = calloc(1, 8192 + HEADERS * (VALUE + 16));
    strcpy(request, request_for("GET", GOAL, ""));
    request[strlen(request) - 2] = '\0';
    for (int i = 0; i < HEADERS; i++)
        sprintf(request + strlen(request), "X-%d: %0*d \t\r\n", i, VALUE, i);
    strcat(request, "\r\n");
    int fd = raw_connect(world.port), on = 1;
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    for (int round = 0; round < 3; round++) {
        raw_answer a;
        size_t size = strlen(request);
        for (size_t sent = 0; sent < size; sent += PIECE)
            raw_send(fd, request + sent, size - sent < PIECE ? size - sent : PIECE);
        raw_read_answer(fd, "GET", &a);
        cr_expect_eq(a.status, 200, "%s", a.body);
    }
    close(fd);
    free(request);
}

Test(gateway_parser, who_has_said_all_may_close_its_half, .init = start)
{
    int fd = raw_connect(world.port);
    raw_answer a;
    const char *request = request_for("GET", GOAL, "");
    raw_send(fd, request, strlen(request));
    shutdown(fd, SHUT_WR);
    raw_read_answer(fd, "GET", &a);
    cr_expect_eq(a.status, 200);
    cr_expect(raw_is_closed(fd));
    close(fd);
}

/* ---- what follows a refusal ---- */

/* The first is refused; the second, in its body or behind it, must never be answered. */
static void expect_one_answer(const char *first, int status)
{
    char request[8192];
    snprintf(request, sizeof request, "%s%s", first, request_for("GET", GOAL, ""));
    int fd = raw_connect(world.port);
    raw_answer a;
    raw_send(fd, request, strlen(request));
    raw_read_answer(fd, "POST", &a);
    cr_expect_eq(a.status, status, "%s gave %d", first, a.status);
    cr_expect_str_eq(raw_header(&a, "Connection"), "close", "%s", first);
    raw_read_answer(fd, "GET", &a);
    cr_expect_eq(a.status, 0, "%s let another one through", first);
    close(fd);
}

Test(gateway_parser, nothing_is_smuggled_behind_a_refusal, .init = start)
{
    expect_one_answer("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 20000000\r\n\r\n", 413);
    expect_one_answer("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\nExpect: more\r\n\r\n", 417);
    expect_one_answer("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\nTransfer-Encoding: chunked\r\n\r\n", 400);
    expect_one_answer("POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: gzip\r\n\r\n", 501);
    expect_one_answer("POST / HTTP/1.1\r\nHost: x\r\nHost: y\r\nContent-Length: 9\r\n\r\n", 400);
    expect_one_answer("GET / HTTP/1.1\r\nHost: x\n\r\n", 400);
    expect_one_answer("GET http://x/ HTTP/1.1\r\nHost: x\r\n\r\n", 400);
    expect_one_answer("CONNECT /x HTTP/1.1\r\nHost: x\r\n\r\n", 501);
    expect_one_answer(CHUNKED "1\r\nxy\r\n0\r\n\r\n", 400);
}

/* A body that is refused for what it says was read to its end: the next request is another one. */
Test(gateway_parser, a_refused_body_is_not_the_next_request, .init = start)
{
    char request[8192];
    snprintf(request, sizeof request, "POST /nowhere HTTP/1.1\r\nHost: x\r\nContent-Length: %zu\r\n\r\n" NEXT "%s",
             sizeof NEXT - 1, request_for("GET", GOAL, ""));
    int fd = raw_connect(world.port);
    raw_answer a;
    raw_send(fd, request, strlen(request));
    raw_read_answer(fd, "POST", &a);
    cr_expect_eq(a.status, 404);
    raw_read_answer(fd, "GET", &a);
    cr_expect_eq(a.status, 200);
    close(fd);
}
