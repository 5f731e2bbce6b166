/* What the files of the load generator know of each other. */
#pragma once

#include "load.h"

#include <pthread.h>
#include <stdatomic.h>

enum { ANSWER_BYTES = 256 * 1024, HEAD_BYTES = 1536 };

typedef enum wire_state {
    WIRE_RESTING,    /* until due_us */
    WIRE_CONNECTING, /* a request is at hand from here on */
    WIRE_SENDING,
    WIRE_RECEIVING,
} wire_state;

/* A connection and its request. */
typedef struct wire {
    load *load;
    wire_state state;
    int descriptor;  /* -1 = none */
    unsigned server; /* the one in use, or to try next */
    bool requested;  /* the request below has begun and not ended */
    uint64_t number;
    load_request request;
    int64_t began_us, due_us;
    char *sent_text;
    size_t sent_size, sent;
    char *answer;
    size_t answer_size;
} wire;

enum { LATENCY_OCTAVES = 32, LATENCY_STEPS = 16 };

struct load {
    load_options options;
    load_server *servers;
    char *authorization;
    wire *wires;
    pthread_t thread;
    int64_t start_us;
    uint64_t next_number;
    atomic_bool stopping;
    atomic_uint_fast64_t ended, failed, sent_elsewhere;
    load_record *records;
    size_t record_count, record_capacity;
    uint64_t fates[LOAD_ANSWERED + 1], statuses[600];
    uint64_t latencies[LATENCY_OCTAVES * LATENCY_STEPS];
    int64_t stopped_us;
};

/* load_answer.c: an answer as it stands in a wire's buffer. */
typedef struct load_answer {
    int status;
    bool closes;
    const char *body; /* ends with NUL */
} load_answer;

/* 1: whole; 0: more must come; -1: it cannot be read. */
int load_read_answer(wire *w, load_answer *out);

/* load_record.c */
void load_note(load *l, const wire *w, load_fate fate, const load_answer *answer);
