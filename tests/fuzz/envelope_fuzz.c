/* Bytes from anywhere as batches of requests and responses, by the envelope's own code and by protobuf-c's: what both
 * accept they read alike, and what is written is read back. */
#include "fuzz.h"

#include "rpc_envelope.h"

#include "envelope.pb-c.h"

#include <string.h>

static bool same_text(wire_span read, const char *expected)
{
    return read.size == strlen(expected) && memcmp(read.at ? (const char *)read.at : "", expected, read.size) == 0;
}

static void compare_request(arena *a, wire_span bytes, const envelope_request *read)
{
    const Sical__Rpc__V1__Request *r =
        (const Sical__Rpc__V1__Request *)rpc_message_unpack(a, &sical__rpc__v1__request__descriptor, bytes.at,
                                                            bytes.size, NULL);
    if (!r)
        return;
    require(read->call_id == r->call_id && read->timeout_ms == r->timeout_ms);
    require(same_text(read->method, r->method));
    require(read->payload.size == r->payload.len);
    require(r->payload.len == 0 || memcmp(read->payload.at, r->payload.data, r->payload.len) == 0);
    const Sical__Rpc__V1__Metadata *m = r->metadata;
    const Sical__Rpc__V1__Caller *c = m ? m->caller : NULL;
    require(same_text(read->request_id, m ? m->request_id : ""));
    require(same_text(read->traceparent, m ? m->traceparent : ""));
    require(same_text(read->idempotency_key, m ? m->idempotency_key : ""));
    require(same_text(read->user_id, c ? c->user_id : ""));
    require(same_text(read->role, c ? c->role : ""));
    require(same_text(read->session_id, c ? c->session_id : ""));
}

static void write_request(arena *a, const envelope_request *request)
{
    size_t size = envelope_request_size(request);
    uint8_t *out = arena_alloc(a, size);
    require(envelope_write_request(out, request) == out + size);
    wire_reader batch = {.at = out, .end = out + size};
    wire_span one;
    envelope_request again;
    bool call_id_read;
    require(envelope_next(&batch, &one, NULL) == 1 && batch.at == batch.end);
    require(!envelope_read_request(one, &again, &call_id_read) && call_id_read);
    require(again.call_id == request->call_id && again.payload.size == request->payload.size);
}

static void write_answer(arena *a, const envelope_response *response, const rpc_fault *faults)
{
    envelope_answer answer = {
        .call_id = response->call_id,
        .code = response->code,
        .message = envelope_copy_text(a, response->message),
        .faults = faults,
        .fault_count = response->fault_count,
        .payload_size = response->payload.size,
    };
    size_t size = envelope_answer_size(&answer);
    uint8_t *out = arena_alloc(a, size), *payload = envelope_write_answer(out, &answer);
    require(payload + answer.payload_size == out + size);
    memset(payload, 'p', answer.payload_size);
    wire_reader batch = {.at = out, .end = out + size};
    wire_span one;
    envelope_response again;
    require(envelope_next(&batch, &one, NULL) == 1 && batch.at == batch.end && envelope_read_response(one, &again));
    require(again.call_id == response->call_id && again.code == response->code);
    require(again.fault_count == response->fault_count && again.payload.size == response->payload.size);
}

static void read_one(arena *a, wire_span one)
{
    envelope_request request;
    envelope_response response;
    bool call_id_read;
    if (!envelope_read_request(one, &request, &call_id_read)) {
        compare_request(a, one, &request);
        write_request(a, &request);
    }
    if (envelope_read_response(one, &response))
        write_answer(a, &response, envelope_copy_faults(a, one, response.fault_count));
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    arena a;
    arena_init(&a, 0);
    wire_reader batch = {.at = bytes, .end = bytes + size};
    bool leaving = false;
    wire_span one;
    while (envelope_next(&batch, &one, &leaving) > 0)
        read_one(&a, one);
    arena_finish(&a);
    return 0;
}
