/* Clients as the gateway's connections see them: behind proxies, many of one address, slow, idle, gone. */
#include "gateway_world.h"
#include "network.h"

#include <criterion/criterion.h>
#include <dirent.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

TestSuite(gateway_clients, .fini = world_stop, .timeout = 180);

/* ---- behind proxies ---- */

static void expect_client(const char *id, const char *headers, const char *address)
{
    char request[256], line[64];
    snprintf(request, sizeof request, "GET /%s HTTP/1.1\r\nHost: x\r\n%s\r\n", id, headers);
    cr_expect_eq(ask_raw(request)->status, 404);
    snprintf(line, sizeof line, "\"path\":\"/%s\"", id);
    cr_assert(test_program_wait_error(world.gateway, line, TEST_WAIT_MS));
    char *log = test_program_errors(world.gateway);
    const char *client = strstr(strstr(log, line), "\"client_ip\":");
    snprintf(line, sizeof line, "\"client_ip\":\"%s\"", address);
    cr_expect_eq(strncmp(client, line, strlen(line)), 0, "%s: %.60s", id, client);
    free(log);
}

static void start_behind_proxy(void)
{
    world_start("TRUSTED_PROXIES=127.0.0.0/8, 10.0.0.0/8");
}

Test(gateway_clients, a_trusted_proxy_says_who_asks, .init = start_behind_proxy)
{
    expect_client("none", "", "127.0.0.1");
    expect_client("forwarded", "Forwarded: for=192.0.2.1\r\n", "192.0.2.1");
    expect_client("x-forwarded-for", "X-Forwarded-For: 192.0.2.1\r\n", "192.0.2.1");
    expect_client("ipv6", "Forwarded: for=\"[2001:db8::1]:80\"\r\n", "2001:db8::1");
    expect_client("hops", "X-Forwarded-For: 1.1.1.1, 192.0.2.1, 10.1.1.1\r\n", "192.0.2.1");
    expect_client("lines", "X-Forwarded-For: 1.1.1.1\r\nX-Forwarded-For: 192.0.2.1\r\n", "192.0.2.1");
    expect_client("agree", "Forwarded: for=192.0.2.1\r\nX-Forwarded-For: 1.1.1.1, 192.0.2.1\r\n", "192.0.2.1");
    expect_client("disagree", "Forwarded: for=1.1.1.1\r\nX-Forwarded-For: 192.0.2.1\r\n", "127.0.0.1");
    expect_client("quote", "Forwarded: for=\"\r\nForwarded: for=192.0.2.1\r\n", "127.0.0.1");
    expect_client("both-quote", "Forwarded: for=\"\r\nForwarded: for=192.0.2.1\r\nX-Forwarded-For: 1.1.1.1\r\n",
                  "127.0.0.1");
    expect_client("both-nonsense", "Forwarded: for=1.1.1.1\r\nX-Forwarded-For: 192.0.2.1, nonsense\r\n", "127.0.0.1");
    expect_client("nonsense", "X-Forwarded-For: nonsense\r\n", "127.0.0.1");
}

static void start_plain(void)
{
    world_start(NULL);
}

Test(gateway_clients, nobody_else_does, .init = start_plain)
{
    expect_client("forwarded", "Forwarded: for=192.0.2.1\r\nX-Forwarded-For: 192.0.2.1\r\n", "127.0.0.1");
}

/* ---- many of one address ---- */

static bool is_served(int fd)
{
    raw_answer a;
    const char *request = request_for("GET", GOAL, "");
    if (!raw_send(fd, request, strlen(request)))
        return false;
    raw_read_answer(fd, "GET", &a);
    return a.status == 200;
}

enum { PER_ADDRESS = 4 };

static void start_few_per_address(void)
{
    world_start("HTTP_CONNECTIONS_PER_ADDRESS=4");
}

static bool a_connection_is_free(void *arg)
{
    int fd = raw_connect(world.port);
    if (is_served(fd)) {
        *(int *)arg = fd;
        return true;
    }
    close(fd);
    return false;
}

Test(gateway_clients, an_address_has_so_many_connections_and_no_more, .init = start_few_per_address)
{
    int fds[PER_ADDRESS];
    for (int i = 0; i < PER_ADDRESS; i++)
        cr_assert(test_wait_until(a_connection_is_free, &fds[i], TEST_WAIT_MS));
    for (int i = 0; i < 10; i++) {
        int fd = raw_connect(world.port);
        cr_expect_not(is_served(fd), "one too many");
        close(fd);
    }
    close(fds[0]);
    cr_expect(test_wait_until(a_connection_is_free, &fds[0], TEST_WAIT_MS), "a place is free again");
    for (int i = 1; i < PER_ADDRESS; i++)
        cr_expect(is_served(fds[i]));
    close(fds[0]);
    const raw_answer *a = NULL;
    while (!a || a->status != 200)
        a = ask("GET", "/metrics", NULL);
    cr_expect(strstr(a->body, "http_connections_refused_total 1"), "counted");
}

static void start_few_behind_proxy(void)
{
    world_start_with((const char *const[]){"HTTP_CONNECTIONS_PER_ADDRESS=4", "TRUSTED_PROXIES=127.0.0.1", NULL});
}

Test(gateway_clients, a_trusted_proxy_has_as_many_as_it_needs, .init = start_few_behind_proxy)
{
    int fds[3 * PER_ADDRESS];
    for (int i = 0; i < 3 * PER_ADDRESS; i++) {
        fds[i] = raw_connect(world.port);
        cr_expect(is_served(fds[i]));
    }
    for (int i = 0; i < 3 * PER_ADDRESS; i++)
        close(fds[i]);
}

