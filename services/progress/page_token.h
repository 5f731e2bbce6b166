/*
 * Page tokens and feed cursors: positions as opaque text (base64url). Each names its list and the version of its form,
 * so that a token of another list, or of a form of the past, is refused rather than misread.
 */
#pragma once

#include "arena.h"
#include "store.h"
#include "uuid.h"

typedef enum page_list { PAGE_OF_EVENTS = 'e', PAGE_OF_MASTERY = 'm', PAGE_OF_DUE = 'd' } page_list;

/* The last row of a page. What its list is not ordered by stays zero. */
typedef struct page_key {
    int64_t at_us;
    uuid id;
    const char *topic_key; /* "" = none */
} page_key;

char *page_token_make(arena *a, page_list list, const page_key *key);

/* false when it is no token of that list. */
bool page_token_read(arena *a, page_list list, const char *token, page_key *out);

char *feed_cursor_make(arena *a, feed_position position);

/* "" is the beginning. false when it is no cursor of the feed. */
bool feed_cursor_read(arena *a, const char *cursor, feed_position *out);
