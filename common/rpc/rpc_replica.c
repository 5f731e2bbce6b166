#include "rpc_replica.h"

#include "clock.h"
#include "log.h"
#include "rpc_socket.h"
#include "rpc_standing.h"

#include <stdlib.h>
#include <string.h>

enum {
    BATCH_BYTES = 256 * 1024,
    SILENCE_MS = 1000,
};

struct rpc_replica {
    rpc_replica_options options;
    char *address;
    rpc_socket *socket;
    loop *loop;
    loop_hook flush_hook;
    bool blocked; /* nng takes nothing until on_writable */
    bool was_connected;
    bool leaving;    /* as its last message said */
    unsigned losses; /* those already dealt with */
    unsigned load;
    size_t queued_bytes;
    rpc_pending_list queued;
    rpc_pending_list sent; /* the one that left first comes first */
    rpc_standing standing;
    uint64_t heard_ns; /* when the last message came */
    rpc_replica *next;
};

/* ---- lists ---- */

void rpc_pending_list_init(rpc_pending_list *list)
{
    *list = (rpc_pending_list){.last = &list->first};
}

void rpc_pending_append(rpc_pending_list *list, rpc_pending *call)
{
    call->next = NULL;
    call->link = list->last;
    *list->last = call;
    list->last = &call->next;
}

void rpc_pending_remove(rpc_pending_list *list, rpc_pending *call)
{
    /* NOLINTNEXTLINE(clang-analyzer-core.NullDereference): a call in a list has a link */
    *call->link = call->next;
    if (call->next)
        call->next->link = call->link;
    else
        list->last = call->link;
    call->link = NULL;
}

/* Takes the call out of its list: the one place where it leaves QUEUED or SENT for good. */
static void take_out(rpc_replica *r, rpc_pending *call, rpc_pending_state state)
{
    bool queued = call->state == RPC_PENDING_QUEUED;
    rpc_pending_remove(queued ? &r->queued : &r->sent, call);
    if (queued)
        r->queued_bytes -= call->size_bytes;
    r->load--;
    call->state = state;
    call->replica = NULL;
}

static void end(rpc_replica *r, rpc_pending *call, rpc_pending_state state)
{
    take_out(r, call, state);
    fiber_wake(call->waiter);
}

/* ---- how it does ---- */

static void note_failure(rpc_replica *r, uint64_t begun_ns)
{
    const rpc_replica_options *o = &r->options;
    if (!rpc_standing_fail(&r->standing, begun_ns) || !o->may_eject || !o->may_eject(o->may_eject_arg, r))
        return;
    rpc_standing_eject(&r->standing, clock_monotonic_ns());
    log_warn("a replica fails again and again: others are preferred", log_text("peer", o->service),
             log_text("address", r->address));
}

bool rpc_replica_is_leaving(const rpc_replica *r)
{
    return r->leaving;
}

bool rpc_replica_is_ejected(const rpc_replica *r, uint64_t now_ns)
{
    return rpc_standing_is_ejected(&r->standing, now_ns);
}

bool rpc_replica_is_silent(const rpc_replica *r, uint64_t now_ns)
{
    if (!r->sent.first)
        return false;
    uint64_t since = r->sent.first->sent_ns > r->heard_ns ? r->sent.first->sent_ns : r->heard_ns;
    return now_ns > since + SILENCE_MS * CLOCK_NS_PER_MS;
}

uint64_t rpc_replica_latency_ns(const rpc_replica *r, uint64_t now_ns)
{
    return rpc_standing_latency_ns(&r->standing, now_ns);
}

/* ---- what arrives ---- */

