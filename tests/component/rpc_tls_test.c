/* Mutual TLS: who may talk to whom, and what becomes of those who may not. */
#include "tls_world.h"

#include "fiber.h"
#include "log.h"
#include "network.h"

#include <arpa/inet.h>
#include <criterion/criterion.h>
#include <fcntl.h>
#include <nng/nng.h>
#include <nng/protocol/reqrep0/rep.h>
#include <nng/protocol/reqrep0/req.h>
#include <nng/supplemental/tls/tls.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

ECHO_CONNECTIONS_ARE_LOST

enum { SOON_MS = 400, PATIENT_MS = 20000 };

typedef struct world {
    loop *loop;
    rpc_tls *server_tls, *client_tls;
    rpc_server *server;
    rpc_client *client;
    echo_state state;
    char address[64];
} world;

static world w;

static void make_world(void)
{
    tls_make_certificates();
    w.loop = loop_create();
    w.server_tls = tls_use(w.loop, "ours/ca.pem", "ours/echo.pem", "ours/echo.key", NULL);
    w.client_tls = tls_use(w.loop, "ours/ca.pem", "ours/other.pem", "ours/other.key", "echo");
    cr_assert(w.server_tls && w.client_tls);
    w.server = tls_serve(w.loop, w.server_tls, &w.state, w.address);
    w.client = tls_connect(w.loop, w.client_tls, w.address);
}

static void end_world(void)
{
    rpc_client_destroy(w.client);
    rpc_server_destroy(w.server);
    rpc_tls_destroy(w.client_tls);
    rpc_tls_destroy(w.server_tls);
    loop_destroy(w.loop);
}

static void call_well(void)
{
    cr_assert_eq(tls_call(w.client, PATIENT_MS), STATUS_OK);
}

/* ---- those of our CA ---- */

static void call_in_every_size(void *arg)
{
    (void)arg;
    call_well();
    for (size_t size = 1; size < (size_t)8 << 20; size = size * 7 + 1) { /* over many records of TLS */
        char *key = malloc(size + 1);
        memset(key, 'k', size);
        key[size] = '\0';
        Sical__Plan__V1__Topic *answer;
        rpc_reply reply;
        fiber_limit_ms(PATIENT_MS);
        cr_assert_eq(echo_call(w.client, "Echo", key, "", NULL, &answer, &reply), STATUS_OK, "%zu: %s", size,
                     reply.message);
        cr_assert_str_eq(answer->key, key);
        fiber_set_deadline_ns(FIBER_NO_DEADLINE);
        arena_reset(fiber_arena());
        free(key);
    }
}

Test(rpc_tls, programs_of_one_ca_talk, .init = make_world, .fini = end_world)
{
    echo_run(w.loop, call_in_every_size, NULL);
}

static status call_one(void *arg)
{
    (void)arg;
    return tls_call(w.client, PATIENT_MS);
}

static void call_at_once(void *arg)
{
    (void)arg;
    fiber_group group = FIBER_GROUP_INIT;
    for (int i = 0; i < 500; i++)
        fiber_group_spawn(&group, "caller", call_one, NULL);
    cr_assert_eq(fiber_group_wait(&group), STATUS_OK);
}

Test(rpc_tls, many_calls_at_once_are_all_answered, .init = make_world, .fini = end_world)
{
    echo_run(w.loop, call_at_once, NULL);
    cr_assert_eq(w.state.executions, 500);
}

static char *text_of(const char *name)
{
    char path[TLS_PATH_SIZE], *text = calloc(1, 8192);
    FILE *f = fopen(tls_path(path, name), "r");
    cr_assert(f && fread(text, 1, 8191, f) > 0);
    fclose(f);
    return text;
}

static void call_with_texts(void *arg)
{
    cr_assert_eq(tls_call(arg, PATIENT_MS), STATUS_OK);
}