/* ---- slow ones ---- */

static void start_impatient(void)
{
    world_start_with((const char *const[]){"HTTP_READ_TIMEOUT=300ms", "HTTP_MIN_RATE=100", "HTTP_WRITE_TIMEOUT=300ms",
                                           "HTTP_IDLE_TIMEOUT=10m", NULL});
}

/* Sends a body of size bytes, piece bytes each 50 ms, until there is an answer. */
static int post_slowly(size_t size, size_t piece)
{
    char text[4096], body[2048] = "{\"title\":\"x\"}";
    snprintf(text, sizeof text,
             "POST /api/v1/goals HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer %s\r\nContent-Type: application/json\r\n"
             "Content-Length: %zu\r\n\r\n",
             world.token, size);
    memset(body + strlen(body), ' ', sizeof body - strlen(body));
    int fd = raw_connect(world.port);
    raw_send(fd, text, strlen(text));
    struct pollfd readable = {.fd = fd, .events = POLLIN};
    for (size_t sent = 0; sent < size && poll(&readable, 1, 50) == 0; sent += piece)
        raw_send(fd, body + sent, piece);
    raw_answer a;
    raw_read_answer(fd, "POST", &a);
    close(fd);
    return a.status;
}

Test(gateway_clients, a_slow_body_arrives_when_it_keeps_its_rate, .init = start_impatient)
{
    cr_expect_eq(post_slowly(2000, 100), 201, "a second, at twenty times the rate");
}

Test(gateway_clients, a_byte_now_and_then_does_not_keep_a_body_alive, .init = start_impatient)
{
    cr_expect_eq(post_slowly(2000, 1), 408);
}

/* ---- gone ones, idle ones ---- */

static unsigned count_descriptors(void)
{
    char path[64];
    unsigned count = 0;
    snprintf(path, sizeof path, "/proc/%d/fd", (int)test_program_pid(world.gateway));
    DIR *folder = opendir(path);
    while (folder && readdir(folder))
        count++;
    if (folder)
        closedir(folder);
    return count;
}

static bool are_descriptors_back(void *arg)
{
    return count_descriptors() <= *(unsigned *)arg;
}

Test(gateway_clients, resets_right_after_connecting_leave_nothing_behind, .init = start_plain)
{
    enum { CONNECTS = 10000 };
    unsigned before = count_descriptors();
    struct linger reset = {.l_onoff = 1};
    for (int i = 0; i < CONNECTS; i++) {
        int fd = raw_connect(world.port);
        setsockopt(fd, SOL_SOCKET, SO_LINGER, &reset, sizeof reset);
        close(fd);
    }
    cr_expect_eq(ask("GET", GOAL, NULL)->status, 200);
    cr_expect(test_wait_until(are_descriptors_back, &before, TEST_WAIT_MS), "%u descriptors, before %u",
              count_descriptors(), before);
}

/* Requests whose answers nobody reads, until all buffers are full. */
static void send_until_stuck(int fd)
{
    const char *request = request_for("GET", GOAL, "");
    size_t size = strlen(request), sent = 0;
    struct pollfd writable = {.fd = fd, .events = POLLOUT};
    while (poll(&writable, 1, 250) == 1) {
        ssize_t n = send(fd, request + sent % size, size - sent % size, MSG_NOSIGNAL | MSG_DONTWAIT);
        if (n <= 0)
            return; /* ended already */
        sent += (size_t)n;
    }
}

Test(gateway_clients, who_does_not_take_answers_is_ended, .init = start_impatient)
{
    unsigned before = count_descriptors();
    int fd = raw_connect(world.port);
    send_until_stuck(fd);
    cr_expect(test_wait_until(are_descriptors_back, &before, TEST_WAIT_MS));
    close(fd);
    cr_expect_eq(ask("GET", GOAL, NULL)->status, 200);
}

static size_t resident_bytes(void)
{
    char path[64];
    size_t size = 0, resident = 0;
    snprintf(path, sizeof path, "/proc/%d/statm", (int)test_program_pid(world.gateway));
    FILE *f = fopen(path, "r");
    cr_assert(f && fscanf(f, "%zu %zu", &size, &resident) == 2);
    fclose(f);
    return resident * (size_t)sysconf(_SC_PAGESIZE);
}

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
enum { GROWTH_MAX_MIB = 400 }; /* the sanitizers' own */
#else
enum { GROWTH_MAX_MIB = 40 };
#endif

Test(gateway_clients, two_thousand_idle_connections_cost_little, .init = start_plain)
{
    enum { IDLE = 2000 };
    int fds[IDLE];
    struct rlimit descriptors;
    getrlimit(RLIMIT_NOFILE, &descriptors);
    descriptors.rlim_cur = descriptors.rlim_max;
    setrlimit(RLIMIT_NOFILE, &descriptors);
    for (int i = 0; i < 50; i++)
        cr_assert_eq(ask("GET", GOAL, NULL)->status, 200);
    size_t before = resident_bytes();
    for (int i = 0; i < IDLE; i++) {
        fds[i] = raw_connect(world.port);
        cr_assert(is_served(fds[i]), "connection %d", i);
    }
    size_t grown_mib = (resident_bytes() - before) >> 20;
    cr_expect_lt(grown_mib, GROWTH_MAX_MIB, "grown by %zu MiB", grown_mib);
    fprintf(stderr, "%d idle connections: %zu MiB\n", IDLE, grown_mib);
    cr_expect_eq(ask("GET", GOAL, NULL)->status, 200);
    for (int i = 0; i < IDLE; i++)
        close(fds[i]);
}
