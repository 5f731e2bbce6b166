/* Bytes from anywhere as each header field that is parsed. What may be passed on or answered is well-formed. */
#include "cors.h"
#include "entity_tag.h"
#include "fuzz.h"
#include "idempotency_key.h"
#include "negotiation.h"
#include "traceparent.h"

#include <stdlib.h>
#include <string.h>

static void try_tags(const char *text)
{
    char tag[ENTITY_TAG_SIZE];
    entity_tag_is_named(text, "\"x\"");
    if (!entity_tag_of_version(text, tag))
        return;
    require(entity_tag_is_named(tag, tag));
    entity_tag_mark_gzip(tag);
    require(strlen(tag) < ENTITY_TAG_SIZE && entity_tag_is_named(tag, tag));
}

/* What a service is given never grows, and holds no empty part. */
static void try_match(const char *text)
{
    size_t room = strlen(text) + 2;
    char *etag = malloc(room);
    if (entity_tag_read_match(text, etag))
        require(*etag && strlen(etag) < room && *etag != ',' && !strstr(etag, ",,") && !strchr(etag, '"'));
    free(etag);
}

static void try_traceparent(const char *text)
{
    char out[TRACEPARENT_SIZE], again[TRACEPARENT_SIZE];
    if (traceparent_read(text, out))
        require(strlen(out) == TRACEPARENT_SIZE - 1 && traceparent_read(out, again) && !strcmp(out, again));
}

static void try_key(const char *text)
{
    char key[IDEMPOTENCY_KEY_SIZE];
    if (!idempotency_key_read(text, key))
        return;
    require(*key);
    for (const char *p = key; *p; p++)
        require(*p >= ' ' && *p <= '~');
}

/* An origin is allowed only when it stands in the list. */
static void try_cors(const char *text)
{
    cors_policy p;
    const char *why;
    if (cors_init(&p, text, false, 0, &why) && !p.any) {
        const char *allowed = cors_allowed_origin(&p, text);
        require(!allowed || strstr(text, allowed));
    }
    cors_finish(&p);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    char *text = strndup((const char *)bytes, size);
    negotiation_takes_json(text);
    negotiation_wants_gzip(text);
    negotiation_is_json(text);
    negotiation_is_identity(text);
    try_tags(text);
    try_match(text);
    try_traceparent(text);
    try_key(text);
    try_cors(text);
    free(text);
    return 0;
}
