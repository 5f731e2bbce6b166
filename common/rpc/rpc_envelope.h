/*
 * The envelope (proto/envelope.proto) on the hot path: read in place and written straight into a message's body, so
 * that a payload is copied once each way. rpc_envelope_test holds it against protobuf-c's own code. Internal to this
 * room.
 */
#pragma once

#include "rpc_message.h"
#include "wire.h"

enum {
    ENVELOPE_TEXT_BYTES = 1024, /* the longest text of the metadata and the longest method name */
};

typedef struct envelope_request {
    uint64_t call_id;
    wire_span method;
    uint32_t timeout_ms;
    wire_span request_id;
    wire_span traceparent;
    wire_span user_id;
    wire_span role;
    wire_span session_id;
    wire_span idempotency_key;
    wire_span payload;
} envelope_request;

typedef struct envelope_response {
    uint64_t call_id;
    uint32_t code;
    wire_span message;
    size_t fault_count;
    wire_span payload;
    bool refused;
} envelope_response;

/* Takes the next request or response out of a batch. 1, 0 at its end, -1 when it is malformed from here on. *leaving is
 * set when a batch of responses says so; NULL for requests. */
int envelope_next(wire_reader *batch, wire_span *one, bool *leaving);

/* What a batch of responses says so with: to be appended to it. One that says nothing says that its server stays. */
enum { ENVELOPE_LEAVING_BYTES = 2 };
void envelope_write_leaving(uint8_t *out, bool leaving);

/* The request id of our clients' messages: see ResponseBatch.leaving. Bit 31 marks the last word of a header. */
#define ENVELOPE_REQUEST_ID 0x80000001

/* Reads one request. NULL, else a constant sentence; *call_id_read then says whether call_id could be read. Spans point
 * into bytes. */
const char *envelope_read_request(wire_span bytes, envelope_request *out, bool *call_id_read);

/* Reads one response; false when it is malformed. */
bool envelope_read_response(wire_span bytes, envelope_response *out);

/* The text with its NUL; "" when it is empty. */
const char *envelope_copy_text(arena *a, wire_span text);

/* Copies the faults of a response that envelope_read_response accepted. NULL when there are none. */
const rpc_fault *envelope_copy_faults(arena *a, wire_span bytes, size_t count);

/* Bytes of the request inside a batch, tag and length included; and the request written there. */
size_t envelope_request_size(const envelope_request *r);
uint8_t *envelope_write_request(uint8_t *out, const envelope_request *r);

/* A response to be written. The payload comes last and is written by the caller, who packs it in place. */
typedef struct envelope_answer {
    uint64_t call_id;
    uint32_t code;
    const char *message;
    const rpc_fault *faults;
    size_t fault_count;
    size_t payload_size;
    bool refused;
} envelope_answer;

/* Bytes of the response inside a batch, payload included. */
size_t envelope_answer_size(const envelope_answer *a);

/* Writes all but the payload's bytes and returns where they go. */
uint8_t *envelope_write_answer(uint8_t *out, const envelope_answer *a);
