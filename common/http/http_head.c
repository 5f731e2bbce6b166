/*
 * What libmicrohttpd lets through and we do not: heads that two parsers could read differently, which is how requests
 * are smuggled past a proxy, and what no client of ours has a reason to send.
 */
#include "http_internal.h"

#include <string.h>
#include <strings.h>

static const http_refusal accepted;

static http_refusal refuse(int code, const char *detail)
{
    return (http_refusal){.status = code, .detail = detail};
}

typedef struct head_scan {
    const char *line; /* where the next line of the head must begin */
    unsigned lengths, hosts, authorizations, encodings;
    bool bad_length, bad_encoding, bad_expectation;
    uint64_t length;
    const char *fault;
} head_scan;

static bool is_name(const char *name, size_t size)
{
    static const bool allowed[256] = {
        ['!'] = true,         ['#' ... '\''] = true, ['*'] = true,         ['+'] = true,
        ['-'] = true,         ['.'] = true,          ['|'] = true,         ['~'] = true,
        ['^' ... '`'] = true, ['0' ... '9'] = true,  ['A' ... 'Z'] = true, ['a' ... 'z'] = true,
    };
    for (size_t i = 0; i < size; i++)
        if (!allowed[(unsigned char)name[i]])
            return false;
    return size > 0;
}

static bool has_control_characters(const char *value, size_t size)
{
    for (size_t i = 0; i < size; i++) {
        unsigned char c = (unsigned char)value[i];
        if ((c < 0x20 && c != '\t') || c == 0x7f)
            return true;
    }
    return false;
}

/* libmicrohttpd joins the lines of a folded header in memory elsewhere; a value on one line follows its name, with
 * nothing but the end of the name and blanks in between. */
static bool is_folded(const char *name, size_t name_size, const char *value, size_t pool_bytes)
{
    const char *p = name + name_size;
    if (value < p || (size_t)(value - p) > pool_bytes)
        return true;
    while (p < value && (*p == '\0' || *p == ' ' || *p == '\t'))
        p++;
    return p < value;
}

/*
 * libmicrohttpd also takes a bare LF for the end of a line, and shows of a text with a NUL only what stands before it.
 * Both can be seen from where things lie: it parses in place and writes a NUL over each character of a line's end, so
 * the next line begins after exactly two. The blank line leaves two more; after a bare LF the second place holds what
 * follows the head, if anything does. What stays unseen: a NUL in place of a CR, or before the last header's CRLF.
 */
enum { LINE_END = 2 };
_Static_assert(MHD_VERSION < 0x00097700, "later versions lay the head out otherwise, and refuse such lines themselves");

static const char broken_line[] = "a line of the head has a NUL or ends without CRLF";

static void check_last_lines(head_scan *h)
{
    static const char written_over[2 * LINE_END];
    if (!h->fault && memcmp(h->line - LINE_END, written_over, sizeof written_over) != 0)
        h->fault = broken_line;
}

static void scan_length(head_scan *h, const char *value, size_t size)
{
    h->lengths++;
    h->length = 0;
    h->bad_length |= size == 0 || size > 18 || strspn(value, "0123456789") != size;
    for (size_t i = 0; i < size && !h->bad_length; i++)
        h->length = h->length * 10 + (uint64_t)(value[i] - '0');
}

static void scan_known(head_scan *h, const char *name, const char *value, size_t size)
{
    if (!strcasecmp(name, "Content-Length")) {
        scan_length(h, value, size);
    } else if (!strcasecmp(name, "Host")) {
        h->hosts++;
    } else if (!strcasecmp(name, "Authorization")) {
        h->authorizations++;
    } else if (!strcasecmp(name, "Transfer-Encoding")) {
        h->encodings++;
        h->bad_encoding |= strcasecmp(value, "chunked") != 0;
    } else if (!strcasecmp(name, "Expect")) {
        h->bad_expectation |= strcasecmp(value, "100-continue") != 0;
    }
}

typedef struct scan_context {
    head_scan *scan;
    size_t pool_bytes;
} scan_context;