Test(rpc_tls, certificates_may_come_as_text, .init = make_world, .fini = end_world)
{
    rpc_tls_options options = {.ca = text_of("ours/ca.pem"),
                               .certificate = text_of("ours/other.pem"),
                               .key = text_of("ours/other.key"),
                               .server_name = "localhost"};
    rpc_tls *tls = rpc_tls_create(w.loop, &options);
    cr_assert_not_null(tls);
    rpc_client *c = tls_connect(w.loop, tls, w.address);
    echo_run(w.loop, call_with_texts, c);
    rpc_client_destroy(c);
    rpc_tls_destroy(tls);
    free((char *)options.ca);
    free((char *)options.certificate);
    free((char *)options.key);
}

/* ---- those who are none of ours ---- */

static void call_refused(void *arg)
{
    cr_assert_eq(tls_call(arg, SOON_MS), STATUS_UNAVAILABLE);
    call_well();
    cr_assert_eq(w.state.executions, 1);
}

static void refuse_client(rpc_tls *tls, const char *address)
{
    rpc_client *c = tls_connect(w.loop, tls, address);
    echo_run(w.loop, call_refused, c);
    rpc_client_destroy(c);
    rpc_tls_destroy(tls);
    end_world();
    echo_end_process();
}

static bool log_says(const char *name, const char *sentence)
{
    char *log = text_of(name);
    bool found = strstr(log, sentence);
    free(log);
    return found;
}

static void call_until_the_log_tells(void *arg)
{
    do
        cr_assert_eq(tls_call(arg, SOON_MS), STATUS_UNAVAILABLE);
    while (!log_says("log", "a certificate or a name is not accepted\",\"service\":\"test\",\"address\":\"tls+tcp://"));
}

Test(rpc_tls, who_cannot_connect_is_told_why, .init = make_world, .exit_code = ECHO_ALL_IS_ASSERTED)
{
    char path[TLS_PATH_SIZE];
    int log = open(tls_path(path, "log"), O_CREAT | O_WRONLY, 0600);
    log_init("test", LOG_INFO, log);
    log_warn("begins");
    rpc_tls *tls = tls_use(w.loop, "theirs/ca.pem", "theirs/echo.pem", "theirs/echo.key", NULL);
    rpc_client *c = tls_connect(w.loop, tls, w.address);
    echo_run(w.loop, call_until_the_log_tells, c);
    rpc_client_destroy(c);
    rpc_tls_destroy(tls);
    end_world();
    echo_end_process();
}

Test(rpc_tls, another_ca_is_refused, .init = make_world, .exit_code = ECHO_ALL_IS_ASSERTED)
{
    refuse_client(tls_use(w.loop, "theirs/ca.pem", "theirs/echo.pem", "theirs/echo.key", NULL), w.address);
}

Test(rpc_tls, a_server_with_another_name_is_refused, .init = make_world, .exit_code = ECHO_ALL_IS_ASSERTED)
{
    refuse_client(tls_use(w.loop, "ours/ca.pem", "ours/other.pem", "ours/other.key", "other"), w.address);
}

Test(rpc_tls, the_name_is_the_host_of_the_address, .init = make_world, .exit_code = ECHO_ALL_IS_ASSERTED)
{
    rpc_tls *tls = tls_use(w.loop, "ours/ca.pem", "ours/other.pem", "ours/other.key", NULL);
    refuse_client(tls, w.address); /* 127.0.0.1 stands in no certificate */
}

static char plain_address[64];

Test(rpc_tls, a_plain_client_is_refused, .init = make_world, .exit_code = ECHO_ALL_IS_ASSERTED)
{
    snprintf(plain_address, sizeof plain_address, "%s", w.address + strlen("tls+"));
    refuse_client(NULL, plain_address);
}

