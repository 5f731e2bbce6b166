/* The nginx of the deployment in front of the real gateway: what it refuses, what it mends, and what it says. */
#include "gateway_world.h"
#include "network.h"
#include "nginx_front.h"

#include <criterion/criterion.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void start(void)
{
    world_start("TRUSTED_PROXIES=127.0.0.1");
    nginx_front_start(world.port, 0);
}

static void stop(void)
{
    nginx_front_stop();
    world_stop();
}

TestSuite(nginx, .init = start, .fini = stop, .timeout = 120);

#define H "Host: x\r\n"

static raw_answer answer;

/* One exchange through nginx. */
static const raw_answer *through(const char *bytes, size_t size)
{
    raw_exchange(front.http_port, "GET", bytes, size, &answer);
    return &answer;
}

static const raw_answer *through_text(const char *text)
{
    return through(text, strlen(text));
}

/* nginx's own answer in the gateway's form. */
static void expect_problem(const raw_answer *a, int status, const char *what)
{
    cr_expect_eq(a->status, status, "%s: %d instead of %d", what, a->status, status);
    cr_expect_str_eq(raw_header(a, "Content-Type"), "application/problem+json", "%s", what);
    json_t *problem = json_loadb(a->body, a->body_size, JSON_REJECT_DUPLICATES, NULL);
    cr_expect_eq(json_integer_value(json_object_get(problem, "status")), status, "%s: %s", what, a->body);
    const char *id = json_string_value(json_object_get(problem, "requestId"));
    cr_expect(id && strcmp(id, raw_header(a, "X-Request-Id")) == 0, "%s: %s", what, a->body);
    cr_expect(json_string_value(json_object_get(problem, "code")) &&
              json_string_value(json_object_get(problem, "title")));
    json_decref(problem);
}

static bool gateway_has_logged(const char *text)
{
    char *log = test_program_errors(world.gateway);
    bool found = strstr(log, text) != NULL;
    free(log);
    return found;
}

/* ---- what passes ---- */

Test(nginx, requests_pass_and_keep_their_id)
{
    const raw_answer *a = through_text(request_for("GET", GOAL, "X-Request-Id: from-afar-1\r\n"));
    cr_expect_eq(a->status, 200);
    cr_expect_str_eq(raw_header(a, "X-Request-Id"), "from-afar-1");
    cr_expect(test_program_wait_error(world.gateway, "\"request_id\":\"from-afar-1\"", TEST_WAIT_MS));
    a = through_text(request_for("GET", GOAL, "X-Request-Id: \"no id\"\r\n"));
    cr_expect_eq(a->status, 200);
    cr_expect_eq(strlen(raw_header(a, "X-Request-Id")), 32, "made by nginx");
    cr_expect_eq(through_text(request_for("GET", "/api/v1/nothing", ""))->status, 404);
    cr_expect(strstr(answer.body, "\"instance\":\"/api/v1/nothing\""), "the gateway's own words: %s", answer.body);
}

/* Where the gateway's log says that the request of this id came from; malloc'ed. */
static char *logged_address(const char *id)
{
    char mark[64], *address = NULL;
    snprintf(mark, sizeof mark, "\"request_id\":\"%s\"", id);
    cr_assert(test_program_wait_error(world.gateway, mark, TEST_WAIT_MS));
    char *log = test_program_errors(world.gateway), *at = strstr(log, mark);
    while (at > log && at[-1] != '\n')
        at--;
    if ((at = strstr(at, "\"client_ip\":\"")))
        address = strndup(at + strlen("\"client_ip\":\""), strcspn(at + strlen("\"client_ip\":\""), "\""));
    free(log);
    return address;
}

Test(nginx, the_gateway_knows_the_client_whatever_it_says_of_itself)
{
    static const char *const said[] = {"", "Forwarded: for=192.0.2.66\r\n", "X-Forwarded-For: 192.0.2.66\r\n",
                                       "X-Forwarded-For: 192.0.2.66\r\nForwarded: for=\"[2001:db8::66]\"\r\n"
                                       "X-Real-IP: 192.0.2.66\r\n"};
    for (size_t i = 0; i < sizeof said / sizeof said[0]; i++) {
        char headers[256], id[32], *address;
        snprintf(id, sizeof id, "origin-%zu", i);
        snprintf(headers, sizeof headers, "X-Request-Id: %s\r\n%s", id, said[i]);
        const char *request = request_for("GET", GOAL, headers);
        int fd = raw_connect_from("127.0.0.7", front.http_port);
        cr_assert(raw_send(fd, request, strlen(request)));
        raw_read_answer(fd, "GET", &answer);
        close(fd);
        cr_expect_eq(answer.status, 200);
        cr_expect_str_eq(address = logged_address(id), "127.0.0.7", "%s", said[i]);
        free(address);
    }
}

