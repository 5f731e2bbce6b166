/* Answers made smaller. Level 1: JSON shrinks to a fourth at about 100 MB/s; further levels cost more than they gain.
 */
#pragma once

#include "arena.h"

#include <stdbool.h>
#include <stddef.h>

/* Below this an answer fits into one packet anyway. */
enum { GZIP_WORTH_BYTES = 1400 };

/* For what is made once and sent often: as small as it gets, malloc'ed. NULL: it became no smaller. Takes its time. */
char *gzip_prepare(const char *bytes, size_t size, size_t *encoded_size);

typedef struct gzip gzip;

gzip *gzip_create(void);
void gzip_destroy(gzip *g);

/* *encoded in the arena. What would hold the loop for a part of a millisecond is done on the pool, so this may wait.
 * false: it became no smaller, the pool is full, or the deadline has passed. */
bool gzip_encode(gzip *g, arena *a, const char *bytes, size_t size, const char **encoded, size_t *encoded_size);
