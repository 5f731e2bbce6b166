#include "entity_tag.h"

#include <sodium.h>
#include <string.h>

#define GZIP_SUFFIX "-gzip"

_Static_assert(ENTITY_TAG_CONTENT_MAX + sizeof GZIP_SUFFIX + 2 <= ENTITY_TAG_SIZE, "a marked tag fits");

static char *write_hex(char *out, const unsigned char *bytes, size_t size)
{
    static const char digits[] = "0123456789abcdef";
    for (size_t i = 0; i < size; i++) {
        *out++ = digits[bytes[i] >> 4];
        *out++ = digits[bytes[i] & 15];
    }
    return out;
}

/* The key is no secret: replicas must agree, and a learner who finds two answers with one tag deceives only itself. */
void entity_tag_of_bytes(const void *bytes, size_t size, char tag[ENTITY_TAG_SIZE])
{
    static const unsigned char key[crypto_shorthash_siphashx24_KEYBYTES];
    unsigned char hash[crypto_shorthash_siphashx24_BYTES];
    crypto_shorthash_siphashx24(hash, bytes, size, key);
    *tag = '"';
    stpcpy(write_hex(tag + 1, hash, sizeof hash), "\"");
}

/* etagc */
static bool is_allowed(char c)
{
    unsigned char u = (unsigned char)c;
    return u == 0x21 || (u >= 0x23 && u <= 0x7e) || u >= 0x80;
}

bool entity_tag_of_version(const char *version, char tag[ENTITY_TAG_SIZE])
{
    size_t size = strlen(version);
    if (size >= 2 && version[0] == '"' && version[size - 1] == '"') {
        version++;
        size -= 2;
    }
    if (size == 0 || size > ENTITY_TAG_CONTENT_MAX)
        return false;
    for (size_t i = 0; i < size; i++)
        if (!is_allowed(version[i]))
            return false;
    tag[0] = '"';
    memcpy(tag + 1, version, size);
    strcpy(tag + 1 + size, "\"");
    return true;
}

void entity_tag_mark_gzip(char tag[ENTITY_TAG_SIZE])
{
    strcpy(tag + strlen(tag) - 1, GZIP_SUFFIX "\"");
}

/* ---- comparing ---- */

static const char *skip_separators(const char *p)
{
    return p + strspn(p, " \t,");
}

/* The end of the tag that begins here, behind its quote; NULL when none does. */
static const char *end_of_tag(const char *p)
{
    if (*p != '"')
        return NULL;
    for (p++; is_allowed(*p);)
        p++;
    return *p == '"' ? p + 1 : NULL;
}

static bool is_plain(const char *content, size_t size)
{
    for (size_t i = 0; i < size; i++)
        if (content[i] == ',' || content[i] == '*')
            return false;
    return size > 0;
}

/* Writes what the tag from p to end says. */
static char *write_content(char *out, const char *p, const char *end, bool weak)
{
    const size_t suffix = sizeof GZIP_SUFFIX - 1;
    size_t size = (size_t)(end - p) - 2;
    if (size > suffix && !memcmp(end - 1 - suffix, GZIP_SUFFIX, suffix))
        size -= suffix;
    if (weak || !is_plain(p + 1, size)) {
        *out = 'W';
        return out + 1;
    }
    memcpy(out, p + 1, size);
    return out + size;
}

bool entity_tag_read_match(const char *if_match, char *etag)
{
    const char *p = skip_separators(if_match);
    if (*p == '*') {
        strcpy(etag, "*");
        return !*skip_separators(p + 1);
    }
    char *out = etag;
    while (*p) {
        bool weak = !strncmp(p, "W/", 2);
        p += weak ? 2 : 0;
        const char *end = end_of_tag(p);
        if (!end)
            return false;
        if (out > etag)
            *out++ = ',';
        out = write_content(out, p, end, weak);
        p = skip_separators(end);
        if (*p && !memchr(end, ',', (size_t)(p - end)))
            return false;
    }
    *out = '\0';
    return out > etag;
}

bool entity_tag_is_named(const char *if_none_match, const char *tag)
{
    size_t size = strlen(tag);
    const char *p = skip_separators(if_none_match);
    if (*p == '*')
        return !*skip_separators(p + 1);
    while (*p) {
        if (!strncmp(p, "W/", 2))
            p += 2;
        const char *end = end_of_tag(p);
        if (!end)
            return false;
        if ((size_t)(end - p) == size && !memcmp(p, tag, size))
            return true;
        p = skip_separators(end);
    }
    return false;
}
