/*
 * The scan that comes before unpacking: what it accepts, protobuf-c can unpack in bounded stack and memory.
 *
 * It follows the descriptor only into fields that protobuf-c would build; unknown fields are passed over whole, as
 * protobuf-c keeps them as bytes. Every occurrence of a field and every packed value counts as an element, because each
 * costs protobuf-c memory.
 */
#include "rpc_message.h"

#include "wire.h"

typedef struct scan {
    size_t elements;
    unsigned depth;
} scan;

static const char *scan_message(scan *s, const ProtobufCMessageDescriptor *type, wire_reader r);

/* ---- text ---- */

/* Length of the UTF-8 sequence that begins with lead, 0 when none does; *low and *high bound its second byte, which
 * keeps out overlong forms, surrogates and what lies past U+10FFFF. */
static size_t sequence_length(uint8_t lead, uint8_t *low, uint8_t *high)
{
    *low = lead == 0xe0 ? 0xa0 : lead == 0xf0 ? 0x90 : 0x80;
    *high = lead == 0xed ? 0x9f : lead == 0xf4 ? 0x8f : 0xbf;
    if (lead >= 0xc2 && lead <= 0xdf)
        return 2;
    if (lead >= 0xe0 && lead <= 0xef)
        return 3;
    return lead >= 0xf0 && lead <= 0xf4 ? 4 : 0;
}

bool wire_is_text(wire_span s)
{
    for (const uint8_t *p = s.at, *end = p + s.size; p < end;) {
        if (*p > 0 && *p < 0x80) {
            p++;
            continue;
        }
        uint8_t low, high;
        size_t length = sequence_length(*p, &low, &high);
        if (length == 0 || (size_t)(end - p) < length || p[1] < low || p[1] > high)
            return false;
        for (size_t i = 2; i < length; i++)
            if ((p[i] & 0xc0) != 0x80)
                return false;
        p += length;
    }
    return true;
}

/* ---- fields ---- */

static wire_type wire_type_of(ProtobufCType type)
{
    switch (type) {
    case PROTOBUF_C_TYPE_FIXED64:
    case PROTOBUF_C_TYPE_SFIXED64:
    case PROTOBUF_C_TYPE_DOUBLE:
        return WIRE_64BIT;
    case PROTOBUF_C_TYPE_FIXED32:
    case PROTOBUF_C_TYPE_SFIXED32:
    case PROTOBUF_C_TYPE_FLOAT:
        return WIRE_32BIT;
    case PROTOBUF_C_TYPE_STRING:
    case PROTOBUF_C_TYPE_BYTES:
    case PROTOBUF_C_TYPE_MESSAGE:
        return WIRE_BYTES;
    default:
        return WIRE_VARINT;
    }
}

static const char *scan_packed(scan *s, wire_type element, wire_span bytes)
{
    wire_reader r = wire_read(bytes);
    while (r.at < r.end) {
        if (++s->elements > RPC_MESSAGE_ELEMENTS)
            return "message has too many elements";
        if (!wire_skip(&r, element))
            return "packed values are cut short";
    }
    return NULL;
}

static const char *scan_bytes(scan *s, const ProtobufCFieldDescriptor *field, wire_span bytes)
{
    switch (field->type) {
    case PROTOBUF_C_TYPE_STRING:
        return wire_is_text(bytes) ? NULL : "string is not UTF-8 or holds NUL";
    case PROTOBUF_C_TYPE_MESSAGE:
        return scan_message(s, field->descriptor, wire_read(bytes));
    case PROTOBUF_C_TYPE_BYTES:
        return NULL;
    default:
        if (field->label != PROTOBUF_C_LABEL_REPEATED)
            return "field has another type";
        return scan_packed(s, wire_type_of(field->type), bytes);
    }
}

static const char *scan_value(scan *s, const ProtobufCFieldDescriptor *field, wire_type type, wire_reader *r)
{
    if (type == WIRE_GROUP_START || type == WIRE_GROUP_END)
        return "groups are not supported";
    if (type > WIRE_32BIT)
        return "wire type is unknown";
    if (field && type == WIRE_BYTES) {
        wire_span bytes;
        return wire_bytes(r, &bytes) ? scan_bytes(s, field, bytes) : "message is cut short";
    }
    if (field && type != wire_type_of(field->type))
        return "field has another type";
    return wire_skip(r, type) ? NULL : "message is cut short";
}

static const char *scan_message(scan *s, const ProtobufCMessageDescriptor *type, wire_reader r)
{
    if (s->depth == RPC_MESSAGE_DEPTH)
        return "message is nested too deeply";
    s->depth++;
    const ProtobufCFieldDescriptor *field = NULL;
    while (r.at < r.end) {
        uint32_t number;
        wire_type wire;
        if (!wire_tag(&r, &number, &wire))
            return "field tag is malformed";
        if (++s->elements > RPC_MESSAGE_ELEMENTS)
            return "message has too many elements";
        if (!field || field->id != number)
            field = protobuf_c_message_descriptor_get_field(type, number);
        const char *fault = scan_value(s, field, wire, &r);
        if (fault)
            return fault;
    }
    s->depth--;
    return NULL;
}

const char *rpc_message_scan(const ProtobufCMessageDescriptor *type, const uint8_t *bytes, size_t size)
{
    scan s = {0};
    return size ? scan_message(&s, type, (wire_reader){.at = bytes, .end = bytes + size}) : NULL;
}
