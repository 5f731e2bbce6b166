#include "rpc_envelope.h"

/* ---- reading ---- */

int envelope_next(wire_reader *batch, wire_span *one, bool *leaving)
{
    while (batch->at < batch->end) {
        uint32_t number;
        wire_type type;
        if (!wire_tag(batch, &number, &type))
            return -1;
        if (number == 1 && type == WIRE_BYTES)
            return wire_bytes(batch, one) ? 1 : -1;
        if (number == 2 && type == WIRE_VARINT && leaving) {
            uint64_t value;
            if (!wire_varint(batch, 10, &value))
                return -1;
            *leaving = value != 0;
            continue;
        }
        if (!wire_skip(batch, type))
            return -1;
    }
    return 0;
}

/* A span of text among the fields of a message that hold nothing else. */
static bool read_text(wire_reader *r, wire_type type, wire_span *out)
{
    return type == WIRE_BYTES && wire_bytes(r, out) && out->size <= ENVELOPE_TEXT_BYTES && wire_is_text(*out);
}

static bool read_number(wire_reader *r, wire_type type, uint64_t *out)
{
    return type == WIRE_VARINT && wire_varint(r, 10, out);
}

static bool read_caller(wire_span bytes, envelope_request *out)
{
    wire_reader r = wire_read(bytes);
    while (r.at < r.end) {
        uint32_t number;
        wire_type type;
        if (!wire_tag(&r, &number, &type))
            return false;
        wire_span *texts[] = {NULL, &out->user_id, &out->role, &out->session_id};
        bool known = number < sizeof texts / sizeof *texts;
        if (known ? !read_text(&r, type, texts[number]) : !wire_skip(&r, type))
            return false;
    }
    return true;
}

static bool read_metadata(wire_span bytes, envelope_request *out)
{
    wire_reader r = wire_read(bytes);
    while (r.at < r.end) {
        uint32_t number;
        wire_type type;
        wire_span caller;
        if (!wire_tag(&r, &number, &type))
            return false;
        bool good;
        switch (number) {
        case 1:
            good = read_text(&r, type, &out->request_id);
            break;
        case 2:
            good = read_text(&r, type, &out->traceparent);
            break;
        case 3:
            good = type == WIRE_BYTES && wire_bytes(&r, &caller) && read_caller(caller, out);
            break;
        case 4:
            good = read_text(&r, type, &out->idempotency_key);
            break;
        default:
            good = wire_skip(&r, type);
        }
        if (!good)
            return false;
    }
    return true;
}

static bool read_request_field(wire_reader *r, uint32_t number, wire_type type, envelope_request *out)
{
    uint64_t value;
    wire_span bytes;
    switch (number) {
    case 1:
        return read_number(r, type, &out->call_id);
    case 2:
        return read_text(r, type, &out->method);
    case 3:
        if (!read_number(r, type, &value))
            return false;
        out->timeout_ms = (uint32_t)value;
        return true;
    case 4:
        return type == WIRE_BYTES && wire_bytes(r, &bytes) && read_metadata(bytes, out);
    case 5:
        return type == WIRE_BYTES && wire_bytes(r, &out->payload);
    default:
        return wire_skip(r, type);
    }
}

const char *envelope_read_request(wire_span bytes, envelope_request *out, bool *call_id_read)
{
    *out = (envelope_request){0};
    *call_id_read = false;
    wire_reader r = wire_read(bytes);
    while (r.at < r.end) {
        uint32_t number;
        wire_type type;
        if (!wire_tag(&r, &number, &type) || !read_request_field(&r, number, type, out))
            return "The request's envelope is malformed.";
        *call_id_read |= number == 1;
    }
    *call_id_read = true; /* absent is 0, a number like any other */
    return NULL;
}

bool envelope_read_response(wire_span bytes, envelope_response *out)
{
    *out = (envelope_response){0};
    wire_reader r = wire_read(bytes);
    while (r.at < r.end) {
        uint32_t number;
        wire_type type;
        uint64_t value;
        wire_span detail;
        if (!wire_tag(&r, &number, &type))
            return false;
        bool good;
        switch (number) {
        case 1:
            good = read_number(&r, type, &out->call_id);
            break;
        case 2:
            good = read_number(&r, type, &value);
            out->code = good ? (uint32_t)value : 0;
            break;
        case 3:
            good = type == WIRE_BYTES && wire_bytes(&r, &out->message) && wire_is_text(out->message);
            break;
        case 4:
            good = type == WIRE_BYTES && wire_bytes(&r, &detail);
            out->fault_count++;
            break;
        case 5:
            good = type == WIRE_BYTES && wire_bytes(&r, &out->payload);
            break;
        case 6:
            good = read_number(&r, type, &value);
            out->refused = good && value;
            break;
        default:
            good = wire_skip(&r, type);
        }
        if (!good)
            return false;
    }
    return true;
}

const char *envelope_copy_text(arena *a, wire_span text)
{
    return text.size ? arena_strndup(a, (const char *)text.at, text.size) : "";
}

