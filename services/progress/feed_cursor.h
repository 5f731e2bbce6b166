/* Feed cursors: positions in the feed as opaque text. */
#pragma once

#include "arena.h"
#include "store.h"

char *feed_cursor_make(arena *a, feed_position position);

/* "" is the beginning. false when it is no cursor of the feed. */
bool feed_cursor_read(arena *a, const char *cursor, feed_position *out);
