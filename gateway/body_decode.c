#include "body_decode.h"

#include "fiber.h"

#include <stdlib.h>

/* Parsing takes about 10 ns a byte; what would hold the loop for more than a part of a millisecond goes to the pool. */
enum { POOL_BYTES = 64 * 1024 };

static decoded_body decode(arena *a, const ProtobufCMessageDescriptor *type, const char *json, size_t size,
                           transcode_faults *faults)
{
    decoded_body body = {.message = NULL};
    body.message = transcode_read_present(a, type, json, size, faults, &body.present, &body.present_count);
    for (size_t i = 0; i < faults->count; i++)
        if (!*faults->list[i].field)
            faults->list[i].field = "body";
    return body;
}

/* Its own memory: when the request's deadline passes first, the work goes on alone. */
typedef struct decoding {
    arena arena;
    const ProtobufCMessageDescriptor *type;
    uint8_t *json;
    size_t size;
    transcode_faults faults;
    decoded_body body;
} decoding;

static void work(void *arg)
{
    decoding *d = arg;
    d->body = decode(&d->arena, d->type, (const char *)d->json, d->size, &d->faults);
}

static void release(void *arg)
{
    decoding *d = arg;
    arena_finish(&d->arena);
    free(d->json);
    free(d);
}

static status decode_on_pool(http_request *request, const ProtobufCMessageDescriptor *type, transcode_faults *faults,
                             decoded_body *body)
{
    decoding *d = calloc(1, sizeof *d);
    if (!d)
        abort();
    arena_init(&d->arena, 0);
    d->type = type;
    d->json = http_take_body(request, &d->size);
    status s = fiber_offload(work, d, release);
    if (s == STATUS_DEADLINE_EXCEEDED || s == STATUS_CANCELLED)
        return s;
    fiber_defer(release, d); /* the message and the faults live in it */
    *faults = d->faults;
    *body = d->body;
    return s;
}

status body_decode(arena *a, http_request *request, const ProtobufCMessageDescriptor *type, transcode_faults *faults,
                   decoded_body *body)
{
    size_t size;
    const uint8_t *json = http_body(request, &size);
    if (size > POOL_BYTES)
        return decode_on_pool(request, type, faults, body);
    *body = decode(a, type, size ? (const char *)json : "{}", size ? size : 2, faults);
    return STATUS_OK;
}