static rpc_fault copy_fault(arena *a, wire_span bytes)
{
    rpc_fault fault = {.field = "", .message = ""};
    wire_reader r = wire_read(bytes);
    uint32_t number;
    wire_type type;
    while (r.at < r.end && wire_tag(&r, &number, &type)) {
        wire_span text;
        if ((number != 1 && number != 2) || type != WIRE_BYTES) {
            if (!wire_skip(&r, type))
                break;
            continue;
        }
        if (!wire_bytes(&r, &text) || !wire_is_text(text))
            break;
        *(number == 1 ? &fault.field : &fault.message) = envelope_copy_text(a, text);
    }
    return fault;
}

const rpc_fault *envelope_copy_faults(arena *a, wire_span bytes, size_t count)
{
    if (count == 0)
        return NULL;
    rpc_fault *faults = ARENA_ARRAY(a, rpc_fault, count);
    wire_reader r = wire_read(bytes);
    uint32_t number;
    wire_type type;
    wire_span detail;
    for (size_t i = 0; i < count && wire_tag(&r, &number, &type);) {
        if (number != 4)
            wire_skip(&r, type);
        else if (wire_bytes(&r, &detail))
            faults[i++] = copy_fault(a, detail);
    }
    return faults;
}

/* ---- writing: a field that has its default value is left out ---- */

static size_t bytes_size(size_t size)
{
    return size ? 1 + wire_varint_size(size) + size : 0;
}

static size_t number_size(uint64_t v)
{
    return v ? 1 + wire_varint_size(v) : 0;
}

static uint8_t *put_head(uint8_t *out, unsigned number, size_t size)
{
    return wire_put_varint(wire_put_tag(out, number, WIRE_BYTES), size);
}

static uint8_t *put_bytes(uint8_t *out, unsigned number, wire_span s)
{
    if (s.size == 0)
        return out;
    out = put_head(out, number, s.size);
    memcpy(out, s.at, s.size);
    return out + s.size;
}

static uint8_t *put_number(uint8_t *out, unsigned number, uint64_t v)
{
    return v ? wire_put_varint(wire_put_tag(out, number, WIRE_VARINT), v) : out;
}

static size_t caller_size(const envelope_request *r)
{
    return bytes_size(r->user_id.size) + bytes_size(r->role.size) + bytes_size(r->session_id.size);
}

static size_t metadata_size(const envelope_request *r)
{
    return bytes_size(r->request_id.size) + bytes_size(r->traceparent.size) + bytes_size(caller_size(r)) +
           bytes_size(r->idempotency_key.size);
}

static size_t request_body_size(const envelope_request *r)
{
    return number_size(r->call_id) + bytes_size(r->method.size) + number_size(r->timeout_ms) +
           bytes_size(metadata_size(r)) + bytes_size(r->payload.size);
}

size_t envelope_request_size(const envelope_request *r)
{
    size_t body = request_body_size(r);
    return 1 + wire_varint_size(body) + body;
}

static uint8_t *put_metadata(uint8_t *out, const envelope_request *r)
{
    size_t size = metadata_size(r);
    if (size == 0)
        return out;
    out = put_head(out, 4, size);
    out = put_bytes(out, 1, r->request_id);
    out = put_bytes(out, 2, r->traceparent);
    size_t caller = caller_size(r);
    if (caller) {
        out = put_head(out, 3, caller);
        out = put_bytes(out, 1, r->user_id);
        out = put_bytes(out, 2, r->role);
        out = put_bytes(out, 3, r->session_id);
    }
    return put_bytes(out, 4, r->idempotency_key);
}

uint8_t *envelope_write_request(uint8_t *out, const envelope_request *r)
{
    out = put_head(out, 1, request_body_size(r));
    out = put_number(out, 1, r->call_id);
    out = put_bytes(out, 2, r->method);
    out = put_number(out, 3, r->timeout_ms);
    out = put_metadata(out, r);
    return put_bytes(out, 5, r->payload);
}

void envelope_write_leaving(uint8_t *out, bool leaving)
{
    wire_put_varint(wire_put_tag(out, 2, WIRE_VARINT), leaving);
}

static size_t fault_size(const rpc_fault *f)
{
    return bytes_size(strlen(f->field)) + bytes_size(strlen(f->message));
}

static size_t answer_body_size(const envelope_answer *a)
{
    size_t size = number_size(a->call_id) + number_size(a->code) + bytes_size(strlen(a->message)) +
                  bytes_size(a->payload_size) + number_size(a->refused);
    for (size_t i = 0; i < a->fault_count; i++) {
        size_t fault = fault_size(&a->faults[i]);
        size += 1 + wire_varint_size(fault) + fault;
    }
    return size;
}

size_t envelope_answer_size(const envelope_answer *a)
{
    size_t body = answer_body_size(a);
    return 1 + wire_varint_size(body) + body;
}

uint8_t *envelope_write_answer(uint8_t *out, const envelope_answer *a)
{
    out = put_head(out, 1, answer_body_size(a));
    out = put_number(out, 1, a->call_id);
    out = put_number(out, 2, a->code);
    out = put_bytes(out, 3, wire_span_of(a->message));
    for (size_t i = 0; i < a->fault_count; i++) {
        out = put_head(out, 4, fault_size(&a->faults[i]));
        out = put_bytes(out, 1, wire_span_of(a->faults[i].field));
        out = put_bytes(out, 2, wire_span_of(a->faults[i].message));
    }
    out = put_number(out, 6, a->refused);
    return a->payload_size ? put_head(out, 5, a->payload_size) : out;
}