/* nng itself as a client: with a certificate, or without one. 0 when the server let it in. */
static int dial_raw(const char *certificate)
{
    nng_socket s;
    nng_dialer d;
    nng_tls_config *c;
    char *ca = text_of("ours/ca.pem");
    cr_assert_eq(nng_req0_open(&s), 0);
    cr_assert_eq(nng_tls_config_alloc(&c, NNG_TLS_MODE_CLIENT), 0);
    cr_assert_eq(nng_tls_config_ca_chain(c, ca, NULL), 0);
    cr_assert_eq(nng_tls_config_server_name(c, "echo"), 0);
    if (certificate) {
        char name[64];
        snprintf(name, sizeof name, "ours/%s.pem", certificate);
        char *pem = text_of(name);
        snprintf(name, sizeof name, "ours/%s.key", certificate);
        char *key = text_of(name);
        cr_assert_eq(nng_tls_config_own_cert(c, pem, key, NULL), 0);
        free(pem);
        free(key);
    }
    cr_assert_eq(nng_dialer_create(&d, s, w.address), 0);
    cr_assert_eq(nng_dialer_set_ptr(d, NNG_OPT_TLS_CONFIG, c), 0);
    int error = nng_dialer_start(d, 0);
    nng_close(s);
    nng_tls_config_free(c);
    free(ca);
    return error;
}

static void call_after_others(void *arg)
{
    (void)arg;
    call_well();
    cr_assert_eq(w.state.executions, 1);
}

Test(rpc_tls, a_client_without_a_certificate_is_refused, .init = make_world, .exit_code = ECHO_ALL_IS_ASSERTED)
{
    cr_assert_eq(dial_raw("other"), 0, "the same with one is let in");
    cr_assert_neq(dial_raw(NULL), 0);
    echo_run(w.loop, call_after_others, NULL);
    end_world();
    echo_end_process();
}

Test(rpc_tls, a_client_whose_time_is_over_is_refused, .init = make_world, .exit_code = ECHO_ALL_IS_ASSERTED)
{
    cr_assert_neq(dial_raw("expired"), 0);
    echo_run(w.loop, call_after_others, NULL);
    end_world();
    echo_end_process();
}

static void call_revoking_server(void *arg)
{
    const char *address = arg;
    rpc_tls *good = tls_use(w.loop, "ours/ca.pem", "ours/echo.pem", "ours/echo.key", "echo");
    rpc_client *revoked = tls_connect(w.loop, w.client_tls, address), *kept = tls_connect(w.loop, good, address);
    cr_assert_eq(tls_call(kept, PATIENT_MS), STATUS_OK);
    cr_assert_eq(tls_call(revoked, SOON_MS), STATUS_UNAVAILABLE);
    call_well(); /* a server that does not know of it */
    rpc_client_destroy(revoked);
    rpc_client_destroy(kept);
    rpc_tls_destroy(good);
}

Test(rpc_tls, a_revoked_certificate_is_refused, .init = make_world, .exit_code = ECHO_ALL_IS_ASSERTED)
{
    char address[64];
    tls_revoke("ours", "other");
    rpc_tls *revoking = tls_use(w.loop, "ours/revoking.pem", "ours/echo.pem", "ours/echo.key", NULL);
    rpc_server *s = tls_serve(w.loop, revoking, &w.state, address);
    echo_run(w.loop, call_revoking_server, address);
    rpc_server_destroy(s);
    rpc_tls_destroy(revoking);
    end_world();
    echo_end_process();
}

