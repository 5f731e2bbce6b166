/*
 * The whole suite for a story: a PostgreSQL cluster and a Redis of its own, migrated, and the five real programs on
 * free ports of 127.0.0.1. All of it dies with the test's process.
 */
#pragma once

#include <stdbool.h>

typedef struct suite suite;

typedef enum suite_program {
    SUITE_AUTH,
    SUITE_PLAN,
    SUITE_PROGRESS,
    SUITE_METRICS,
    SUITE_GATEWAY,
    SUITE_PROGRAMS
} suite_program;

/* Starts everything and waits until the gateway is ready. */
suite *suite_start(void);

/* SIGTERM to each program: every one must end with exit code 0 and without a sanitizer's report in its log. Stops the
 * servers. */
void suite_stop(suite *s);

const char *suite_url(const suite *s);                                 /* "http://127.0.0.1:PORT" */
const char *suite_program_name(suite_program which);                   /* "sical-plan" */
void suite_ops_url(const suite *s, suite_program which, char out[64]); /* where /health, /ready and /metrics are */

/* SIGKILL to all five programs, to PostgreSQL and to Redis, at one moment. */
void suite_kill_everything(suite *s);
/* Starts again what was killed, with the same ports and the same data, and waits until it is ready. */
void suite_start_again(suite *s);

void suite_kill_program(suite *s, suite_program which);
void suite_start_program(suite *s, suite_program which);

void suite_stop_postgres(suite *s);
void suite_start_postgres(suite *s);
void suite_freeze_postgres(suite *s, bool frozen);
void suite_stop_redis(suite *s);
void suite_start_redis(suite *s);

/* Waits until /ready of the gateway says 200, at most 20 s; fails the test otherwise. */
void suite_wait_ready(suite *s);

/* The access-token key of this suite, for forging: base64 as in JWT_SECRET, and its id. */
const char *suite_token_key(const suite *s);

/* True when text stands in any program's log. */
bool suite_log_contains(const suite *s, const char *text);
