/*
 * An arena: memory that lives as long as one call and is freed in one stroke.
 *
 * Allocation is a pointer bump in the current chunk; a chunk that is full is followed by a larger one. After
 * arena_reset the first chunk is kept, so a pooled arena serves its next call without malloc.
 * Not thread-safe. Out of memory ends the program (abort), as everywhere in sical: a half-served call helps nobody;
 * what bounds memory is the limit given at init, whose excess is an ordinary NULL.
 */
#pragma once

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>

typedef struct arena arena;

struct arena_chunk;

struct arena {
    struct arena_chunk *current;
    size_t used_bytes;  /* handed out since the last reset */
    size_t limit_bytes; /* 0 = none */
};

/* Makes an empty arena in place; it allocates nothing yet. limit_bytes 0 = no limit. */
void arena_init(arena *a, size_t limit_bytes);

/* Frees everything. The arena may be initialised again. */
void arena_finish(arena *a);

/* Takes back everything that was handed out; keeps the first chunk for the next use. */
void arena_reset(arena *a);

/* size bytes, aligned for any type, not cleared. NULL only when the limit would be passed. size 0 gives a valid
 * pointer. */
void *arena_alloc(arena *a, size_t size);

/* count * size zeroed bytes. NULL when the limit would be passed or the product overflows. */
void *arena_zalloc(arena *a, size_t count, size_t size);

/* True when p points into memory that this arena handed out since its last reset. */
bool arena_contains(const arena *a, const void *p);

/* Copies, NUL added. NULL as arena_alloc. */
char *arena_strdup(arena *a, const char *s);
char *arena_strndup(arena *a, const char *s, size_t n);
void *arena_memdup(arena *a, const void *p, size_t n);

/* sprintf into the arena. NULL as arena_alloc. */
char *arena_printf(arena *a, const char *format, ...) __attribute__((format(printf, 2, 3)));
char *arena_vprintf(arena *a, const char *format, va_list args);

#define ARENA_NEW(a, type)      ((type *)arena_zalloc((a), 1, sizeof(type)))
#define ARENA_ARRAY(a, type, n) ((type *)arena_zalloc((a), (n), sizeof(type)))
