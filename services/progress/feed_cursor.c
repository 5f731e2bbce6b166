#include "feed_cursor.h"

#include "rpc_page.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define LIST 'f'

/* Readers keep cursors for long: their form, ".XID.SEQ", stays. */
char *feed_cursor_make(arena *a, feed_position position)
{
    const char *place = arena_printf(a, ".%" PRId64 ".%" PRId64, position.xid, position.seq);
    return rpc_place_token_make(a, LIST, place, strlen(place));
}

/* Reads a separator and a number without a sign; moves *text on. */
static bool read_number(const char **text, int64_t *out)
{
    char *end;
    if ((*text)[0] != '.' || (*text)[1] < '0' || (*text)[1] > '9')
        return false;
    errno = 0;
    *out = strtoll(*text + 1, &end, 10);
    *text = end;
    return errno == 0;
}

bool feed_cursor_read(arena *a, const char *cursor, feed_position *out)
{
    size_t size;
    *out = (feed_position){0};
    if (!*cursor)
        return true;
    const char *place = rpc_place_token_read(a, LIST, cursor, &size), *rest = place;
    return place && read_number(&rest, &out->xid) && read_number(&rest, &out->seq) && rest == place + size;
}
