/*
 * The thread: looks what each wire may do, waits for descriptors and due times, goes on.
 *
 * A wire: RESTING -> (connection at hand? else CONNECTING) -> SENDING -> RECEIVING -> RESTING. A connection that breaks
 * while no byte of the request was taken brings it back to CONNECTING, at the next server.
 */
#include "load_internal.h"

#include "scratch_folder.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { RETRY_US = 5000, LONGEST_WAIT_MS = 20, DEFAULT_TIMEOUT_MS = 20000, WIRES_LIMIT = 512 };

static int64_t monotonic_us(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

int64_t load_now_us(const load *l)
{
    return monotonic_us() - l->start_us;
}

/* ---- requests ---- */

static void write_request(wire *w)
{
    const load *l = w->load;
    const load_request *r = &w->request;
    const load_server *server = &l->servers[w->server];
    const char *token = r->token ? r->token : l->authorization;
    w->sent = 0;
    w->sent_size = (size_t)snprintf(
        w->sent_text, HEAD_BYTES + sizeof r->body,
        "%s %s HTTP/1.1\r\nHost: %s:%u\r\n%s%s%sContent-Type: application/json\r\nContent-Length: %zu\r\n\r\n%s",
        r->method, r->path, server->address, server->port, token ? "Authorization: Bearer " : "", token ? token : "",
        token ? "\r\n" : "", strlen(r->body), r->body);
    if (w->sent_size >= HEAD_BYTES + sizeof r->body)
        test_fail("load: the request is too long: %s", r->path);
}

static void begin_request(wire *w, int64_t now)
{
    load *l = w->load;
    w->requested = true;
    w->number = l->next_number++;
    w->request = (load_request){.method = "GET"};
    l->options.make(l->options.arg, w->number, &w->request);
    w->began_us = now;
}

static void end_request(wire *w, load_fate fate, const load_answer *answer)
{
    load_note(w->load, w, fate, answer);
    w->requested = false;
    w->state = WIRE_RESTING;
    w->due_us = w->began_us + (int64_t)w->load->options.pace_ms * 1000;
}

/* ---- connections ---- */

/* Closes, and means to use the next server from now on. */
static void leave_server(wire *w)
{
    if (w->descriptor >= 0)
        close(w->descriptor);
    w->descriptor = -1;
    w->server = (w->server + 1) % (unsigned)w->load->options.server_count;
}

static void try_later(wire *w, int64_t now)
{
    leave_server(w);
    w->state = WIRE_RESTING;
    w->due_us = now + RETRY_US;
}

static void start_connecting(wire *w, int64_t now)
{
    const load_server *server = &w->load->servers[w->server];
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((uint16_t)server->port)};
    inet_pton(AF_INET, server->address, &address.sin_addr);
    int on = 1;
    w->descriptor = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (w->descriptor < 0)
        test_fail("load: socket: %s", strerror(errno));
    setsockopt(w->descriptor, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    w->state = WIRE_CONNECTING;
    if (connect(w->descriptor, (struct sockaddr *)&address, sizeof address) && errno != EINPROGRESS)
        try_later(w, now);
}

static void start_sending(wire *w)
{
    write_request(w);
    w->answer_size = 0;
    w->state = WIRE_SENDING;
}

static void finish_connecting(wire *w, int64_t now)
{
    int error = 0;
    socklen_t size = sizeof error;
    getsockopt(w->descriptor, SOL_SOCKET, SO_ERROR, &error, &size);
    if (error)
        try_later(w, now);
    else
        start_sending(w);
}

/* ---- what a wire can do ---- */

static void send_more(wire *w, int64_t now)
{
    ssize_t n = send(w->descriptor, w->sent_text + w->sent, w->sent_size - w->sent, MSG_NOSIGNAL);
    if (n < 0 && errno == EAGAIN)
        return;
    if (n < 0 && w->sent == 0) {
        try_later(w, now);
        return;
    }
    if (n < 0) {
        leave_server(w);
        end_request(w, LOAD_CUT, NULL);
        return;
    }
    w->sent += (size_t)n;
    if (w->sent == w->sent_size)
        w->state = WIRE_RECEIVING;
}

static void receive_more(wire *w)
{
    load_answer answer;
    ssize_t n = recv(w->descriptor, w->answer + w->answer_size, ANSWER_BYTES - 1 - w->answer_size, 0);
    if (n < 0 && errno == EAGAIN)
        return;
    if (n > 0)
        w->answer_size += (size_t)n;
    int whole = n > 0 ? load_read_answer(w, &answer) : -1;
    if (whole == 0)
        return;
    if (whole < 0 || answer.closes)
        leave_server(w);
    if (whole > 0 && answer.closes)
        atomic_fetch_add(&w->load->sent_elsewhere, 1);
    end_request(w, whole < 0 ? LOAD_CUT : LOAD_ANSWERED, whole < 0 ? NULL : &answer);
}

/* Nothing is expected here but the end of the connection. */
static void look_while_resting(wire *w)
{
    char byte;
    if (recv(w->descriptor, &byte, 1, 0) >= 0 || errno != EAGAIN)
        leave_server(w);
}

static void on_ready(wire *w, int64_t now)
{
    switch (w->state) {
    case WIRE_RESTING:
        look_while_resting(w);
        break;
    case WIRE_CONNECTING:
        finish_connecting(w, now);
        break;
    case WIRE_SENDING:
        send_more(w, now);
        break;
    case WIRE_RECEIVING:
        receive_more(w);
        break;
    }
}

static void on_time(wire *w, int64_t now)
{
    const load *l = w->load;
    if (w->requested && now - w->began_us > (int64_t)l->options.timeout_ms * 1000) {
        load_fate fate = w->state == WIRE_RECEIVING || w->sent ? LOAD_LATE : LOAD_NOT_SENT;
        leave_server(w);
        end_request(w, fate, NULL);
    }
    if (w->state != WIRE_RESTING || now < w->due_us)
        return;
    if (!w->requested && atomic_load(&l->stopping))
        return;
    if (!w->requested)
        begin_request(w, now);
    w->sent = 0;
    if (w->descriptor < 0)
        start_connecting(w, now);
    else
        start_sending(w);
    if (w->state == WIRE_SENDING)
        send_more(w, now);
}

/* ---- the thread ---- */

static short events_of(const wire *w)
{
    return w->state == WIRE_CONNECTING || w->state == WIRE_SENDING ? POLLOUT : POLLIN;
}

static int wait_ms(const load *l, int64_t now)
{
    int64_t first = now + LONGEST_WAIT_MS * 1000;
    for (unsigned i = 0; i < l->options.connections; i++)
        if (l->wires[i].state == WIRE_RESTING && l->wires[i].due_us < first)
            first = l->wires[i].due_us;
    return first <= now ? 0 : (int)((first - now + 999) / 1000);
}

static bool all_ended(const load *l)
{
    for (unsigned i = 0; i < l->options.connections; i++)
        if (l->wires[i].requested)
            return false;
    return true;
}

static void *run(void *arg)
{
    load *l = arg;
    unsigned count = l->options.connections;
    struct pollfd polled[WIRES_LIMIT];
    while (!atomic_load(&l->stopping) || !all_ended(l)) {
        int64_t now = load_now_us(l);
        for (unsigned i = 0; i < count; i++)
            on_time(&l->wires[i], now);
        for (unsigned i = 0; i < count; i++)
            polled[i] = (struct pollfd){.fd = l->wires[i].descriptor, .events = events_of(&l->wires[i])};
        if (poll(polled, count, atomic_load(&l->stopping) ? 1 : wait_ms(l, now)) < 0 && errno != EINTR)
            test_fail("load: poll: %s", strerror(errno));
        now = load_now_us(l);
        for (unsigned i = 0; i < count; i++)
            if (polled[i].revents)
                on_ready(&l->wires[i], now);
    }
    return NULL;
}

/* ---- life ---- */

static void make_wire(load *l, unsigned index)
{
    wire *w = &l->wires[index];
    *w = (wire){.load = l, .descriptor = -1, .server = index % (unsigned)l->options.server_count};
    w->sent_text = malloc(HEAD_BYTES + sizeof w->request.body);
    w->answer = malloc(ANSWER_BYTES);
    if (!w->sent_text || !w->answer)
        abort();
    /* Spread over one pace, so that they do not all ask at once. */
    w->due_us = (int64_t)l->options.pace_ms * 1000 * index / l->options.connections;
}

load *load_start(const load_options *options)
{
    load *l = calloc(1, sizeof *l);
    if (!l || options->connections < 1 || options->connections > WIRES_LIMIT || !options->server_count)
        test_fail("load: not that many connections");
    l->options = *options;
    l->options.timeout_ms = options->timeout_ms ? options->timeout_ms : DEFAULT_TIMEOUT_MS;
    l->authorization = options->authorization ? strdup(options->authorization) : NULL;
    l->servers = malloc(options->server_count * sizeof *l->servers);
    l->wires = calloc(options->connections, sizeof *l->wires);
    if (!l->servers || !l->wires)
        abort();
    memcpy(l->servers, options->servers, options->server_count * sizeof *l->servers);
    for (unsigned i = 0; i < options->connections; i++)
        make_wire(l, i);
    l->start_us = monotonic_us();
    if (pthread_create(&l->thread, NULL, run, l))
        test_fail("load: no thread");
    return l;
}

void load_stop(load *l)
{
    if (atomic_exchange(&l->stopping, true))
        return;
    pthread_join(l->thread, NULL);
    l->stopped_us = load_now_us(l);
}

void load_destroy(load *l)
{
    if (!l)
        return;
    load_stop(l);
    for (unsigned i = 0; i < l->options.connections; i++) {
        if (l->wires[i].descriptor >= 0)
            close(l->wires[i].descriptor);
        free(l->wires[i].sent_text);
        free(l->wires[i].answer);
    }
    free(l->wires);
    free(l->servers);
    free(l->authorization);
    free(l->records);
    free(l);
}

uint64_t load_ended(const load *l)
{
    return atomic_load(&l->ended);
}

uint64_t load_sent_elsewhere(const load *l)
{
    return atomic_load(&l->sent_elsewhere);
}

uint64_t load_failed(const load *l)
{
    return atomic_load(&l->failed);
}
