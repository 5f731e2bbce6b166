/* The hand-written envelope against protobuf-c's own code for envelope.proto. */
#include "rpc_envelope.h"

#include "envelope.pb-c.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

typedef Sical__Rpc__V1__RequestBatch request_batch;
typedef Sical__Rpc__V1__ResponseBatch response_batch;

static arena memory;

static void start(void)
{
    arena_init(&memory, 0);
    srand(3);
}

static void stop(void)
{
    arena_finish(&memory);
}

/* Often empty, sometimes long, never malformed. */
static char *random_text(void)
{
    static const char *const parts[] = {"a", "Z", "/", "é", "做", "🎓", "\"", "\x7f"};
    char *text = arena_strdup(&memory, "");
    for (int n = rand() % 3 ? rand() % 40 : 0; n > 0; n--)
        text = arena_printf(&memory, "%s%s", text, parts[rand() % 8]);
    return text;
}

static uint64_t random_number(void)
{
    return (uint64_t)rand() << 33 >> rand() % 64;
}

static ProtobufCBinaryData random_payload(void)
{
    size_t size = rand() % 4 ? (size_t)rand() % 300 : 0;
    uint8_t *bytes = arena_alloc(&memory, size);
    for (size_t i = 0; i < size; i++)
        bytes[i] = (uint8_t)rand();
    return (ProtobufCBinaryData){.len = size, .data = bytes};
}

static Sical__Rpc__V1__Request *random_request(void)
{
    Sical__Rpc__V1__Request *r = ARENA_NEW(&memory, Sical__Rpc__V1__Request);
    sical__rpc__v1__request__init(r);
    r->call_id = random_number();
    r->method = random_text();
    r->timeout_ms = (uint32_t)random_number();
    r->payload = random_payload();
    if (rand() % 4 == 0)
        return r;
    r->metadata = ARENA_NEW(&memory, Sical__Rpc__V1__Metadata);
    sical__rpc__v1__metadata__init(r->metadata);
    r->metadata->request_id = random_text();
    r->metadata->traceparent = random_text();
    r->metadata->idempotency_key = random_text();
    if (rand() % 4 == 0)
        return r;
    r->metadata->caller = ARENA_NEW(&memory, Sical__Rpc__V1__Caller);
    sical__rpc__v1__caller__init(r->metadata->caller);
    r->metadata->caller->user_id = random_text();
    r->metadata->caller->role = random_text();
    r->metadata->caller->session_id = random_text();
    return r;
}

static wire_span span(const char *s)
{
    return wire_span_of(s);
}

static void assert_text(wire_span read, const char *expected)
{
    cr_assert_eq(read.size, strlen(expected));
    if (read.size)
        cr_assert_arr_eq(read.at, expected, read.size);
}

static void assert_same(const envelope_request *read, const Sical__Rpc__V1__Request *r)
{
    cr_assert_eq(read->call_id, r->call_id);
    cr_assert_eq(read->timeout_ms, r->timeout_ms);
    assert_text(read->method, r->method);
    cr_assert_eq(read->payload.size, r->payload.len);
    if (r->payload.len)
        cr_assert_arr_eq(read->payload.at, r->payload.data, r->payload.len);
    const Sical__Rpc__V1__Metadata *m = r->metadata;
    const Sical__Rpc__V1__Caller *c = m ? m->caller : NULL;
    assert_text(read->request_id, m ? m->request_id : "");
    assert_text(read->traceparent, m ? m->traceparent : "");
    assert_text(read->idempotency_key, m ? m->idempotency_key : "");
    assert_text(read->user_id, c ? c->user_id : "");
    assert_text(read->role, c ? c->role : "");
    assert_text(read->session_id, c ? c->session_id : "");
}

static request_batch random_batch(void)
{
    request_batch batch = SICAL__RPC__V1__REQUEST_BATCH__INIT;
    batch.n_requests = (size_t)rand() % 5;
    batch.requests = ARENA_ARRAY(&memory, Sical__Rpc__V1__Request *, batch.n_requests);
    for (size_t i = 0; i < batch.n_requests; i++)
        batch.requests[i] = random_request();
    return batch;
}

Test(rpc_envelope, reads_what_protobuf_writes, .init = start, .fini = stop)
{
    for (int round = 0; round < 3000; round++) {
        request_batch batch = random_batch();
        size_t size, i = 0;
        uint8_t *bytes = rpc_message_pack(&memory, &batch.base, &size);
        wire_reader reader = {.at = bytes, .end = bytes + size};
        wire_span one;
        bool id_read;
        envelope_request read;
        while (envelope_next(&reader, &one, NULL) > 0) {
            cr_assert_null(envelope_read_request(one, &read, &id_read));
            assert_same(&read, batch.requests[i++]);
        }
        cr_assert_eq(i, batch.n_requests);
        arena_reset(&memory);
    }
}