/* As simple probes of load balancers do. */
Test(nginx, http_1_0_needs_no_host)
{
    char request[4096];
    snprintf(request, sizeof request, "GET " GOAL " HTTP/1.0\r\nAuthorization: Bearer %s\r\n\r\n", world.token);
    cr_expect_eq(through_text(request)->status, 200, "%s", answer.body);
}

Test(nginx, one_connection_carries_many_requests)
{
    int fd = raw_connect(front.http_port);
    for (int i = 0; i < 20; i++) {
        const char *request = request_for("GET", GOAL, "");
        cr_assert(raw_send(fd, request, strlen(request)));
        raw_read_answer(fd, "GET", &answer);
        cr_assert_eq(answer.status, 200);
    }
    close(fd);
}

Test(nginx, lines_that_end_with_a_bare_line_feed_reach_the_gateway_mended)
{
    char request[4096];
    snprintf(request, sizeof request,
             "GET " GOAL " HTTP/1.1\nHost: x\nX-Request-Id: bare-lf\nAuthorization: Bearer %s\n\n", world.token);
    cr_expect_eq(through_text(request)->status, 200);
    cr_expect(test_program_wait_error(world.gateway, "\"request_id\":\"bare-lf\"", TEST_WAIT_MS));
    /* Chunks too: the gateway sees a Content-Length. */
    snprintf(request, sizeof request,
             "POST /api/v1/goals HTTP/1.1\r\n" H "Authorization: Bearer %s\r\nContent-Type: application/json\r\n"
             "Transfer-Encoding: chunked\r\n\r\n1;extension=x\n{\n1\n}\n0\n\n",
             world.token);
    cr_expect_eq(through_text(request)->status, 201, "%s", answer.body);
}

/* ---- what is refused ---- */

#define POST "POST /api/v1/smuggled HTTP/1.1\r\n" H
#define NEXT "GET /api/v1/smuggled HTTP/1.1\r\n" H "\r\n"
#define CASE(STATUS, TEXT)                                                                                             \
    {                                                                                                                  \
        TEXT, sizeof TEXT - 1, STATUS                                                                                  \
    }

