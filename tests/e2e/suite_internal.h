/* What the files of the suite know of each other. */
#pragma once

#include "postgres.h"
#include "program.h"
#include "redis.h"
#include "suite.h"

struct suite {
    suite_options options;
    test_postgres *postgres;
    test_redis *redis;
    test_program *programs[SUITE_PROGRAMS][SUITE_REPLICAS_LIMIT]; /* NULL = was never started */
    unsigned rpc_port[SUITE_PROGRAMS];
    unsigned http_port[SUITE_PROGRAMS];
    char url[64];
};

/* suite_environment.c: starts a replica; log: NULL = a file of its own. */
test_program *suite_launch(const suite *s, suite_program which, unsigned replica, const char *log);
