/* Peers that are not ours: nng's own cooked REQ, and peers that send garbage or do not read. */
#include "rpc_pair.h"

#include "clock.h"
#include "envelope.pb-c.h"
#include "log.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <netinet/in.h>
#include <nng/nng.h>
#include <nng/protocol/reqrep0/rep.h>
#include <nng/protocol/reqrep0/req.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

ECHO_CONNECTIONS_ARE_LOST

static void start(void)
{
    start_pair();
    srand(11);
}

/* One Request in one message, by protobuf-c's own code. */
static uint8_t *pack_request(arena *a, uint64_t call_id, const char *method, const char *key, size_t *size)
{
    Sical__Plan__V1__GetTopicRequest input = SICAL__PLAN__V1__GET_TOPIC_REQUEST__INIT;
    input.key = (char *)key;
    Sical__Rpc__V1__Request request = SICAL__RPC__V1__REQUEST__INIT, *list[] = {&request};
    request.call_id = call_id;
    request.method = arena_printf(a, "/sical.test.v1.EchoService/%s", method);
    request.payload.data = rpc_message_pack(a, &input.base, &request.payload.len);
    Sical__Rpc__V1__RequestBatch batch = SICAL__RPC__V1__REQUEST_BATCH__INIT;
    batch.requests = list;
    batch.n_requests = 1;
    return rpc_message_pack(a, &batch.base, size);
}

/* ---- a plain client of nng: one Request a message, one Response back ---- */

typedef struct cooked_call {
    nng_ctx context;
    nng_aio *aio;
    bool sent;
    atomic_int result; /* -1 while it lasts, else an error of nng */
} cooked_call;

/* On nng's threads: first the request has left, then the answer is there. */
static void on_cooked(void *arg)
{
    cooked_call *c = arg;
    int error = nng_aio_result(c->aio);
    if (!error && !c->sent) {
        c->sent = true;
        nng_ctx_recv(c->context, c->aio);
        return;
    }
    atomic_store(&c->result, error);
}

static void begin(cooked_call *c, nng_socket socket, const uint8_t *bytes, size_t size)
{
    nng_msg *message;
    atomic_init(&c->result, -1);
    cr_assert_eq(nng_ctx_open(&c->context, socket), 0);
    cr_assert_eq(nng_aio_alloc(&c->aio, on_cooked, c), 0);
    cr_assert_eq(nng_msg_alloc(&message, 0), 0);
    cr_assert_eq(nng_msg_append(message, bytes, size), 0);
    nng_aio_set_timeout(c->aio, 10000);
    nng_aio_set_msg(c->aio, message);
    nng_ctx_send(c->context, c->aio);
}

/* Checks the one Response that came back. */
static void finish(cooked_call *c, uint64_t call_id, const char *key)
{
    cr_assert_eq(atomic_load(&c->result), 0, "call %d: %s", (int)call_id, nng_strerror(atomic_load(&c->result)));
    arena a;
    arena_init(&a, 0);
    nng_msg *message = nng_aio_get_msg(c->aio);
    Sical__Rpc__V1__ResponseBatch *batch =
        (Sical__Rpc__V1__ResponseBatch *)rpc_message_unpack(&a, &sical__rpc__v1__response_batch__descriptor,
                                                            nng_msg_body(message), nng_msg_len(message), NULL);
    cr_assert_not_null(batch);
    cr_assert_eq(batch->n_responses, 1);
    cr_assert_eq(batch->responses[0]->call_id, call_id);
    cr_assert_eq(batch->responses[0]->code, CODE_OK);
    Sical__Plan__V1__Topic *topic =
        (Sical__Plan__V1__Topic *)rpc_message_unpack(&a, &sical__plan__v1__topic__descriptor,
                                                     batch->responses[0]->payload.data,
                                                     batch->responses[0]->payload.len, NULL);
    cr_assert_str_eq(topic->key, key);
    arena_finish(&a);
    nng_msg_free(message);
    nng_aio_free(c->aio);
    nng_ctx_close(c->context);
}

