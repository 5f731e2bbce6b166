/* Entity tags (RFC 9110, 8.8.3): strong ones, made of the answer's bytes or of a version that the service gives. Pure.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

/* The header fields, and the places of their faults. */
#define IF_MATCH      "If-Match"
#define IF_NONE_MATCH "If-None-Match"

enum { ENTITY_TAG_SIZE = 96, ENTITY_TAG_CONTENT_MAX = 80 };

/* The tag of these bytes: the same from every replica, another (but for 1 in 2^128) for other bytes. Well below a
 * microsecond for what a list of goals needs. */
void entity_tag_of_bytes(const void *bytes, size_t size, char tag[ENTITY_TAG_SIZE]);

/* The tag of a version, which may stand in quotes. false: it is empty, too long, or has what a tag must not have. */
bool entity_tag_of_version(const char *version, char tag[ENTITY_TAG_SIZE]);

/* The same answer gzipped is other bytes, so another tag: "x" becomes "x-gzip". */
void entity_tag_mark_gzip(char tag[ENTITY_TAG_SIZE]);

/* What If-Match asks for, as services take it in an etag: "*", or the contents of its tags separated by commas. That of
 * a gzipped answer stands for the answer itself. A weak tag matches nothing (RFC 9110, 13.1.1), nor does one that no
 * service makes: "W" stands for them. etag: room for as much as the field has, at least 2 bytes. false: it is
 * malformed. */
bool entity_tag_read_match(const char *if_match, char *etag);

/* Whether If-None-Match names the tag: "*", or a list of tags, weak ones as good as strong ones. What breaks the
 * grammar names nothing from there on. */
bool entity_tag_is_named(const char *if_none_match, const char *tag);
