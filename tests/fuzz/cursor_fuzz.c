/* Bytes from anywhere as page tokens and feed cursors. The first byte is the list. What is read is written as the very
 * token it came from, so there is one token for each place. */
#include "fuzz.h"

#include "feed_cursor.h"
#include "rpc_page.h"

#include <string.h>

static void read_page_token(arena *a, char list, const char *token)
{
    rpc_page_key key;
    if (!rpc_page_token_read(a, list, token, &key))
        return;
    require(key.number >= 0);
    require(strcmp(rpc_page_token_make(a, list, &key), token) == 0);
    require(!rpc_page_token_read(a, (char)(list + 1), token, &key));
}

static bool same_position(feed_position a, feed_position b)
{
    return a.xid == b.xid && a.seq == b.seq;
}

static void read_feed_cursor(arena *a, const char *cursor)
{
    feed_position position, again;
    if (!feed_cursor_read(a, cursor, &position))
        return;
    require(position.xid >= 0 && position.seq >= 0);
    require(feed_cursor_read(a, feed_cursor_make(a, position), &again) && same_position(position, again));
}

/* The bytes as a place, wrapped as a token: what only one who made a token himself could send. */
static void read_made_tokens(arena *a, char list, const uint8_t *bytes, size_t size)
{
    if (size > 250)
        return;
    const char *token = rpc_place_token_make(a, list, bytes, size);
    size_t read_size;
    const char *place = rpc_place_token_read(a, list, token, &read_size);
    require(place && read_size == size && memcmp(place, bytes, size) == 0 && place[size] == '\0');
    read_page_token(a, list, token);
    read_feed_cursor(a, rpc_place_token_make(a, 'f', bytes, size));
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    if (size == 0)
        return 0;
    arena a;
    arena_init(&a, 0);
    char list = (char)*bytes++;
    char *text = strndup((const char *)bytes, --size);
    read_page_token(&a, list, text);
    read_feed_cursor(&a, text);
    read_made_tokens(&a, list, bytes, size);
    free(text);
    arena_finish(&a);
    return 0;
}