static void answer(rpc_replica *r, rpc_pending *call, wire_span bytes, const envelope_response *response)
{
    if (response->code == CODE_UNAVAILABLE)
        note_failure(r, call->sent_ns);
    else if (response->code != CODE_RESOURCE_EXHAUSTED) /* that is quick, and says nothing of what takes its time */
        rpc_standing_succeed(&r->standing, r->heard_ns - call->sent_ns, r->heard_ns);
    rpc_reply *reply = call->reply;
    arena *a = call->arena;
    *reply = (rpc_reply){.code = (int)response->code, .message = "", .refused = response->refused};
    if (response->code == CODE_OK) {
        reply->payload = arena_memdup(a, response->payload.at, response->payload.size);
        reply->payload_size = response->payload.size;
    } else {
        if (response->code >= CODE_COUNT)
            reply->code = CODE_UNKNOWN;
        reply->message = envelope_copy_text(a, response->message);
        reply->faults = envelope_copy_faults(a, bytes, response->fault_count);
        reply->fault_count = response->fault_count;
    }
    end(r, call, RPC_PENDING_ANSWERED);
}

static void on_message(void *arg, nng_msg *message)
{
    rpc_replica *r = arg;
    rpc_traffic *traffic = r->options.traffic;
    uint8_t *body = nng_msg_body(message);
    wire_reader batch = {.at = body, .end = body + nng_msg_len(message)};
    wire_span one;
    int next;
    bool leaving = false;
    r->heard_ns = clock_monotonic_ns();
    metrics_add(traffic->messages_received, 1);
    while ((next = envelope_next(&batch, &one, &leaving)) > 0) {
        envelope_response response;
        if (!envelope_read_response(one, &response)) {
            metrics_add(traffic->malformed, 1);
            continue;
        }
        metrics_add(traffic->calls_received, 1);
        rpc_pending *call = rpc_call_ids_find(r->options.ids, response.call_id);
        if (call && call->replica == r && call->state == RPC_PENDING_SENT)
            answer(r, call, one, &response);
        else
            metrics_add(traffic->late, 1);
    }
    if (next < 0)
        metrics_add(traffic->malformed, 1);
    r->leaving = leaving;
    nng_msg_free(message);
}

/* ---- connections ---- */

/* What was in flight on a lost connection will not be answered any more. Answers that came before it broke are taken
 * first. */
static void notice_losses(rpc_replica *r)
{
    unsigned losses = rpc_socket_losses(r->socket);
    if (losses == r->losses)
        return;
    r->losses = losses;
    r->leaving = false;
    rpc_socket_drain(r->socket);
    if (r->sent.first)
        note_failure(r, clock_monotonic_ns());
    while (r->sent.first)
        end(r, r->sent.first, RPC_PENDING_LOST);
}

static void send_elsewhere(rpc_replica *r)
{
    while (r->queued.first)
        end(r, r->queued.first, RPC_PENDING_IDLE);
}

static void on_connections(void *arg)
{
    rpc_replica *r = arg;
    notice_losses(r);
    if (!rpc_replica_connected(r))
        send_elsewhere(r);
    if (rpc_replica_connected(r) != r->was_connected) {
        r->was_connected = !r->was_connected;
        log_info(r->was_connected ? "peer connected" : "peer lost", log_text("peer", r->options.service),
                 log_text("address", r->address));
    }
    r->options.on_connections(r->options.arg);
}

bool rpc_replica_connected(const rpc_replica *r)
{
    return rpc_socket_connections(r->socket) > 0;
}

/* ---- what leaves ---- */

static void on_writable(void *arg)
{
    rpc_replica *r = arg;
    r->blocked = false;
    loop_again(r->loop);
}

static uint32_t left_ms(uint64_t deadline_ns, uint64_t now_ns)
{
    if (deadline_ns <= now_ns)
        return 1;
    uint64_t left = (deadline_ns - now_ns + CLOCK_NS_PER_MS - 1) / CLOCK_NS_PER_MS;
    return left < UINT32_MAX ? (uint32_t)left : UINT32_MAX;
}