static enum MHD_Result scan_header(void *cls, enum MHD_ValueKind kind, const char *name, size_t name_size,
                                   const char *value, size_t value_size)
{
    (void)kind;
    scan_context *context = cls;
    head_scan *h = context->scan;
    if (!is_name(name, name_size))
        h->fault = "a header's name has a character that is not allowed there";
    else if (!value || has_control_characters(value, value_size) || strlen(value) != value_size)
        h->fault = "a header has a control character";
    else if (is_folded(name, name_size, value, context->pool_bytes))
        h->fault = "a header goes on in the next line (obs-fold)";
    else if (name != h->line)
        h->fault = broken_line;
    else
        scan_known(h, name, value, value_size);
    h->line = value ? value + value_size + LINE_END : NULL;
    return h->fault ? MHD_NO : MHD_YES;
}

static http_refusal check_framing(const head_scan *h, const http_request *r)
{
    if (h->fault)
        return refuse(400, h->fault);
    if (h->lengths > 1 || h->bad_length)
        return refuse(400, "Content-Length must stand once, as a decimal number");
    if (h->encodings && h->lengths)
        return refuse(400, "Content-Length and Transfer-Encoding exclude each other");
    if (h->encodings && r->http_1_0)
        return refuse(400, "HTTP/1.0 has no Transfer-Encoding");
    if (h->encodings > 1 || h->bad_encoding)
        return refuse(h->encodings > 1 ? 400 : 501, "the only Transfer-Encoding is chunked");
    if (h->hosts > 1 || (!h->hosts && !r->http_1_0))
        return refuse(400, "Host must stand once");
    if (h->authorizations > 1)
        return refuse(400, "Authorization must not stand twice");
    if (h->bad_expectation)
        return refuse(417, "the only expectation is 100-continue");
    return accepted;
}

static http_refusal check_target(const http_request *r)
{
    bool of_the_server = !strcmp(r->path, "*") && !strcmp(r->method, "OPTIONS");
    if (r->path[0] != '/' && !of_the_server)
        return refuse(400, "the request target must begin with '/'");
    for (const char *part = r->path; part; part = part == r->path ? r->query : NULL)
        for (const char *p = part; *p; p++) {
            if ((unsigned char)*p <= 0x20 || (unsigned char)*p >= 0x7f || *p == '#')
                return refuse(400, "the request target has a character that must be percent-encoded");
            if (!strncmp(p, "%00", 3))
                return refuse(400, "the request target has a NUL");
        }
    return accepted;
}

static http_refusal check_body_size(http_request *r, const head_scan *h)
{
    const http_server_options *o = &r->server->options;
    r->has_body = h->encodings || h->length > 0;
    if (!r->has_body)
        return accepted;
    r->body_limit = o->body_limit ? o->body_limit(o->arg, r) : (size_t)64 * 1024;
    return h->length > r->body_limit ? refuse(413, "the body is larger than allowed here") : accepted;
}

http_refusal http_check_head(http_request *r, const char *version)
{
    head_scan h = {.line = version + strlen(version) + LINE_END};
    if (r->method + strlen(r->method) + 1 != r->target || r->target + r->target_size + 1 != version)
        h.fault = "the request line is not method, target and version with one blank between them";
    scan_context context = {.scan = &h, .pool_bytes = r->server->options.pool_bytes};
    r->http_1_0 = strcmp(version, "HTTP/1.1") != 0;
    MHD_get_connection_values_n(r->mhd, MHD_HEADER_KIND, scan_header, &context);
    check_last_lines(&h);
    http_refusal refusal = check_framing(&h, r);
    if (!refusal.status)
        refusal = check_target(r);
    if (!refusal.status && !is_name(r->method, strlen(r->method)))
        refusal = refuse(400, "the method is no token");
    if (!refusal.status && !strcmp(r->method, "CONNECT"))
        refusal = refuse(501, "the method is not implemented");
    if (!refusal.status)
        refusal = check_body_size(r, &h);
    return refusal;
}