static void open_cooked(nng_socket *socket)
{
    cr_assert_eq(nng_req0_open(socket), 0);
    cr_assert_eq(nng_dial(*socket, pair.address, NULL, NNG_FLAG_NONBLOCK), 0);
}

static void call_cooked(void *arg)
{
    (void)arg;
    nng_socket socket;
    open_cooked(&socket);
    for (uint64_t id = 0; id < 20; id++) { /* 0 too: a client with one call at a time needs no ids */
        size_t size;
        uint8_t *bytes = pack_request(fiber_arena(), id, "Echo", "from afar", &size);
        cooked_call c = {0};
        begin(&c, socket, bytes, size);
        WAIT_UNTIL(atomic_load(&c.result) != -1);
        finish(&c, id, "from afar");
    }
    nng_close(socket);
}

Test(rpc_interop, a_plain_client_gets_one_response_for_one_request, .init = start, .fini = stop_pair)
{
    echo_run(pair.loop, call_cooked, NULL);
    cr_assert_eq(pair.state.executions, 20);
}

enum { CONTEXTS = 300 };

static const char *long_key(unsigned i)
{
    return arena_printf(fiber_arena(), "%05u%050000u", i, 0u);
}

/* Far more than a plain client may have under way on a socket, and all answers become ready in one turn. */
static void call_from_many_contexts(void *arg)
{
    (void)arg;
    static cooked_call calls[CONTEXTS];
    nng_socket socket;
    open_cooked(&socket);
    for (unsigned i = 0; i < CONTEXTS; i++) {
        size_t size;
        uint8_t *bytes = pack_request(fiber_arena(), i, "Hold", long_key(i), &size);
        begin(&calls[i], socket, bytes, size);
    }
    WAIT_UNTIL(pair.state.held_count == CONTEXTS);
    echo_release(&pair.state);
    for (unsigned i = 0; i < CONTEXTS; i++) {
        WAIT_UNTIL(atomic_load(&calls[i].result) != -1);
        finish(&calls[i], i, long_key(i));
    }
    nng_close(socket);
}

Test(rpc_interop, no_answer_of_one_turn_is_lost, .init = start, .fini = stop_pair)
{
    echo_run(pair.loop, call_from_many_contexts, NULL);
    cr_assert_eq(pair.state.executions, CONTEXTS);
}

/* ---- peers that speak nng's protocol by hand ---- */

