#include "gzip.h"

#include "fiber.h"

#include <stdlib.h>
#include <string.h>
#include <zlib.h>

enum { POOL_BYTES = 64 * 1024, GZIP_WINDOW_BITS = 15 + 16, MEMORY_LEVEL = 8 };

/* Kept, because making one costs more than compressing a small answer. Only for what does not wait. */
struct gzip {
    z_stream stream;
};

static void init_stream(z_stream *z, int level)
{
    if (deflateInit2(z, level, Z_DEFLATED, GZIP_WINDOW_BITS, MEMORY_LEVEL, Z_DEFAULT_STRATEGY) != Z_OK)
        abort();
}

gzip *gzip_create(void)
{
    gzip *g = calloc(1, sizeof *g);
    if (!g)
        abort();
    init_stream(&g->stream, Z_BEST_SPEED);
    return g;
}

void gzip_destroy(gzip *g)
{
    if (!g)
        return;
    deflateEnd(&g->stream);
    free(g);
}

/* out has size bytes: false when it did not become smaller. */
static bool deflate_all(z_stream *z, const void *bytes, size_t size, void *out, size_t *out_size)
{
    z->next_in = (Bytef *)(uintptr_t)bytes;
    z->avail_in = (uInt)size;
    z->next_out = out;
    z->avail_out = (uInt)size;
    bool smaller = deflate(z, Z_FINISH) == Z_STREAM_END;
    *out_size = z->total_out;
    return smaller;
}

char *gzip_prepare(const char *bytes, size_t size, size_t *encoded_size)
{
    char *out = malloc(size);
    z_stream z = {0};
    if (!out)
        abort();
    init_stream(&z, Z_BEST_COMPRESSION);
    bool smaller = deflate_all(&z, bytes, size, out, encoded_size);
    deflateEnd(&z);
    if (smaller)
        return out;
    free(out);
    return NULL;
}

/* ---- on the pool, in memory of its own ---- */

typedef struct encoding {
    char *bytes, *out;
    size_t size, out_size;
    bool smaller;
} encoding;

static void work(void *arg)
{
    encoding *e = arg;
    z_stream z = {0};
    init_stream(&z, Z_BEST_SPEED);
    e->smaller = deflate_all(&z, e->bytes, e->size, e->out, &e->out_size);
    deflateEnd(&z);
}

static void release(void *arg)
{
    encoding *e = arg;
    free(e->bytes);
    free(e->out);
    free(e);
}

static bool encode_on_pool(arena *a, const char *bytes, size_t size, const char **encoded, size_t *encoded_size)
{
    encoding *e = calloc(1, sizeof *e);
    if (!e)
        abort();
    *e = (encoding){.bytes = malloc(size), .out = malloc(size), .size = size};
    if (!e->bytes || !e->out)
        abort();
    memcpy(e->bytes, bytes, size);
    status s = fiber_offload(work, e, release);
    if (s == STATUS_DEADLINE_EXCEEDED || s == STATUS_CANCELLED)
        return false;
    bool smaller = s == STATUS_OK && e->smaller;
    if (smaller) {
        *encoded = arena_memdup(a, e->out, e->out_size);
        *encoded_size = e->out_size;
    }
    release(e);
    return smaller;
}

bool gzip_encode(gzip *g, arena *a, const char *bytes, size_t size, const char **encoded, size_t *encoded_size)
{
    if (size > POOL_BYTES)
        return encode_on_pool(a, bytes, size, encoded, encoded_size);
    char *out = arena_alloc(a, size);
    deflateReset(&g->stream);
    *encoded = out;
    return deflate_all(&g->stream, bytes, size, out, encoded_size);
}
