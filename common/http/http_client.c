/* Who asks: the peer, or whoever the trusted proxy at the other end asks for. */
#include "http_internal.h"

#include <string.h>
#include <strings.h>

enum { LINES_MAX = 16 };

typedef struct gathering {
    http_request *request;
    const char *name;
    const char *value; /* NULL: absent */
    unsigned lines;
} gathering;

static enum MHD_Result gather(void *cls, enum MHD_ValueKind kind, const char *name, const char *value)
{
    (void)kind;
    gathering *g = cls;
    if (strcasecmp(name, g->name) != 0 || !value)
        return MHD_YES;
    g->value = g->value ? arena_printf(&g->request->arena, "%s,%s", g->value, value) : value;
    return ++g->lines < LINES_MAX ? MHD_YES : MHD_NO;
}

/* Several lines are one list. NULL when there is none; when there are more than anybody has reason to send, nothing
 * that could be read. */
static const char *whole_header(http_request *r, const char *name)
{
    gathering g = {.request = r, .name = name};
    MHD_get_connection_values(r->mhd, MHD_HEADER_KIND, gather, &g);
    return g.lines < LINES_MAX ? g.value : "";
}

static bool read_x_forwarded(http_request *r, const char *x_forwarded_for, http_origin *origin)
{
    const char *proto = whole_header(r, "X-Forwarded-Proto");
    bool found = http_x_forwarded_for_read(x_forwarded_for, r->server->options.trusted_proxies, origin);
    origin->secure = proto && !strcasecmp(proto, "https");
    return found;
}

/* A proxy may set one of the two and pass the other on as the client sent it. Which is which cannot be known: when both
 * are there, both must tell the same, or neither is believed. */
static bool read_origin(http_request *r, http_origin *origin)
{
    const char *forwarded = whole_header(r, "Forwarded"), *x_forwarded_for = whole_header(r, "X-Forwarded-For");
    http_origin other;
    if (forwarded && !http_forwarded_read(forwarded, r->server->options.trusted_proxies, origin))
        return false;
    if (!x_forwarded_for)
        return forwarded != NULL;
    if (!read_x_forwarded(r, x_forwarded_for, &other))
        return false;
    if (!forwarded) {
        *origin = other;
        return true;
    }
    origin->secure &= other.secure;
    return http_address_equal(&origin->address, &other.address);
}

void http_find_client(http_request *r)
{
    http_origin origin;
    r->client_address = r->connection->address;
    if (!r->connection->trusted || !read_origin(r, &origin))
        return;
    char *text = arena_alloc(&r->arena, HTTP_ADDRESS_TEXT_SIZE);
    http_address_format(&origin.address, text);
    r->client_address = text;
    r->secure = origin.secure;
}

const char *http_client_address(const http_request *r)
{
    return r->client_address ? r->client_address : r->connection->address;
}

bool http_is_secure(const http_request *r)
{
    return r->secure;
}
