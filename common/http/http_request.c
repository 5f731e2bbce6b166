/*
 * The way of a request: target -> head -> body -> fiber -> answer -> sent. libmicrohttpd calls http_on_request once
 * when the head is complete, once for each piece of the body, and then until a response is queued.
 */
#include "http_internal.h"

#include "clock.h"

#include <stdlib.h>
#include <string.h>

enum { POOL_LIMIT = 256, BODY_FIRST_BYTES = 4096 };

/* 2^32 by the golden ratio: its multiples spread evenly over 32 bits. */
static const uint32_t REST_STEP = 2654435769u;

/* ---- making and ending ---- */

static http_request *take_request(http_server *s)
{
    http_request *r = s->pool;
    if (r) {
        s->pool = r->next;
        s->pool_count--;
    } else {
        r = calloc(1, sizeof *r);
        if (!r)
            abort();
        arena_init(&r->arena, 0);
    }
    arena memory = r->arena;
    *r = (http_request){.server = s, .arena = memory};
    return r;
}

static void give_back(http_request *r)
{
    http_server *s = r->server;
    free(r->body);
    if (s->pool_count >= POOL_LIMIT) {
        arena_finish(&r->arena);
        free(r);
        return;
    }
    arena_reset(&r->arena);
    r->next = s->pool;
    s->pool = r;
    s->pool_count++;
}

void http_free_pool(http_server *s)
{
    while (s->pool) {
        http_request *r = s->pool;
        s->pool = r->next;
        arena_finish(&r->arena);
        free(r);
    }
}

/* The request line is there, the headers are not yet. libmicrohttpd will decode the target in place, so it is copied.
 */
void *http_on_target(void *cls, const char *target, struct MHD_Connection *mhd)
{
    http_server *s = cls;
    http_request *r = take_request(s);
    r->mhd = mhd;
    r->connection = MHD_get_connection_info(mhd, MHD_CONNECTION_INFO_SOCKET_CONTEXT)->socket_context;
    r->path = arena_strdup(&r->arena, target);
    r->target = target;
    r->target_size = strlen(target);
    char *mark = strchr(r->path, '?');
    if (mark)
        *mark = '\0';
    r->query = mark ? mark + 1 : r->path + strlen(r->path);
    r->connection->begun = true;
    http_wait_for_client(r->connection, &s->reading);
    return r;
}

void http_on_completed(void *cls, struct MHD_Connection *mhd, void **context, enum MHD_RequestTerminationCode code)
{
    (void)mhd;
    (void)code;
    http_server *s = cls;
    http_request *r = *context;
    if (!r)
        return;
    *context = NULL;
    if (r->status && s->options.done)
        s->options.done(s->options.arg, r, r->status, r->response_bytes, clock_monotonic_ns() - r->started_ns);
    if (r->close_after)
        http_linger(r->connection);
    r->connection->begun = r->connection->in_body = false;
    http_wait_for_client(r->connection, &s->idle);
    if (r->response)
        MHD_destroy_response(r->response);
    give_back(r);
}

/* ---- the fiber ---- */

static void respond_plainly(http_request *r, int http_status, const char *detail)
{
    http_field type = {"Content-Type", "text/plain; charset=utf-8"};
    http_respond(r, http_status, &type, 1, detail, strlen(detail));
}

static void answer(http_request *r)
{
    const http_server_options *o = &r->server->options;
    if (!r->refusal.status) {
        o->handle(o->arg, r);
        if (r->response)
            return;
        r->refusal = (http_refusal){.status = 500, .detail = "the request was not answered"};
        r->close_after = true;
    }
    if (o->refuse)
        o->refuse(o->arg, r, r->refusal.status, r->refusal.detail);
    if (!r->response)
        respond_plainly(r, r->refusal.status, r->refusal.detail);
}

static void leave_working(http_request *r)
{
    http_server *s = r->server;
    if (r->previous)
        r->previous->next = r->next;
    else
        s->working = r->next;
    if (r->next)
        r->next->previous = r->previous;
    s->in_flight--;
}

/* It came before it was told to: then it is refused, and the next one is not. */
static void rest(http_request *r)
{
    uint64_t now = clock_monotonic_ns(), until = r->connection->rest_until_ns;
    r->connection->rest_until_ns = 0;
    if (until > now)
        fiber_sleep((uint32_t)((until - now) / CLOCK_NS_PER_MS + 1));
    r->refusal = (http_refusal){.status = 503, .detail = "This came sooner than Retry-After said."};
}

static void work(void *arg)
{
    http_request *r = arg;
    http_server *s = r->server;
    if (r->rests)
        rest(r);
    fiber_set_deadline_ns(clock_monotonic_ns() + s->options.request_timeout_ms * CLOCK_NS_PER_MS);
    answer(r);
    leave_working(r);
    r->state = HTTP_ANSWERED;
    s->run_again = true;
    MHD_resume_connection(r->mhd);
}

static void start_work(http_request *r)
{
    http_server *s = r->server;
    r->state = HTTP_WORKING;
    r->previous = NULL;
    r->next = s->working;
    if (s->working)
        s->working->previous = r;
    s->working = r;
    s->in_flight++;
    r->connection->in_body = false;
    http_wait_for_client(r->connection, NULL);
    MHD_suspend_connection(r->mhd);
    r->worker = fiber_spawn(s->loop, "http request", work, r);
}

/* ---- reading ---- */

static void begin_body(http_connection *c)
{
    http_wait_for_client(c, &c->server->reading);
    c->in_body = true;
    c->body_started_ms = uv_now(loop_uv(c->server->loop));
    c->body_bytes = 0;
}