/* One answer, then the connection is closed: nothing behind the request is ever taken for another one. */
Test(nginx, ambiguous_and_malformed_heads_are_refused_before_the_gateway)
{
    static const struct {
        const char *bytes;
        size_t size;
        int status;
    } cases[] = {
        CASE(400, "GET /api/v1/smuggled HTTP/1.1\r\n" H "X: a\0b\r\n\r\n" NEXT),
        CASE(400, "GET /api/v1/smuggled HTTP/1.1\r\n" H "X\0Y: a\r\n\r\n" NEXT),
        CASE(400, "GET /api/v1/smuggled\0 HTTP/1.1\r\n" H "\r\n" NEXT),
        CASE(400, "GET /api/v1/smuggled%00 HTTP/1.1\r\n" H "\r\n" NEXT),
        CASE(400, "GET /api/v1/smuggled HTTP/1.1\r\n" H "X: a\rb\r\n\r\n" NEXT),
        CASE(400, "GET /api/v1/smuggled HTTP/1.1\r\n" H "X: a\r\n b\r\n\r\n" NEXT),
        CASE(400, "GET /api/v1/smuggled HTTP/1.1\r\n" H H "\r\n" NEXT),
        CASE(400, "GET /api/v1/smuggled HTTP/1.1\r\n\r\n" NEXT),
        CASE(400, "GET /api/v1/smuggled HTTP/1.1\r\n" H "Authorization: a\r\nAuthorization: b\r\n\r\n" NEXT),
        CASE(400, POST "Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n" NEXT),
        CASE(400, POST "Transfer-Encoding: chunked\r\nContent-Length: 4\r\n\r\n0\r\n\r\n" NEXT),
        CASE(400, POST "Content-Length: 0\r\nContent-Length: 44\r\n\r\n" NEXT),
        CASE(400, POST "Content-Length: 4\r\nContent-Length: 4\r\n\r\nabcd" NEXT),
        CASE(400, POST "Content-Length: -1\r\n\r\n" NEXT),
        CASE(400, POST "Content-Length: +4\r\n\r\nabcd" NEXT),
        CASE(400, POST "Transfer-Encoding : chunked\r\n\r\n0\r\n\r\n" NEXT),
        CASE(400, POST "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n" NEXT),
        CASE(400, "POST /api/v1/smuggled HTTP/1.0\r\n" H "Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n" NEXT),
        CASE(501, POST "Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n" NEXT),
        CASE(501, POST "Transfer-Encoding: \x0b"
                       "chunked\r\n\r\n0\r\n\r\n" NEXT),
        CASE(501, POST "Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n" NEXT),
        CASE(400, POST "Transfer-Encoding: chunked\r\n\r\nzz\r\n" NEXT),
        CASE(400, POST "Transfer-Encoding: chunked\r\n\r\nfffffffffffffffff\r\n" NEXT),
        CASE(413, POST "Transfer-Encoding: chunked\r\n\r\nffffffff\r\n" NEXT),
        CASE(400, "CONNECT evil:443 HTTP/1.1\r\n" H "\r\n" NEXT),
        CASE(405, "TRACE /api/v1/smuggled HTTP/1.1\r\n" H "\r\n" NEXT),
        CASE(505, "GET /api/v1/smuggled HTTP/2.0\r\n" H "\r\n" NEXT),
        CASE(400, "\x16\x03\x01\x02\x01\r\n\r\n" NEXT),
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        int fd = raw_connect(front.http_port);
        raw_send(fd, cases[i].bytes, cases[i].size);
        raw_read_answer(fd, "GET", &answer);
        expect_problem(&answer, cases[i].status, cases[i].bytes);
        cr_expect(raw_is_closed(fd), "closed: %s", cases[i].bytes);
        close(fd);
    }
    cr_expect_eq(through_text(request_for("GET", GOAL, "X-Request-Id: the-last\r\n"))->status, 200);
    cr_assert(test_program_wait_error(world.gateway, "the-last", TEST_WAIT_MS));
    cr_expect_not(gateway_has_logged("smuggled"), "something went through");
}

static char *request_of_size(const char *start, size_t filler, const char *end)
{
    static char request[16384];
    char *out = stpcpy(request, start);
    memset(out, 'a', filler);
    strcpy(out + filler, end);
    return request;
}

Test(nginx, sizes_are_bounded_below_those_of_the_gateway)
{
    expect_problem(through_text(request_of_size("GET /", 6000, " HTTP/1.1\r\n" H "\r\n")), 414, "target");
    expect_problem(through_text(request_of_size("GET / HTTP/1.1\r\n" H "X: ", 6000, "\r\n\r\n")), 431, "header");
    cr_expect_eq(through_text(request_for("GET", GOAL, request_of_size("X: ", 3000, "\r\n")))->status, 200);
    expect_problem(through_text("POST /api/v1/goals HTTP/1.1\r\n" H "Content-Length: 1048577\r\n\r\n"), 413, "body");
    expect_problem(through_text("POST /api/v1/graphs/import HTTP/1.1\r\n" H "Content-Length: 10485761\r\n\r\n"), 413,
                   "import");
}

/* Every head that nginx lets pass, the largest too, the gateway can take: its parser's own answers are HTML. */
Test(nginx, no_head_is_too_large_for_the_gateway_alone)
{
    char lines[8192] = "";
    for (size_t size = 0; size < sizeof lines - 200; size += 66) {
        snprintf(lines + size, sizeof lines - size, "X-%03zu: %059d\r\n", size / 66, 0);
        char request[12000];
        snprintf(request, sizeof request, "GET / HTTP/1.1\r\n" H "%s\r\n", lines);
        int status = through_text(request)->status;
        cr_assert(status == 404 || status == 431, "%zu bytes of headers: %d", size, status);
        cr_assert_str_eq(raw_header(&answer, "Content-Type"), "application/problem+json");
    }
    cr_assert_eq(answer.status, 431);
}

Test(nginx, an_import_may_be_larger)
{
    enum { SIZE = 2 << 20 };
    char head[4096], *body = malloc(SIZE);
    memset(body, ' ', SIZE);
    body[SIZE - 1] = '!';
    snprintf(head, sizeof head,
             "POST /api/v1/graphs/import HTTP/1.1\r\n" H
             "Authorization: Bearer %s\r\nContent-Type: application/json\r\n"
             "Content-Length: %d\r\n\r\n",
             world.token, SIZE);
    int fd = raw_connect(front.http_port);
    cr_assert(raw_send(fd, head, strlen(head)) && raw_send(fd, body, SIZE));
    raw_read_answer(fd, "POST", &answer);
    cr_expect_eq(answer.status, 400);
    cr_expect(strstr(answer.body, "\"instance\""), "the gateway has read it: %s", answer.body);
    close(fd);
    free(body);
}

