/* A whole server and bytes from anywhere as the body of a message: over nng, through admission,
 * fibers and handlers, and back. Each answer is one that protobuf-c reads, with a code and, unless it is OK, a
 * sentence; a call that follows is answered as if nothing had been before it; nothing stays at work. */
#include "fuzz.h"

#include "../component/rpc_echo.h"

#include "envelope.pb-c.h"
#include "log.h"

#include <nng/nng.h>
#include <nng/protocol/reqrep0/req.h>
#include <stdio.h>
#include <string.h>
#include <uv.h>

enum { METHODS_MAX = 16, FUZZED = 0x80000002, FOLLOWING = 0x80000003 };

/* "/sical.test.v1.EchoService/Echo" with the key "k" and call id 7 */
static const uint8_t following_call[] = "\x0a\x28\x08\x07\x12\x1f/sical.test.v1.EchoService/Echo\x2a\x03\x12\x01k";

static loop *the_loop;
static rpc_server *server;
static echo_state state;
static nng_socket client;

/* Methods that take as long as the input says, or for ever, echo at once instead. */
static const rpc_service *quick_service(void)
{
    static rpc_method methods[METHODS_MAX];
    static rpc_service service;
    service = echo_service;
    service.methods = methods;
    require(service.method_count <= METHODS_MAX);
    memcpy(methods, echo_service.methods, service.method_count * sizeof *methods);
    for (size_t i = 0; i < service.method_count; i++)
        if (strstr("Sleep Hold Burn", methods[i].name))
            methods[i].handle = methods[0].handle;
    return &service;
}

static void start(void)
{
    log_threshold = LOG_ERROR + 1; /* faults of the input may be lines */
    the_loop = loop_create();
    server = rpc_server_create(the_loop, &(rpc_server_options){.address = "tcp://127.0.0.1:0"});
    require(rpc_server_add(server, quick_service(), &state) && rpc_server_listen(server) == STATUS_OK);
    char address[64];
    snprintf(address, sizeof address, "tcp://127.0.0.1:%d", rpc_server_port(server));
    require(nng_req0_open_raw(&client) == 0 && nng_dial(client, address, NULL, 0) == 0);
}

static void send_message(uint32_t id, const uint8_t *bytes, size_t size)
{
    nng_msg *message;
    require(nng_msg_alloc(&message, 0) == 0 && nng_msg_append(message, bytes, size) == 0);
    require(nng_msg_header_append_u32(message, id) == 0);
    require(nng_sendmsg(client, message, 0) == 0);
}

static unsigned read_answers(arena *a, nng_msg *message)
{
    const Sical__Rpc__V1__ResponseBatch *batch =
        (const Sical__Rpc__V1__ResponseBatch *)rpc_message_unpack(a, &sical__rpc__v1__response_batch__descriptor,
                                                                  nng_msg_body(message), nng_msg_len(message), NULL);
    require(batch && !batch->leaving);
    for (size_t i = 0; i < batch->n_responses; i++) {
        const Sical__Rpc__V1__Response *r = batch->responses[i];
        require(r->code < CODE_COUNT && (r->code == CODE_OK) == (r->message[0] == '\0'));
        require(r->code == CODE_OK || r->payload.len == 0);
    }
    return (unsigned)batch->n_responses;
}

/* Lets the loop turn until the call that followed is answered; what else comes was asked by the input. */
static void take_answers(arena *a)
{
    for (bool answered = false; !answered;) {
        nng_msg *message;
        uv_run(loop_uv(the_loop), UV_RUN_NOWAIT);
        if (nng_recvmsg(client, &message, NNG_FLAG_NONBLOCK))
            continue;
        uint32_t id;
        require(nng_msg_header_trim_u32(message, &id) == 0 && (id == FUZZED || id == FOLLOWING));
        unsigned answers = read_answers(a, message);
        answered = id == FOLLOWING;
        require(!answered || answers == 1);
        nng_msg_free(message);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    if (!server)
        start();
    arena a;
    arena_init(&a, 0);
    send_message(FUZZED, bytes, size);
    send_message(FOLLOWING, following_call, sizeof following_call - 1);
    take_answers(&a);
    require(rpc_server_calls_in_flight(server) == 0);
    arena_finish(&a);
    return 0;
}