static int connect_by_hand(void)
{
    struct sockaddr_in address = {.sin_family = AF_INET,
                                  .sin_port = htons((uint16_t)rpc_server_port(pair.server)),
                                  .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int s = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    cr_assert_eq(connect(s, (struct sockaddr *)&address, sizeof address), 0);
    return s;
}

static const uint8_t req_greeting[] = {0, 'S', 'P', 0, 0, 0x30, 0, 0};

/* A message on the wire: its length in 8 bytes, the request id, the body. */
static uint8_t *frame(arena *a, const uint8_t *body, size_t size, size_t *framed)
{
    *framed = 12 + size;
    uint8_t *bytes = arena_alloc(a, *framed);
    for (int i = 0; i < 8; i++)
        bytes[i] = (uint8_t)((size + 4) >> (56 - 8 * i));
    memcpy(bytes + 8, (uint8_t[]){0x80, 0, 0, 1}, 4);
    memcpy(bytes + 12, body, size);
    return bytes;
}

static void send_quietly(int s, const void *bytes, size_t size)
{
    ssize_t ignored = send(s, bytes, size, MSG_NOSIGNAL | MSG_DONTWAIT);
    (void)ignored;
}

static void send_garbage_once(int s)
{
    arena *a = fiber_arena();
    size_t size, framed;
    uint8_t *body = pack_request(a, 1, "Echo", "some key or other", &size);
    int kind = rand() % 8;
    if (kind >= 2)
        send_quietly(s, req_greeting, sizeof req_greeting);
    for (int n = rand() % 6; n > 0; n--) /* kind 7 stays valid */
        if (kind < 7)
            body[rand() % (int)size] = (uint8_t)rand();
    uint8_t *bytes = frame(a, body, size, &framed);
    if (kind == 3) /* says that it is longer than anything may be */
        bytes[rand() % 4] = 0x7f;
    if (kind == 4) /* the request id never ends */
        memset(bytes + 8, 0x01, framed - 8);
    if (kind == 5) { /* no room for a request id */
        memset(bytes, 0, 8);
        bytes[7] = (uint8_t)(rand() % 4);
    }
    if (kind == 6)
        framed -= (size_t)rand() % framed;
    send_quietly(s, bytes, framed);
}

#define MALFORMED "rpc_dropped_total{side=\"server\",service=\"\",reason=\"malformed\"}"

/* What is closed too soon is not read: it goes on until enough of it was. The test's time limit is the bound. */
static void garble(void *arg)
{
    (void)arg;
    for (int round = 0; round < 600 || echo_metric(pair.metrics, MALFORMED) <= 100; round++) {
        int s = connect_by_hand();
        for (int n = 1 + rand() % 3; n > 0; n--)
            send_garbage_once(s);
        fiber_sleep(1);
        close(s);
        if (round % 20)
            continue;
        Sical__Plan__V1__Topic *answer;
        rpc_reply reply;
        cr_assert_eq(echo_call(pair.client, "Echo", "well", "", NULL, &answer, &reply), STATUS_OK, "%s", reply.message);
        arena_reset(fiber_arena());
    }
}

Test(rpc_interop, the_server_survives_garbage, .init = start, .timeout = 60, .exit_code = ECHO_ALL_IS_ASSERTED)
{
    echo_run(pair.loop, garble, NULL);
    cr_assert_eq(rpc_server_calls_in_flight(pair.server), 0);
    stop_pair();
    echo_end_process();
}

#define UNREAD "rpc_dropped_total{side=\"server\",service=\"\",reason=\"unread\"}"

static void send_without_reading(void *arg)
{
    (void)arg;
    enum { KEY = 200000 };
    char *key = arena_alloc(fiber_arena(), KEY + 1);
    memset(key, 'k', KEY);
    key[KEY] = '\0';
    size_t size, framed;
    uint8_t *body = pack_request(fiber_arena(), 1, "Twice", key, &size);
    uint8_t *bytes = frame(fiber_arena(), body, size, &framed);
    int s = connect_by_hand();
    send_quietly(s, req_greeting, sizeof req_greeting);
    for (size_t at = 0; echo_metric(pair.metrics, UNREAD) == 0;) { /* the test's time limit is the bound */
        ssize_t n = send(s, bytes + at, framed - at, MSG_NOSIGNAL | MSG_DONTWAIT);
        cr_assert(n > 0 || errno == EAGAIN);
        at = n < 0 ? at : (at + (size_t)n) % framed;
        if (n < 0)
            fiber_sleep(1);
    }
    close(s);
    Sical__Plan__V1__Topic *answer;
    rpc_reply reply;
    cr_assert_eq(echo_call(pair.client, "Echo", "well", "", NULL, &answer, &reply), STATUS_OK, "%s", reply.message);
}

Test(rpc_interop, answers_that_nobody_reads_are_bounded, .timeout = 60, .exit_code = ECHO_ALL_IS_ASSERTED)
{
    echo_pair_start(&pair, &(rpc_server_options){.message_limit_bytes = 1 << 20}, NULL);
    echo_run(pair.loop, send_without_reading, NULL);
    stop_pair();
    echo_end_process();
}

/* ---- a server that answers nonsense ---- */

typedef struct rogue {
    nng_socket socket;
    rpc_client *client;
    unsigned calls; /* still going on */
    unsigned good;  /* answers that were taken */
} rogue;

static void answer_nonsense(rogue *r, nng_msg *message)
{
    arena *a = fiber_arena();
    Sical__Rpc__V1__RequestBatch *requests =
        (Sical__Rpc__V1__RequestBatch *)rpc_message_unpack(a, &sical__rpc__v1__request_batch__descriptor,
                                                           nng_msg_body(message), nng_msg_len(message), NULL);
    cr_assert_not_null(requests);
    Sical__Rpc__V1__ResponseBatch batch = SICAL__RPC__V1__RESPONSE_BATCH__INIT;
    batch.responses = ARENA_ARRAY(a, Sical__Rpc__V1__Response *, requests->n_requests);
    for (size_t i = 0; i < requests->n_requests; i++) {
        Sical__Rpc__V1__Response *response = ARENA_NEW(a, Sical__Rpc__V1__Response);
        sical__rpc__v1__response__init(response);
        response->call_id = rand() % 3 ? requests->requests[i]->call_id : (uint64_t)rand() << 20;
        response->code = rand() % 2 ? 0 : (uint32_t)rand() % 40;
        response->payload = requests->requests[i]->payload; /* no Topic, or one by chance */
        batch.responses[batch.n_responses++] = response;
    }
    size_t size;
    uint8_t *bytes = rpc_message_pack(a, &batch.base, &size);
    for (int n = rand() % 4; n > 0 && size; n--)
        bytes[rand() % (int)size] = (uint8_t)rand();
    nng_msg_clear(message);
    nng_msg_append(message, bytes, rand() % 4 || !size ? size : (size_t)rand() % size);
    if (nng_sendmsg(r->socket, message, NNG_FLAG_NONBLOCK))
        nng_msg_free(message);
}

static void run_rogue(void *arg)
{
    rogue *r = arg;
    while (r->calls) {
        nng_msg *message;
        if (nng_recvmsg(r->socket, &message, NNG_FLAG_NONBLOCK) == 0)
            answer_nonsense(r, message);
        else
            fiber_sleep(1);
        arena_reset(fiber_arena());
    }
}

static void call_rogue(void *arg)
{
    rogue *r = arg;
    for (int i = 0; i < 40; i++) {
        Sical__Plan__V1__Topic *answer;
        rpc_reply reply;
        uint64_t old = fiber_limit_ms(30);
        r->good += echo_call(r->client, "Echo", "a key", "a graph", NULL, &answer, &reply) == STATUS_OK;
        cr_assert_not_null(reply.message);
        fiber_set_deadline_ns(old);
        arena_reset(fiber_arena());
    }
    r->calls--;
}

Test(rpc_interop, the_client_survives_garbage, .exit_code = ECHO_ALL_IS_ASSERTED)
{
    srand(13);
    log_threshold = LOG_ERROR + 1; /* every one of the answers would be a line */
    loop *l = loop_create();
    rogue r = {.calls = 40};
    nng_listener listener;
    int port;
    cr_assert_eq(nng_rep0_open_raw(&r.socket), 0);
    nng_socket_set_int(r.socket, NNG_OPT_SENDBUF, 64);
    cr_assert_eq(nng_listen(r.socket, "tcp://127.0.0.1:0", &listener, 0), 0);
    cr_assert_eq(nng_listener_get_int(listener, NNG_OPT_TCP_BOUND_PORT, &port), 0);
    char address[64];
    snprintf(address, sizeof address, "tcp://127.0.0.1:%d", port);
    r.client = rpc_client_create(l, &(rpc_client_options){.service = "rogue", .addresses = address});
    fiber_spawn(l, "rogue", run_rogue, &r);
    for (unsigned i = 0; i < 40; i++)
        fiber_spawn(l, "caller", call_rogue, &r);
    loop_run_until_idle(l);
    cr_assert_gt(r.good, 0);
    rpc_client_destroy(r.client);
    loop_destroy(l);
    echo_end_process();
}
