/*
 * The whole suite for a story: a PostgreSQL cluster and a Redis of its own, migrated, and the real programs. Each has
 * one port and one or several replicas, which listen at 127.0.0.1, 127.0.0.2 and so on. All of it dies with the test's
 * process.
 */
#pragma once

#include "load.h"

#include <stdbool.h>
#include <sys/types.h>

typedef struct suite suite;

typedef enum suite_program {
    SUITE_AUTH,
    SUITE_PLAN,
    SUITE_PROGRESS,
    SUITE_METRICS,
    SUITE_GATEWAY,
    SUITE_PROGRAMS
} suite_program;

enum { SUITE_REPLICAS_LIMIT = 4 };

typedef struct suite_options {
    unsigned replicas[SUITE_PROGRAMS];      /* 0 = one */
    const char *const *environment;         /* "KEY=value" for all programs, NULL at the end; before what is usual */
    const char *peers_host[SUITE_PROGRAMS]; /* how peers look for it: "dns+tcp://plan.test"; NULL = all its replicas */
} suite_options;

/* Starts everything and waits until each program is ready. */
suite *suite_start(void);
suite *suite_start_with(const suite_options *options);

/* SIGTERM to each program: every one must end with exit code 0 and without a sanitizer's report in its log. Stops the
 * servers. */
void suite_stop(suite *s);

const char *suite_url(const suite *s); /* of the first gateway: "http://127.0.0.1:PORT" */
const char *suite_program_name(suite_program which);
void suite_ops_url(const suite *s, suite_program which, char out[64]); /* where /health, /ready and /metrics are */
/* All replicas of the gateway, for load. Returns how many; the strings live as long as the suite. */
size_t suite_gateways(const suite *s, load_server servers[SUITE_REPLICAS_LIMIT]);
unsigned suite_replicas(const suite *s, suite_program which); /* how many there may be */
unsigned suite_rpc_port(const suite *s, suite_program which);
unsigned suite_http_port(const suite *s, suite_program which); /* the gateway's own, the others' operations port */
const char *suite_address(unsigned replica);                   /* "127.0.0.2" */

/* ---- one replica; the first is 0 ---- */

void suite_kill_program(suite *s, suite_program which, unsigned replica); /* SIGKILL */
/* SIGTERM, and waits for its end: exit code 0 and no sanitizer's report, else the test fails. */
void suite_end_program(suite *s, suite_program which, unsigned replica);
void suite_freeze_program(suite *s, suite_program which, unsigned replica, bool frozen); /* SIGSTOP, SIGCONT */
void suite_start_program(suite *s, suite_program which, unsigned replica);
/* The same with its log going to this file (suite_log_contains does not see it then). */
void suite_start_program_logging_to(suite *s, suite_program which, unsigned replica, const char *log);
void suite_wait_program(suite *s, suite_program which, unsigned replica); /* until its /ready says 200 */
pid_t suite_pid(const suite *s, suite_program which, unsigned replica);

/* The sum of the samples in its /metrics whose name and labels begin with this: "fibers", or
 * "rpc_server_handled_total{service=\"sical.plan". -1 when it does not answer. */
double suite_metric(const suite *s, suite_program which, unsigned replica, const char *sample);
unsigned suite_descriptors(const suite *s, suite_program which, unsigned replica);
double suite_resident_mib(const suite *s, suite_program which, unsigned replica);

/* ---- all of it ---- */

/* SIGKILL to all programs, to PostgreSQL and to Redis, at one moment. */
void suite_kill_everything(suite *s);
/* Starts again what was killed, with the same ports and the same data, and waits until it is ready. */
void suite_start_again(suite *s);

void suite_stop_postgres(suite *s);
void suite_kill_postgres(suite *s);
void suite_start_postgres(suite *s);
void suite_freeze_postgres(suite *s, bool frozen);
void suite_stop_redis(suite *s);
void suite_start_redis(suite *s);
void suite_freeze_redis(suite *s, bool frozen);

/* The first column of the first row as text, asked as superuser; malloc'ed. */
char *suite_query(suite *s, const char *sql);

/* Waits until /ready of every program that runs says 200; fails the test otherwise. */
void suite_wait_ready(suite *s);

/* The access-token key of this suite, for forging: base64 as in JWT_SECRET, and its id. */
const char *suite_token_key(const suite *s);

/* True when text stands in any program's log. */
bool suite_log_contains(const suite *s, const char *text);
