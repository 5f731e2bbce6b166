/* The listener: what comes at it from outside, and what becomes of it when it dies. */
#include "rpc_pair.h"
#include "tls_world.h"

#include "log.h"
#include "rpc_watchdog.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

ECHO_CONNECTIONS_ARE_LOST

enum {
    RESETS = 10000,
    TLS_RESETS = 2500,
    AT_WORK = 16 /* descriptors that the watchdog may hold */
};

static int connect_by_hand(void)
{
    struct sockaddr_in address = {.sin_family = AF_INET,
                                  .sin_port = htons((uint16_t)rpc_server_port(pair.server)),
                                  .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int s = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    cr_assert_geq(s, 0);
    cr_assert_eq(connect(s, (struct sockaddr *)&address, sizeof address), 0, "%s", strerror(errno));
    return s;
}

static rpc_tls *tls; /* NULL where connections are plain */

static void call_newly(void)
{
    rpc_client *c = tls_connect(pair.loop, tls, pair.address);
    Sical__Plan__V1__Topic *answer;
    rpc_reply reply;
    fiber_limit_ms(20000);
    cr_assert_eq(echo_call(c, "Echo", "k", "", NULL, &answer, &reply), STATUS_OK, "%s", reply.message);
    fiber_set_deadline_ns(FIBER_NO_DEADLINE);
    rpc_client_destroy(c);
}

static void start_watched(void)
{
    echo_pair_start(&pair, &(rpc_server_options){.watchdog_ms = 10}, NULL);
}

static void start_watched_with_tls(void)
{
    tls_make_certificates();
    pair.loop = loop_create();
    pair.metrics = metrics_create();
    tls = tls_use(pair.loop, "ours/ca.pem", "ours/echo.pem", "ours/echo.key", "echo");
    pair.server = rpc_server_create(pair.loop, &(rpc_server_options){.address = "tls+tcp://127.0.0.1:0",
                                                                     .tls = tls,
                                                                     .watchdog_ms = 10,
                                                                     .metrics = pair.metrics});
    cr_assert(rpc_server_add(pair.server, &echo_service, &pair.state));
    cr_assert_eq(rpc_server_listen(pair.server), STATUS_OK);
    snprintf(pair.address, sizeof pair.address, "tls+tcp://127.0.0.1:%d", rpc_server_port(pair.server));
    pair.client = tls_connect(pair.loop, tls, pair.address);
}

/* ---- resets ---- */

static unsigned open_descriptors(void)
{
    unsigned count = 0;
    for (int descriptor = 0; descriptor < 16384; descriptor++)
        count += fcntl(descriptor, F_GETFD) >= 0;
    return count;
}

static void connect_and_reset(void *arg)
{
    const int *resets = arg;
    static const uint8_t greeting[] = {0, 'S', 'P', 0, 0, 0x30, 0, 0};
    call_once(NULL);
    unsigned descriptors = open_descriptors();
    for (int i = 0; i < *resets; i++) {
        int s = connect_by_hand();
        if (i % 4 == 1) { /* some have greeted, some in part */
            ssize_t ignored = send(s, greeting, 1 + (size_t)i % sizeof greeting, MSG_NOSIGNAL);
            (void)ignored;
        }
        setsockopt(s, SOL_SOCKET, SO_LINGER, &(struct linger){.l_onoff = 1}, sizeof(struct linger));
        close(s);
        if (i % 100 == 0)
            call_once(NULL);
        if (i % 1000 == 0)
            arena_reset(fiber_arena());
    }
    call_once(NULL);
    call_newly();
    WAIT_UNTIL(open_descriptors() <= descriptors + AT_WORK);
}

Test(rpc_listener, ten_thousand_resets_harm_nobody, .init = start_pair, .exit_code = ECHO_ALL_IS_ASSERTED)
{
    echo_run(pair.loop, connect_and_reset, &(int){RESETS});
    stop_pair();
    echo_end_process();
}

Test(rpc_listener, nor_those_on_a_port_with_tls, .init = start_watched_with_tls, .exit_code = ECHO_ALL_IS_ASSERTED)
{
    echo_run(pair.loop, connect_and_reset, &(int){TLS_RESETS});
    echo_end_process();
}

/* ---- a byte at a time ---- */

/* nng's greeting; then a message: length, request id, and a call of Echo with call id 7 and the key "k". */
static const uint8_t slow_call[] = "\0SP\0\0\x30\0\0"
                                   "\0\0\0\0\0\0\0\x2e\x80\0\0\2"
                                   "\x0a\x28\x08\x07\x12\x1f/sical.test.v1.EchoService/Echo\x2a\x03\x12\x01k";
/* What comes back: the greeting of REP, and the answer. */
static const uint8_t slow_answer[] = "\0SP\0\0\x31\0\0"
                                     "\0\0\0\0\0\0\0\x0d\x80\0\0\2"
                                     "\x0a\x07\x08\x07\x2a\x03\x0a\x01k";

static void send_slowly(void *arg)
{
    (void)arg;
    int s = connect_by_hand();
    setsockopt(s, IPPROTO_TCP, TCP_NODELAY, &(int){1}, sizeof(int));
    for (size_t i = 0; i < sizeof slow_call - 1; i++) {
        cr_assert_eq(send(s, slow_call + i, 1, MSG_NOSIGNAL), 1);
        call_once(NULL); /* others are served meanwhile */
    }
    uint8_t bytes[sizeof slow_answer - 1];
    for (size_t got = 0; got < sizeof bytes;) {
        ssize_t n = recv(s, bytes + got, sizeof bytes - got, MSG_DONTWAIT);
        cr_assert(n > 0 || (n < 0 && errno == EAGAIN));
        got += n > 0 ? (size_t)n : 0;
        if (n < 0)
            cr_assert_eq(fiber_sleep(1), STATUS_OK);
    }
    cr_assert_arr_eq(bytes, slow_answer, sizeof bytes);
    close(s);
}

Test(rpc_listener, a_call_may_come_a_byte_at_a_time, .init = start_pair, .fini = stop_pair)
{
    echo_run(pair.loop, send_slowly, NULL);
}

/* ---- more than anybody may send ---- */

static void send_too_much(void *arg)
{
    (void)arg;
    static const uint8_t greeting[] = {0, 'S', 'P', 0, 0, 0x30, 0, 0};
    fiber_group group = FIBER_GROUP_INIT;
    for (int i = 0; i < 10; i++)
        fiber_group_spawn(&group, "caller", hold_one, NULL);
    WAIT_UNTIL(pair.state.held_count == 10);
    for (int i = 0; i < 8; i++) {
        uint8_t head[8] = {0, 0, 0, 0, 1}; /* the length, in the byte order of the net: the limit of 16 MiB */
        head[i]++;                         /* and more: up to 2^56 bytes, and down to one */
        int s = connect_by_hand();
        cr_assert_eq(send(s, greeting, sizeof greeting, MSG_NOSIGNAL), sizeof greeting);
        cr_assert_eq(send(s, head, sizeof head, MSG_NOSIGNAL), sizeof head);
        uint8_t byte;
        while (recv(s, &byte, 1, MSG_DONTWAIT) != 0 && errno != ECONNRESET) /* its greeting, then the end */
            cr_assert_eq(fiber_sleep(1), STATUS_OK);
        close(s);
    }
    call_once(NULL);
    echo_release(&pair.state);
    cr_assert_eq(fiber_group_wait(&group), STATUS_OK, "the calls of others are not touched");
}

Test(rpc_listener, too_much_closes_only_its_own_connection, .init = start_pair, .exit_code = ECHO_ALL_IS_ASSERTED)
{
    echo_run(pair.loop, send_too_much, NULL);
    stop_pair();
    echo_end_process();
}

/* ---- a listener that dies ---- */

#define RESTARTS "rpc_listener_restarts_total"

static bool listens_on(int descriptor, int port)
{
    struct sockaddr_in address;
    socklen_t size = sizeof address;
    int listens = 0;
    socklen_t flag_size = sizeof listens;
    return getsockopt(descriptor, SOL_SOCKET, SO_ACCEPTCONN, &listens, &flag_size) == 0 && listens &&
           getsockname(descriptor, (struct sockaddr *)&address, &size) == 0 && ntohs(address.sin_port) == port;
}

/* Takes the listening descriptor out of service behind nng's back. */
static void break_listener(void)
{
    int port = rpc_server_port(pair.server);
    for (int descriptor = 3; descriptor < 1024; descriptor++)
        if (listens_on(descriptor, port)) {
            cr_assert_eq(shutdown(descriptor, SHUT_RDWR), 0);
            return;
        }
    cr_assert_fail("nobody listens on port %d", port);
}

static void call_through_a_broken_listener(void *arg)
{
    (void)arg;
    call_once(NULL);
    for (int round = 1; round <= 3; round++) {
        break_listener();
        WAIT_UNTIL(echo_metric(pair.metrics, RESTARTS) == round);
        call_newly();
    }
}

Test(rpc_listener, one_that_has_died_is_restarted, .init = start_watched, .exit_code = ECHO_ALL_IS_ASSERTED)
{
    echo_run(pair.loop, call_through_a_broken_listener, NULL);
    stop_pair();
    echo_end_process();
}

Test(rpc_listener, one_with_tls_as_well, .init = start_watched_with_tls, .exit_code = ECHO_ALL_IS_ASSERTED)
{
    echo_run(pair.loop, call_through_a_broken_listener, NULL);
    echo_end_process();
}

/* It is looked after many times, and never given up. */
static void watch_and_call(void *arg)
{
    (void)arg;
    for (int i = 0; i < 300; i++) {
        call_once(NULL);
        cr_assert_eq(fiber_sleep(1), STATUS_OK);
    }
    cr_assert_eq(echo_metric(pair.metrics, RESTARTS), 0);
}

Test(rpc_listener, one_that_lives_is_left_alone, .init = start_watched, .fini = stop_pair)
{
    echo_run(pair.loop, watch_and_call, NULL);
}

/* Also when the files have been replaced: it is asked with what it was started with. */
static void renew_and_call(void *arg)
{
    tls_copy("theirs/ca.pem", "ours/ca.pem");
    tls_copy("theirs/echo.pem", "ours/echo.pem");
    tls_copy("theirs/echo.key", "ours/echo.key");
    watch_and_call(arg);
}

Test(rpc_listener, one_with_tls_is_left_alone, .init = start_watched_with_tls, .exit_code = ECHO_ALL_IS_ASSERTED)
{
    echo_run(pair.loop, watch_and_call, NULL);
    echo_run(pair.loop, renew_and_call, NULL);
    echo_end_process();
}
