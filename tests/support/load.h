/*
 * HTTP load for tests: connections kept alive on a thread of their own, each with one request at a time, and a record
 * of what became of each. It behaves as a careful client: it heeds "Connection: close", it leaves a connection that the
 * server has closed, and for the next one it goes on to the next server. A request goes to another server only when no
 * byte of it was taken; one whose connection broke afterwards has failed and is never sent again.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct load load;

typedef struct load_server {
    const char *address; /* "127.0.0.2"; lives as long as the load */
    unsigned port;
} load_server;

typedef struct load_request {
    unsigned kind;      /* the caller's, kept in the record */
    int success;        /* the status of a good answer */
    const char *method; /* "GET"; a constant */
    const char *token;  /* instead of the load's; it lives as long as the load */
    char path[160];
    char body[512];   /* JSON; "" = none */
    char expect[128]; /* stands in the body of a good answer; "" = anything will do */
} load_request;

typedef struct load_options {
    const load_server *servers;
    size_t server_count;
    unsigned connections; /* 1 to 512 */
    unsigned pace_ms;     /* from one request of a connection to its next, if it was answered by then; 0: at once */
    unsigned timeout_ms;  /* for an answer, connecting included; 0 = 20,000 */
    const char *authorization; /* sent as "Authorization: Bearer ..."; copied; NULL = none */
    bool only_failures;        /* keep no record of a good answer, for long runs */
    /* Fills the request of this number: 0, 1, 2 ... Runs on the load's thread; *request is zeroed. */
    void (*make)(void *arg, uint64_t number, load_request *request);
    void *arg;
} load_options;

typedef enum load_fate {
    LOAD_NOT_SENT, /* no server took it in time */
    LOAD_CUT,      /* the connection ended before the whole answer */
    LOAD_LATE,     /* no answer in time */
    LOAD_ANSWERED,
} load_fate;

typedef struct load_record {
    uint64_t number;
    unsigned kind;
    load_fate fate;
    int status;       /* 0 = not answered */
    bool good;        /* answered with the status and the text that it must have */
    int64_t began_us; /* since load_start */
    int64_t took_us;
    char answer[400]; /* the beginning of the body, of an answer that is not good */
} load_record;

/* Begins at once. Ends the test when it cannot. */
load *load_start(const load_options *options);

/* Lets every request under way end, and begins no further one. Then records and figures may be read. */
void load_stop(load *l);
void load_destroy(load *l);

/* Requests ended so far, and those of them that were not good. On any thread, at any time. */
uint64_t load_ended(const load *l);
uint64_t load_failed(const load *l);
uint64_t load_sent_elsewhere(const load *l); /* answers with Connection: close */
int64_t load_now_us(const load *l);          /* since load_start */

/* In the order in which they ended. */
const load_record *load_records(const load *l, size_t *count);

/* The latency below which this part of the good answers stayed (0.5, 0.99, 1), within 1/16 of it. */
double load_quantile_ms(const load *l, double part);

/* One line on standard error: requests by outcome, rate, latency; then the first records that are not good. */
void load_print(const load *l, const char *title);