/* A refused head is answered now, body unread: libmicrohttpd then closes the connection. */
static enum MHD_Result head_is_complete(http_request *r, const char *method, const char *version)
{
    r->method = method;
    r->started_ns = clock_monotonic_ns();
    r->arrived_ns = r->server->arrivals.earliest_ns;
    if (r->connection->trusted)
        http_find_client(r);
    r->refusal = http_check_head(r, version);
    if (r->refusal.status) {
        r->close_after = true;
        start_work(r);
    } else if (r->has_body) {
        begin_body(r->connection);
    }
    return MHD_YES;
}

static void grow_body(http_request *r, size_t needed)
{
    size_t capacity = r->body_capacity ? r->body_capacity : BODY_FIRST_BYTES;
    while (capacity < needed)
        capacity *= 2;
    if (capacity == r->body_capacity)
        return;
    r->body = realloc(r->body, capacity);
    if (!r->body)
        abort();
    r->body_capacity = capacity;
}

static void take_body(http_request *r, const char *bytes, size_t size)
{
    if (r->state == HTTP_DISCARDING)
        return;
    if (size > r->body_limit - r->body_size) {
        r->state = HTTP_DISCARDING;
        r->refusal = (http_refusal){.status = 413, .detail = "the body is larger than allowed here"};
        r->close_after = true;
        return;
    }
    grow_body(r, r->body_size + size);
    memcpy(r->body + r->body_size, bytes, size);
    r->body_size += size;
    r->connection->body_bytes += size;
}

static enum MHD_Result queue_answer(http_request *r)
{
    r->state = HTTP_SENDING;
    http_wait_for_client(r->connection, &r->server->sending);
    return MHD_queue_response(r->mhd, (unsigned)r->status, r->response);
}

/* What is answered at once leaves in the same step in which libmicrohttpd has read it. */
static enum MHD_Result request_is_whole(http_request *r)
{
    const http_server_options *o = &r->server->options;
    bool good = !r->refusal.status;
    r->arrived_ns = r->server->arrivals.earliest_ns; /* its last byte: how slowly a body comes is the client's affair */
    r->rests = good && r->connection->rest_until_ns > r->started_ns;
    if (good && !r->rests && o->answer_at_once && o->answer_at_once(o->arg, r))
        return queue_answer(r);
    start_work(r);
    return MHD_YES;
}

enum MHD_Result http_on_request(void *cls, struct MHD_Connection *mhd, const char *url, const char *method,
                                const char *version, const char *upload, size_t *upload_size, void **context)
{
    (void)cls;
    (void)mhd;
    (void)url;
    http_request *r = *context;
    if (!r->method)
        return head_is_complete(r, method, version);
    switch (r->state) {
    case HTTP_READING:
    case HTTP_DISCARDING:
        if (!*upload_size)
            return request_is_whole(r);
        take_body(r, upload, *upload_size);
        *upload_size = 0;
        return MHD_YES;
    case HTTP_ANSWERED:
        return queue_answer(r);
    case HTTP_WORKING:
    case HTTP_SENDING:
        return MHD_YES;
    }
    return MHD_NO;
}

/* ---- what handlers see ---- */

arena *http_arena(http_request *r)
{
    return &r->arena;
}

const char *http_method(const http_request *r)
{
    return r->method;
}

const char *http_path(const http_request *r)
{
    return r->path;
}

const char *http_query(const http_request *r)
{
    return r->query;
}

const char *http_header(const http_request *r, const char *name)
{
    return MHD_lookup_connection_value(r->mhd, MHD_HEADER_KIND, name);
}

const uint8_t *http_body(const http_request *r, size_t *size)
{
    *size = r->body_size;
    return r->body;
}

uint8_t *http_take_body(http_request *r, size_t *size)
{
    uint8_t *body = r->body;
    *size = r->body_size;
    r->body = NULL;
    r->body_size = r->body_capacity = 0;
    return body;
}

uint64_t http_started_ns(const http_request *r)
{
    return r->started_ns;
}

uint64_t http_latency_ns(const http_request *r)
{
    return clock_monotonic_ns() - r->arrived_ns;
}

/* Rests that begin together end apart, or all of them would come again at once. */
void http_rest(http_request *r, uint32_t ms)
{
    http_server *s = r->server;
    if (r->connection->trusted)
        return;
    s->rests += REST_STEP;
    uint64_t part = ms * CLOCK_NS_PER_MS / 2;
    r->connection->rest_until_ns = clock_monotonic_ns() + part + part * s->rests / UINT32_MAX;
}

void http_set_context(http_request *r, void *context)
{
    r->context = context;
}

void *http_context(const http_request *r)
{
    return r->context;
}

void http_respond(http_request *r, int http_status, const http_field *headers, size_t header_count, const void *body,
                  size_t size)
{
    bool ours = size == 0 || arena_contains(&r->arena, body);
    r->response = MHD_create_response_from_buffer(size, (void *)(uintptr_t)(size ? body : ""),
                                                  ours ? MHD_RESPMEM_PERSISTENT : MHD_RESPMEM_MUST_COPY);
    if (!r->response)
        abort();
    for (size_t i = 0; i < header_count; i++)
        MHD_add_response_header(r->response, headers[i].name, headers[i].value);
    if (r->close_after || r->server->leaving)
        MHD_add_response_header(r->response, "Connection", "close");
    r->status = http_status;
    r->response_bytes = size;
}
