#include "arena.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FIRST_CHUNK_BYTES   ((size_t)4096)
#define LARGEST_CHUNK_BYTES ((size_t)1 << 20)

struct arena_chunk {
    struct arena_chunk *previous;
    size_t capacity;
    size_t used;
    max_align_t bytes[];
};

void arena_init(arena *a, size_t limit_bytes)
{
    *a = (arena){.limit_bytes = limit_bytes};
}

void arena_finish(arena *a)
{
    while (a->current) {
        struct arena_chunk *previous = a->current->previous;
        free(a->current);
        a->current = previous;
    }
    a->used_bytes = 0;
}

void arena_reset(arena *a)
{
    while (a->current && a->current->previous) {
        struct arena_chunk *previous = a->current->previous;
        free(a->current);
        a->current = previous;
    }
    if (a->current)
        a->current->used = 0;
    a->used_bytes = 0;
}

static void add_chunk(arena *a, size_t needed)
{
    size_t capacity = a->current ? a->current->capacity * 2 : FIRST_CHUNK_BYTES - sizeof(struct arena_chunk);
    if (capacity > LARGEST_CHUNK_BYTES)
        capacity = LARGEST_CHUNK_BYTES;
    if (capacity < needed)
        capacity = needed;
    struct arena_chunk *chunk = malloc(sizeof *chunk + capacity);
    if (!chunk)
        abort();
    chunk->previous = a->current;
    chunk->capacity = capacity;
    chunk->used = 0;
    a->current = chunk;
}

void *arena_alloc(arena *a, size_t size)
{
    if (size > SIZE_MAX / 2)
        return NULL;
    size = (size + _Alignof(max_align_t) - 1) & ~(_Alignof(max_align_t) - 1);
    if (a->limit_bytes && size > a->limit_bytes - a->used_bytes)
        return NULL;
    if (!a->current || a->current->capacity - a->current->used < size)
        add_chunk(a, size);
    void *p = (char *)a->current->bytes + a->current->used;
    a->current->used += size;
    a->used_bytes += size;
    return p;
}

void *arena_zalloc(arena *a, size_t count, size_t size)
{
    size_t total;
    if (__builtin_mul_overflow(count, size, &total))
        return NULL;
    void *p = arena_alloc(a, total);
    return p ? memset(p, 0, total) : NULL;
}

bool arena_contains(const arena *a, const void *p)
{
    for (const struct arena_chunk *chunk = a->current; chunk; chunk = chunk->previous) {
        const char *start = (const char *)chunk->bytes;
        if ((const char *)p >= start && (const char *)p < start + chunk->used)
            return true;
    }
    return false;
}

void *arena_memdup(arena *a, const void *p, size_t n)
{
    void *copy = arena_alloc(a, n);
    if (copy && n)
        memcpy(copy, p, n);
    return copy;
}

char *arena_strndup(arena *a, const char *s, size_t n)
{
    n = strnlen(s, n);
    char *copy = arena_alloc(a, n + 1);
    if (!copy)
        return NULL;
    memcpy(copy, s, n);
    copy[n] = '\0';
    return copy;
}

char *arena_strdup(arena *a, const char *s)
{
    return arena_memdup(a, s, strlen(s) + 1);
}

char *arena_vprintf(arena *a, const char *format, va_list args)
{
    va_list again;
    va_copy(again, args);
    int length = vsnprintf(NULL, 0, format, again);
    va_end(again);
    if (length < 0)
        return NULL;
    char *s = arena_alloc(a, (size_t)length + 1);
    if (s)
        vsnprintf(s, (size_t)length + 1, format, args);
    return s;
}

char *arena_printf(arena *a, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    char *s = arena_vprintf(a, format, args);
    va_end(args);
    return s;
}