Test(nginx, what_is_for_the_cluster_is_not_shown)
{
    static const char *const paths[] = {"/metrics",      "//metrics", "/%6detrics",
                                        "/a/../metrics", "/ready",    "/sical-problem"};
    for (size_t i = 0; i < sizeof paths / sizeof paths[0]; i++)
        expect_problem(through_text(request_for("GET", paths[i], "")), 404, paths[i]);
    cr_expect_neq(through_text(request_for("GET", "/health", ""))->status, 404);
}

/* ---- outages, logs ---- */

static bool passes(void *arg)
{
    (void)arg;
    return through_text(request_for("GET", GOAL, ""))->status == 200;
}

Test(nginx, a_gateway_that_is_away_is_a_problem_and_no_page)
{
    nginx_front_stop();
    nginx_front_start(test_free_port(), 0);
    expect_problem(through_text(request_for("GET", GOAL "?secret=marker", "")), 502, "away");
    nginx_front_stop();
    nginx_front_start(world.port, 0);
    cr_expect(test_wait_until(passes, NULL, TEST_WAIT_MS));
}

Test(nginx, another_gateway_takes_what_one_cannot)
{
    static const char goal[] = "{}";
    char headers[256];
    nginx_front_stop();
    nginx_front_start(world.port, test_free_port());
    snprintf(headers, sizeof headers, "Content-Type: application/json\r\nContent-Length: %zu\r\n", strlen(goal));
    for (int i = 0; i < 10; i++) {
        char post[4096];
        cr_expect_eq(through_text(request_for("GET", GOAL, ""))->status, 200);
        snprintf(post, sizeof post, "%s%s", request_for("POST", "/api/v1/goals", headers), goal);
        cr_expect_eq(through_text(post)->status, 201, "it has not left for the dead one: %s", answer.body);
    }
}

Test(nginx, its_log_tells_of_refusals_and_of_no_target)
{
    through_text("GET /marker-1?marker=2 HTTP/1.1\r\n" H H "X: marker-3\r\n\r\n");
    through_text(request_for("GET", GOAL "?marker=4", ""));
    char *log = nginx_front_log(), *errors = nginx_front_errors();
    cr_expect(strstr(log, "\"message\":\"refused by nginx\",\"status\":400,"), "%s", log);
    cr_expect(strstr(log, "\"client_ip\":\"127.0.0.1\""), "%s", log);
    cr_expect_eq(strchr(log, '\n'), strrchr(log, '\n'), "what reached the gateway is in its log: %s", log);
    cr_expect_not(strstr(log, "marker"), "%s", log);
    cr_expect_str_eq(errors, "");
    free(log);
    free(errors);
}

/* ---- TLS ---- */

/* curl's "status version" of an answer, or what it says. */
static char *curl(const char *url, const char *option)
{
    char authorization[2100], *output;
    snprintf(authorization, sizeof authorization, "Authorization: Bearer %s", world.token);
    const char *const arguments[] = {"-sS",       "--insecure",  option,
                                     "-H",        authorization, "-o",
                                     "/dev/null", "-w",          "%{http_code} %{http_version}",
                                     url,         NULL};
    test_program_run(&(test_program_options){.name = "/usr/bin/curl", .arguments = arguments}, &output, NULL);
    return output;
}

Test(nginx, speaks_tls_and_http2)
{
    char url[128], *told;
    snprintf(url, sizeof url, "https://127.0.0.1:%u" GOAL, front.https_port);
    cr_expect_str_eq(told = curl(url, "--http2"), "200 2");
    free(told);
    cr_expect_str_eq(told = curl(url, "--http1.1"), "200 1.1");
    free(told);
    snprintf(url, sizeof url, "http://127.0.0.1:%u" GOAL, front.redirect_port);
    cr_expect_str_eq(told = curl(url, "--http1.1"), "308 1.1");
    free(told);
    snprintf(url, sizeof url, "http://127.0.0.1:%u/", front.https_port);
    cr_expect_str_eq(told = curl(url, "--http1.1"), "400 1.1", "plain HTTP where TLS is spoken");
    free(told);
}
