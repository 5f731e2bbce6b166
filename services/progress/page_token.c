#include "page_token.h"

#include "event_rules.h"

#include <errno.h>
#include <inttypes.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#define VERSION        "1"
#define TOKEN_LENGTH   400
#define LATEST_INSTANT (INT64_C(253402300799) * 1000000) /* the end of the year 9999 */

static char *encode(arena *a, const char *text)
{
    size_t size = sodium_base64_encoded_len(strlen(text), sodium_base64_VARIANT_URLSAFE_NO_PADDING);
    char *out = arena_alloc(a, size);
    return sodium_bin2base64(out, size, (const unsigned char *)text, strlen(text),
                             sodium_base64_VARIANT_URLSAFE_NO_PADDING);
}

/* The text behind "VERSION list.", or NULL. */
static char *decode(arena *a, char list, const char *token)
{
    size_t length = strlen(token), size;
    if (length > TOKEN_LENGTH)
        return NULL;
    char *text = arena_zalloc(a, length + 1, 1);
    if (sodium_base642bin((unsigned char *)text, length, token, length, NULL, &size, NULL,
                          sodium_base64_VARIANT_URLSAFE_NO_PADDING) != 0)
        return NULL;
    const char prefix[] = {VERSION[0], list, '.', '\0'};
    return strlen(text) == size && strncmp(text, prefix, 3) == 0 ? text + 3 : NULL;
}

/* Reads a number of 0 to highest and the separator behind it; moves *text on. */
static bool read_number(char **text, char separator, int64_t highest, int64_t *out)
{
    char *end;
    if (**text < '0' || **text > '9')
        return false;
    errno = 0;
    *out = strtoll(*text, &end, 10);
    if (errno || *out > highest || *end != separator)
        return false;
    *text = end + (separator != '\0');
    return true;
}

char *page_token_make(arena *a, page_list list, const page_key *key)
{
    char id[UUID_TEXT_SIZE];
    return encode(a, arena_printf(a, VERSION "%c.%" PRId64 ".%s.%s", list, key->at_us, uuid_format(&key->id, id),
                                  key->topic_key ? key->topic_key : ""));
}

bool page_token_read(arena *a, page_list list, const char *token, page_key *out)
{
    char *text = decode(a, (char)list, token);
    if (!text || !read_number(&text, '.', LATEST_INSTANT, &out->at_us) || strlen(text) < UUID_TEXT_SIZE ||
        text[UUID_TEXT_SIZE - 1] != '.')
        return false;
    text[UUID_TEXT_SIZE - 1] = '\0';
    out->topic_key = text + UUID_TEXT_SIZE;
    return uuid_parse(text, &out->id) && (!*out->topic_key || topic_key_is_valid(out->topic_key));
}

char *feed_cursor_make(arena *a, feed_position position)
{
    return encode(a, arena_printf(a, VERSION "f.%" PRId64 ".%" PRId64, position.xid, position.seq));
}

bool feed_cursor_read(arena *a, const char *cursor, feed_position *out)
{
    *out = (feed_position){0};
    if (!*cursor)
        return true;
    char *text = decode(a, 'f', cursor);
    return text && read_number(&text, '.', INT64_MAX, &out->xid) && read_number(&text, '\0', INT64_MAX, &out->seq);
}
