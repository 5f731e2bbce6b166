/* What the programs of a suite are told in their environment. */
#include "suite_internal.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { VARIABLES = 48, ADDRESSES_SIZE = 256 };

static const char *const roles[SUITE_PROGRAMS] = {"sical_auth", "sical_plan", "sical_progress", "sical_metrics", NULL};

typedef struct environment {
    char *variables[VARIABLES + 1];
    size_t count;
} environment;

static void __attribute__((format(printf, 2, 3))) set(environment *e, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    if (e->count == VARIABLES || vasprintf(&e->variables[e->count++], format, args) < 0)
        abort();
    va_end(args);
}

static const char *peers_of(const suite *s, suite_program which, char out[ADDRESSES_SIZE])
{
    size_t size = 0;
    if (s->options.peers_host[which])
        snprintf(out, ADDRESSES_SIZE, "%s:%u", s->options.peers_host[which], s->rpc_port[which]);
    else
        for (unsigned i = 0; i < suite_replicas(s, which); i++)
            size += (size_t)snprintf(out + size, ADDRESSES_SIZE - size, "%stcp://%s:%u", i ? "," : "", suite_address(i),
                                     s->rpc_port[which]);
    return out;
}

/* Stories ask more in a minute than a learner would. */
static const char *const unlimited[] = {"RATE_LOGIN=off", "RATE_REGISTER=off", "RATE_GENERATE=off", "RATE_QUERY=off"};

static void set_own(environment *e, const suite *s, suite_program which, unsigned replica)
{
    const char *address = suite_address(replica);
    if (which == SUITE_GATEWAY) {
        set(e, "HTTP_HOST=%s", address);
        set(e, "HTTP_PORT=%u", s->http_port[which]);
        for (size_t i = 0; i < sizeof unlimited / sizeof unlimited[0]; i++)
            set(e, "%s", unlimited[i]);
        return;
    }
    set(e, "DATABASE_URL=%s", test_postgres_url(s->postgres, roles[which]));
    set(e, "RPC_LISTEN=tcp://%s:%u", address, s->rpc_port[which]);
    set(e, "OPS_HOST=%s", address);
    set(e, "OPS_PORT=%u", s->http_port[which]);
}

/* Of a variable that stands twice the first one counts. */
static environment make_environment(const suite *s, suite_program which, unsigned replica)
{
    environment e = {0};
    char peers[ADDRESSES_SIZE];
    for (const char *const *more = s->options.environment; more && *more; more++)
        set(&e, "%s", *more);
    set(&e, "LOG_LEVEL=info");
    set(&e, "DRAIN_DELAY=0ms");
    set(&e, "DRAIN_TIMEOUT=5s");
    set(&e, "REDIS_URL=%s", test_redis_url(s->redis));
    set(&e, "JWT_SECRET=story:%s", suite_token_key(s));
    set(&e, "AUTH_ADDRESS=%s", peers_of(s, SUITE_AUTH, peers));
    set(&e, "PLAN_ADDRESS=%s", peers_of(s, SUITE_PLAN, peers));
    set(&e, "PROGRESS_ADDRESS=%s", peers_of(s, SUITE_PROGRESS, peers));
    set(&e, "METRICS_ADDRESS=%s", peers_of(s, SUITE_METRICS, peers));
    set_own(&e, s, which, replica);
    return e;
}

test_program *suite_launch(const suite *s, suite_program which, unsigned replica, const char *log)
{
    environment e = make_environment(s, which, replica);
    test_program *program = test_program_start(&(test_program_options){.name = suite_program_name(which),
                                                                       .environment = (const char *const *)e.variables,
                                                                       .errors = log});
    for (size_t i = 0; i < e.count; i++)
        free(e.variables[i]);
    return program;
}