Test(rpc_envelope, writes_what_protobuf_writes, .init = start, .fini = stop)
{
    for (int round = 0; round < 3000; round++) {
        Sical__Rpc__V1__Request *r = random_request(), *list[] = {r};
        if (r->metadata && !r->metadata->request_id[0] && !r->metadata->traceparent[0] &&
            !r->metadata->idempotency_key[0] && !r->metadata->caller)
            r->metadata = NULL; /* an empty message that is present is left out here: it says the same */
        Sical__Rpc__V1__Caller *c = r->metadata ? r->metadata->caller : NULL;
        if (c && !c->user_id[0] && !c->role[0] && !c->session_id[0])
            continue;
        request_batch batch = SICAL__RPC__V1__REQUEST_BATCH__INIT;
        batch.requests = list;
        batch.n_requests = 1;
        size_t size;
        uint8_t *expected = rpc_message_pack(&memory, &batch.base, &size);
        envelope_request e = {
            .call_id = r->call_id,
            .method = span(r->method),
            .timeout_ms = r->timeout_ms,
            .request_id = span(r->metadata ? r->metadata->request_id : NULL),
            .traceparent = span(r->metadata ? r->metadata->traceparent : NULL),
            .idempotency_key = span(r->metadata ? r->metadata->idempotency_key : NULL),
            .user_id = span(c ? c->user_id : NULL),
            .role = span(c ? c->role : NULL),
            .session_id = span(c ? c->session_id : NULL),
            .payload = {.at = r->payload.data, .size = r->payload.len},
        };
        cr_assert_eq(envelope_request_size(&e), size);
        uint8_t *written = malloc(size);
        cr_assert_eq(envelope_write_request(written, &e), written + size);
        cr_assert_arr_eq(written, expected, size);
        free(written);
        arena_reset(&memory);
    }
}

Test(rpc_envelope, answers_both_ways, .init = start, .fini = stop)
{
    for (int round = 0; round < 3000; round++) {
        rpc_fault faults[3];
        size_t count = (size_t)rand() % 4;
        for (size_t i = 0; i < count; i++)
            faults[i] = (rpc_fault){.field = random_text(), .message = random_text()};
        ProtobufCBinaryData payload = random_payload();
        envelope_answer a = {.call_id = random_number(),
                             .code = (uint32_t)random_number(),
                             .message = random_text(),
                             .faults = faults,
                             .fault_count = count,
                             .payload_size = payload.len,
                             .refused = rand() % 2};
        size_t size = envelope_answer_size(&a);
        uint8_t *bytes = arena_alloc(&memory, size);
        uint8_t *rest = envelope_write_answer(bytes, &a);
        cr_assert_eq(rest + payload.len, bytes + size);
        memcpy(rest, payload.data, payload.len);

        response_batch *batch =
            (response_batch *)rpc_message_unpack(&memory, &sical__rpc__v1__response_batch__descriptor, bytes, size,
                                                 NULL);
        cr_assert_not_null(batch);
        cr_assert_eq(batch->n_responses, 1);
        const Sical__Rpc__V1__Response *r = batch->responses[0];
        cr_assert_eq(r->call_id, a.call_id);
        cr_assert_eq(r->code, a.code);
        cr_assert_str_eq(r->message, a.message);
        cr_assert_eq(r->n_details, count);
        cr_assert_eq((bool)r->refused, a.refused);

        size_t repacked_size;
        uint8_t *repacked = rpc_message_pack(&memory, &batch->base, &repacked_size);
        wire_reader reader = {.at = repacked, .end = repacked + repacked_size};
        wire_span one;
        envelope_response read;
        cr_assert_eq(envelope_next(&reader, &one, NULL), 1);
        cr_assert(envelope_read_response(one, &read));
        cr_assert_eq(read.call_id, a.call_id);
        cr_assert_eq(read.code, a.code);
        assert_text(read.message, a.message);
        cr_assert_eq(read.payload.size, payload.len);
        cr_assert_eq(read.fault_count, count);
        cr_assert_eq(read.refused, a.refused);
        const rpc_fault *copied = envelope_copy_faults(&memory, one, count);
        for (size_t i = 0; i < count; i++) {
            cr_assert_str_eq(copied[i].field, faults[i].field);
            cr_assert_str_eq(copied[i].message, faults[i].message);
        }
        arena_reset(&memory);
    }
}

/* Nothing but the bounds is checked: under AddressSanitizer a byte read too far ends the test. */
Test(rpc_envelope, survives_mutants, .init = start, .fini = stop)
{
    unsigned read_whole = 0;
    for (int round = 0; round < 30000; round++) {
        request_batch batch = random_batch();
        size_t size;
        const uint8_t *packed = rpc_message_pack(&memory, &batch.base, &size);
        if (size == 0)
            continue;
        uint8_t *bytes = malloc(size);
        memcpy(bytes, packed, size);
        for (int n = rand() % 5; n > 0; n--)
            bytes[rand() % (int)size] = (uint8_t)rand();
        wire_reader reader = {.at = bytes, .end = bytes + (size_t)rand() % size + 1};
        wire_span one;
        int next;
        while ((next = envelope_next(&reader, &one, NULL)) > 0) {
            envelope_request request;
            envelope_response response;
            bool id_read;
            envelope_read_request(one, &request, &id_read);
            if (envelope_read_response(one, &response))
                envelope_copy_faults(&memory, one, response.fault_count);
        }
        read_whole += next == 0;
        free(bytes);
        arena_reset(&memory);
    }
    cr_assert_gt(read_whole, 100);
}

Test(rpc_envelope, tells_whether_a_broken_request_has_an_id)
{
    envelope_request r;
    bool id_read;
    const uint8_t with_id[] = {0x08, 7, 0x12, 9}, without[] = {0x12, 9}, absent[] = {0x18, 1};
    cr_assert_not_null(envelope_read_request((wire_span){with_id, sizeof with_id}, &r, &id_read));
    cr_assert(id_read);
    cr_assert_eq(r.call_id, 7);
    cr_assert_not_null(envelope_read_request((wire_span){without, sizeof without}, &r, &id_read));
    cr_assert_not(id_read);
    cr_assert_null(envelope_read_request((wire_span){absent, sizeof absent}, &r, &id_read));
    cr_assert(id_read);
}
