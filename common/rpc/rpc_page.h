/*
 * Lists in pages. A request asks for page_size entries and hands back the page_token that the page before ended with.
 * A token is a place in its list as opaque text: base64url of a version, a letter of the list and the place itself, so
 * that a token of another list, or of a form of the past, is refused rather than misread.
 */
#pragma once

#include "rpc_server.h"

enum { RPC_PAGE_SIZE_DEFAULT = 20, RPC_PAGE_SIZE_LIMIT = 100 };

/* What a list is sorted by, of one of its entries; what it is not sorted by stays zero. */
typedef struct rpc_page_key {
    int64_t number; /* 0 to the end of the year 9999 in microseconds since 1970 */
    uuid id;
    const char *text; /* to be made: NULL is ""; as read: never NULL, any bytes at all, made up by anybody */
} rpc_page_key;

typedef struct rpc_page {
    int32_t size;       /* ask the store for one more: it tells whether there is a next page */
    bool first;         /* there was no token, and after is zero */
    rpc_page_key after; /* of the last entry of the page before; in the call's arena */
} rpc_page;

/* Reads page_size and page_token of a request. list: a letter, another one for each list of a service. false after
 * faults were added to the call. */
bool rpc_take_page(rpc_call *call, char list, int32_t page_size, const char *page_token, rpc_page *page);

/* The size asked for, fallback when it is 0; adds a fault when it is not within 0 to highest. For lists with limits of
 * their own. */
int32_t rpc_take_page_size(rpc_call *call, int32_t page_size, int32_t fallback, int32_t highest);

/* The token of the place behind key, in the arena. key->text has at most 200 bytes. */
char *rpc_page_token_make(arena *a, char list, const rpc_page_key *key);

/* false when token is none of this list. key->text in the arena. */
bool rpc_page_token_read(arena *a, char list, const char *token, rpc_page_key *key);

/* ---- places of other forms ---- */

/* The token of a place of at most 250 bytes, in the arena. */
char *rpc_place_token_make(arena *a, char list, const void *place, size_t size);

/* The place, followed by a NUL that *size does not count, in the arena. NULL when token is none of this list. */
char *rpc_place_token_read(arena *a, char list, const char *token, size_t *size);