/* Puts the first calls of the queue into a message, at least one. Returns how many. */
static unsigned fill_message(rpc_replica *r, nng_msg *message)
{
    unsigned count = 0;
    size_t size = 0;
    uint64_t now = clock_monotonic_ns();
    for (rpc_pending *call = r->queued.first; call; call = call->next) {
        call->sent_ns = now;
        call->request.timeout_ms = left_ms(call->deadline_ns, now);
        size_t bytes = envelope_request_size(&call->request);
        if (count && size + bytes > BATCH_BYTES)
            break;
        envelope_write_request(rpc_message_extend(message, bytes), &call->request);
        size += bytes;
        count++;
    }
    return count;
}

static void flush(void *arg)
{
    rpc_replica *r = arg;
    notice_losses(r);
    while (r->queued.first && !r->blocked) {
        nng_msg *message = rpc_message_new();
        /* The same for every message: answers are matched by call id, and a server gathers all answers with one id into
         * one message. */
        nng_msg_header_append_u32(message, ENVELOPE_REQUEST_ID);
        unsigned count = fill_message(r, message);
        if (!rpc_socket_send(r->socket, message)) {
            nng_msg_free(message); /* the calls stay; they are encoded anew when the pipe is free */
            r->blocked = true;
            return;
        }
        metrics_add(r->options.traffic->messages_sent, 1);
        metrics_add(r->options.traffic->calls_sent, count);
        while (count--) {
            rpc_pending *call = r->queued.first;
            rpc_pending_remove(&r->queued, call);
            r->queued_bytes -= call->size_bytes;
            call->state = RPC_PENDING_SENT;
            rpc_pending_append(&r->sent, call);
        }
    }
}

unsigned rpc_replica_load(const rpc_replica *r)
{
    return r->load;
}

bool rpc_replica_enqueue(rpc_replica *r, rpc_pending *call)
{
    if (r->load >= r->options.calls_limit || r->queued_bytes + call->size_bytes > r->options.queue_limit_bytes)
        return false;
    if (r->standing.ejected_until_ns)
        rpc_standing_begin(&r->standing, clock_monotonic_ns());
    r->load++;
    r->queued_bytes += call->size_bytes;
    call->state = RPC_PENDING_QUEUED;
    call->replica = r;
    rpc_pending_append(&r->queued, call);
    return true;
}

void rpc_replica_withdraw(rpc_replica *r, rpc_pending *call, bool late)
{
    if (late && call->state == RPC_PENDING_SENT)
        note_failure(r, call->sent_ns);
    take_out(r, call, RPC_PENDING_IDLE);
}

/* ---- life ---- */

const char *rpc_replica_address(const rpc_replica *r)
{
    return r->address;
}

rpc_replica **rpc_replica_next(rpc_replica *r)
{
    return &r->next;
}

void rpc_replica_retire(rpc_replica *r)
{
    log_info("peer retired", log_text("peer", r->options.service), log_text("address", r->address));
    send_elsewhere(r);
}

rpc_replica *rpc_replica_create(loop *l, const rpc_replica_options *options)
{
    rpc_replica *r = calloc(1, sizeof *r);
    if (!r)
        abort();
    r->options = *options;
    r->address = strdup(options->address);
    if (!r->address)
        abort();
    r->loop = l;
    rpc_pending_list_init(&r->queued);
    rpc_pending_list_init(&r->sent);
    rpc_socket_owner owner = {.on_message = on_message,
                              .on_writable = on_writable,
                              .on_connections = on_connections,
                              .arg = r};
    r->socket = rpc_socket_open(l, RPC_SOCKET_CLIENT, options->message_limit_bytes, &owner);
    loop_add_hook(l, &r->flush_hook, flush, r);
    int error = rpc_socket_dial(r->socket, r->address, options->tls, options->server_name);
    if (error) {
        log_error("address of a peer cannot be used", log_text("peer", options->service),
                  log_text("address", r->address), log_text("reason", nng_strerror(error)));
        rpc_replica_destroy(r);
        return NULL;
    }
    return r;
}

void rpc_replica_destroy(rpc_replica *r)
{
    if (!r)
        return;
    loop_remove_hook(r->loop, &r->flush_hook);
    rpc_socket_close(r->socket);
    free(r->address);
    free(r);
}
