#include "service_internal.h"

#include <stdlib.h>
#include <string.h>

#define COUNT(ARRAY) (sizeof(ARRAY) / sizeof(ARRAY)[0])

static const config_key program_keys[] = {
    {"CONFIG_FILE", CONFIG_TEXT, "", .help = "A file of lines KEY=VALUE; the environment goes before it."},
    {"LOG_LEVEL", CONFIG_CHOICE, "info", .choices = "debug|info|warn|error", .help = "The least severe lines to log."},
    {"DRAIN_DELAY", CONFIG_DURATION_MS, "3s", 0, 600000,
     .help = "How long SIGTERM leaves the program serving while it says that it is not ready, so that those who send "
             "requests learn of it."},
    {"DRAIN_TIMEOUT", CONFIG_DURATION_MS, "20s", 0, 600000,
     .help = "How long what is in flight may take to end after that."},
};

static const config_key database_keys[] = {
    {"DATABASE_URL", CONFIG_TEXT, NULL, .secret = true,
     .help = "PostgreSQL, as a URL or key=value words; several hosts follow a failover."},
    {"DB_READ_CONNECTIONS", CONFIG_INT, "2", 1, 64, .help = "Connections for statements that read."},
    {"DB_ALONE_CONNECTIONS", CONFIG_INT, "4", 1, 64,
     .help = "Connections for statements that may wait for locks; opened when first needed."},
};

static const config_key idempotency_keys[] = {
    {"IDEMPOTENCY_KEY_LIFE", CONFIG_DURATION_MS, "24h", 60000, 2592000000,
     .help = "How long the answer to a request with an Idempotency-Key is kept."},
    {"DB_TRANSACTION_CONNECTIONS", CONFIG_INT, "4", 1, 64,
     .help = "Connections for such requests, so many are carried out at once; opened when first needed."},
};

static const config_key cache_keys[] = {
    {"REDIS_URL", CONFIG_TEXT, "", .secret = true,
     .help = "Redis: redis://[:password@]host:port[/db] or unix:///path; empty = none, everything is computed anew."},
};

static const config_key rpc_keys[] = {
    {"RPC_LISTEN", CONFIG_TEXT, NULL, .help = "Where RPC calls are taken; port 0 picks a free one."},
    {"RPC_CALLS_LIMIT", CONFIG_INT, "1024", 1, 65536,
     .help = "Calls at work at once; more are refused. One peer may hold eight ninths of them."},
};

/* Of both ends of every call: the same for servers and clients. */
static const config_key transport_keys[] = {
    {"RPC_MESSAGE_LIMIT", CONFIG_SIZE_BYTES, "16MiB", 1 << 20, 1 << 30,
     .help =
         "The largest message of RPC, either way. The same for all programs; an import of the gateway needs 11 MiB."},
    {"RPC_TLS_CA", CONFIG_TEXT, "",
     .help =
         "Whom to trust on addresses tls+tcp://: a path to PEM, or the PEM itself. The suite's own CA, nobody else's."},
    {"RPC_TLS_CERT", CONFIG_TEXT, "",
     .help = "This program's certificate, and those between it and the CA: a path to PEM, or the PEM itself."},
    {"RPC_TLS_KEY", CONFIG_TEXT, "", .secret = true,
     .help = "The certificate's private key: a path to PEM, or the PEM itself."},
    {"RPC_TLS_SERVER_NAME", CONFIG_TEXT, "", 0, 255,
     .help = "The DNS name that a server's certificate must hold; empty = the host of its address."},
};

/* Of programs that call others. */
static const config_key client_keys[] = {
    {"RPC_DNS_INTERVAL", CONFIG_DURATION_MS, "2s", 50, 300000,
     .help =
         "How often the replicas behind an address dns+tcp://NAME:PORT are looked up, at most; a longer time to live "
         "of the answer is waited for."},
    {"RPC_DNS_SERVERS", CONFIG_TEXT, "", 0, 1024,
     .help = "DNS servers to ask instead of the system's: 10.0.0.2:53,10.0.0.3:53."},
    {"RPC_HEDGE", CONFIG_INT, "0", 0, 50,
     .help =
         "Of 100 calls that read, how many may be sent to a second replica, when the first is slower than usual; 0 = "
         "none."},
};

static const config_key ops_keys[] = {
    {"OPS_HOST", CONFIG_TEXT, "127.0.0.1", .help = "The address of the operations port."},
    {"OPS_PORT", CONFIG_INT, NULL, 0, 65535, .help = "Serves /health, /ready and /metrics; 0 picks a free one."},
};

_Static_assert(COUNT(rpc_keys) <= SERVICE_KEYS && COUNT(ops_keys) <= SERVICE_KEYS, "SERVICE_KEYS is too small");

static void add(service_tables *t, const char *title, const config_key *keys, size_t count)
{
    if (t->count == SERVICE_TABLES)
        abort(); /* a fault of the program */
    t->tables[t->count++] = (config_table){.title = title, .keys = keys, .count = count};
}

void service_tables_fill(service_tables *t, const service_definition *definition)
{
    t->count = 0;
    memcpy(t->rpc_keys, rpc_keys, sizeof rpc_keys);
    t->rpc_keys[0].fallback = definition->rpc_listen;
    memcpy(t->ops_keys, ops_keys, sizeof ops_keys);
    t->ops_keys[1].fallback = definition->ops_port;

    add(t, "Program", program_keys, COUNT(program_keys));
    if (definition->uses_database)
        add(t, "Database", database_keys, COUNT(database_keys));
    if (definition->keeps_answers)
        add(t, "Idempotency", idempotency_keys, COUNT(idempotency_keys));
    if (definition->uses_cache)
        add(t, "Cache", cache_keys, COUNT(cache_keys));
    if (definition->uses_rpc)
        add(t, "RPC server", t->rpc_keys, COUNT(rpc_keys));
    add(t, "RPC", transport_keys, COUNT(transport_keys));
    if (definition->calls_services)
        add(t, "RPC client", client_keys, COUNT(client_keys));
    if (definition->uses_ops_port)
        add(t, "Operations port", t->ops_keys, COUNT(ops_keys));
    for (size_t i = 0; i < definition->table_count; i++)
        add(t, definition->tables[i].title, definition->tables[i].keys, definition->tables[i].count);
}
