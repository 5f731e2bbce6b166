/* sical-auth: accounts, log-in, sessions. */
#include "auth_service.h"
#include "log.h"
#include "service.h"

#include <stdlib.h>

static const config_key session_keys[] = {
    {.name = "REFRESH_TOKEN_EXPIRY",
     .type = CONFIG_DURATION_MS,
     .fallback = "7d",
     .low = 60000,
     .high = 365 * INT64_C(86400000),
     .help = "Life of a refresh token; each use gives a new one"},
};

/* libuv reads the size of its pool from the environment; one thread of it is kept free of passwords. */
static unsigned hashes_at_once(void)
{
    const char *size = getenv("UV_THREADPOOL_SIZE");
    long threads = size ? strtol(size, NULL, 10) : 4;
    return threads > 2 ? (unsigned)(threads < 1024 ? threads : 1024) - 1 : 1;
}

static status init(service *s, void **state)
{
    const config *c = service_config(s);
    const char *why;
    token_authority *tokens = token_authority_create(config_text(c, "JWT_SECRET"), config_text(c, "JWT_ISSUER"),
                                                     config_text(c, "JWT_AUDIENCE"), &why);
    if (!tokens) {
        log_error("JWT_SECRET is no list of keys", log_text("why", why));
        return STATUS_INTERNAL;
    }
    auth_options options = {
        .database = service_db(s),
        .tokens = tokens,
        .access_life_s = config_int(c, "JWT_EXPIRY") / 1000,
        .refresh_life_ms = config_int(c, "REFRESH_TOKEN_EXPIRY"),
        .hashes_at_once = hashes_at_once(),
    };
    auth_service *a = auth_service_create(&options);
    if (!a) {
        log_error("libsodium cannot start");
        return STATUS_INTERNAL;
    }
    if (!rpc_server_add(service_rpc(s), &auth_rpc, a)) {
        auth_service_destroy(a);
        return STATUS_INTERNAL;
    }
    *state = a;
    return STATUS_OK;
}

static void deinit(void *state)
{
    auth_service_destroy(state);
}

int main(int argc, char **argv)
{
    const config_table tables[] = {
        token_config,
        {.title = "Sessions", .keys = session_keys, .count = sizeof session_keys / sizeof session_keys[0]},
    };
    const service_definition definition = {
        .name = "sical-auth",
        .summary = "accounts, log-in and sessions",
        .tables = tables,
        .table_count = sizeof tables / sizeof tables[0],
        .uses_database = true,
        .uses_rpc = true,
        .uses_ops_port = true,
        .rpc_listen = "tcp://127.0.0.1:7101",
        .ops_port = "7201",
        .init = init,
        .deinit = deinit,
    };
    return service_main(argc, argv, &definition);
}