Test(rpc_tls, a_server_whose_time_is_over_is_refused, .init = make_world, .exit_code = ECHO_ALL_IS_ASSERTED)
{
    nng_socket s;
    nng_listener listener;
    nng_tls_config *c;
    char address[64];
    char *pem = text_of("ours/expired.pem"), *key = text_of("ours/expired.key");
    cr_assert_eq(nng_rep0_open(&s), 0);
    cr_assert_eq(nng_tls_config_alloc(&c, NNG_TLS_MODE_SERVER), 0);
    cr_assert_eq(nng_tls_config_own_cert(c, pem, key, NULL), 0);
    snprintf(address, sizeof address, "tls+tcp://127.0.0.1:%u", test_free_port());
    cr_assert_eq(nng_listener_create(&listener, s, address), 0);
    cr_assert_eq(nng_listener_set_ptr(listener, NNG_OPT_TLS_CONFIG, c), 0);
    cr_assert_eq(nng_listener_start(listener, 0), 0);
    refuse_client(tls_use(w.loop, "ours/ca.pem", "ours/other.pem", "ours/other.key", "expired"), address);
}

/* ---- what does not fit together is refused at the start ---- */

static bool is_refused(const char *ca, const char *certificate, const char *key)
{
    rpc_tls *tls = tls_use(w.loop, ca, certificate, key, NULL);
    rpc_tls_destroy(tls);
    return tls == NULL;
}

Test(rpc_tls, what_does_not_fit_together_is_refused, .init = make_world, .fini = end_world)
{
    cr_assert(is_refused("theirs/ca.pem", "ours/echo.pem", "ours/echo.key"));
    cr_assert(is_refused("ours/ca.pem", "ours/echo.pem", "ours/other.key"));
    cr_assert(is_refused("ours/ca.pem", "ours/expired.pem", "ours/expired.key"));
    cr_assert(is_refused("ours/absent.pem", "ours/echo.pem", "ours/echo.key"));
    cr_assert(is_refused("ours/ca.pem", "ours/echo.key", "ours/echo.key"));
    cr_assert(is_refused("ours/ca.pem", "ours/echo.pem", "ours/echo.pem"));
    cr_assert(is_refused("ours/echo.key", "ours/echo.pem", "ours/echo.key"));
    cr_assert_null(rpc_client_create(w.loop, &(rpc_client_options){.service = "echo", .addresses = w.address}),
                   "tls+tcp:// without certificates");
    rpc_server *s = rpc_server_create(w.loop, &(rpc_server_options){.address = "tls+tcp://127.0.0.1:0"});
    cr_assert_eq(rpc_server_listen(s), STATUS_UNAVAILABLE);
    rpc_server_destroy(s);
}

/* ---- garbage ---- */

static void send_garbage(void)
{
    struct sockaddr_in address = {.sin_family = AF_INET,
                                  .sin_port = htons((uint16_t)rpc_server_port(w.server)),
                                  .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    static const uint8_t hello[] = {0x16, 0x03, 0x03, 0x00, 0x20, 0x01}; /* how a handshake begins */
    uint8_t bytes[64];
    int s = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    cr_assert_eq(connect(s, (struct sockaddr *)&address, sizeof address), 0);
    for (size_t i = 0; i < sizeof bytes; i++)
        bytes[i] = (uint8_t)rand();
    if (rand() % 2)
        memcpy(bytes, hello, sizeof hello);
    ssize_t ignored = send(s, bytes, (size_t)rand() % sizeof bytes, MSG_NOSIGNAL);
    (void)ignored;
    if (rand() % 2)
        setsockopt(s, SOL_SOCKET, SO_LINGER, &(struct linger){.l_onoff = 1}, sizeof(struct linger));
    close(s);
}

static void call_beside_garbage(void *arg)
{
    (void)arg;
    for (int i = 0; i < 300; i++) {
        send_garbage();
        if (i % 10 == 0)
            call_well();
    }
    rpc_client *late = tls_connect(w.loop, w.client_tls, w.address);
    cr_assert_eq(tls_call(late, PATIENT_MS), STATUS_OK, "new connections are still taken");
    rpc_client_destroy(late);
}

Test(rpc_tls, garbage_harms_nobody, .init = make_world, .timeout = 60, .exit_code = ECHO_ALL_IS_ASSERTED)
{
    srand(5);
    echo_run(w.loop, call_beside_garbage, NULL);
    end_world();
    echo_end_process();
}
